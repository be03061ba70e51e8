"""What doubt costs: the curve is where its plans change, cliffs are where they are, the ways add up."""

from dataclasses import replace
from datetime import date

import pytest

from planner.beliefs.model import Beliefs, fit_beliefs
from planner.catalog import load_catalog
from planner.catalog.schema import Catalog
from planner.options.cache import OptionsCache
from planner.planning.certainty.cliffs import find_cliffs
from planner.planning.certainty.curve import certainty_curve, total_usd
from planner.planning.certainty.next_probe import ProbeIdea, rank_probes
from planner.planning.certainty.ways import add_certainty, measured_first, try_first
from planner.planning.choose import Answer, Planned, plan_bundle, plan_workload
from planner.planning.plan import Plan
from planner.resources import catalogs_dir
from planner.workload.load import load_workload
from planner.workload.schema import Workload

DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def beliefs(catalog: Catalog) -> Beliefs:
    return fit_beliefs(catalog)


@pytest.fixture(scope="module")
def workload() -> Workload:
    return load_workload(catalogs_dir() / "workloads" / "coding-assistant.yaml")


@pytest.fixture(scope="module")
def cache() -> OptionsCache:
    return OptionsCache()


@pytest.fixture(scope="module")
def planned(workload: Workload, catalog: Catalog, beliefs: Beliefs, cache: OptionsCache) -> Planned:
    return plan_bundle(workload, catalog, beliefs, DAY, cache)


@pytest.fixture(scope="module")
def answer(catalog: Catalog, beliefs: Beliefs, cache: OptionsCache) -> Answer:
    return lambda asked: plan_workload(asked, catalog, beliefs, DAY, cache, "quick")


@pytest.fixture(scope="module")
def plan(planned: Planned) -> Plan:
    assert isinstance(planned.outcome, Plan)
    return planned.outcome


def test_each_step_costs_what_its_confidence_costs_and_surer_is_dearer(workload: Workload, answer: Answer) -> None:
    curve = certainty_curve(workload, answer)
    assert [step.confidence for step in curve] == sorted(step.confidence for step in curve)
    for step in curve:
        at = answer(workload.model_copy(update={"confidence": step.confidence}))
        assert isinstance(at, Plan)
        assert step.total_cost_usd == pytest.approx(total_usd(at))
    costs = [step.total_cost_usd for step in curve]
    assert costs == sorted(costs)
    assert sum(step.knee for step in curve) <= 1


def test_the_plan_itself_is_on_the_curve(workload: Workload, plan: Plan, answer: Answer) -> None:
    least = max(plan.totals.materiality_usd, 1.0)
    costs = [step.total_cost_usd for step in certainty_curve(workload, answer)]
    assert min(abs(cost - total_usd(plan)) for cost in costs) <= least


def test_a_cliff_saves_what_it_says_where_it_says(workload: Workload, plan: Plan, answer: Answer) -> None:
    cliffs = find_cliffs(workload, plan, answer)
    assert [cliff.saves_usd for cliff in cliffs] == sorted((cliff.saves_usd for cliff in cliffs), reverse=True)
    for cliff in cliffs:
        assert cliff.saves_usd > plan.totals.materiality_usd
        if cliff.limit != "data.residency":
            continue
        segments = tuple(
            segment.model_copy(update={"data": segment.data.model_copy(update={"residency": None})})
            if segment.name == cliff.segment
            else segment
            for segment in workload.segments
        )
        loose = answer(workload.model_copy(update={"segments": segments}))
        assert isinstance(loose, Plan)
        assert total_usd(plan) - total_usd(loose) == pytest.approx(cliff.saves_usd)


def test_measuring_first_counts_what_probes_save_and_cost(
    workload: Workload, planned: Planned, plan: Plan, catalog: Catalog, beliefs: Beliefs
) -> None:
    ideas = rank_probes(planned, catalog, beliefs)
    found = measured_first(workload, plan, ideas)
    if found is None:
        pytest.skip("no probe pays on this catalog")
    assert found.expected_total_cost_usd < total_usd(plan)
    free = tuple(replace(idea, labels_usd=0.0, answers_usd=0.0) for idea in ideas)
    cheaper = measured_first(workload, plan, free)
    assert cheaper is not None
    assert cheaper.expected_total_cost_usd <= found.expected_total_cost_usd


def test_probes_below_materiality_are_no_reason_to_wait(workload: Workload, plan: Plan) -> None:
    tiny = ProbeIdea("s", "m", "M", 100, 0.5, plan.totals.materiality_usd / 2.0, 0.0, 1.0, 0.0, "")
    assert measured_first(workload, plan, [tiny]) is None


def test_a_trial_is_cheaper_and_likely(workload: Workload, plan: Plan, answer: Answer) -> None:
    found = try_first(workload, plan, answer)
    if found is None:
        return
    assert found.expected_total_cost_usd < total_usd(plan)
    assert all(0.5 <= trial.chance <= 1.0 and trial.start != trial.fallback for trial in found.segments)


def test_the_plan_with_certainty_is_the_same_plan(
    planned: Planned, plan: Plan, catalog: Catalog, beliefs: Beliefs, cache: OptionsCache
) -> None:
    told = add_certainty(planned, catalog, beliefs, DAY, cache)
    assert isinstance(told, Plan)
    assert told.certainty
    empty = {"certainty": (), "cliffs": (), "measured_first": None, "try_first": None}
    assert told.model_copy(update=empty) == plan
    assert Plan.model_validate_json(told.model_dump_json()) == told
