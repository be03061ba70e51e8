"""Which API to time next: where a time limit alone shuts out a cheaper tool."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from planner.beliefs.model import fit_beliefs
from planner.catalog import load_catalog
from planner.catalog.schema import Catalog
from planner.planning.certainty.next_timing import REQUESTS, rank_timings
from planner.planning.choose import Planned, plan_bundle
from planner.workload.schema import Workload

SEGMENT = {
    "name": "drafts",
    "skill": "writing",
    "requests_per_month": 400_000,
    "input_tokens": {"mean": 1200, "p95": 3000},
    "output_tokens": {"mean": 300, "p95": 700},
    "quality_floor": {"at_least": 0.9, "of": "best"},
    "latency": {"total_p95_ms": 7000},
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def planned(catalog: Catalog) -> Planned:
    workload = Workload.model_validate({"version": 1, "name": "desk", "segments": [SEGMENT]})
    return plan_bundle(workload, catalog, fit_beliefs(catalog), date(2026, 11, 24), detail="quick")


def test_without_a_plan_there_is_nothing_to_compare_with(catalog: Catalog, planned: Planned) -> None:
    assert rank_timings(replace(planned, solution=None), catalog) == ()


def test_ideas_are_cheaper_shut_out_by_time_and_worth_their_requests(catalog: Catalog, planned: Planned) -> None:
    ideas = rank_timings(planned, catalog)
    assert ideas
    worth = [idea.worth_usd for idea in ideas]
    assert worth == sorted(worth, reverse=True)
    for idea in ideas:
        assert idea.requests == REQUESTS
        assert idea.limits
        assert all(limit.startswith("latency.") for limit in idea.limits)
        assert 0.0 < idea.chance < 1.0
        assert idea.saves_usd > 0.0
        assert np.isfinite(idea.costs_usd)
        assert idea.model_name in idea.text
