"""What answers to items say of the models that were asked: the likelihood of probes.

    P(model m answers item i acceptably) = logistic(z[m] / k - b[i]),   b[i] ~ N(0, s^2),   k = 1 / sqrt(1 + pi s^2 / 8)
    P(answer of m is preferred to that of n on item i) = logistic(z[m] - z[n])

z[m] is the log odds of model m on the items, with a Gaussian prior (segment_state.py says which). k makes logistic(z)
the share over all items (MacKay, Neural Computation 4, 1992). Graded scores between 0 and 1 enter as fractional
outcomes (quasi-likelihood: Papke and Wooldridge, J. Applied Econometrics 11, 1996).
The posterior of the probed models is Laplace's, item difficulties summed out by quadrature (Bock and Aitkin,
Psychometrika 46, 1981).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.units import Floats, Ints, logistic

_ITEM_SD: Final = 1.0
"""Spread of item difficulties inside a segment, logit (a stated prior; MMLU and GSM8K items show about 1 to 2)."""
_STEPS: Final = 100
_TOLERANCE: Final = 1e-7
_NODES: Final = 15


@dataclass(frozen=True, slots=True, eq=False)
class ItemOutcomes:
    """Graded answers; R answers to I items by P probed models."""

    models: tuple[str, ...]
    """(P,) ids of the probed models."""
    model: Ints
    """(R,) index into models."""
    item: Ints
    """(R,) item number, 0 to I - 1; several models may answer one item."""
    score: Floats
    """(R,) 0 to 1."""
    winner: Ints
    """(W,) index into models of the preferred answer, one entry a comparison."""
    loser: Ints
    """(W,)"""
    weight: Floats | None = None
    """(W,) how much of a comparison each entry is; a tie is two of one half, one each way. None: all are whole."""


@dataclass(frozen=True, slots=True, eq=False)
class ProbePosterior:
    """Gaussian posterior of the probed models' log odds."""

    mean: Floats
    """(P,)"""
    covariance: Floats
    """(P, P)"""
    log_evidence: float
    """Log of how likely the outcomes were beforehand (Laplace), up to a constant of theirs: it compares priors."""


@dataclass(frozen=True, slots=True, eq=False)
class _Items:
    """Answers laid out by item and model."""

    asked: Floats
    """(I, P) answers of each model to each item."""
    right: Floats
    """(I, P) sum of their scores."""
    nodes: Floats
    """(Q,) difficulties at which an item's unknown difficulty is summed (Gauss-Hermite)."""
    weights: Floats
    """(Q,)"""


def _lay_out(outcomes: ItemOutcomes, item_sd: float) -> _Items:
    items = int(outcomes.item.max()) + 1 if outcomes.item.size else 0
    shape = (items, len(outcomes.models))
    place = np.ravel_multi_index((outcomes.item, outcomes.model), shape) if items else outcomes.item
    size = items * len(outcomes.models)
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    return _Items(
        asked=np.bincount(place, minlength=size).astype(float).reshape(shape),
        right=np.bincount(place, weights=outcomes.score, minlength=size).astype(float).reshape(shape),
        nodes=item_sd * nodes,
        weights=weights / weights.sum(),
    )


def _slope(items: _Items, z: Floats, spread: float) -> tuple[Floats, Floats, Floats]:
    """Gradient (P,), expected curvature (P, P) and observed curvature (P, P) of the items' log-likelihood.

    Difficulties are summed out item by item; the observed curvature is Louis's formula (JRSS B 44, 1982).
    """
    eta = spread * z - items.nodes[:, None]
    share = logistic(eta)
    log_right, log_wrong = -np.logaddexp(0.0, -eta), -np.logaddexp(0.0, eta)
    log_weight = items.right @ log_right.T + (items.asked - items.right) @ log_wrong.T + np.log(items.weights)
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    mean = weight @ share
    gradient = spread * np.sum(items.right - items.asked * mean, axis=0)
    expected = spread**2 * np.diag(np.sum(items.asked * (weight @ (share * (1.0 - share))), axis=0))
    # Sum over items of the covariance of their models' shares, as two products of matrices.
    rooted = np.sqrt(weight)[:, :, None] * share * items.asked[:, None, :]
    flat, seen = rooted.reshape(-1, z.size), items.asked * mean
    missing = spread**2 * (flat.T @ flat - seen.T @ seen)
    return gradient, expected, expected - missing


def _log_likelihood(items: _Items, outcomes: ItemOutcomes, z: Floats, spread: float) -> float:
    """Log-likelihood of all answers and comparisons, item difficulties summed out."""
    eta = spread * z - items.nodes[:, None]
    log_right, log_wrong = -np.logaddexp(0.0, -eta), -np.logaddexp(0.0, eta)
    by_item = np.logaddexp.reduce(
        items.right @ log_right.T + (items.asked - items.right) @ log_wrong.T + np.log(items.weights), axis=1
    )
    wins = -np.logaddexp(0.0, z[outcomes.loser] - z[outcomes.winner]) * _weight(outcomes)
    return float(by_item.sum() + wins.sum())


def _weight(outcomes: ItemOutcomes) -> Floats:
    """(W,) weight of each comparison."""
    return np.ones(outcomes.winner.size) if outcomes.weight is None else outcomes.weight


def _preferences(outcomes: ItemOutcomes, z: Floats) -> tuple[Floats, Floats]:
    """Gradient (P,) and curvature (P, P) of the comparisons' log-likelihood (Bradley and Terry, 1952)."""
    win = logistic(z[outcomes.winner] - z[outcomes.loser])
    weight = _weight(outcomes)
    pull = weight * (1.0 - win)
    gradient = np.bincount(outcomes.winner, pull, z.size) - np.bincount(outcomes.loser, pull, z.size)
    curvature = np.zeros((z.size, z.size))
    pair = weight * win * (1.0 - win)
    for one, other, sign in ((0, 0, 1.0), (1, 1, 1.0), (0, 1, -1.0), (1, 0, -1.0)):
        rows = (outcomes.winner, outcomes.loser)
        np.add.at(curvature, (rows[one], rows[other]), sign * pair)
    return gradient.astype(float), curvature


def _climb(observed: Floats, expected: Floats, uphill: Floats) -> Floats:
    """Newton's step, or a scoring step where the observed curvature is no curvature of a top."""
    try:
        np.linalg.cholesky(observed)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.solve(expected, uphill))
    return np.asarray(np.linalg.solve(observed, uphill))


def outcome_posterior(
    outcomes: ItemOutcomes, mean: Floats, covariance: Floats, item_sd: float = _ITEM_SD
) -> ProbePosterior:
    """Laplace approximation of the probed models' log odds, item difficulties summed out.

    Args:
        outcomes: Graded answers of P models.
        mean: (P,) log odds before.
        covariance: (P, P) their covariance before.
        item_sd: Spread of item difficulties, logit.
    """
    items = _lay_out(outcomes, item_sd)
    spread = float(np.sqrt(1.0 + np.pi * item_sd**2 / 8.0))
    precision = np.linalg.inv(covariance)

    def height(at: Floats) -> float:
        gap = at - mean
        return _log_likelihood(items, outcomes, at, spread) - 0.5 * float(gap @ precision @ gap)

    z, top = mean.copy(), height(mean)
    for _ in range(_STEPS):
        gradient, expected, observed = _slope(items, z, spread)
        wins, win_curvature = _preferences(outcomes, z)
        uphill = gradient + wins - precision @ (z - mean)
        step = _climb(observed + win_curvature + precision, expected + win_curvature + precision, uphill)
        # A step may overshoot where all answers are right or wrong: it is halved until it climbs.
        while (higher := height(z + step)) < top and np.max(np.abs(step)) > _TOLERANCE:
            step = 0.5 * step
        z, top = z + step, max(higher, top)
        if np.max(np.abs(step)) < _TOLERANCE:
            break
    after = np.linalg.inv(_slope(items, z, spread)[2] + _preferences(outcomes, z)[1] + precision)
    shrunk = np.linalg.slogdet(covariance)[1] - np.linalg.slogdet(after)[1]
    return ProbePosterior(z, after, float(top - 0.5 * shrunk))
