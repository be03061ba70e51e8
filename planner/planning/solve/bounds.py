"""Bounds that let the solver see few options: what a plan with an option costs at least, against a plan that is known.

Option n is in no plan better than a known one (found by descent) when a lower bound on all plans with n exceeds it.
Two bounds are used. Alone: n with all of its components and replicas in full, every other segment at its least score.
Together: n and all others with each part at 1 / (segments that could use it), which no plan undercuts because a part is
charged at most once per segment. An asked-for quality enters both with a price mu >= 0 (its row's Lagrangian).
Subgradient steps on the shares were tried: they close a third of the gap in the time HiGHS needs to close it all.
"""

from itertools import pairwise
from typing import Final

import numpy as np

from planner.planning.problem import Problem
from planner.planning.solve.descent import Choice, descend, improve
from planner.planning.solve.prune import Pick, least_of_segments, shared_fixed_usd
from planner.units import Bools, Floats, Ints
from planner.workload.schema import Limits

_ROUNDS: Final = 3
_WORTH_ANOTHER: Final = 0.9
_PRICE_STEPS: Final = 36
_TOLERANCE: Final = 1e-9
FEW: Final = 3
"""Options a segment below which no more is pruned."""


def sift(
    problem: Problem,
    pick: Pick,
    score: Floats,
    fixed_weight: float,
    limits: Limits,
    quality_at_least: float | None,
    upper: float | None,
) -> Pick:
    """The options that a plan no worse than the best one known may contain."""
    best = np.inf if upper is None else upper
    for _ in range(_ROUNDS):
        if upper is None:
            known = descend(problem, pick, score, fixed_weight, limits, quality_at_least)
            best = min(best, np.inf if known is None else known.objective)
        price = 0.0
        if quality_at_least is not None:
            price, better = _quality_price(problem, pick, score, fixed_weight, limits, quality_at_least)
            best = min(best, np.inf if better is None else better.objective)
        if not np.isfinite(best):
            return pick
        allowed = best - price * (quality_at_least or 0.0)
        left = within_bound(problem, pick, score - price * pick.quality, fixed_weight, allowed)
        if int(left.sum()) > _WORTH_ANOTHER * pick.size:
            return pick.take(left)
        pick, score = pick.take(left), score[left]
    return pick


def within_bound(problem: Problem, pick: Pick, score: Floats, fixed_weight: float, upper: float) -> Bools:
    """(n,) options that could be in a plan no worse than `upper`; score (n,) is what an option adds by itself."""
    segments = len(problem.parts)
    least = least_of_segments(pick.segment, score, segments)
    alone = score + fixed_weight * pick.own_usd + least.sum() - least[pick.segment]
    shared = score + fixed_weight * shared_fixed_usd(problem, pick)
    least_shared = least_of_segments(pick.segment, shared, segments)
    together = shared + least_shared.sum() - least_shared[pick.segment]
    allowed = upper + _TOLERANCE * max(1.0, abs(upper))
    return np.asarray(np.maximum(alone, together) <= allowed, dtype=np.bool_)


def _quality_price(
    problem: Problem, pick: Pick, score: Floats, fixed_weight: float, limits: Limits, quality_at_least: float
) -> tuple[float, Choice | None]:
    """Price of quality at which the relaxed choice just reaches what is asked, and a plan bettered from there."""
    value = score + fixed_weight * shared_fixed_usd(problem, pick)
    ends = np.searchsorted(pick.segment, np.arange(len(problem.parts) + 1))
    span = float(np.ptp(pick.quality)) or 1e-9
    low, high = 0.0, max(float(np.ptp(value)), 1e-6) / span * 1e3
    reached: Ints | None = None
    for _ in range(_PRICE_STEPS):
        middle = float(np.sqrt(max(low, high * 1e-9) * high))
        priced = value - middle * pick.quality
        chosen = np.array([a + int(np.argmin(priced[a:b])) for a, b in pairwise(ends)])
        if float(pick.quality[chosen].sum()) >= quality_at_least:
            high, reached = middle, chosen
        else:
            low = middle
    if reached is None:
        return low, None
    return low, improve(problem, pick, score, fixed_weight, limits, quality_at_least, reached)
