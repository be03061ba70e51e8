"""What to measure next: on made-up options that can be checked by hand, and on an example with the real catalog."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.beliefs.evidence.item_outcomes import ItemOutcomes
from planner.beliefs.evidence.measured import Measured, SuiteAnswers
from planner.beliefs.model import Beliefs, fit_beliefs, with_measured
from planner.catalog import load_catalog
from planner.catalog.schema import Catalog
from planner.planning.certainty.next_probe import ProbeIdea, rank_probes
from planner.planning.certainty.probe_outcomes import outcomes_of, quantile_after, standard, told_by
from planner.planning.choose import Planned, plan_bundle
from planner.planning.plan import Plan
from planner.units import DRAW_COUNT, logistic
from planner.workload.schema import Workload

DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def beliefs(catalog: Catalog) -> Beliefs:
    return fit_beliefs(catalog)


def _triage(**fields: object) -> Workload:
    segment = {
        "name": "triage",
        "skill": "classification",
        "requests_per_month": 3_000_000,
        "input_tokens": {"mean": 420, "p95": 900},
        "output_tokens": {"mean": 12, "p95": 30},
        "quality_floor": 0.9,
    }
    return Workload.model_validate({"version": 1, "name": "desk", "segments": [{**segment, **fields}]})


def _planned(workload: Workload, catalog: Catalog, beliefs: Beliefs) -> Planned:
    return plan_bundle(workload, catalog, beliefs, DAY, detail="quick")


@pytest.fixture(scope="module")
def ideas(catalog: Catalog, beliefs: Beliefs) -> tuple[ProbeIdea, ...]:
    return rank_probes(_planned(_triage(), catalog, beliefs), catalog, beliefs)


@given(st.integers(1, 400), st.floats(-3.0, 3.0), st.floats(0.05, 1.5))
def test_outcomes_are_a_distribution_whose_means_average_to_what_is_believed(n: int, mean: float, sd: float) -> None:
    share = logistic(mean + sd * np.random.default_rng(1).standard_normal(DRAW_COUNT))
    found = outcomes_of(share, n)
    assert found.probability.sum() == pytest.approx(1.0)
    assert found.probability @ found.mean == pytest.approx(0.0, abs=1e-6)
    # Law of total variance: what outcomes leave and what they tell make up all of it.
    assert found.probability @ (found.variance + found.mean**2) == pytest.approx(1.0, abs=1e-6)


def test_more_items_leave_less_doubt() -> None:
    share = logistic(1.0 + 0.6 * np.random.default_rng(2).standard_normal(DRAW_COUNT))
    left = [found.probability @ found.variance for found in (outcomes_of(share, n) for n in (10, 40, 160))]
    assert left[0] > left[1] > left[2]


def test_an_option_that_the_probe_says_nothing_of_stays_as_likely() -> None:
    found = outcomes_of(np.linspace(0.5, 0.95, DRAW_COUNT), 50)
    assert np.allclose(quantile_after(np.array([1.3]), np.array([0.0]), found), 1.3)


def test_the_chance_of_holding_averages_to_what_it_was_before() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal(DRAW_COUNT)
    other = 0.8 * x + 0.6 * rng.standard_normal(DRAW_COUNT)
    found = outcomes_of(logistic(1.0 + 0.5 * x), 80)
    from scipy.special import ndtr

    r = told_by(standard(other)[None, :], standard(x))
    after = found.probability @ ndtr(quantile_after(np.array([0.8]), r, found))[0]
    assert after == pytest.approx(float(ndtr(0.8)), abs=0.01)


def test_probes_are_ranked_by_worth_for_each_dollar(ideas: tuple[ProbeIdea, ...]) -> None:
    assert len(ideas) > 2
    assert [idea.worth_per_usd for idea in ideas] == sorted((idea.worth_per_usd for idea in ideas), reverse=True)


def test_the_planned_model_is_among_those_to_ask(
    ideas: tuple[ProbeIdea, ...], catalog: Catalog, beliefs: Beliefs
) -> None:
    plan = _planned(_triage(), catalog, beliefs).outcome
    assert isinstance(plan, Plan)
    assert plan.segments[0].option.model in {idea.model for idea in ideas}


def test_worth_is_what_is_saved_and_what_is_protected(ideas: tuple[ProbeIdea, ...]) -> None:
    assert all(idea.saves_usd >= 0.0 and idea.protects_usd >= 0.0 for idea in ideas)
    assert any(idea.saves_usd > 0.0 for idea in ideas)
    assert any(idea.protects_usd > 0.0 for idea in ideas)


def test_no_probe_saves_more_than_the_bill(ideas: tuple[ProbeIdea, ...], catalog: Catalog, beliefs: Beliefs) -> None:
    plan = _planned(_triage(), catalog, beliefs).outcome
    assert isinstance(plan, Plan)
    assert all(idea.saves_usd <= plan.totals.monthly_cost_usd.mean for idea in ideas)


def test_ten_times_the_volume_makes_probes_worth_more(catalog: Catalog, beliefs: Beliefs) -> None:
    few, many = (
        rank_probes(_planned(_triage(requests_per_month=n), catalog, beliefs), catalog, beliefs)
        for n in (300_000, 30_000_000)
    )
    assert max(idea.worth_usd for idea in many) > 3.0 * max(idea.worth_usd for idea in few)


def test_samples_with_references_cost_no_labels(catalog: Catalog, beliefs: Beliefs) -> None:
    planned = _planned(_triage(), catalog, beliefs)
    found = rank_probes(planned, catalog, beliefs, {"triage": 50})
    hour = planned.problem.workload.assumptions.engineer_hour_usd
    assert all(idea.labels_usd == pytest.approx(max(idea.items - 50, 0) / 60.0 * hour) for idea in found)


def test_a_floor_that_any_model_passes_leaves_nothing_worth_asking(catalog: Catalog, beliefs: Beliefs) -> None:
    assert rank_probes(_planned(_triage(quality_floor=0.05), catalog, beliefs), catalog, beliefs) == ()


def _with_answers(beliefs: Beliefs, catalog: Catalog, model: str, right: int, items: int) -> Beliefs:
    none = np.array([], dtype=np.int64)
    score = (np.arange(items) < right).astype(float)
    outcomes = ItemOutcomes((model,), np.zeros(items, dtype=np.int64), np.arange(items), score, none, none)
    part = SuiteAnswers("own", "plain", "classification", "desk", "triage", ("r1",), "2026-11-24", outcomes)
    return with_measured(beliefs, catalog, Measured(f"{right} of {items}", (part,)))


def test_a_model_that_was_asked_much_is_worth_less_to_ask_again(
    ideas: tuple[ProbeIdea, ...], catalog: Catalog, beliefs: Beliefs
) -> None:
    first = max(ideas, key=lambda idea: idea.worth_usd)
    known = _with_answers(beliefs, catalog, first.model, 1880, 2000)
    again = rank_probes(_planned(_triage(), catalog, known), catalog, known)
    assert all(idea.worth_usd < 0.5 * first.worth_usd for idea in again if idea.model == first.model)


def test_the_plan_changes_about_as_often_as_was_forecast(
    ideas: tuple[ProbeIdea, ...], catalog: Catalog, beliefs: Beliefs
) -> None:
    """Outcomes drawn from the forecast, each planned anew in full with the beliefs that they give."""
    from planner.beliefs.quality.segment_quality import segment_quality

    workload = _triage()
    idea = max(ideas, key=lambda one: one.items)
    quality = segment_quality(beliefs.quality, catalog, workload.segments[0])
    share = quality.direct[quality.model_ids.index(idea.model)]
    before = _planned(workload, catalog, beliefs).outcome
    assert isinstance(before, Plan)
    rng = np.random.default_rng(5)
    changed = []
    for draw in rng.choice(DRAW_COUNT, 16, replace=False):
        right = int(rng.binomial(idea.items, share[draw]))
        known = _with_answers(beliefs, catalog, idea.model, right, idea.items)
        after = _planned(workload, catalog, known).outcome
        changed.append(not isinstance(after, Plan) or after.segments[0].option.label != before.segments[0].option.label)
    assert float(np.mean(changed)) == pytest.approx(idea.change_share, abs=0.35)


def test_without_a_plan_probes_are_ranked_by_how_likely_they_make_one(catalog: Catalog, beliefs: Beliefs) -> None:
    workload = _triage(quality_floor=0.985)
    planned = _planned(workload, catalog, beliefs)
    assert not isinstance(planned.outcome, Plan)
    found = rank_probes(planned, catalog, beliefs)
    assert all(idea.worth_usd == 0.0 for idea in found)
    assert [idea.change_share for idea in found] == sorted((idea.change_share for idea in found), reverse=True)


def test_where_no_way_is_fast_enough_no_probe_of_quality_helps(catalog: Catalog, beliefs: Beliefs) -> None:
    planned = _planned(_triage(latency={"total_p95_ms": 1.0}), catalog, beliefs)
    assert not isinstance(planned.outcome, Plan)
    assert rank_probes(planned, catalog, beliefs) == ()


def test_a_sentence_names_model_segment_price_and_worth(ideas: tuple[ProbeIdea, ...]) -> None:
    idea = replace(ideas[0], saves_usd=100.0, protects_usd=20.0)
    for part in (idea.model_name, "triage", "120 USD a month", f"{idea.items} samples"):
        assert part in idea.text
