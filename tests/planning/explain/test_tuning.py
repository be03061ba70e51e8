"""When a tuned small model wins: chance, break-even volume, what would have to be true, and what studies found."""

from datetime import date
from typing import Any

import pytest

from planner.beliefs import fit_beliefs
from planner.beliefs.model import Beliefs
from planner.catalog import load_catalog
from planner.catalog.evidence.technique_facts import TechniqueFact
from planner.catalog.schema import Catalog
from planner.errors import InputError
from planner.planning.explain.tuning import TuningAnswer, published_wins
from planner.planning.what_if.tuning_case import explain_tuning
from planner.workload.schema import Workload

DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def world() -> tuple[Catalog, Beliefs]:
    catalog = load_catalog()
    return catalog, fit_beliefs(catalog)


def _asked(world: tuple[Catalog, Beliefs], **changes: Any) -> TuningAnswer:
    segment = {
        "name": "clauses",
        "skill": "classification",
        "requests_per_month": 3_000_000,
        "input_tokens": {"mean": 900},
        "output_tokens": {"mean": 10},
        "training": {"labelled_examples": 8000},
        "novelty": 0.0,
    }
    workload = Workload.model_validate({"version": 1, "name": "one", "segments": [{**segment, **changes}]})
    return explain_tuning(workload, "clauses", *world, DAY)


def test_the_answer_has_a_chance_a_volume_and_conditions(world: tuple[Catalog, Beliefs]) -> None:
    answer = _asked(world)
    assert answer.generalist is not None
    assert answer.ways
    for way in answer.ways:
        assert 0.0 <= way.wins <= 1.0
        assert "fine_tune" in way.option.technique
        assert way.people_usd > 0.0
    assert answer.conditions[0].startswith("Labels:")
    assert {row.provider for row in answer.hosted}


def test_from_the_break_even_volume_on_the_tuned_model_is_the_cheaper_one(world: tuple[Catalog, Beliefs]) -> None:
    long_prompts = {"input_tokens": {"mean": 6000}, "requests_per_month": 10_000_000}
    way = _asked(world, **long_prompts).ways[0]
    volume = way.break_even_requests
    assert volume is not None
    for times, cheaper in ((3.0, True), (0.3, False)):
        answer = _asked(world, input_tokens={"mean": 6000}, requests_per_month=times * volume)
        assert answer.generalist_cost_usd is not None
        own = [one.monthly_cost_usd.mean < answer.generalist_cost_usd.mean for one in answer.ways]
        assert any(own) is cheaper


def test_too_few_labels_are_told(world: tuple[Catalog, Beliefs]) -> None:
    answer = _asked(world, training={"labelled_examples": 20})
    assert answer.answer.startswith("Not with 20 labelled examples")
    assert answer.ways == ()


def test_drafting_freely_has_less_of_a_chance_than_sorting(world: tuple[Catalog, Beliefs]) -> None:
    sorting = max(way.better for way in _asked(world).ways)
    drafting = max(way.better for way in _asked(world, skill="writing", task="free_writing").ways)
    assert drafting < sorting


def test_behind_own_doors_nothing_hosted_is_named(world: tuple[Catalog, Beliefs]) -> None:
    answer = _asked(world, data={"may_leave_premises": False})
    assert answer.hosted == ()
    assert any(line.startswith("Premises:") for line in answer.conditions)


def test_an_unknown_segment_is_told(world: tuple[Catalog, Beliefs]) -> None:
    workload = Workload.model_validate(
        {
            "version": 1,
            "name": "one",
            "segments": [
                {
                    "name": "a",
                    "skill": "chat",
                    "requests_per_month": 1,
                    "input_tokens": {"mean": 1},
                    "output_tokens": {"mean": 1},
                }
            ],
        }
    )
    with pytest.raises(InputError) as caught:
        explain_tuning(workload, "b", *world, DAY)
    assert caught.value.allowed == "one of a"


def test_studies_weigh_the_same_in_what_was_reached() -> None:
    def fact(source: str, score: float) -> TechniqueFact:
        return TechniqueFact(source, "fine_tune", "coding", score, kind="text_to_sql", params_b=7.0, reference=0.6)

    (wins,) = published_wins([*(fact("many", 0.7) for _ in range(9)), fact("one", 0.5)])
    assert (wins.rows, wins.studies, wins.reached) == (10, 2, 0.5)
    assert wins.median_gap == pytest.approx(0.1)
