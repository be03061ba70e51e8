"""Changes, comparisons, sweeps and the tornado."""

from datetime import date
from typing import Any

import pytest

from planner.beliefs.model import Beliefs, fit_beliefs
from planner.catalog.load import load_catalog
from planner.catalog.schema import Catalog
from planner.errors import InputError
from planner.options.cache import OptionsCache
from planner.planning.choose import Planned, fill_in, plan_bundle
from planner.planning.plan import Plan
from planner.planning.scenario import Change, apply_changes, parse_change, sweep, tornado, what_if
from planner.workload.schema import RelativeFloor, Workload
from tests.planning import instances as made

TODAY = date(2026, 11, 24)


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


@pytest.fixture(scope="module")
def facts() -> tuple[Catalog, Beliefs]:
    catalog = load_catalog()
    return catalog, fit_beliefs(catalog)


@pytest.fixture(scope="module")
def cache() -> OptionsCache:
    return OptionsCache()


def real(**fields: Any) -> Workload:
    triage = {
        "name": "triage",
        "skill": "classification",
        "requests_per_month": 300_000,
        "input_tokens": {"mean": 420, "p95": 900},
        "output_tokens": {"mean": 12, "p95": 30},
        "quality_floor": {"at_least": 0.8, "of": "best"},
    }
    drafts = {**triage, "name": "drafts", "skill": "writing", "output_tokens": {"mean": 300, "p95": 700}}
    return made.workload(triage, drafts, **fields)


@pytest.fixture(scope="module")
def before(facts: tuple[Catalog, Beliefs], cache: OptionsCache) -> Planned:
    planned = plan_bundle(real(), *facts, TODAY, cache, "quick")
    assert isinstance(planned.outcome, Plan)
    return planned


def test_no_change_is_no_difference(before: Planned, facts: tuple[Catalog, Beliefs], cache: OptionsCache) -> None:
    same = what_if(before, [], *facts, TODAY, cache)
    assert same.cost_usd is not None
    assert (same.cost_usd.low, same.cost_usd.high, same.tools_added, same.tools_removed) == (0.0, 0.0, (), ())


def test_more_requests_cost_more_in_every_draw(
    before: Planned, facts: tuple[Catalog, Beliefs], cache: OptionsCache
) -> None:
    more = what_if(before, [Change("segments.*.requests_per_month", "x3")], *facts, TODAY, cache)
    assert more.cost_usd is not None
    assert more.cost_usd.low > 0.0
    assert [segment.name for segment in more.segments] == ["triage", "drafts"]


def test_a_dearer_frontier_never_makes_the_plan_cheaper(
    before: Planned, facts: tuple[Catalog, Beliefs], cache: OptionsCache
) -> None:
    dearer = what_if(before, [Change("assumptions.frontier_price_factor", 2.0)], *facts, TODAY, cache)
    assert dearer.cost_usd is not None
    assert dearer.cost_usd.mean >= -1e-9


def test_a_looser_floor_never_costs_more(before: Planned, facts: tuple[Catalog, Beliefs], cache: OptionsCache) -> None:
    looser = what_if(before, [Change("segments.*.quality_floor", "-0.1")], *facts, TODAY, cache)
    assert looser.cost_usd is not None
    assert looser.cost_usd.mean <= 1e-9


def test_a_change_that_leaves_no_plan_is_a_conflict_without_differences(
    before: Planned, facts: tuple[Catalog, Beliefs], cache: OptionsCache
) -> None:
    broken = what_if(before, [Change("limits.monthly_budget_usd", 0.01)], *facts, TODAY, cache)
    assert (broken.cost_usd, broken.after.outcome.status) == (None, "infeasible")


def test_filling_in_keeps_the_choice_and_adds_the_explanations(before: Planned, facts: tuple[Catalog, Beliefs]) -> None:
    full = fill_in(before, *facts)
    assert isinstance(full.outcome, Plan)
    assert isinstance(before.outcome, Plan)
    assert full.outcome.totals == before.outcome.totals
    assert full.outcome.baselines
    assert not before.outcome.baselines


def test_a_sweep_tells_between_which_values_a_tool_switches(
    facts: tuple[Catalog, Beliefs], cache: OptionsCache
) -> None:
    rows = sweep(real(), "segments.*.quality_floor.at_least", 0.5, 0.9, 5, *facts, TODAY, cache)
    switched = [row for row in rows if row.switches]
    assert switched
    assert all(row.switch_between is not None and row.switch_between[1] == row.value for row in switched)
    assert all("switches from" in row.text for row in switched)


def test_a_sweep_of_one_value_is_refused(facts: tuple[Catalog, Beliefs]) -> None:
    with pytest.raises(InputError, match="at least 2"):
        sweep(real(), "confidence", 0.5, 0.9, 1, *facts, TODAY)


def test_the_tornado_is_widest_first_and_holds_the_volume(
    before: Planned, facts: tuple[Catalog, Beliefs], cache: OptionsCache
) -> None:
    swings = tornado(before, *facts, TODAY, cache)
    widths = [abs((swing.high_usd or 0.0) - (swing.low_usd or 0.0)) for swing in swings if swing.label == "Volume"]
    assert widths
    assert widths[0] > 0.0
    assert before.solution is not None
    spans = [
        max(swing.low_usd or before.solution.cost_usd, swing.high_usd or 0.0, before.solution.cost_usd)
        - min(swing.low_usd or np_inf(), swing.high_usd or np_inf(), before.solution.cost_usd)
        for swing in swings
    ]
    assert spans == sorted(spans, reverse=True)


def np_inf() -> float:
    return float("inf")
