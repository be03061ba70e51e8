"""Intervals of probes cover the truth they are meant to cover, and differences are called when they are ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.beliefs.evidence.probe_statistics import agreement_with_labels, paired_difference, share_of

shares = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=60)


def _names(count: int) -> list[str]:
    return [str(number) for number in range(count)]


@given(shares)
def test_a_share_lies_in_its_interval_inside_zero_to_one(scores: list[float]) -> None:
    found = share_of(scores, _names(len(scores))).interval
    assert 0.0 <= found.low <= found.mean <= found.high <= 1.0


@given(shares)
def test_ten_times_the_answers_never_widen_the_interval(scores: list[float]) -> None:
    few, many = (share_of(scores * times, _names(len(scores) * times)).interval for times in (1, 10))
    assert many.high - many.low <= few.high - few.low + 1e-9


@pytest.mark.parametrize("score", [0.1, 0.10720958855784793, 0.7, 1 / 3])
def test_equal_scores_that_round_say_no_more_than_their_number(score: float) -> None:
    found = share_of([score] * 3, _names(3)).interval
    assert found.high - found.low > 0.3


def test_nothing_asked_is_nothing_known() -> None:
    found = share_of([], [])
    assert (found.interval.low, found.interval.high, found.answers) == (0.0, 1.0, 0)


def test_ten_right_of_ten_do_not_show_perfection() -> None:
    assert share_of([1.0] * 10, _names(10)).interval.low == pytest.approx(0.748, abs=0.01)


def test_repeats_of_one_item_count_as_one() -> None:
    repeated = share_of([1.0, 1.0, 1.0, 0.0, 0.0, 0.0] * 5, [str(n // 3) for n in range(30)])
    alone = share_of([1.0, 0.0] * 5, _names(10))
    assert repeated.clusters == 10
    assert repeated.interval.high - repeated.interval.low == pytest.approx(
        alone.interval.high - alone.interval.low, rel=0.05
    )


@pytest.mark.parametrize("truth", [0.1, 0.5, 0.85, 0.97])
@pytest.mark.parametrize("items", [12, 40, 200])
def test_intervals_of_independent_answers_cover_the_truth(truth: float, items: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    inside = []
    for _ in range(400):
        found = share_of((rng.random(items) < truth).astype(float).tolist(), _names(items)).interval
        inside.append(found.low <= truth <= found.high)
    assert 0.85 <= np.mean(inside) <= 0.995


def test_intervals_of_clustered_answers_cover_the_truth_where_independent_ones_do_not(seed: int) -> None:
    rng = np.random.default_rng(seed)
    clustered, independent = [], []
    for _ in range(400):
        documents = rng.beta(3.5, 1.5, 15)
        scores = (rng.random((15, 8)) < documents[:, None]).astype(float).ravel().tolist()
        names = [str(number // 8) for number in range(120)]
        for found, kept in ((share_of(scores, names), clustered), (share_of(scores, _names(120)), independent)):
            kept.append(found.interval.low <= 0.7 <= found.interval.high)
    assert np.mean(clustered) >= 0.85
    assert np.mean(independent) < 0.8


def test_equal_models_are_rarely_called_different(seed: int) -> None:
    rng = np.random.default_rng(seed)
    called = [
        paired_difference(*((rng.random((2, 60)) < 0.8).astype(float)).tolist(), _names(60)).called for _ in range(500)
    ]
    assert np.mean(called) <= 0.13


def test_pairing_finds_a_difference_that_separate_intervals_hide() -> None:
    rng = np.random.default_rng(3)
    hard = rng.random(120) < 0.5
    first = np.where(hard, 0.0, 1.0)
    second = first.copy()
    second[np.flatnonzero(first == 1.0)[:8]] = 0.0
    one, other = share_of(first.tolist(), _names(120)).interval, share_of(second.tolist(), _names(120)).interval
    assert one.low < other.high
    assert paired_difference(first.tolist(), second.tolist(), _names(120)).better == 1


def test_the_sign_turns_when_the_models_are_swapped() -> None:
    first, second = [1.0] * 30, [0.0] * 20 + [1.0] * 10
    ahead, behind = paired_difference(first, second, _names(30)), paired_difference(second, first, _names(30))
    assert (ahead.better, behind.better) == (1, -1)
    assert ahead.interval.low == pytest.approx(-behind.interval.high)


def test_a_single_item_shows_no_difference() -> None:
    assert not paired_difference([1.0], [0.0], ["a"]).called


def test_a_judge_that_always_agrees_has_kappa_one_and_a_constant_one_none() -> None:
    labels = [1.0, 0.0] * 10
    assert agreement_with_labels(labels, labels, _names(20)).kappa == pytest.approx(1.0)
    assert agreement_with_labels([1.0] * 20, labels, _names(20)).kappa == pytest.approx(0.0)
