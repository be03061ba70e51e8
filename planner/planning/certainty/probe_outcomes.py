"""What a probe may find, and how likely an option then holds its floor.

A probe of n items of a model whose quality is q_s in draw s finds k right with probability mean_s Binomial(k; n, q_s),
and moves the model's log odds x (standardised) from mean 0 and variance 1 to m_k and v_k. An option that holds its
floor with probability Phi(z) and whose margin over the floor has correlation r with x then holds it with

    Phi((z + r m_k) / sqrt(1 - r^2 (1 - v_k)))

(both taken as normal; Jalal and Alarid-Escudero, Medical Decision Making 38, 2018). r is read off the draws, so what a
probe says of other models, techniques and cascades comes with it, and no option is worked out again. Weighing the draws
themselves was tried: among some hundred options a few dozen draws always make some cheap one look proven.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import gammaln, ndtri

from planner.units import DRAW_COUNT, Draws, Floats, logit

CERTAIN: Final = 0.999
"""Closest to 1 that a probability or a correlation is taken."""
_IMPOSSIBLE: Final = 1e-12
_CHANCE: Final = 0.15
"""Correlation that 256 unrelated draws reach about once in sixty times."""
_GROUPS: Final = 40
"""Outcomes of large probes are summed in this many groups."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What a probe may find; K outcomes."""

    probability: Floats
    """(K,)"""
    mean: Floats
    """(K,) log odds of the probed model after each, in units of its spread before and from its mean before."""
    variance: Floats
    """(K,) likewise; 1 where nothing was learnt."""


def outcomes_of(share: Draws, items: int) -> Outcomes:
    """Outcomes of asking a model, whose quality in each draw is `share` (S,), so many items.

    >>> found = outcomes_of(np.linspace(0.6, 0.9, 256), 50)
    >>> round(float(found.probability.sum()), 9), bool((found.variance < 1.0).all())
    (1.0, True)
    """
    q = np.clip(share, 1e-6, 1.0 - 1e-6)
    right = np.arange(items + 1)[:, None]
    log_ways = gammaln(items + 1) - gammaln(right + 1) - gammaln(items - right + 1)
    likely = np.exp(log_ways + right * np.log(q) + (items - right) * np.log1p(-q))
    if items + 1 > _GROUPS:
        starts = np.unique(np.linspace(0, items + 1, _GROUPS + 1).astype(int)[:-1])
        likely = np.add.reduceat(likely, starts, axis=0)
    total = likely.sum(axis=1)
    likely, total = likely[total > _IMPOSSIBLE], total[total > _IMPOSSIBLE]
    weight, x = likely / total[:, None], standard(logit(q))
    mean = weight @ x
    return Outcomes(total / total.sum(), mean, np.maximum(weight @ x**2 - mean**2, 0.0))


def standard(values: Draws) -> Draws:
    """Draws less their mean, over their spread; 0 where they don't spread."""
    spread = values.std(axis=-1, keepdims=True)
    return np.asarray((values - values.mean(axis=-1, keepdims=True)) / np.where(spread > 0.0, spread, 1.0))


def quantile_of(share: Floats) -> Floats:
    """Normal quantile of a share of the draws; all or none of them are worth half a draw less."""
    half = 0.5 / DRAW_COUNT
    return np.asarray(ndtri(np.clip(share, half, 1.0 - half)))


def quantile_after(z: Floats, r: Floats, outcomes: Outcomes) -> Floats:
    """Normal quantile (R, K) of holding the floor after each outcome, from that before (R,) and correlations (R,)."""
    return np.asarray(
        (z[:, None] + r[:, None] * outcomes.mean) / np.sqrt(1.0 - r[:, None] ** 2 * (1.0 - outcomes.variance))
    )


def told_by(margin: Draws, x: Draws) -> Floats:
    """(R,) correlation of standardised draws with x; those that chance makes of 256 draws are none."""
    r = margin @ x / x.size
    return np.where(np.abs(r) < _CHANCE, 0.0, np.clip(r, -CERTAIN, CERTAIN))
