"""Every example workload, from its file to a plan that a reader can trace."""

from datetime import date
from functools import lru_cache

import pytest

from planner import fit_beliefs, load_catalog, load_workload, plan_workload
from planner.beliefs.model import Beliefs
from planner.planning.plan import Plan
from planner.resources import catalogs_dir
from planner.workload import Workload

EXAMPLES = sorted((catalogs_dir() / "workloads").glob("*.yaml"))
TODAY = date(2026, 11, 24)


@lru_cache(maxsize=1)
def _beliefs() -> Beliefs:
    return fit_beliefs(load_catalog())


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda path: path.stem)
def planned(request: pytest.FixtureRequest) -> tuple[Workload, Plan]:
    workload = load_workload(request.param)
    catalog = load_catalog()
    outcome = plan_workload(workload, catalog, _beliefs(), TODAY)
    assert isinstance(outcome, Plan), outcome.text
    return workload, outcome


def test_names_in_the_examples_are_names_of_the_catalog() -> None:
    catalog = load_catalog()
    devices = {gpu.id for gpu in catalog.gpus.values() if gpu.kind in {"laptop", "phone", "edge"}}
    for path in EXAMPLES:
        for segment in load_workload(path).segments:
            named = {item.model for item in segment.observed}
            named |= {segment.today.model} if segment.today else set()
            named |= {segment.prefer} if segment.prefer else set()
            assert named <= set(catalog.models), path
            assert segment.like is None or segment.like in catalog.benchmarks, path
            assert set(segment.data.providers_allowed or ()) <= set(catalog.providers), path
            assert set(segment.data.devices or ()) <= devices, path


def test_every_segment_is_served(planned: tuple[Workload, Plan]) -> None:
    workload, plan = planned
    assert [segment.name for segment in plan.segments] == [segment.name for segment in workload.segments]
    assert plan.status == "optimal"


def test_every_limit_holds_at_the_stated_confidence(planned: tuple[Workload, Plan]) -> None:
    workload, plan = planned
    for segment in plan.segments:
        assert min(segment.meets_within_tolerance.values()) >= workload.confidence, segment.name


def test_no_data_goes_where_it_may_not(planned: tuple[Workload, Plan]) -> None:
    workload, plan = planned
    for segment, served in zip(workload.segments, plan.segments, strict=True):
        if not segment.data.may_leave_premises:
            assert served.option.serving in {"self_hosted", "on_device"}
        if segment.data.residency is not None and served.option.serving != "on_device":
            assert served.option.area in segment.data.residency
        if segment.data.providers_allowed is not None and served.option.serving == "api":
            assert served.option.provider in segment.data.providers_allowed


def test_every_number_leads_to_a_row_of_evidence(planned: tuple[Workload, Plan]) -> None:
    _, plan = planned
    known = {item.id for item in plan.evidence}
    for segment in plan.segments:
        for part in segment.cost_parts:
            assert set(part.evidence) <= known
            assert part.evidence or part.number_class == "assumed", (segment.name, part.name)
    for item in plan.evidence:
        assert item.source
        assert item.date or item.number_class == "assumed"


def test_the_parts_of_the_bill_sum_to_the_bill(planned: tuple[Workload, Plan]) -> None:
    _, plan = planned
    total = sum(segment.monthly_cost_usd.mean for segment in plan.segments)
    assert total == pytest.approx(plan.totals.monthly_cost_usd.mean, rel=1e-6)
