"""A user's own samples as a suite: what is read, which grader is chosen, what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InputError
from planner.probing.graders import suite_grader
from planner.probing.suites.files import SuiteError, load_suite
from planner.probing.suites.grader_guess import guess_grader
from planner.probing.suites.suite import GraderKind
from planner.probing.suites.user_samples import (
    sample_notes,
    suite_from_samples,
    suite_from_text,
    suite_name,
    suite_or_samples,
)
from planner.terms import Skill

TICKETS = 'prompt,label\n"Where is my parcel?",status\n"Money back, now",refund\nLost parcel,status\n'


def write(folder: Path, text: str, name: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_of_tickets_becomes_a_classification_suite(tmp_path: Path) -> None:
    suite = suite_from_samples(write(tmp_path, TICKETS, "My Tickets.csv"), skill="classification")
    assert (suite.name, suite.grader.kind, suite.grader.labels) == ("my-tickets", "exact_match", ("refund", "status"))
    assert [item.input for item in suite.items][1] == "Money back, now"


def test_the_shipped_samples_become_a_suite(root: Path) -> None:
    suite = suite_from_samples(root / "catalogs/workloads/samples/support-desk-triage.jsonl")
    grade = suite_grader(suite)
    assert (suite.skill, suite.grader.kind) == ("classification", "exact_match")
    assert all((score := grade(str(item.reference), item)) and score.value == 1.0 for item in suite.items)


def test_semicolons_and_tabs_separate_too(tmp_path: Path) -> None:
    for delimiter, name in ((";", "a.csv"), ("\t", "a.tsv")):
        text = f"question{delimiter}answer\nWhat is 2+2?{delimiter}4\n"
        assert suite_from_samples(write(tmp_path, text, name), skill="math").items[0].reference == "4"


def test_cells_may_hold_line_breaks(tmp_path: Path) -> None:
    suite = suite_from_samples(write(tmp_path, 'prompt,reference\n"two\nlines",x\nb,y\n', "a.csv"), skill="chat")
    assert suite.items[0].input == "two\nlines"


def test_samples_with_contexts_are_asked_with_and_without(tmp_path: Path) -> None:
    text = "prompt,reference,context,document\nWho?,Ann,Ann did it.,d1\n"
    suite = suite_from_samples(write(tmp_path, text, "a.csv"), skill="grounded_qa")
    assert [condition.name for condition in suite.conditions] == ["closed_book", "with_context"]
    assert suite.items[0].document == "d1"


def test_a_sample_without_a_reference_is_labelled_by_people() -> None:
    suite = suite_from_text("prompt,reference\na,1\nb,\n", "a.csv", skill="math")
    grade = suite_grader(suite)
    assert suite.grader.kind == "numeric"
    assert grade("7", suite.items[1]) is None


def test_the_workload_and_segment_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path, TICKETS, "a.csv")
    suite = suite_from_samples(path, skill="classification", workload="Desk", segment="triage")
    assert (suite.workload, suite.segment) == ("Desk", "triage")


def test_tests_in_the_reference_column_are_run() -> None:
    row = json.dumps({"prompt": "Write f(x): x + 1.", "reference": "assert f(1) == 2"})
    suite = suite_from_text(row, "a.jsonl", skill="coding")
    score = suite_grader(suite, allow_code=True)("def f(x):\n    return x + 1", suite.items[0])
    assert suite.grader.kind == "code_execution"
    assert score is not None
    assert score.value == 1.0


GUESSES: list[tuple[Skill, list[Any], GraderKind]] = [
    ("classification", ["a", "b", "a"], "exact_match"),
    ("chat", ["yes", "no", "yes", "no"], "exact_match"),
    ("math", ["4", "1,200", "3.5 km"], "numeric"),
    ("math", [4, 5.5], "numeric"),
    ("extraction", ['{"a": 1}'], "json_equals"),
    ("agentic", [{"name": "f"}], "json_equals"),
    ("knowledge_qa", ["Paris", "the Danube"], "includes"),
    ("knowledge_qa", [["Paris", "City of Light"]], "includes"),
    ("translation", ["Guten Tag", "Hallo"], "chrf"),
    ("summarization", ["A long text about many things that were said."], "rouge_l"),
    ("coding", ["assert f(1) == 1"], "code_execution"),
    ("writing", ["A long text about many things that were said there."], "f1"),
    ("writing", [], "human"),
]


@pytest.mark.parametrize(("skill", "references", "kind"), GUESSES)
def test_the_references_tell_which_grader_suits(skill: Skill, references: list[Any], kind: GraderKind) -> None:
    assert guess_grader(skill, references).spec.kind == kind


def test_fields_of_an_extraction_count_each_and_a_call_as_a_whole() -> None:
    assert guess_grader("extraction", [{"a": 1}]).spec.partial
    assert not guess_grader("agentic", [{"a": 1}]).spec.partial


def test_another_grader_can_be_asked_for(tmp_path: Path) -> None:
    suite = suite_from_samples(write(tmp_path, TICKETS, "a.csv"), skill="classification", grader="levenshtein")
    assert suite.grader.kind == "levenshtein"


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        ("", "a.csv", "found no samples"),
        ("prompt\n", "a.csv", "found no samples"),
        ("ask,reference\nx,y\n", "a.csv", "line 1: found the columns ask, reference"),
        ("prompt,refrence\nx,y\n", "a.csv", "line 2, refrence: found an unknown column"),
        ("prompt,reference\nx,y,z\n", "a.csv", "line 2: found 3 cells"),
        ("prompt,reference\n,y\n", "a.csv", "line 2, prompt: found nothing"),
        ('prompt,reference\n"x,y\n', "a.csv", "allowed: CSV"),
        ("prompt,input\nx,y\n", "a.csv", "found a second prompt"),
        ('{"prompt": "x"\n', "a.jsonl", "line 1: found"),
        ("[1]\n", "a.jsonl", "line 1: found a list"),
        ('{"prompt": 3}\n', "a.jsonl", "line 1, prompt: found 3; allowed: text"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(text: str, name: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        suite_from_text(text, name, skill="chat")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_wrong_rows_are_told_at_once() -> None:
    with pytest.raises(SuiteError) as caught:
        suite_from_text("prompt,reference\na,one\nb,two\nc,3\n", "a.csv", skill="math", grader="numeric")
    assert [problem.field for problem in caught.value.problems] == ["line 2, reference", "line 3, reference"]


def test_an_id_given_twice_is_refused() -> None:
    with pytest.raises(InputError, match="line 2 has it"):
        suite_from_text("id,prompt,reference\nx,a,1\nx,b,2\n", "a.csv", skill="math")


def test_samples_that_dont_show_their_skill_need_it_said() -> None:
    with pytest.raises(InputError, match="--skill"):
        suite_from_text("prompt\nhm\nwell\n", "a.csv")


def test_the_door_tells_suites_and_samples_apart(tmp_path: Path) -> None:
    samples = write(tmp_path, '{"prompt": "2+2", "reference": "4"}\n', "a.jsonl")
    assert suite_or_samples(str(samples), skill="math").name == "a"
    head = {"name": "own", "title": "x", "skill": "math", "grader": {"kind": "numeric"}}
    head["conditions"] = [{"name": "plain", "template": "{input}"}]
    lines = [head, {"id": "a", "input": "1+1", "reference": 2}]
    suite = write(tmp_path, "\n".join(map(json.dumps, lines)), "b.jsonl")
    assert suite_or_samples(str(suite)).name == "own"
    assert suite_or_samples("general-facts") == load_suite("general-facts")


def test_a_suite_says_its_skill_itself() -> None:
    with pytest.raises(InputError, match="the suite general-facts says it itself"):
        suite_or_samples("general-facts", skill="math")


def test_a_missing_file_is_one_line() -> None:
    with pytest.raises(InputError, match="found no such file"):
        suite_or_samples("nowhere.csv", skill="chat")


@given(st.text(max_size=30))
def test_any_file_name_gives_a_suite_name(name: str) -> None:
    suite_from_text("prompt\nx\n", f"{name or 'a'}.csv".replace("\n", ""), skill="chat")
    assert suite_name(name)


def test_worked_solutions_that_end_in_a_number_are_numbers() -> None:
    worked = ["3*4=<<3*4=12>>12 eggs.\n#### 12", "He pays 5+5=10.\n#### $1,010"]
    assert guess_grader("math", worked).spec.kind == "numeric"
    assert guess_grader("math", [*worked, "no number here"]).spec.kind != "numeric"


def test_letters_of_choices_are_labels_however_few_the_samples() -> None:
    prompts = ["Which flies? A) cow B) owl C) pig D) cat", "Which swims? A) cod B) owl C) pig D) cat"]
    spec = guess_grader("knowledge_qa", ["B", "A"], prompts).spec
    assert (spec.kind, spec.labels) == ("exact_match", ("A", "B", "C", "D"))
    assert guess_grader("knowledge_qa", ["(b)", "C."]).spec.labels == ("A", "B", "C")
    assert guess_grader("knowledge_qa", ["B"], prompts[:1]).spec.labels == ("A", "B", "C", "D")
    assert guess_grader("knowledge_qa", ["X", "Y"]).spec.labels == ()
    assert guess_grader("knowledge_qa", ["C"]).spec.kind == "includes"


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
def test_samples_of_any_usual_encoding_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("sep=;\nFrage;question (a, b);ideal;note\nx;Wo liegt Köln?;am Rhein;y\n".encode(encoding))
    suite = suite_from_samples(path, skill="knowledge_qa")
    assert (suite.items[0].input, suite.items[0].reference) == ("Wo liegt Köln?", "am Rhein")
    assert suite.description.endswith("Passed over: Frage, note.")
    assert sample_notes(str(path)) == (f"{path}: Passed over: Frage, note.",)


def test_messages_become_system_history_question_and_reference() -> None:
    rows = [
        '{"input": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2+2?"}], "ideal": "4"}',
        (
            '{"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"},'
            ' {"role": "assistant", "content": "Hello"},'
            ' {"role": "user", "content": [{"type": "text", "text": "3+3?"}]},'
            ' {"role": "assistant", "content": "6"}]}'
        ),
    ]
    suite = suite_from_text("\n".join(rows), "a.jsonl", skill="math")
    assert suite.conditions[0].system == "Be brief."
    assert [(one.input, one.reference) for one in suite.items] == [("2+2?", "4"), ("3+3?", "6")]
    assert [(turn.role, turn.content) for turn in suite.items[1].history] == [("user", "Hi"), ("assistant", "Hello")]
    other = rows[1].replace("Be brief.", "Be exact.")
    mixed = suite_from_text(f"{rows[0]}\n{other}", "a.jsonl", skill="math")
    assert mixed.items[1].input == "Be exact.\n\n3+3?"
