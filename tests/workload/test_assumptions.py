"""What no one said, most influential first."""

from pathlib import Path

import pytest

from planner.workload import dump_workload, list_assumptions, load_workload, parse_workload
from planner.workload.assumptions import is_given

BARE = """version: 1
name: x
segments:
  - {name: a, skill: grounded_qa, requests_per_month: 1000, input_tokens: {mean: 400}, output_tokens: {mean: 10}}
  - {name: b, skill: coding, requests_per_month: 9000, input_tokens: {mean: 4000}, output_tokens: {mean: 100}}
"""


def _paths(text: str) -> list[str]:
    return [assumption.path for assumption in list_assumptions(parse_workload(text))]


def test_the_left_out_floor_comes_first_and_says_what_it_is() -> None:
    first = list_assumptions(parse_workload(BARE))[0]
    assert first.path == "segments.b.quality_floor"
    assert first.value == "95 % as good as the best"


def test_the_segment_with_more_tokens_comes_first() -> None:
    paths = _paths(BARE)
    assert paths.index("segments.b.peak_to_mean") < paths.index("segments.a.peak_to_mean")


@pytest.mark.parametrize(
    ("stated", "path"),
    [
        ("peak_to_mean: 3", "segments.a.peak_to_mean"),
        ("quality_floor: 0.9", "segments.a.quality_floor"),
        ("like: aider:edit", "segments.a.like"),
        ("observed: [{model: m, quality: 0.9, n: 10}]", "segments.a.like"),
        ("context_p99_tokens: 9000", "segments.a.context_p99_tokens"),
        ("data: {residency: [eu]}", "segments.a.data.residency"),
        ("latency: {total_p95_ms: 900}", "segments.a.latency"),
        ("batchable: true", "segments.a.latency"),
        ("training: {labelled_examples: 0}", "segments.a.training.labelled_examples"),
        ("languages: [en]", "segments.a.languages"),
    ],
)
def test_what_was_said_is_no_assumption_even_if_it_is_the_default(stated: str, path: str) -> None:
    said = BARE.replace("skill: grounded_qa", f"skill: grounded_qa, {stated}")
    assert path in _paths(BARE)
    assert path not in _paths(said)


def test_a_stated_p95_is_no_assumption() -> None:
    assert "segments.a.input_tokens.p95" in _paths(BARE)
    assert "segments.a.input_tokens.p95" not in _paths(BARE.replace("{mean: 400}", "{mean: 400, p95: 900}"))


def test_defaults_of_the_whole_workload_are_told() -> None:
    assert "assumptions.engineer_hour_usd" in _paths(BARE)
    assert "assumptions.engineer_hour_usd" not in _paths(BARE + "assumptions: {engineer_hour_usd: 95}\n")


def test_devices_count_only_where_something_may_run_on_them() -> None:
    assert "assumptions.device_count" not in _paths(BARE)
    on_premises = BARE.replace("skill: coding", "skill: coding, data: {may_leave_premises: false}")
    assert "assumptions.device_count" in _paths(on_premises)


def test_a_full_dump_leaves_hardly_anything_to_assume() -> None:
    full = parse_workload(dump_workload(parse_workload(BARE), full=True))
    left = {path.split(".", 2)[-1] for path in (item.path for item in list_assumptions(full))}
    assert left <= {
        "quality_floor",
        "like",
        "latency",
        "data.residency",
        "context_p99_tokens",
        "input_tokens.p95",
        "output_tokens.p95",
    }


def test_every_assumption_of_every_example_is_told_whole(examples: tuple[Path, ...]) -> None:
    for path in examples:
        told = list_assumptions(load_workload(path))
        assert len({item.path for item in told}) == len(told)
        assert all(item.label and item.value and item.reason.endswith(".") for item in told)


def test_a_nested_field_is_given_only_when_it_is_stated() -> None:
    segment = parse_workload(BARE.replace("skill: coding", "skill: coding, data: {residency: [eu]}")).segments[1]
    assert is_given(segment, "data.residency")
    assert not is_given(segment, "data.sensitivity")
