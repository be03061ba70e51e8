"""What is believed of all models on one segment, as a Gaussian with draws, and how measurements move it.

The state holds, for M models, the deviation a of ability in the segment's skill and the log odds x on the segment:

    x[m] = mean[m] + a[m] + own[m] + d,    a ~ N(0, A),   own ~ N(0, O),   d ~ N(0, sd^2) shared by all models

A suite of the same skill measures y[m] = mean[m] + a[m] + own'[m] + d', with an oddity and a difficulty of its own: it
moves a, and through a the log odds, but says nothing of d. Samples of the segment measure x itself, and so move d and
with it every model that was not asked. Draws follow by Matheron's rule, so common random numbers stay common.
"""

from dataclasses import dataclass

import numpy as np

from planner.beliefs.item_outcomes import ItemOutcomes, outcome_posterior
from planner.units import Draws, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class SegmentState:
    """Gaussian over (a, x), 2M numbers, with draws of it."""

    centre: Floats
    """(M,) log odds before anything was measured."""
    mean: Floats
    """(2M,)"""
    covariance: Floats
    """(2M, 2M)"""
    draws: Draws
    """(2M, S)"""

    @property
    def log_odds(self) -> Draws:
        """(M, S) log odds of every model on the segment."""
        return self.draws[self.centre.size :]


def start_state(
    centre: Floats, skilled: Draws, own: Draws, variances: tuple[Floats, Floats], difficulty: tuple[Draws, float]
) -> SegmentState:
    """State before measurements.

    Args:
        centre: (M,) mean log odds.
        skilled: (M, S) draws of a.
        own: (M, S) draws of own.
        variances: (M,) of a, and (M,) of own.
        difficulty: (S,) draws of d, and its sd.
    """
    count = centre.size
    ability, alone = variances
    shared, spread = difficulty
    covariance = np.zeros((2 * count, 2 * count))
    rows = np.arange(count)
    covariance[rows, rows] = covariance[rows, count + rows] = covariance[count + rows, rows] = ability
    covariance[count:, count:] = np.diag(ability + alone) + spread**2
    return SegmentState(
        centre=centre,
        mean=np.concatenate([np.zeros(count), centre]),
        covariance=covariance,
        draws=np.concatenate([skilled, centre[:, None] + skilled + own + shared]),
    )


def given_suite(
    state: SegmentState,
    rows: Ints,
    outcomes: ItemOutcomes,
    oddity: tuple[Floats, Draws],
    difficulty: tuple[Draws, float],
) -> SegmentState:
    """State after answers of models `rows` to another suite of the skill.

    Args:
        state: What is believed so far.
        rows: (P,) models that answered, in the order of `outcomes.models`.
        outcomes: Their graded answers.
        oddity: (P,) variance and (P, S) draws of what models have of their own on that suite.
        difficulty: (S,) draws and sd of that suite's difficulty.
    """
    variance, own = oddity
    shared, spread = difficulty
    mean = state.centre[rows] + state.mean[rows]
    covariance = state.covariance[np.ix_(rows, rows)] + np.diag(variance) + spread**2
    drawn = state.centre[rows, None] + state.draws[rows] + own + shared
    return _moved(state, state.covariance[:, rows], mean, covariance, drawn, outcomes)


def given_samples(
    state: SegmentState, rows: Ints, outcomes: ItemOutcomes, unlike: tuple[Draws, float] | None = None
) -> SegmentState:
    """State after answers of models `rows` to samples of the segment itself, or (`unlike`) to a suite like it."""
    at = state.centre.size + rows
    covariance, drawn = state.covariance[np.ix_(at, at)], state.draws[at]
    if unlike is not None:
        shared, spread = unlike
        covariance, drawn = covariance + spread**2, drawn + shared
    return _moved(state, state.covariance[:, at], state.mean[at], covariance, drawn, outcomes)


def given_shares(state: SegmentState, rows: Ints, target: Floats, noise: Floats, error: Draws) -> SegmentState:
    """State after observed log odds `target` (P,) of models `rows`, with noise variances (P,) and its draws (P, S)."""
    at = state.centre.size + rows
    gain = state.covariance[:, at] @ np.linalg.inv(state.covariance[np.ix_(at, at)] + np.diag(noise))
    return SegmentState(
        centre=state.centre,
        mean=state.mean + gain @ (target - state.mean[at]),
        covariance=state.covariance - gain @ state.covariance[at],
        draws=state.draws + gain @ (target[:, None] - state.draws[at] - error),
    )


def _moved(
    state: SegmentState, across: Floats, mean: Floats, covariance: Floats, drawn: Draws, outcomes: ItemOutcomes
) -> SegmentState:
    """State after outcomes of y ~ N(mean, covariance), drawn as `drawn`, whose covariance with it is `across` (2M, P).

    Standardised, the draws of y carry over to the posterior's mean and spread.
    """
    posterior = outcome_posterior(outcomes, mean, covariance)
    before = np.linalg.cholesky(covariance + 1e-12 * np.eye(mean.size))
    after = np.linalg.cholesky(posterior.covariance + 1e-12 * np.eye(mean.size))
    moved = posterior.mean[:, None] + after @ np.linalg.solve(before, drawn - mean[:, None])
    gain = across @ np.linalg.inv(covariance)
    return SegmentState(
        centre=state.centre,
        mean=state.mean + gain @ (posterior.mean - mean),
        covariance=state.covariance - gain @ (covariance - posterior.covariance) @ gain.T,
        draws=state.draws + gain @ (moved - drawn),
    )
