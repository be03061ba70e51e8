"""The shipped suites: their sizes and skills, and references that hold by their own graders."""

import json
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from planner.probing.graders import spec_of, suite_grader
from planner.probing.graders.answer_text import folded
from planner.probing.suites.contexts import CHARACTERS_PER_TOKEN, build_context
from planner.probing.suites.files import load_suite, render, shipped_names
from planner.probing.suites.suite import Item, Suite
from planner.resources import probes_dir
from planner.terms import SKILLS
from planner.workload.tokens import count_tokens

NAMES = shipped_names()
SUITES = {name: load_suite(name) for name in NAMES}
REFUSAL = "I don't know."
LEAST_ITEMS = 40


@pytest.fixture(params=NAMES)
def suite(request: pytest.FixtureRequest) -> Suite:
    """Each shipped suite in turn."""
    return SUITES[request.param]


def reference_answers(item: Item, kind: str) -> list[str]:
    """Texts that must be right by the item's own grader."""
    if kind == "json_schema":
        assert isinstance(item.reference, dict)
        return [json.dumps(example) for example in item.reference["examples"]]
    if kind == "json_equals":
        return [json.dumps(item.reference, ensure_ascii=False)]
    if isinstance(item.reference, list):
        return [str(each) for each in item.reference]
    return [] if item.reference is None else [str(item.reference)]


def test_every_skill_has_a_suite() -> None:
    assert {suite.skill for suite in SUITES.values()} == set(SKILLS)


def test_there_are_at_least_twelve() -> None:
    assert len(NAMES) >= 12


def test_a_suite_has_at_least_forty_items(suite: Suite) -> None:
    assert len(suite.items) >= LEAST_ITEMS


def test_its_folder_has_its_name(suite: Suite) -> None:
    assert suite.name in NAMES
    assert SUITES[suite.name] is suite


def test_it_is_ours_and_says_what_it_measures(suite: Suite) -> None:
    assert suite.licence == "Apache-2.0"
    assert len(suite.description) > 80


def test_no_question_comes_twice(suite: Suite) -> None:
    asked = Counter(
        json.dumps([item.input, item.context, [turn.content for turn in item.history]]) for item in suite.items
    )
    assert [question for question, count in asked.items() if count > 1] == []


def test_items_are_told_apart_by_difficulty(suite: Suite) -> None:
    levels = Counter(level for item in suite.items for level in item.tags if level in {"easy", "medium", "hard"})
    assert sum(levels.values()) == len(suite.items)
    assert min(levels[level] for level in ("easy", "medium", "hard")) >= 5


def test_the_first_items_are_as_hard_as_all(suite: Suite) -> None:
    """A run of the first N, or one that stops when the cap is reached, must not measure the easy end alone."""
    levels = [next(tag for tag in item.tags if tag in {"easy", "medium", "hard"}) for item in suite.items]
    for level in ("easy", "medium", "hard"):
        assert levels[:12].count(level) == pytest.approx(12 * levels.count(level) / len(levels), abs=1.01)


def test_editors_find_the_schema(suite: Suite) -> None:
    first = (probes_dir() / suite.name / "suite.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../suite.schema.json"


def test_every_reference_is_right_by_its_own_grader(suite: Suite) -> None:
    if suite.grader.kind == "llm_judge":
        pytest.skip("a judge model marks it")
    grade = suite_grader(suite, allow_code=True)
    wrong = [
        (item.id, answer)
        for item in suite.items
        for answer in reference_answers(item, spec_of(suite, item).kind)
        if (score := grade(answer, item)) is None or score.value < 1.0
    ]
    assert wrong == []


def test_silence_is_never_right(suite: Suite) -> None:
    if suite.grader.kind == "llm_judge":
        pytest.skip("a judge model marks it")
    grade = suite_grader(suite, allow_code=True)
    assert [item.id for item in suite.items if (score := grade("", item)) is None or score.value > 0.0] == []


@pytest.mark.parametrize("kind", ["exact_match", "includes", "numeric", "json_equals", "json_schema"])
def test_saying_that_one_doesnt_know_is_never_right(kind: str) -> None:
    for suite in SUITES.values():
        if suite.grader.kind != kind:
            continue
        grade = suite_grader(suite)
        assert [item.id for item in suite.items if (score := grade(REFUSAL, item)) and score.value > 0.0] == []


def test_no_constant_answer_is_right_often() -> None:
    """One label, 'yes', 'NOT IN TEXT': whatever is always said must not pass as ability."""
    for suite in SUITES.values():
        if suite.grader.kind not in {"exact_match", "includes", "numeric"}:
            continue
        grade = suite_grader(suite)
        constants = {answer for item in suite.items for answer in reference_answers(item, spec_of(suite, item).kind)}
        best = max(
            sum(score.value for item in suite.items if (score := grade(constant, item))) for constant in constants
        )
        assert best <= 0.5 * len(suite.items)


@pytest.mark.parametrize(
    "item",
    [pytest.param(item, id=f"{name}-{item.id}") for name in NAMES for item in SUITES[name].items if item.working],
)
def test_a_computed_reference_is_what_its_working_gives(item: Item) -> None:
    names: dict[str, Any] = {name: getattr(math, name) for name in ("gcd", "factorial", "sqrt", "comb")}
    names |= {"pow": pow, "round": round, "sum": sum, "range": range, "next": next, "int": int, "str": str}
    value = eval(item.working, {"__builtins__": {}, **names})  # noqa: S307 (our own expressions, in our own tree)
    assert item.reference == pytest.approx(value, abs=1e-6)


def test_sums_have_workings() -> None:
    assert all(item.working for item in SUITES["arithmetic-ladder"].items)


def test_invoices_add_up() -> None:
    for item in SUITES["invoice-fields"].items:
        assert isinstance(item.reference, dict)
        net, tax, total = (item.reference[name] for name in ("net", "tax", "total"))
        if net is not None and tax is not None:
            assert net + tax == pytest.approx(total, abs=0.005)


def test_every_extracted_text_stands_in_its_document() -> None:
    for item in SUITES["invoice-fields"].items:
        assert isinstance(item.reference, dict)
        for name in ("supplier", "invoice_number"):
            if item.reference[name] is not None:
                assert item.reference[name].casefold() in item.input.casefold()


def test_schema_examples_satisfy_their_schemas_and_an_empty_object_doesnt() -> None:
    for item in SUITES["schema-output"].items:
        assert isinstance(item.reference, dict)
        validator = jsonschema.Draft202012Validator(item.reference)
        assert all(validator.is_valid(example) for example in item.reference["examples"])
        assert not validator.is_valid({})


def test_the_shown_schema_is_the_graded_one_without_its_example() -> None:
    for item in SUITES["schema-output"].items:
        assert isinstance(item.reference, dict)
        shown = json.loads(item.input.split("\n", 1)[1])
        assert shown == {name: value for name, value in item.reference.items() if name != "examples"}


def test_an_empty_function_passes_no_test_of_code() -> None:
    suite = SUITES["small-functions"]
    grade = suite_grader(suite, allow_code=True)
    assert [item.id for item in suite.items if (score := grade("def nothing():\n    pass", item)) and score.value] == []


def test_the_closed_book_prompt_shows_no_page_and_the_other_does() -> None:
    suite = SUITES["handbook-rag"]
    closed, opened = suite.conditions
    for item in suite.items:
        assert item.context
        assert item.context[:80] not in render(closed, item)[0]["content"]
        assert item.context in render(opened, item)[0]["content"]


def test_pages_are_clusters_of_at_least_five_questions() -> None:
    assert min(Counter(item.document for item in SUITES["handbook-rag"].items).values()) >= 5


def test_half_of_the_questions_have_no_answer_in_the_text() -> None:
    items = SUITES["answer-or-decline"].items
    absent = sum(item.reference == "NOT IN TEXT" for item in items)
    assert abs(absent - len(items) / 2) <= 2


def test_needles_stand_where_they_should() -> None:
    for item in SUITES["long-needle"].items:
        assert item.context_from is not None
        for needle in item.context_from.needles:
            place = item.context.index(needle.text) / len(item.context)
            assert place == pytest.approx(needle.depth, abs=0.08)


def test_a_needles_answer_stands_nowhere_else() -> None:
    for item in SUITES["long-needle"].items:
        assert item.context_from is not None
        hay = item.context
        for needle in item.context_from.needles:
            hay = hay.replace(needle.text, "")
        assert re.search(rf"\b{re.escape(str(item.reference))}\b", hay) is None


def test_contexts_have_about_the_asked_tokens() -> None:
    for item in SUITES["long-needle"].items:
        assert item.context_from is not None
        counted = count_tokens([item.context], "o200k_base")[0]
        assert counted == pytest.approx(item.context_from.tokens, rel=0.1)


def test_a_context_is_built_the_same_every_time() -> None:
    suite = SUITES["long-needle"]
    item = suite.items[0]
    assert item.context_from is not None
    haystack = suite.haystacks[item.context_from.haystack]
    assert build_context(item.context_from, haystack, item.id) == item.context
    assert build_context(item.context_from, haystack, "another") != item.context


def test_a_context_is_never_longer_than_asked_by_more_than_a_sentence() -> None:
    for item in SUITES["long-needle"].items:
        assert item.context_from is not None
        assert len(item.context) <= item.context_from.tokens * CHARACTERS_PER_TOKEN + 200


def test_rules_ask_for_nothing_that_they_forbid() -> None:
    for suite in SUITES.values():
        for item in suite.items:
            if item.rules is None:
                continue
            wanted = {folded(text) for each in item.rules.must_include for text in each.split("|")}
            assert not wanted & {folded(text) for text in item.rules.must_not_include}
            assert (item.rules.min_words or 0) <= (item.rules.max_words or math.inf)


def test_key_facts_stand_in_their_texts() -> None:
    for item in SUITES["memo-key-facts"].items:
        assert item.rules is not None
        for fact in item.rules.must_include:
            assert any(folded(text) in folded(item.context) for text in fact.split("|")), (item.id, fact)


def test_labels_are_all_asked_for() -> None:
    for suite in SUITES.values():
        if suite.grader.labels:
            assert {str(item.reference) for item in suite.items} == set(suite.grader.labels)


def test_the_readme_lists_each_suite_with_its_skill_items_and_conditions(suite: Suite) -> None:
    lines = (probes_dir() / "README.md").read_text(encoding="utf-8").splitlines()
    row = next(line for line in lines if line.startswith(f"| {suite.name} |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    conditions = ", ".join(condition.name for condition in suite.conditions)
    assert cells[1:4] == [suite.skill, str(len(suite.items)), conditions]


def test_the_readmes_example_is_a_suite(tmp_path: Path) -> None:
    text = (probes_dir() / "README.md").read_text(encoding="utf-8")
    (tmp_path / "suite.yaml").write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    assert len(load_suite(tmp_path).items) == 2
