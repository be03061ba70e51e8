"""Changes of a workload: what they find, how they compound, what they refuse."""

from itertools import permutations

import pytest

from planner.errors import InputError
from planner.planning.what_if.changes import Change, apply_changes, parse_change
from planner.workload.schema import RelativeFloor, Workload
from tests.planning import instances as made


def two() -> Workload:
    first = made.segment("ticket.triage", latency={"ttft_p95_ms": 1000.0})
    return made.workload(first, made.segment("ticket", quality_floor={"at_least": 0.9, "of": "best"}))


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("segments.ticket.triage.requests_per_month", 5.0, [5.0, 1000.0]),
        ("segments.ticket.requests_per_month", "x1.5", [1000.0, 1500.0]),
        ("segments.*.requests_per_month", "+500", [1500.0, 1500.0]),
        ("segments.*.requests_per_month", "-500", [500.0, 500.0]),
    ],
)
def test_a_change_finds_its_segments(path: str, value: object, expected: list[float]) -> None:
    changed = apply_changes(two(), [Change(path, value)])
    assert [segment.requests_per_month for segment in changed.segments] == expected


def test_a_distribution_scales_as_a_whole() -> None:
    tokens = apply_changes(two(), [Change("segments.*.input_tokens", "x2")]).segments[0].input_tokens
    assert (tokens.mean, tokens.p95) == (200.0, 400.0)


def test_a_floor_shifts_absolute_or_relative() -> None:
    floors = [s.quality_floor for s in apply_changes(two(), [Change("segments.*.quality_floor", "+0.02")]).segments]
    assert floors == [pytest.approx(0.92), RelativeFloor(at_least=0.92, of="best")]


def test_a_relative_change_skips_segments_that_lack_the_limit() -> None:
    changed = apply_changes(two(), [Change("segments.*.latency.ttft_p95_ms", "x2")])
    assert [segment.latency.ttft_p95_ms for segment in changed.segments] == [2000.0, None]


def test_a_field_that_was_left_out_can_be_set() -> None:
    assert apply_changes(two(), [Change("limits.max_models", 2.0)]).limits.max_models == 2


def test_none_removes_an_optional_limit() -> None:
    changed = apply_changes(two(), [Change("segments.ticket.triage.latency.ttft_p95_ms", None)])
    assert changed.segments[0].latency.ttft_p95_ms is None


def test_the_workload_before_is_left_as_it_was() -> None:
    before = two()
    apply_changes(before, [Change("segments.*.requests_per_month", "x9")])
    assert before == two()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["x1.5", "x2"], 3000.0),
        (["x1.5", "+500"], 2000.0),
        ([5, "x1.5"], 7.5),
        (["x2", 5.0], 5.0),
    ],
)
def test_changes_of_one_input_compound(values: list[object], expected: float) -> None:
    changed = apply_changes(two(), [Change("segments.*.requests_per_month", value) for value in values])
    assert [segment.requests_per_month for segment in changed.segments] == [expected, expected]


@pytest.mark.parametrize(
    ("limit", "values", "expected"), [("monthly_budget_usd", [100, "x1.125"], 112.5), ("max_models", [3, "x1.5"], 4)]
)
def test_changes_of_a_limit_that_was_not_set_compound(limit: str, values: list[object], expected: float) -> None:
    changed = apply_changes(two(), [Change(f"limits.{limit}", value) for value in values])
    assert getattr(changed.limits, limit) == expected


def test_a_part_given_whole_can_be_changed_again() -> None:
    given = {"mean": 50}
    changes = [Change("segments.*.input_tokens", given), Change("segments.ticket.input_tokens.p95", 80)]
    tokens = [segment.input_tokens for segment in apply_changes(two(), changes).segments]
    assert [(one.mean, one.p95) for one in tokens] == [(50.0, None), (50.0, 80.0)]
    assert given == {"mean": 50}


@pytest.mark.parametrize("factor", [0.5, 2.0])
@pytest.mark.parametrize("paths", list(permutations(["input_tokens", "shared_prefix_tokens"])))
def test_the_order_of_changes_that_only_fit_together_does_not_matter(paths: tuple[str, ...], factor: float) -> None:
    before = made.workload(made.segment("ticket", shared_prefix_tokens=100.0))
    assert before.segments[0].input_tokens.mean == 100.0
    after = apply_changes(before, [Change(f"segments.*.{path}", f"x{factor:g}") for path in paths]).segments[0]
    assert (after.input_tokens.mean, after.shared_prefix_tokens) == (100.0 * factor, 100.0 * factor)


@pytest.mark.parametrize(
    "spoilt",
    [
        Change("segments", 5),
        Change("segments", [3]),
        Change("segments.ticket.name", 5),
        Change("limits", "none"),
        Change("segments.ticket.input_tokens", {"mean": "many"}),
        Change("segments.ticket.quality_floor", {"at_least": "most"}),
    ],
)
@pytest.mark.parametrize(
    "after",
    [
        Change("segments.ticket.input_tokens", "x2"),
        Change("segments.*.quality_floor", "+0.1"),
        Change("segments.5.requests_per_month", 7),
        Change("limits.max_models", 3),
    ],
)
def test_a_wrong_change_before_others_is_one_line_too(spoilt: Change, after: Change) -> None:
    with pytest.raises(InputError) as caught:
        apply_changes(two(), [spoilt, after])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("segments.tickett.requests_per_month", 5, "did you mean ticket?"),
        ("segments.ticket.request_per_month", 5, "did you mean requests_per_month?"),
        ("limit.max_models", 5, "did you mean limits?"),
        ("segments.ticket.requests_per_month", -5.0, "change"),
        ("segments.ticket.requests_per_month", "many", "change"),
        ("segments.ticket.skill", "x2", "only for numbers"),
        ("limits.monthly_budget_usd", "x2", "there is none to scale"),
        ("segments.ticket.skill.name", 1, "change it as a whole"),
    ],
)
def test_a_wrong_change_is_one_line_that_says_what_is_allowed(path: str, value: object, said: str) -> None:
    with pytest.raises(InputError) as caught:
        apply_changes(two(), [Change(path, value)])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("a.b=3", 3), ("a.b=x1.5", "x1.5"), ("a.b=-0.02", "-0.02"), ("a.b=best", "best"), ("a.b={c: 1}", {"c": 1})],
)
def test_a_change_is_read_from_the_command_line(text: str, value: object) -> None:
    assert parse_change(text) == Change("a.b", value)


@pytest.mark.parametrize("text", ["a.b", "=3", "a.b=[1"])
def test_a_change_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_change(text)
