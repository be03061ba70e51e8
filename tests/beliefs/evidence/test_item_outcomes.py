"""What answered items must do to forecasts: simulated worlds with known truth, and real answers of real models."""

import csv
from pathlib import Path

import numpy as np
import pytest

from planner.beliefs.evidence.item_outcomes import ItemOutcomes, outcome_posterior
from planner.beliefs.quality.segment_state import SegmentState, given_samples
from planner.units import DRAW_COUNT, Draws, Floats, Ints, logistic

NONE = np.array([], dtype=np.int64)
MMLU = Path(__file__).parent / "data" / "mmlu_by_subject.csv"


def _prior(mean: Floats, own: Floats, difficulty_sd: float, seed: int) -> Draws:
    rng = np.random.default_rng(seed)
    common = difficulty_sd * rng.standard_normal(DRAW_COUNT)
    return mean[:, None] + np.sqrt(own)[:, None] * rng.standard_normal((mean.size, DRAW_COUNT)) + common


def _conditioned(
    prior: Draws, mean: Floats, own: Floats, difficulty_sd: float, probed: Ints, outcomes: ItemOutcomes
) -> Draws:
    """Log odds after answers to samples of the segment, abilities apart."""
    count = mean.size
    covariance = np.zeros((2 * count, 2 * count))
    covariance[count:, count:] = np.diag(own) + difficulty_sd**2
    state = SegmentState(
        centre=mean,
        mean=np.concatenate([np.zeros(count), mean]),
        covariance=covariance,
        draws=np.concatenate([np.zeros_like(prior), prior]),
        loading=np.ones(count),
    )
    return given_samples(state, probed, outcomes).log_odds


def _answers(z: Floats, items: int, rng: np.random.Generator, item_sd: float = 1.0) -> ItemOutcomes:
    spread = np.sqrt(1.0 + np.pi * item_sd**2 / 8.0)
    difficulty = item_sd * rng.standard_normal(items)
    model, item = np.divmod(np.arange(z.size * items), items)
    right = rng.random(model.size) < logistic(spread * z[model] - difficulty[item])
    return ItemOutcomes(tuple(f"m{k}" for k in range(z.size)), model, item, right.astype(float), NONE, NONE)


@pytest.mark.parametrize("share", [0.3, 0.8, 0.95])
def test_many_answers_of_one_model_give_back_its_share(share: float) -> None:
    mean, own = np.zeros(3), np.full(3, 1.0)
    n = 4000
    score = (np.arange(n) < share * n).astype(float)
    outcomes = ItemOutcomes(("m0",), np.zeros(n, dtype=np.int64), np.arange(n), score, NONE, NONE)
    draws = _conditioned(_prior(mean, own, 1.0, 1), mean, own, 1.0, np.array([0]), outcomes)
    assert logistic(draws[0]).mean() == pytest.approx(share, abs=0.015)


def test_three_probed_models_improve_the_forecast_of_the_others() -> None:
    rng = np.random.default_rng(5)
    before, after = [], []
    for world in range(40):
        mean, own = rng.normal(0.5, 0.8, 12), np.full(12, 0.3)
        truth = mean + np.sqrt(own) * rng.standard_normal(12) + 0.9 * rng.standard_normal()
        outcomes = _answers(truth[:3], 60, rng)
        prior = _prior(mean, own, 0.9, world)
        draws = _conditioned(prior, mean, own, 0.9, np.arange(3), outcomes)
        before.append((logistic(prior[3:]).mean(axis=1) - logistic(truth[3:])) ** 2)
        after.append((logistic(draws[3:]).mean(axis=1) - logistic(truth[3:])) ** 2)
    assert np.sqrt(np.mean(after)) < 0.75 * np.sqrt(np.mean(before))


def test_intervals_of_probed_models_cover_the_truth() -> None:
    rng = np.random.default_rng(8)
    inside = []
    for world in range(150):
        mean, own = np.array([0.5, 1.0]), np.array([0.4, 0.4])
        truth = mean + np.sqrt(own) * rng.standard_normal(2) + 0.7 * rng.standard_normal()
        prior = _prior(mean, own, 0.7, world)
        draws = _conditioned(prior, mean, own, 0.7, np.arange(2), _answers(truth, 50, rng))
        low, high = np.quantile(draws, (0.05, 0.95), axis=1)
        inside.append((truth >= low) & (truth <= high))
    assert 0.84 < np.mean(inside) < 0.95


def test_answering_the_same_items_tells_two_models_apart_better_than_different_ones() -> None:
    rng = np.random.default_rng(2)
    mean, own = np.zeros(2), np.full(2, 1.0)
    shared = _answers(np.array([0.2, 0.9]), 80, rng, item_sd=1.0)
    apart = ItemOutcomes(shared.models, shared.model, shared.item + 80 * shared.model, shared.score, NONE, NONE)
    prior = _prior(mean, own, 1.0, 3)
    spreads = [
        np.std(np.subtract(*_conditioned(prior, mean, own, 1.0, np.arange(2), part))) for part in (shared, apart)
    ]
    assert spreads[0] < spreads[1]


def test_a_preferred_model_rises_and_the_other_falls() -> None:
    mean, own = np.zeros(2), np.full(2, 1.0)
    wins = ItemOutcomes(("a", "b"), NONE, NONE, np.array([]), np.zeros(40, dtype=np.int64), np.ones(40, dtype=np.int64))
    draws = _conditioned(_prior(mean, own, 0.5, 1), mean, own, 0.5, np.arange(2), wins)
    assert draws[0].mean() > 0.8
    assert draws[1].mean() < -0.8


def _subjects() -> list[tuple[str, int, int, int]]:
    with MMLU.open(encoding="utf-8") as file:
        return [
            (row["subject"], int(row["n"]), int(row["gpt_4_1106_right"]), int(row["mixtral_8x7b_right"]))
            for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_probing_one_real_model_improves_the_forecast_of_another_on_57_subjects(seed: int) -> None:
    """Answers of GPT-4 and Mixtral to MMLU (RouteLLM): each subject is a segment, GPT-4 is probed on 50 items."""
    rng = np.random.default_rng(seed)
    subjects = _subjects()
    total = np.array([[right[1], right[2], right[3]] for right in subjects], dtype=float).sum(axis=0)
    overall = np.log(total[1:] / (total[0] - total[1:]))
    own = np.full(2, 0.15)
    before, after = [], []
    for number, (_, n, gpt, mixtral) in enumerate(subjects):
        asked = min(50, n)
        right = np.sort(rng.permutation(n)[:asked]) < gpt
        outcomes = ItemOutcomes(
            ("gpt",), np.zeros(asked, dtype=np.int64), np.arange(asked), right.astype(float), NONE, NONE
        )
        prior = _prior(overall, own, 0.8, number)
        draws = _conditioned(prior, overall, own, 0.8, np.array([0]), outcomes)
        before.append(logistic(prior[1]).mean() - mixtral / n)
        after.append(logistic(draws[1]).mean() - mixtral / n)
    assert np.sqrt(np.mean(np.square(after))) < 0.8 * np.sqrt(np.mean(np.square(before)))


@pytest.mark.parametrize("right", [0, 20, 100])
@pytest.mark.parametrize("mean", [-4.0, 0.0, 4.0])
@pytest.mark.parametrize("variance", [0.05, 1.0, 9.0])
def test_answers_far_from_what_was_believed_move_the_belief_towards_them_and_not_past(
    right: int, mean: float, variance: float
) -> None:
    score = (np.arange(100) < right).astype(float)
    outcomes = ItemOutcomes(("m0",), np.zeros(100, dtype=np.int64), np.arange(100), score, NONE, NONE)
    found = outcome_posterior(outcomes, np.array([mean]), np.array([[variance]]))
    seen = np.log((right + 0.1) / (100.1 - right))
    assert min(mean, seen) - 0.5 <= found.mean[0] <= max(mean, seen) + 0.5
    assert 0.0 < found.covariance[0, 0] <= variance + 1e-9
    assert found.log_evidence < 1e-9
