"""The gate of a cascade: what it can tell, how alike two models' errors are, and what the two then reach."""

from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri

from planner.beliefs.priors import prior_draws
from planner.catalog.schema import Catalog
from planner.units import SEED, Draws, logit

GATE_THRESHOLDS: Final[tuple[float, ...]] = (0.1, 0.2, 0.3, 0.45, 0.6, 0.8)
"""Escalation shares that a cascade may be set to."""
_BISECTIONS: Final = 24
_USUAL_WEAK: Final = 0.7
AUC_RANGE: Final = (0.5, 0.98)
"""A gate is never worse than chance, and nobody has seen a better one."""


def auc_of(level: Draws | float, slope: Draws | float, weak: Draws) -> Draws:
    """AUC of a weak model's own confidence: z(AUC) = level + slope x logit(weak)."""
    return np.asarray(np.clip(ndtr(level + slope * logit(weak)), *AUC_RANGE))


def gate_auc(catalog: Catalog, *, tuned: bool, weak: Draws | None = None, seed: int = SEED) -> Draws:
    """AUC of the gate that decides whether to escalate, (S,) or in the shape of `weak`, the weak model's quality.

    The better the weak model, the better it knows its errors; of a tuned one the power was measured (0.79).
    """
    if tuned:
        return np.clip(prior_draws(catalog, "gate_auc.tuned", seed), *AUC_RANGE)
    level, slope = prior_draws(catalog, "gate.level", seed), prior_draws(catalog, "gate.slope", seed)
    return auc_of(level, slope, np.full_like(level, _USUAL_WEAK) if weak is None else weak)


def agreement_limit(weak: Draws, strong: Draws) -> Draws:
    """Largest correlation (phi) that two accuracies allow."""
    low, high = np.minimum(weak, strong), np.maximum(weak, strong)
    return np.asarray(np.sqrt(low * (1.0 - high) / np.maximum(high * (1.0 - low), 1e-9)))


def gate_correlation(catalog: Catalog, weak: Draws, strong: Draws, seed: int = SEED) -> Draws:
    """Correlation (phi) of the weak and the strong model's being right on one request, in the shape of the two."""
    return np.asarray(prior_draws(catalog, "gate.agreement", seed) * agreement_limit(weak, strong))


def _threshold(weak: Draws, shift: Draws, share: Draws) -> Draws:
    """Gate score t above which `share` of requests lie, by bisection: w Q(t) + (1 - w) Q(t - shift) = share."""
    low = np.broadcast_to(-6.0 + np.min(np.minimum(shift, 0.0)), np.broadcast_shapes(weak.shape, share.shape)).copy()
    high = np.full_like(low, 6.0 + np.max(np.maximum(shift, 0.0)))
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        passed = weak * ndtr(-middle) + (1.0 - weak) * ndtr(shift - middle)
        above = passed > share
        low = np.where(above, middle, low)
        high = np.where(above, high, middle)
    return np.asarray(0.5 * (low + high))


def cascade_quality(weak: Draws, strong: Draws, auc: Draws, share: Draws, correlation: Draws | float) -> Draws:
    """Quality of a cascade whose gate passes on `share` (N, 1) of requests; weak, strong (N, S), others (S,) or (N, S).

    Binormal gate: its score is normal with unit spread, shifted by sqrt(2) z(AUC) when the weak model is wrong. Whether
    the strong model is right depends on the weak one's outcome alone, through the correlation (phi) of the two. It
    reproduces five published cascade curves within 0.9 points (techniques tables, section 5).
    """
    w = np.clip(weak, 1e-4, 1.0 - 1e-4)
    s = np.clip(strong, 1e-4, 1.0 - 1e-4)
    shift = np.sqrt(2.0) * ndtri(np.clip(auc, 0.001, 0.999))
    threshold = _threshold(w, shift, share)
    both = w * s + correlation * np.sqrt(w * (1.0 - w) * s * (1.0 - s))
    both = np.clip(both, np.maximum(0.0, w + s - 1.0), np.minimum(w, s))
    rescued = (s - both) / (1.0 - w)
    kept_right = both / w
    escalated_right = ndtr(-threshold)
    escalated_wrong = ndtr(shift - threshold)
    return np.asarray(
        w * (1.0 - escalated_right) + w * escalated_right * kept_right + (1.0 - w) * escalated_wrong * rescued
    )
