"""What is believed of all models on one segment, as a Gaussian with draws, and how measurements move it.

The state holds, for M models, the deviation a of ability in the segment's skill and the log odds x on the segment:

    x[m] = mean[m] + a[m] + own[m] + g[m] d,    a ~ N(0, A),   own ~ N(0, O),   d ~ N(0, sd^2) shared by all models

g is how far a shift of difficulty moves the log odds of each: 1 but where guessing holds scores up. A segment that may
be unlike its anchor adds G l, l ~ N(0, sd^2 I): loadings of its own on the skills move each model by its abilities.
A suite of the same skill measures y[m] = mean[m] + a[m] + own'[m] + g[m] d', with an oddity and a difficulty of its
own: it moves a, and through a the log odds, but says nothing of d. Samples of the segment measure x itself, and so move
d and with it every model that was not asked. Draws follow by Matheron's rule, so common random numbers stay common.
"""

from dataclasses import dataclass, replace

import numpy as np

from planner.beliefs.evidence.item_outcomes import ItemOutcomes, outcome_posterior
from planner.units import Draws, Floats, Ints, logistic


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
    loading: Floats
    """(M,) g"""
    log_evidence: float = 0.0
    """Log of how likely the measurements were, up to a constant of theirs: it compares different beginnings."""

    @property
    def log_odds(self) -> Draws:
        """(M, S) log odds of every model on the segment."""
        return self.draws[self.centre.size :]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """A Gaussian quantity around 0: its draws and its variance."""

    draws: Draws
    """(..., S)"""
    variance: Floats
    """(...)"""


@dataclass(frozen=True, slots=True, eq=False)
class Leaning:
    """How a segment may lean on other skills than its anchor: l, what it adds to K loadings, moves every model."""

    direction: Floats
    """(M, K) log odds for a unit of each loading."""
    draws: Draws
    """(K, S) of l."""
    variance: float
    """Of each l."""


def start_state(
    centre: Floats, loading: Floats, ability: Spread, own: Spread, difficulty: Spread, leaning: Leaning | None = None
) -> SegmentState:
    """State before measurements.

    Args:
        centre: (M,) mean log odds.
        loading: (M,) g.
        ability: a of M models.
        own: What M models have of their own on the segment.
        difficulty: d.
        leaning: l, of a segment that may be unlike its anchor.
    """
    count = centre.size
    covariance = np.zeros((2 * count, 2 * count))
    rows = np.arange(count)
    covariance[rows, rows] = covariance[rows, count + rows] = covariance[count + rows, rows] = ability.variance
    shared = float(difficulty.variance) * np.outer(loading, loading)
    covariance[count:, count:] = np.diag(ability.variance + own.variance) + shared
    log_odds = centre[:, None] + ability.draws + own.draws + loading[:, None] * difficulty.draws
    if leaning is not None:
        covariance[count:, count:] += leaning.variance * (leaning.direction @ leaning.direction.T)
        log_odds = log_odds + leaning.direction @ leaning.draws
    return SegmentState(
        centre=centre,
        mean=np.concatenate([np.zeros(count), centre]),
        covariance=covariance,
        draws=np.concatenate([ability.draws, log_odds]),
        loading=loading,
    )


def given_suite(
    state: SegmentState, rows: Ints, outcomes: ItemOutcomes, own: Spread, difficulty: Spread
) -> SegmentState:
    """State after answers of models `rows` to another suite of the skill.

    Args:
        state: What is believed so far.
        rows: (P,) models that answered, in the order of `outcomes.models`.
        outcomes: Their graded answers.
        own: What these P models have of their own on that suite.
        difficulty: Of that suite.
    """
    g = state.loading[rows]
    mean = state.centre[rows] + state.mean[rows]
    covariance = state.covariance[np.ix_(rows, rows)] + np.diag(own.variance)
    covariance = covariance + float(difficulty.variance) * np.outer(g, g)
    drawn = state.centre[rows, None] + state.draws[rows] + own.draws + g[:, None] * difficulty.draws
    return _moved(state, state.covariance[:, rows], (mean, covariance, drawn), outcomes)


def given_samples(
    state: SegmentState, rows: Ints, outcomes: ItemOutcomes, unlike: Spread | None = None
) -> SegmentState:
    """State after answers of models `rows` to samples of the segment itself, or (`unlike`) to a suite like it."""
    at = state.centre.size + rows
    covariance, drawn = state.covariance[np.ix_(at, at)], state.draws[at]
    if unlike is not None:
        covariance, drawn = covariance + float(unlike.variance), drawn + unlike.draws
    return _moved(state, state.covariance[:, at], (state.mean[at], covariance, drawn), outcomes)


def given_shares(state: SegmentState, rows: Ints, target: Floats, error: Spread) -> SegmentState:
    """State after observed log odds `target` (P,) of models `rows`, seen with an error."""
    at = state.centre.size + rows
    seen = state.covariance[np.ix_(at, at)] + np.diag(error.variance)
    gain = state.covariance[:, at] @ np.linalg.inv(seen)
    gap = target - state.mean[at]
    return replace(
        state,
        mean=state.mean + gain @ gap,
        covariance=state.covariance - gain @ state.covariance[at],
        draws=state.draws + gain @ (target[:, None] - state.draws[at] - error.draws),
        log_evidence=state.log_evidence - 0.5 * float(gap @ np.linalg.solve(seen, gap) + np.linalg.slogdet(seen)[1]),
    )


def mixed_log_odds(states: tuple[SegmentState, SegmentState], second: float, uniform: Draws) -> Draws:
    """Log odds (M, S) where the second state is held to be true with this probability before measurements.

    Each draw comes whole from one of the two; `uniform` (S,) says from which.
    """
    one, other = states
    odds = np.log(second) - np.log1p(-second) + other.log_evidence - one.log_evidence
    return np.where(uniform < logistic(odds), other.log_odds, one.log_odds)


def _moved(
    state: SegmentState, across: Floats, before: tuple[Floats, Floats, Draws], outcomes: ItemOutcomes
) -> SegmentState:
    """State after outcomes of y, whose mean, covariance and draws are `before`; `across` (2M, P): Cov(state, y).

    Standardised, the draws of y carry over to the posterior's mean and spread.
    """
    mean, covariance, drawn = before
    posterior = outcome_posterior(outcomes, mean, covariance)
    floor = 1e-12 * np.eye(mean.size)
    root, after = np.linalg.cholesky(covariance + floor), np.linalg.cholesky(posterior.covariance + floor)
    moved = posterior.mean[:, None] + after @ np.linalg.solve(root, drawn - mean[:, None])
    gain = across @ np.linalg.inv(covariance)
    return replace(
        state,
        mean=state.mean + gain @ (posterior.mean - mean),
        covariance=state.covariance - gain @ (covariance - posterior.covariance) @ gain.T,
        draws=state.draws + gain @ (moved - drawn),
        log_evidence=state.log_evidence + posterior.log_evidence,
    )
