"""From YAML to a checked workload, one line for each problem."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InputError
from planner.workload import (
    Workload,
    check_workload,
    dump_workload,
    load_workload,
    parse_workload,
    plain_workload,
    workload_hash,
    workload_problems,
)
from planner.workload.load import describe

SMALLEST = """version: 1
name: Support desk
segments:
  - name: ticket-triage
    skill: classification
    requests_per_month: 1500000
    input_tokens: {mean: 420, p95: 900}
    output_tokens: {mean: 12, p95: 30}
    quality_floor: 0.90
"""


def test_the_ten_lines_of_a_newcomer_are_a_workload() -> None:
    workload = parse_workload(SMALLEST)
    assert workload.segments[0].quality_floor == 0.9
    assert workload.objective.minimise == "total_cost"


@pytest.mark.parametrize(
    ("old", "new", "field", "found", "allowed"),
    [
        ("quality_floor: 0.90", "quality_floor: 90", "segments[0].quality_floor", "90", "a share from 0 to 1"),
        ("classification", "classify", "segments[0].skill", "'classify'", "classification, extraction"),
        ("1500000", "-3", "segments[0].requests_per_month", "-3", "a number above 0"),
        ("1500000", "plenty", "segments[0].requests_per_month", "'plenty'", "a number above 0"),
        ("1500000", ".inf", "segments[0].requests_per_month", "inf", "a number above 0"),
        ("p95: 900", "p95: 100", "segments[0].input_tokens", "p95 (100) is below the mean (420)", "at least the mean"),
        (
            "requests_per_month",
            "request_per_month",
            "segments[0].request_per_month",
            "a field that",
            "requests_per_month",
        ),
        ("skill:", "skil:", "segments[0].skil", "a field that does not exist", "skill (did you mean that?)"),
        ("version: 1", "version: 2", "version", "2", "1"),
        ("ticket-triage", "'a/b'", "segments[0].name", "'a/b'", "letters, digits"),
        ("mean: 420", "mean: .nan", "segments[0].input_tokens.mean", "nan", "a number above 0"),
        ("name: Support desk\n", "", "name", "nothing", "this field is needed"),
        (
            "quality_floor: 0.90",
            "quality_floor: {at_least: 3}",
            "segments[0].quality_floor.at_least",
            "3",
            "at most 1.5",
        ),
        (
            "quality_floor: 0.90",
            "quality_floor: {at_leest: 1}",
            "segments[0].quality_floor.at_leest",
            "a fi",
            "at_least",
        ),
        (
            "quality_floor: 0.90",
            "quality_floor: [1]",
            "segments[0].quality_floor",
            "a list of 1",
            "a share from 0 to 1",
        ),
        ("quality_floor: 0.90", "quality_floor: true", "segments[0].quality_floor", "true", "not true or false"),
        ("quality_floor: 0.90", "languages: []", "segments[0].languages", "an empty list", "at least one entry"),
        (
            "quality_floor: 0.90",
            "data: {residency: [mars]}",
            "segments[0].data.residency[0]",
            "'mars'",
            "one of eu, us",
        ),
        ("quality_floor: 0.90", "training: 3", "segments[0].training", "3", "labelled_examples"),
        (
            "quality_floor: 0.90",
            "shared_prefix_tokens: 500",
            "segments[0]",
            "exceeds the mean input",
            "at most the mean",
        ),
        (
            "quality_floor: 0.90",
            "latency: {ttft_p95_ms: 0}",
            "segments[0].latency.ttft_p95_ms",
            "0",
            "a number above 0",
        ),
        (
            "segments:",
            "objective: {minimise: cost, maximise: quality}\nsegments:",
            "objective",
            "a mapping",
            "exactly one",
        ),
        ("segments:", "limits: {max_models: 0}\nsegments:", "limits.max_models", "0", "a whole number of at least 1"),
        ("segments:", "limits: {max_models: true}\nsegments:", "limits.max_models", "true", "not true or false"),
        ("segments:", "confidence: 1.0\nsegments:", "confidence", "1.0", "at most 0.99"),
    ],
)
def test_a_wrong_field_is_one_line_with_file_field_found_and_allowed(
    old: str, new: str, field: str, found: str, allowed: str
) -> None:
    with pytest.raises(InputError) as caught:
        parse_workload(SMALLEST.replace(old, new, 1), "shop.yaml")
    error = caught.value
    assert (error.file, error.field) == ("shop.yaml", field)
    assert found in error.found
    assert allowed in error.allowed
    assert "\n" not in str(error)
    assert "and 1 more" not in str(error)


def test_two_segments_of_one_name_are_refused() -> None:
    twice = SMALLEST + SMALLEST.split("segments:\n")[1]
    with pytest.raises(InputError, match="two segments are named 'ticket-triage'"):
        parse_workload(twice)


@pytest.mark.parametrize("text", ["", "# nothing", "[]", "3", "segments", "- a"])
def test_a_text_that_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="a mapping with version, name and segments"):
        parse_workload(text)


def test_all_problems_are_collected_in_the_order_of_the_fields() -> None:
    wrong = SMALLEST.replace("1500000", "-3").replace("0.90", "90").replace("classification", "x")
    fields = [problem.field for problem in workload_problems(wrong)]
    assert fields == ["segments[0].skill", "segments[0].requests_per_month", "segments[0].quality_floor"]


def test_the_first_problem_says_how_many_follow() -> None:
    wrong = SMALLEST.replace("1500000", "-3").replace("0.90", "90")
    with pytest.raises(
        InputError, match=r"requests_per_month: found -3; .* \(and 1 more: segments\[0\]\.quality_floor"
    ):
        parse_workload(wrong)


def test_a_good_text_has_no_problems() -> None:
    assert workload_problems(SMALLEST) == ()


def test_a_misspelt_needed_field_is_one_problem_not_two() -> None:
    assert len(workload_problems(SMALLEST.replace("requests_per_month", "requests_per_mont"))) == 1


def test_every_example_reads_and_reads_back(examples: tuple[Path, ...]) -> None:
    assert len(examples) >= 8
    for path in examples:
        workload = load_workload(path)
        assert parse_workload(dump_workload(workload)) == workload
        assert parse_workload(dump_workload(workload, full=True)) == workload


def test_the_examples_use_every_field_of_a_segment_and_of_the_limits(examples: tuple[Path, ...]) -> None:
    given_fields: set[str] = set()
    for path in examples:
        workload = load_workload(path)
        given_fields |= {f"limits.{name}" for name in workload.limits.model_fields_set}
        for segment in workload.segments:
            given_fields |= segment.model_fields_set
            given_fields |= {f"data.{name}" for name in segment.data.model_fields_set}
    segment_fields = set(type(load_workload(examples[0]).segments[0]).model_fields)
    assert segment_fields <= given_fields
    assert {"limits.monthly_budget_usd", "limits.max_models", "limits.min_providers", "limits.carbon_kg_per_month"} <= (
        given_fields
    )
    assert {
        "data.residency",
        "data.may_leave_premises",
        "data.licences_allowed",
        "data.providers_allowed",
    } <= given_fields


def test_a_dump_holds_only_what_was_given() -> None:
    assert "peak_to_mean" not in dump_workload(parse_workload(SMALLEST))
    assert "peak_to_mean: 3" in dump_workload(parse_workload(SMALLEST), full=True)


def test_a_stated_default_stays_in_the_dump() -> None:
    stated = SMALLEST + "    peak_to_mean: 3\n"
    assert "peak_to_mean: 3" in dump_workload(parse_workload(stated))


def test_the_hash_knows_content_not_writing() -> None:
    rewritten = SMALLEST.replace("1500000", "1.5e6") + "    peak_to_mean: 3.0\n"
    assert workload_hash(parse_workload(rewritten)) == workload_hash(parse_workload(SMALLEST))
    assert workload_hash(parse_workload(SMALLEST.replace("420", "421"))) != workload_hash(parse_workload(SMALLEST))


def test_plain_data_is_checked_as_a_file_is() -> None:
    plain = plain_workload(parse_workload(SMALLEST))
    assert check_workload(plain) == parse_workload(SMALLEST)
    with pytest.raises(InputError, match="segments"):
        check_workload(plain | {"segments": []})


_text = st.text(max_size=400)


@given(_text)
def test_no_text_brings_a_traceback(text: str) -> None:
    for problem in workload_problems(text):
        assert "\n" not in str(problem)


@given(st.data())
def test_no_change_of_one_value_brings_a_traceback(data: st.DataObject) -> None:
    lines = SMALLEST.splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    value = data.draw(
        st.sampled_from(["", "[]", "{}", "[[[]]]", "{a: {b: 1}}", "-1", "1e400", "'\\u0000'", "~", "true", "x"])
    )
    lines[number] = re.sub(r":.*", lambda _: f": {value}", lines[number])
    for problem in workload_problems("\n".join(lines)):
        assert "\n" not in str(problem)
        assert problem.allowed


def test_every_field_of_the_format_can_be_described() -> None:
    schema = Workload.model_json_schema()
    for part in schema["$defs"].values():
        for field in part.get("properties", {}).values():
            assert describe(field)
