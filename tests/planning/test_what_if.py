"""What-if: comparisons, sweeps and the tornado."""

from datetime import date
from typing import Any

import pytest

from planner.beliefs.model import Beliefs, fit_beliefs
from planner.catalog.load import load_catalog
from planner.catalog.schema import Catalog
from planner.errors import InputError
from planner.options.cache import OptionsCache
from planner.planning.choose import Answer, Planned, plan_bundle, plan_workload
from planner.planning.plan import Plan
from planner.planning.what_if.changes import Change
from planner.planning.what_if.comparison import what_if
from planner.planning.what_if.sweep import spread, sweep
from planner.planning.what_if.tornado import tornado
from planner.workload.schema import Workload
from tests.planning import instances as made

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def facts() -> tuple[Catalog, Beliefs]:
    catalog = load_catalog()
    return catalog, fit_beliefs(catalog)


@pytest.fixture(scope="module")
def cache() -> OptionsCache:
    return OptionsCache()


@pytest.fixture(scope="module")
def answer(facts: tuple[Catalog, Beliefs], cache: OptionsCache) -> Answer:
    return lambda workload: plan_workload(workload, *facts, TODAY, cache, "quick")


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
    assert (same.cost_usd.low, same.cost_usd.high, same.tools_added) == (0.0, 0.0, ())
    assert not any(segment.tools_changed for segment in same.segments)


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


def test_a_full_plan_is_the_quick_one_with_explanations(before: Planned, facts: tuple[Catalog, Beliefs]) -> None:
    full = plan_bundle(real(), *facts, TODAY).outcome
    assert isinstance(full, Plan)
    assert isinstance(before.outcome, Plan)
    assert full.totals == before.outcome.totals
    assert full.baselines
    assert not before.outcome.baselines


def test_a_sweep_tells_between_which_values_a_tool_switches(answer: Answer) -> None:
    rows = sweep(spread(real(), "segments.*.quality_floor.at_least", 0.5, 0.9, 5), answer)
    switched = [row for row in rows if row.switches]
    assert switched
    assert all(row.switch_between is not None and row.switch_between[1] == row.value for row in switched)
    assert all("switches from" in row.text for row in switched)
    assert all(len(row.tools) == len(row.tiers) == 2 for row in rows)


def test_a_sweep_of_one_value_is_refused() -> None:
    with pytest.raises(InputError, match="at least 2"):
        spread(real(), "confidence", 0.5, 0.9, 1)


def test_the_tornado_holds_the_volume_on_both_sides_of_the_bill(before: Planned, answer: Answer) -> None:
    assert isinstance(before.outcome, Plan)
    now = before.outcome.totals.monthly_cost_usd
    volume = next(swing for swing in tornado(real(), answer) if swing.label == "Volume")
    assert volume.cost_at_low is not None
    assert volume.cost_at_high is not None
    assert volume.cost_at_low.mean < now.mean < volume.cost_at_high.mean


def test_the_tornado_leaves_out_what_the_workload_has_nothing_for(answer: Answer) -> None:
    labels = [swing.label for swing in tornado(real(), answer)]
    assert "Prompt length" in labels
    assert "Time to first token allowed" not in labels
