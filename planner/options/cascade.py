"""Cascades: a small model answers first, a gate passes the doubtful answers on to a stronger one."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.latency.api_times import cascade_p95_ms
from planner.beliefs.techniques.gate import GATE_THRESHOLDS, cascade_quality, gate_auc, gate_correlation
from planner.beliefs.techniques.transforms import TECHNIQUES, Technique
from planner.options.context import World
from planner.options.placements.placements import API, DEVICE, POOL
from planner.options.rows import TUNED
from planner.units import Bools, Draws, Floats, Ints, logistic, logit, normal_draws
from planner.workload.schema import Segment

STRONG_TECHNIQUE: Final[dict[Technique, Technique]] = {
    "direct": "direct",
    "few_shot": "few_shot",
    "fine_tune": "direct",
    "rag": "rag",
    "rag+fine_tune": "rag",
}
"""How the stronger model is asked: as the small one is, but never tuned. Passages found once serve both."""
ESCALATION_SD: Final = 0.2
"""assumption: log odds by which the share passed on drifts from what the gate was set to; about 4 points at 30 %."""
_WEAK_PER_SERVING: Final = {API: 4, POOL: 2, DEVICE: 1}
"""Of each technique, so that examples that make another technique possible take no cascade away."""
_STRONG_PER_SERVING: Final = {API: 2, POOL: 1}
_WORTH: Final = 0.6
"""A small model dearer than this share of the strong one's cost saves nothing worth a gate."""
_BETTER_BY: Final = 0.002


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What the choice of cascade members looks at; N single-model rows."""

    model: Ints
    technique: Ints
    serving: Ints
    frontier: Bools
    usd: Floats
    """(N,) mean cost of one request; for pools, of a replica's share when wholly busy."""
    quality: Draws
    """(N, S)"""


@dataclass(frozen=True, slots=True, eq=False)
class Cascades:
    """Cascades of a segment, C rows; members are rows of single-model options."""

    weak: Ints
    strong: Ints
    threshold: Floats
    """(C,) share that the gate is set to pass on."""
    share: Draws
    """(C, S) share passed on."""


@dataclass(frozen=True, slots=True, eq=False)
class MemberTimes:
    """Times of a cascade's members, each (C, S)."""

    weak_total_p50_ms: Draws
    weak_total_p95_ms: Draws
    strong_ttft_p50_ms: Draws
    strong_ttft_p95_ms: Draws
    strong_total_p50_ms: Draws
    strong_total_p95_ms: Draws


def choose_cascades(candidates: Candidates, segment: Segment, seed: int) -> Cascades:
    """Cascades worth considering: small models on the front of cost and quality, passed on to the best of the front.

    By technique and serving: up to 4 small models by API, 2 on pools, 1 on devices; to each up to 2 strong ones by
    API, 1 on a pool;
    every gate setting. That is a choice to keep the table short. A strong member is better in the mean and in most
    draws, and the small one costs at most 60 % of it. At most one of the two runs on a pool.
    """
    pairs = _pairs(candidates)
    weak = np.array([pair[0] for pair in pairs], dtype=np.int64)
    strong = np.array([pair[1] for pair in pairs], dtype=np.int64)
    settings = np.array(GATE_THRESHOLDS)
    drift = ESCALATION_SD * normal_draws(seed, "escalation", segment.skill)
    shares = logistic(logit(settings)[:, None] + drift)
    return Cascades(
        weak=np.repeat(weak, settings.size),
        strong=np.repeat(strong, settings.size),
        threshold=np.tile(settings, weak.size),
        share=np.tile(shares, (weak.size, 1)),
    )


def _front(rows: Ints, usd: Floats, quality: Floats) -> Ints:
    """Rows of the Pareto front, cheapest first: each better than all cheaper ones."""
    order = rows[np.lexsort((-quality[rows], usd[rows]))]
    return order[_rising(quality[order])]


def _rising(quality: Floats) -> Bools:
    """(N,) which are better than all before them."""
    rising = np.ones(quality.size, dtype=np.bool_)
    rising[1:] = quality[1:] > np.maximum.accumulate(quality)[:-1]
    return rising


def _spread(rows: Ints, count: int) -> list[int]:
    """At most `count` rows, evenly over the list, ends included."""
    if rows.size <= count:
        return [int(row) for row in rows]
    return [int(rows[position]) for position in np.linspace(0, rows.size - 1, count).round().astype(int)]


def _pairs(candidates: Candidates) -> list[tuple[int, int]]:
    mean = candidates.quality.mean(axis=1)
    strong = _by_cost(candidates, mean)
    found: list[tuple[int, int]] = []
    for serving, count in _WEAK_PER_SERVING.items():
        for technique in np.unique(candidates.technique):
            small = (candidates.serving == serving) & (candidates.technique == technique) & ~candidates.frontier
            front = _front(np.flatnonzero(small), candidates.usd, mean)
            partners = {int(row): _partners(candidates, mean, strong, int(row)) for row in front}
            useful = np.array([row for row in front if partners[int(row)]], dtype=np.int64)
            found += [(row, strong) for row in _spread(useful, count) for strong in partners[row]]
    return found


def _by_cost(candidates: Candidates, mean: Floats) -> dict[tuple[int, int], Ints]:
    """Rows of each serving and technique that may be a strong member, cheapest first, the better of equals first."""
    order = np.lexsort((-mean, candidates.usd))
    return {
        (serving, technique): order[(candidates.serving[order] == serving) & (candidates.technique[order] == technique)]
        for serving in _STRONG_PER_SERVING
        for technique in {TECHNIQUES.index(name) for name in STRONG_TECHNIQUE.values()}
    }


def _partners(candidates: Candidates, mean: Floats, strong: dict[tuple[int, int], Ints], weak: int) -> list[int]:
    """Strong members for a small one: the best of the front that are allowed beside it, best first."""
    wanted = TECHNIQUES.index(STRONG_TECHNIQUE[TECHNIQUES[int(candidates.technique[weak])]])
    chosen: list[int] = []
    for serving, count in _STRONG_PER_SERVING.items():
        if serving == POOL and candidates.serving[weak] == POOL:
            continue
        rows = strong[serving, wanted]
        rows = rows[
            (candidates.model[rows] != candidates.model[weak])
            & (mean[rows] > mean[weak] + _BETTER_BY)
            & (candidates.usd[rows] * _WORTH >= candidates.usd[weak])
        ]
        better = [
            int(row)
            for row in rows[_rising(mean[rows])][::-1][: 2 * count]
            if np.mean(candidates.quality[row] > candidates.quality[weak]) > 0.5
        ]
        chosen += better[:count]
    return chosen


def quality_of_cascades(world: World, candidates: Candidates, cascades: Cascades) -> Draws:
    """Quality of each cascade, shape (C, S); the better the small model, the better its gate."""
    quality = np.empty_like(cascades.share)
    tuned = TUNED[candidates.technique[cascades.weak]]
    for is_tuned in (False, True):
        rows = np.flatnonzero(tuned == is_tuned)
        if rows.size == 0:
            continue
        weak, strong = candidates.quality[cascades.weak[rows]], candidates.quality[cascades.strong[rows]]
        quality[rows] = cascade_quality(
            weak,
            strong,
            gate_auc(world.catalog, tuned=is_tuned, weak=weak, seed=world.seed),
            cascades.share[rows],
            gate_correlation(world.catalog, weak, strong, world.seed),
        )
    return np.clip(quality, 0.0, 1.0, out=quality)


def times_of_cascades(times: MemberTimes, share: Draws) -> tuple[Draws, Draws]:
    """TTFT and total p95, (C, S) each. The gate reads the small model's whole answer before a token is shown."""
    ttft = cascade_p95_ms(
        times.weak_total_p50_ms,
        times.weak_total_p95_ms,
        times.strong_ttft_p50_ms,
        times.strong_ttft_p95_ms,
        share,
    )
    total = cascade_p95_ms(
        times.weak_total_p50_ms,
        times.weak_total_p95_ms,
        times.strong_total_p50_ms,
        times.strong_total_p95_ms,
        share,
    )
    return ttft, total
