"""What each grader counts as right: named cases, then properties over drawn texts."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from planner.errors import InputError
from planner.probing.graders import SETTINGS, Score, grader_of, suite_grader
from planner.probing.graders.answer_text import bare, folded, occurs, tokens
from planner.probing.graders.code import find_code
from planner.probing.graders.json_match import MISSING, find_json
from planner.probing.graders.numbers import final_number
from planner.probing.graders.overlap import (
    chrf_similarity,
    common_subsequence,
    edit_distance,
    edit_similarity,
    rouge_l_similarity,
    token_f1,
)
from planner.probing.graders.rule_checks import count_sentences, count_words
from planner.probing.suites.suite import GRADER_KINDS, Condition, GraderKind, GraderSpec, Item, Rules, Suite

WORDS = st.lists(st.sampled_from(["the", "cat", "sat", "on", "a", "mat", "twice"]), min_size=1, max_size=12).map(
    " ".join
)
TEXT = st.text(min_size=1, max_size=60)


def item(**fields: Any) -> Item:
    return Item(id="a", input="q", **fields)


def score(kind: GraderKind, answer: str, reference: Any, **settings: Any) -> float:
    found = grader_of(GraderSpec(kind=kind, **settings))(answer, item(reference=reference))
    assert found is not None
    return found.value


LABELS = ("order_status", "return", "return_refund", "spam", "not spam")


@pytest.mark.parametrize(
    ("answer", "reference", "right"),
    [
        ("Paris", "paris", True),
        ("  Paris.\n", "Paris", True),
        ("Answer: Paris", "Paris", True),
        ("The answer is **Paris**.", "Paris", True),
        ("```\nParis\n```", "Paris", True),
        ("<think>Lyon? No.</think>\nParis", "Paris", True),
        ("“Paris”", "Paris", True),
        ("Paris, France", "Paris", False),
        ("U.S.", "U.S.", True),
        ("５", "5", True),
        ("Lyon", ["Paris", "Lyon"], True),
        ("", "Paris", False),
    ],
)
def test_exact_match_sees_through_wrapping_alone(answer: str, reference: Any, right: bool) -> None:
    assert score("exact_match", answer, reference) == float(right)


@pytest.mark.parametrize(
    ("answer", "reference", "right"),
    [
        ("order_status", "order_status", True),
        ("Order Status", "order_status", True),
        ("The ticket is about order status.", "order_status", True),
        ("not spam", "spam", False),
        ("This is not spam", "not spam", True),
        ("return_refund", "return", False),
        ("It could be spam or return.", "spam", False),
        ("Not order_status, I think. Answer: return_refund", "return_refund", True),
        ("spamming", "spam", False),
        ("", "spam", False),
    ],
)
def test_a_label_is_taken_only_when_it_is_clear_which_is_meant(answer: str, reference: str, right: bool) -> None:
    assert score("exact_match", answer, reference, labels=LABELS) == float(right)


def test_case_counts_when_it_is_said_to() -> None:
    assert score("exact_match", "paris", "Paris", ignore_case=False) == 0.0


@pytest.mark.parametrize(
    ("answer", "reference", "right"),
    [
        ("25", "5", False),  # 25 ends with 5 but isn't 5
        ("2.5", "5", False),
        ("1,500", "500", False),
        ("It is 5.", "5", True),
        ("5, I think", "5", True),
        ("The capital is Paris, of course", "paris", True),
        ("Parisian", "Paris", False),
        ("首都は東京です", "東京", True),
        ("C++ and C", "C++", True),
        ("van  Gogh", "van gogh", True),
        ("don’t know", "don't know", True),
    ],
)
def test_includes_wants_whole_words(answer: str, reference: str, right: bool) -> None:
    assert score("includes", answer, reference) == float(right)


def test_includes_with_all_wants_each_reference() -> None:
    assert score("includes", "red and blue", ["red", "blue"], require="all") == 1.0
    assert score("includes", "red", ["red", "blue"], require="all") == 0.0


def test_hedging_between_an_answer_and_its_absence_is_wrong() -> None:
    assert score("includes", "NOT IN TEXT, perhaps 31", "31", forbid=("not in text",)) == 0.0


def test_the_forbidden_words_are_right_where_they_are_the_reference() -> None:
    assert score("includes", "Not in text.", "NOT IN TEXT", forbid=("not in text",)) == 1.0


def test_a_pattern_without_a_group_is_found_or_not() -> None:
    assert score("regex", "code: AB-12", None, pattern=r"[A-Z]{2}-\d+") == 1.0
    assert score("regex", "no code", None, pattern=r"[A-Z]{2}-\d+") == 0.0


def test_a_patterns_group_is_compared_at_its_last_match() -> None:
    assert score("regex", "Result: 3\nResult: 4", "4", pattern=r"^Result: (\d+)$") == 1.0


NUMBERS: list[tuple[str, float | None]] = [
    ("25", 25),
    ("The total is 7.", 7),
    ("The answer is 42, since 6*7=42 and not 43", 42),
    ("1,234.50 USD", 1234.5),
    ("1.234,50 €", 1234.5),
    ("1 234 567", 1234567),
    ("1'234.5", 1234.5),
    ("1.234.567", 1234567),
    ("3,5", 3.5),
    ("3,500", 3500),
    ("0,125", 0.125),
    ("-5", -5),
    ("x = −7", -7),
    ("10-5", 5),
    ("-$40", -40),
    ("GPT-4", 4),
    ("\\boxed{42}", 42),
    ("#### 12", 12),
    ("3/4", 0.75),
    ("1/0", None),
    ("1.5e3", 1500),
    ("1.5 × 10^3", 1500),
    ("2 \\times 10^{-3}", 0.002),
    ("12 km/h", 12),
    ("about 3.2 million people", 3.2e6),
    ("**18**.", 18),
    ("<think>it is 9</think> 8", 8),
    ("17.5 %", 17.5),
    ("5,000.", 5000),
    ("no number", None),
    ("9" * 400, None),
    ("", None),
]


@pytest.mark.parametrize(("answer", "number"), NUMBERS)
def test_the_number_of_an_answer(answer: str, number: float | None) -> None:
    assert final_number(answer) == (None if number is None else pytest.approx(number))


def test_a_tolerance_is_absolute_or_a_share_of_the_reference() -> None:
    assert score("numeric", "103", 100, tolerance=2) == 0.0
    assert score("numeric", "103", 100, tolerance=0.05, relative=True) == 1.0


def test_a_tenth_and_two_tenths_are_three_tenths() -> None:
    assert score("numeric", str(0.1 + 0.2), 0.3) == 1.0


@given(st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 4)))
def test_a_number_is_read_back_as_it_was_written(value: float) -> None:
    assert final_number(f"It is {value:,.4f} in all.") == pytest.approx(value, abs=1e-9)


def test_articles_and_punctuation_cost_no_f1() -> None:
    assert score("f1", "The cat, sat!", "a cat sat") == 1.0


def test_rouge_l_counts_the_longest_common_order() -> None:
    assert score("rouge_l", "the cat sat", "the cat was sat") == pytest.approx(6 / 7)


@pytest.mark.parametrize(
    ("given_text", "wanted", "value"),
    [
        # As sacrebleu 2.6.0's CHRF() gives them.
        ("the cat sat", "the cat was sat", 0.463349),
        ("Der Zug fährt um acht Uhr ab.", "Der Zug fährt um acht Uhr.", 0.933114),
        ("Where is the station?", "Where is the train station?", 0.656363),
        ("He kept on working although tired", "Although he was tired, he kept working.", 0.467906),
    ],
)
def test_chrf_is_sacrebleus(given_text: str, wanted: str, value: float) -> None:
    assert chrf_similarity(given_text, wanted) == pytest.approx(value, abs=1e-6)


def test_overlap_takes_the_best_reference() -> None:
    assert score("rouge_l", "good day", ["farewell", "good day"]) == 1.0


def test_kitten_is_three_edits_from_sitting() -> None:
    assert edit_distance("kitten", "sitting") == 3


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ('{"a": 1}', {"a": 1}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('Here it is:\n```\n{"a": 1}\n```\nDone.', {"a": 1}),
        ('Sure: {"a": {"b": [1]}} as you wished', {"a": {"b": [1]}}),
        ("[1, 2]", [1, 2]),
        ('The set {x} holds {"a": 1}', {"a": 1}),
        ("nothing", MISSING),
        ('{"a": NaN}', MISSING),
        ("{" * 5000, MISSING),
    ],
)
def test_json_is_found_wherever_it_stands(answer: str, found: object) -> None:
    assert find_json(answer) == found


@pytest.mark.parametrize(
    ("ours", "theirs", "right"),
    [
        ({"a": 1.0}, {"a": 1}, True),
        ({"a": " X  y"}, {"a": "x y"}, True),
        ({"a": None}, {}, True),
        ({"a": "1"}, {"a": 1}, False),
        ({"a": True}, {"a": 1}, False),
        ([1, 2], [2, 1], False),
        ({"a": 1, "b": 2}, {"a": 1}, False),
    ],
)
def test_equal_json_is_equal_by_value_and_kind(ours: Any, theirs: Any, right: bool) -> None:
    assert score("json_equals", json.dumps(ours), theirs) == float(right)


def test_lists_are_sets_when_their_order_doesnt_count() -> None:
    assert score("json_equals", "[1, 2, 2]", [2, 1, 2], ignore_order=True) == 1.0
    assert score("json_equals", "[1, 2, 2]", [2, 1, 1], ignore_order=True) == 0.0


def test_a_wrong_field_of_four_costs_a_quarter() -> None:
    assert score("json_equals", '{"a":1,"b":2,"c":3,"d":0}', {"a": 1, "b": 2, "c": 3, "d": 4}, partial=True) == 0.75


def test_a_field_too_many_costs_too() -> None:
    assert score("json_equals", '{"a":1,"b":2}', {"a": 1}, partial=True) == pytest.approx(2 / 3)


def test_a_schema_is_satisfied_or_not() -> None:
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    assert score("json_schema", '{"n": 3}', schema) == 1.0
    assert score("json_schema", '{"n": "3"}', schema) == 0.0
    assert score("json_schema", "n = 3", schema) == 0.0


def test_a_schema_elsewhere_is_never_fetched() -> None:
    schema = {"$ref": "https://example.org/schema.json"}
    found = grader_of(GraderSpec(kind="json_schema", answer_schema=schema))("{}", item())
    assert found is not None
    assert found.value == 0.0
    assert "cannot be applied" in found.detail


RULES: list[tuple[dict[str, Any], str, float]] = [
    ({"sentences": 2}, "It rains, e.g. now. Dr. Who is wet!", 1.0),
    ({"max_words": 3}, "one two three -", 1.0),
    ({"max_words": 3}, "one two three four", 0.0),
    ({"bullets": 2}, "- a\n* b", 1.0),
    ({"paragraphs": 2}, "a\n\nb\n", 1.0),
    ({"lines": 2}, "a\n\nb\n", 1.0),
    ({"letter_case": "lower"}, "no capitals 1", 1.0),
    ({"letter_case": "upper"}, "Not", 0.0),
    ({"must_include": ["cat|dog"]}, "A DOG.", 1.0),
    ({"must_not_include": ["cat"]}, "A caterpillar", 1.0),
    ({"counts": {"river": 2}}, "River and river, rivers", 1.0),
    ({"starts_with": "Dear", "ends_with": "!"}, "Dear Sam", 0.5),
    ({"must_not_match": ["e"], "must_match": ["^a"]}, "bad\nabc", 1.0),
    ({"max_words": 5, "must_include": ["x"]}, "", 0.0),
]


@pytest.mark.parametrize(("rules", "answer", "value"), RULES)
def test_the_share_of_rules_that_are_kept(rules: dict[str, Any], answer: str, value: float) -> None:
    found = grader_of(GraderSpec(kind="rules"))(answer, item(rules=Rules(**rules)))
    assert found is not None
    assert found.value == value


def test_words_and_sentences_are_counted_as_people_count() -> None:
    assert count_words("a well-known fact — isn't it?") == 5
    assert count_sentences("One. Two! Three? And a last one") == 4


def embed(texts: list[str]) -> list[list[float]]:
    """Counts of letters: a real, if poor, embedding."""
    return [[float(text.lower().count(letter)) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]


def test_embedding_similarity_is_the_best_cosine() -> None:
    grade = grader_of(GraderSpec(kind="embedding"), embed=embed)
    near, far = grade("listen", item(reference=["xyz", "silent"])), grade("abc", item(reference="xyz"))
    assert near is not None
    assert far is not None
    assert near.value == pytest.approx(1.0)
    assert far.value == 0.0


def test_people_are_asked_when_the_grader_is_human() -> None:
    assert grader_of(GraderSpec(kind="human"))("anything", item()) is None


@pytest.mark.parametrize(
    ("kind", "told"), [("embedding", "embedder"), ("code_execution", "--allow-code"), ("llm_judge", "--judge")]
)
def test_a_grader_says_what_it_needs(kind: GraderKind, told: str) -> None:
    with pytest.raises(InputError, match=told):
        grader_of(GraderSpec(kind=kind))


def test_a_threshold_makes_a_graded_score_right_or_wrong() -> None:
    assert score("rouge_l", "the cat sat", "the cat was sat", threshold=0.8) == 1.0
    assert score("rouge_l", "the cat", "the cat was sat", threshold=0.8) == 0.0


IDENTICAL: dict[GraderKind, tuple[str, Item, dict[str, Any]]] = {
    "exact_match": ("yes", item(reference="yes"), {}),
    "includes": ("yes", item(reference="yes"), {}),
    "regex": ("yes", item(), {"pattern": "yes"}),
    "numeric": ("4", item(reference=4), {}),
    "f1": ("a yes", item(reference="a yes"), {}),
    "rouge_l": ("a yes", item(reference="a yes"), {}),
    "chrf": ("a yes", item(reference="a yes"), {}),
    "levenshtein": ("a yes", item(reference="a yes"), {}),
    "json_schema": ("{}", item(reference={"type": "object"}), {}),
    "json_equals": ('{"a": 1}', item(reference={"a": 1}), {}),
    "rules": ("yes", item(rules=Rules(max_words=1)), {}),
    "embedding": ("yes", item(reference="yes"), {}),
    "code_execution": ("x = 1", item(tests="assert x == 1"), {}),
    "llm_judge": ("yes", item(), {}),
}


def full_marks(_rubric: str, _answer: str, _item: Item) -> Score:
    return Score(1.0, "5 of 5")


@pytest.mark.parametrize("kind", GRADER_KINDS)
def test_each_kind_works(kind: GraderKind) -> None:
    if kind == "human":
        pytest.skip("has no automatic score")
    answer, asked, settings_of = IDENTICAL[kind]
    grade = grader_of(GraderSpec(kind=kind, **settings_of), allow_code=True, embed=embed, judge=full_marks)
    found = grade(answer, asked)
    assert found is not None
    assert found.value == pytest.approx(1.0)
    empty = grade("", asked)
    assert empty is not None
    assert kind == "llm_judge" or empty.value == 0.0


def test_each_kind_names_the_settings_that_it_uses() -> None:
    assert set(SETTINGS) == set(GRADER_KINDS)
    assert set().union(*SETTINGS.values()) == set(GraderSpec.model_fields)


def test_an_items_own_grader_goes_before_the_suites() -> None:
    own = Item(id="b", input="q", reference="yes", grader=GraderSpec(kind="exact_match"))
    conditions = (Condition(name="plain", template="{input}"),)
    suite = Suite(
        name="s",
        title="s",
        skill="math",
        conditions=conditions,
        grader=GraderSpec(kind="numeric"),
        items=(item(reference=4), own),
    )
    grade = suite_grader(suite)
    found = [grade("4", suite.items[0]), grade("yes", own)]
    assert [each.value for each in found if each] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("```python\nx = 1\n```", "x = 1\n"),
        ("x = 1", "x = 1"),
        ("First:\n```python\nx = 1\n```\nthen\n```py\ny = 2\n```", "x = 1\n\ny = 2\n"),
        ("```bash\npip\n```\n```python\nx = 1\n```", "x = 1\n"),
        ("```python\nx = 1\n", "x = 1"),
    ],
)
def test_code_is_found_in_its_fences(answer: str, code: str) -> None:
    assert find_code(answer).strip() == code.strip()


OVERLAPS = [token_f1, rouge_l_similarity, edit_similarity]


@pytest.mark.parametrize("similarity", [*OVERLAPS, chrf_similarity])
@given(WORDS, WORDS)
@settings(max_examples=60)
def test_overlap_is_a_share_and_one_for_the_same(
    similarity: Callable[[str, str], float], ours: str, theirs: str
) -> None:
    assert 0.0 <= similarity(ours, theirs) <= 1.0
    assert similarity(ours, ours) == pytest.approx(1.0)


@pytest.mark.parametrize("similarity", OVERLAPS)
@given(TEXT, TEXT)
@settings(max_examples=60)
def test_overlap_is_the_same_both_ways(similarity: Callable[[str, str], float], ours: str, theirs: str) -> None:
    assert similarity(ours, theirs) == pytest.approx(similarity(theirs, ours))


def plain_distance(ours: str, theirs: str) -> int:
    row = list(range(len(theirs) + 1))
    for i, one in enumerate(ours, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(theirs, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (one != other))
    return row[-1]


@given(st.text("ab c", max_size=80), st.text("ab c", max_size=80))
def test_bit_parallel_distance_is_the_plain_one(ours: str, theirs: str) -> None:
    assert edit_distance(ours, theirs) == plain_distance(ours, theirs)


def plain_subsequence(ours: list[str], theirs: list[str]) -> int:
    row = [0] * (len(theirs) + 1)
    for one in ours:
        diagonal = 0
        for j, other in enumerate(theirs, 1):
            diagonal, row[j] = row[j], diagonal + 1 if one == other else max(row[j], row[j - 1])
    return row[-1]


@given(st.lists(st.sampled_from("abc"), max_size=40), st.lists(st.sampled_from("abc"), max_size=90))
def test_bit_parallel_subsequence_is_the_plain_one(ours: list[str], theirs: list[str]) -> None:
    assert common_subsequence(ours, theirs) == plain_subsequence(ours, theirs)


PLAIN: list[GraderKind] = ["exact_match", "includes", "numeric", "f1", "rouge_l", "chrf", "levenshtein", "json_equals"]


@pytest.mark.parametrize("kind", PLAIN)
@given(TEXT, TEXT)
@settings(max_examples=60)
def test_any_answer_scores_from_zero_to_one_with_one_line_of_detail(
    kind: GraderKind, answer: str, reference: str
) -> None:
    found = grader_of(GraderSpec(kind=kind))(answer, item(reference=reference))
    assert found is not None
    assert 0.0 <= found.value <= 1.0
    assert "\n" not in found.detail


@pytest.mark.parametrize("kind", ["exact_match", "includes", "f1", "rouge_l", "chrf", "levenshtein"])
@given(WORDS)
@settings(max_examples=40)
def test_the_reference_itself_is_right(kind: GraderKind, reference: str) -> None:
    assert score(kind, reference, reference) == pytest.approx(1.0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text("xy ", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("ab", min_size=1), JSON, min_size=1, max_size=3), st.booleans(), st.booleans())
def test_json_equals_itself(value: dict[str, Any], partial: bool, ignore_order: bool) -> None:
    assert score("json_equals", json.dumps(value), value, partial=partial, ignore_order=ignore_order) == 1.0


@given(TEXT)
def test_cutting_the_wrapping_twice_changes_nothing_more(text: str) -> None:
    once = bare(text)
    assert bare(once) == once


@given(st.text("ab c.", min_size=1, max_size=30), st.text("ab c.", min_size=1, max_size=6))
def test_what_occurs_is_contained(text: str, wanted: str) -> None:
    assume(wanted.strip())
    plain, sought = folded(text), folded(wanted)
    assert not occurs(sought, plain) or sought in plain


def test_a_chinese_character_is_a_word() -> None:
    assert tokens("東京 is Tokyo, 2 x!") == ["東", "京", "is", "tokyo", "2", "x"]
