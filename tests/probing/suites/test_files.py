"""Suites from files: what loads, and how every problem is told at its line."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InputError
from planner.probing.suites.files import (
    SuiteError,
    list_suites,
    load_suite,
    render,
    suite_hash,
    suite_problems,
)
from planner.probing.suites.suite import Condition, GraderSpec, Item, Suite, suite_schema

HEAD = """\
version: 1
name: colours
title: Colours
skill: classification
conditions:
  - name: plain
    template: "Which colour? {input}"
grader: {kind: exact_match, labels: [red, blue]}
"""
ITEMS = """\
items:
  - id: a
    input: a rose
    reference: red
  - {id: b, input: the sea, reference: blue}
"""


def write(folder: Path, text: str, name: str = "suite.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[str]:
    return [str(problem).split("suite.yaml: ", 1)[-1] for problem in suite_problems(write(folder, text))]


def test_one_yaml_file_is_a_suite(tmp_path: Path) -> None:
    suite = load_suite(write(tmp_path, HEAD + ITEMS))
    assert [item.reference for item in suite.items] == ["red", "blue"]


def test_a_folder_joins_suite_yaml_and_items_jsonl(tmp_path: Path) -> None:
    write(tmp_path, HEAD + ITEMS)
    write(tmp_path, '{"id": "c", "input": "a cherry", "reference": "red"}\n\n', "items.jsonl")
    assert [item.id for item in load_suite(tmp_path).items] == ["a", "b", "c"]


def test_one_jsonl_file_begins_with_the_suite(tmp_path: Path) -> None:
    head = {"name": "x", "title": "x", "skill": "math", "grader": {"kind": "numeric"}}
    head["conditions"] = [{"name": "plain", "template": "{input}"}]
    lines = [head, {"id": "a", "input": "1+1", "reference": 2}]
    suite = load_suite(write(tmp_path, "\n".join(map(json.dumps, lines)), "x.jsonl"))
    assert (suite.name, suite.items[0].reference) == ("x", 2)


def test_a_shipped_name_needs_no_path() -> None:
    assert load_suite("support-intents").name == "support-intents"


def test_an_unknown_name_is_told_with_the_close_one() -> None:
    with pytest.raises(InputError, match="did you mean support-intents"):
        load_suite("suport-intents")


def test_a_missing_file_is_one_line() -> None:
    with pytest.raises(InputError, match=r"^nowhere/suite.yaml: found no such file"):
        load_suite("nowhere/suite.yaml")


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a \.yaml or a \.jsonl"):
        load_suite(write(tmp_path, "x", "suite.txt"))


def test_a_folder_without_suite_yaml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no suite\.yaml"):
        load_suite(tmp_path)


def test_every_problem_of_a_file_is_told_at_once_each_on_one_line(tmp_path: Path) -> None:
    text = HEAD.replace("classification", "clasification").replace("{input}", "{inputs}") + ITEMS.replace(
        "id: b", "id: a"
    )
    with pytest.raises(SuiteError) as caught:
        load_suite(write(tmp_path, text))
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.problems) == 2
    assert "line 4, skill: found 'clasification'" in lines[0]
    assert "did you mean classification?" in lines[0]
    assert "line 13, item a, id: found 'a'; allowed: a unique id" in lines[1]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name: colours", "name: My Colours", "line 2, name: found 'My Colours'"),
        ("kind: exact_match", "kind: exactmatch", "did you mean exact_match?"),
        ("{input}", "{inputs}", "a prompt with {input} in it"),
        ("{input}", "{input} {contxt}", "did you mean {context}?"),
        ("{input}", "{input} {context}", "line 10, item a, context: found nothing"),
        ("labels: [red, blue]", "labels: [red, blue], tolerance: 1", "exact_match has ignore_case, labels, threshold"),
        ("reference: red", "reference: rde", "line 12, item a, reference: found 'rde'; allowed: one of red, blue; did"),
        ("    reference: red\n", "", "item a, reference: found nothing"),
        ("reference: red", "refrence: red", "line 12, item a, refrence: found a field that does not exist"),
        ("version: 1", "version: 2", "line 1, version: found 2"),
        ("input: a rose", "input: [rose]", "line 11, item a, input: found a list of 1; allowed: text"),
        ("title: Colours\n", "", "title: found nothing; allowed: this field is needed"),
        ("input: a rose", "input: ' '", "line 11, item a, input"),
    ],
)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert any(told in line for line in problems(tmp_path, (HEAD + ITEMS).replace(old, new, 1)))


@pytest.mark.parametrize(
    ("grader", "item", "told"),
    [
        ("{kind: numeric}", "reference: many", "a number: the numeric grader needs one"),
        ("{kind: json_equals}", "input: x", "an object or a list"),
        ("{kind: json_schema}", "reference: {type: 3}", "a JSON Schema"),
        ("{kind: json_schema, answer_schema: {type: thing}}", "reference: x", "a JSON Schema"),
        ("{kind: code_execution}", "input: x", "tests: found nothing"),
        ("{kind: rules}", "input: x", "rules: found nothing"),
        ("{kind: rules}", "rules: {must_match: ['(']}", "rules.must_match[0]: found '('"),
        ("{kind: regex}", "reference: x", "grader.pattern: found nothing"),
        ("{kind: regex, pattern: '('}", "reference: x", "grader.pattern: found '('"),
        ("{kind: f1}", "reference: {a: 1}", "text, or a list of alternatives"),
        ("{kind: f1, threshold: 2}", "reference: x", "grader.threshold: found 2"),
    ],
)
def test_a_grader_says_what_its_items_lack(tmp_path: Path, grader: str, item: str, told: str) -> None:
    head = HEAD.replace("{kind: exact_match, labels: [red, blue]}", grader)
    text = f"{head}items:\n  - {{id: a, input: q, {item}}}\n".replace("input: q, input: x", "input: q")
    assert any(told in line for line in problems(tmp_path, text))


def test_a_grader_that_needs_no_reference_takes_none(tmp_path: Path) -> None:
    text = HEAD.replace("{kind: exact_match, labels: [red, blue]}", "{kind: llm_judge, rubric: be kind}")
    assert load_suite(write(tmp_path, text + "items: [{id: a, input: q}]\n")).items[0].reference is None


def test_an_unknown_document_is_told_with_the_close_one(tmp_path: Path) -> None:
    text = HEAD.replace("{input}", "{context} {input}") + "documents: {handbook: text}\n"
    text += "items: [{id: a, input: q, reference: red, document: handbok}]\n"
    assert "did you mean handbook?" in problems(tmp_path, text)[0]


def test_an_item_takes_its_documents_text_as_context(tmp_path: Path) -> None:
    text = HEAD.replace("{input}", "{context} {input}") + "documents: {handbook: the text}\n"
    text += "items: [{id: a, input: q, reference: red, document: handbook}]\n"
    assert load_suite(write(tmp_path, text)).items[0].context == "the text"


def test_a_line_of_items_that_is_no_json_is_told_by_its_number(tmp_path: Path) -> None:
    write(tmp_path, HEAD)
    write(tmp_path, '{"id": "a", "input": "q", "reference": "red"}\n{"id": \n', "items.jsonl")
    with pytest.raises(InputError, match=r"items\.jsonl: line 2"):
        load_suite(tmp_path)


def test_a_suite_without_items_says_so(tmp_path: Path) -> None:
    assert "found no items" in problems(tmp_path, HEAD)[0]


def test_a_gap_without_words_is_told(tmp_path: Path) -> None:
    haystack = "haystacks: {h: {sentences: ['a {ship}', 'b', 'c'], words: {}}}\n"
    assert "words for the gap {ship}" in problems(tmp_path, HEAD + haystack + ITEMS)[0]


@pytest.mark.parametrize("text", ["", "- 1\n", "a: [\n", "a: &x 1\n", "\x00\x01", "items: 3\n"])
def test_no_file_ends_in_a_traceback(tmp_path: Path, text: str) -> None:
    found = suite_problems(write(tmp_path, text))
    assert found
    assert all("\n" not in str(problem) for problem in found)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.dictionaries(st.text(), inner)))
def test_any_json_line_is_an_item_or_a_problem_of_one_line(value: object) -> None:
    from planner.probing.suites.schema_errors import faults_of

    item, faults = faults_of(Item, value)
    assert (item is None) == bool(faults)


def suite_of(items: tuple[Item, ...], title: str = "t", template: str = "{input}") -> Suite:
    conditions = (Condition(name="plain", template=template),)
    return Suite(name="s", title=title, skill="math", conditions=conditions, grader=GraderSpec(kind="f1"), items=items)


ONE = Item(id="a", input="q", reference="r")


def test_the_hash_stays_when_only_the_title_changes() -> None:
    assert suite_hash(suite_of((ONE,))) == suite_hash(suite_of((ONE,), title="another"))


@pytest.mark.parametrize("field", ["input", "reference", "context", "id"])
def test_the_hash_changes_with_what_is_asked(field: str) -> None:
    other = ONE.model_copy(update={field: "z"})
    assert suite_hash(suite_of((ONE,))) != suite_hash(suite_of((other,)))


def test_the_hash_is_the_same_for_a_field_given_at_its_default() -> None:
    explicit = Item(id="a", input="q", reference="r", context="", tags=())
    assert suite_hash(suite_of((ONE,))) == suite_hash(suite_of((explicit,)))


def test_rendering_sends_system_then_earlier_turns_then_the_question() -> None:
    item = Item.model_validate({"id": "a", "input": "q", "history": [{"role": "assistant", "content": "hi"}]})
    messages = render(Condition(name="c", template="Now: {input}", system="Be short."), item)
    assert [(message["role"], message["content"]) for message in messages] == [
        ("system", "Be short."),
        ("assistant", "hi"),
        ("user", "Now: q"),
    ]


@given(st.text(), st.text())
def test_braces_in_an_input_are_never_filled(text: str, context: str) -> None:
    item = Item(id="a", input=text, context=context)
    assert render(Condition(name="c", template="{input}|{context}"), item)[0]["content"] == f"{text}|{context}"


def test_json_braces_in_a_template_stay() -> None:
    condition = Condition(name="c", template='{"name": ...} {input}')
    assert render(condition, ONE)[0]["content"] == '{"name": ...} q'


def test_shipped_suites_are_listed_by_name() -> None:
    names = [summary.name for summary in list_suites()]
    assert names == sorted(names)


def test_the_committed_schema_is_current(root: Path) -> None:
    kept = json.loads((root / "probes" / "suite.schema.json").read_text(encoding="utf-8"))
    assert kept == suite_schema()


def test_every_field_of_the_format_is_described() -> None:
    schema = suite_schema()
    models = [schema, *schema["$defs"].values()]
    bare = [
        f"{model.get('title')}.{name}"
        for model in models
        for name, field in model.get("properties", {}).items()
        if "description" not in field and "$ref" not in field
    ]
    assert bare == []
