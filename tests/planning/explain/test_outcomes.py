"""What a plan says beside quality: where questions that need documents end, and what novelty costs."""

from datetime import date
from typing import Any

import pytest

from planner.beliefs import fit_beliefs
from planner.beliefs.model import Beliefs
from planner.catalog import load_catalog
from planner.catalog.schema import Catalog
from planner.planning.choose import plan_workload
from planner.planning.plan import Plan, SegmentPlan
from planner.workload.schema import Workload

DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def world() -> tuple[Catalog, Beliefs]:
    catalog = load_catalog()
    return catalog, fit_beliefs(catalog)


def _planned(world: tuple[Catalog, Beliefs], **changes: Any) -> SegmentPlan:
    segment = {
        "name": "manual",
        "skill": "grounded_qa",
        "requests_per_month": 20000,
        "input_tokens": {"mean": 300},
        "output_tokens": {"mean": 150},
        "quality_floor": 0.3,
        "knowledge": {"private_or_fresh_share": 0.9, "corpus_tokens": 2e6, "changed_tokens_per_month": 2e5},
        "data": {"providers_allowed": ["openai"]},
    }
    workload = Workload.model_validate({"version": 1, "name": "one", "segments": [{**segment, **changes}]})
    plan = plan_workload(workload, *world, DAY, detail="quick")
    assert isinstance(plan, Plan)
    return plan.segments[0]


def test_the_shares_of_questions_that_need_documents_add_up(world: tuple[Catalog, Beliefs]) -> None:
    planned = _planned(world)
    told = planned.retrieval
    assert told is not None
    parts = (told.retrieved_right, told.retrieved_wrong, told.right_from_memory, told.declined, told.invented)
    assert sum(part.mean for part in parts) == pytest.approx(1.0)
    assert all(0.0 <= part.low <= part.mean <= part.high <= 1.0 for part in parts)
    assert told.of_requests == 0.9
    assert (told.answer_age_hours_mean, told.answer_age_hours_at_most) == (12.0, 24.0)
    assert "invented" in told.text


def test_where_nothing_is_searched_no_shares_are_told(world: tuple[Catalog, Beliefs]) -> None:
    assert _planned(world, skill="classification", knowledge={}).retrieval is None


def test_novelty_costs_more_the_more_there_is_of_it(world: tuple[Catalog, Beliefs]) -> None:
    lost = [
        _planned(world, skill="classification", knowledge={}, novelty=share).novelty_cost for share in (0.0, 0.3, 0.9)
    ]
    assert lost[0] == 0.0
    assert lost[1] is not None
    assert lost[2] is not None
    assert 0.0 < lost[1] < lost[2]
