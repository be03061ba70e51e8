"""Cascades by the numbers: curves of the binormal gate, what published gates say, and when a cascade does not pay.

A small model answers first; a gate passes the requests on that it holds for wrong. Words: gap = strong - weak accuracy;
CPT(x) = share of strong calls that recovers the part x of the gap; APGR = mean over escalation shares of the part of
the gap that is recovered, 0.5 for a gate that knows nothing (arXiv:2406.18665).
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from planner.beliefs.techniques.gate import cascade_quality
from planner.beliefs.techniques.pooling import Fit, pool
from planner.catalog.evidence.techniques import CascadePair, JointOutcomes, TechniqueTables
from planner.units import Floats

_GRID: Final = np.linspace(0.0, 1.0, 201)
_BISECTIONS: Final = 22
_SMALLEST_GAP: Final = 0.10
"""Below two points of gap the gate model fails; pairs with ten or more are the published test."""
_WORTHWHILE: Final = 0.9
"""A gate has to be built and kept up: a cascade counts as paying when it costs at most this part of the next best."""
Verdict: TypeAlias = Literal[
    "pays",
    "weak model is enough",
    "saves less than a tenth",
    "no cheaper than a mix",
    "no cheaper than the strong model",
]


def cascade_curve(weak: float, strong: float, auc: float, correlation: float, shares: Floats) -> Floats:
    """Quality of the cascade at each escalation share (N,); accuracies and AUC are single numbers."""
    found = cascade_quality(
        np.array([[weak]]), np.array([[strong]]), np.array([auc]), np.asarray(shares)[:, None], correlation
    )
    return np.asarray(found[:, 0])


def rescued_share(weak: float, strong: float, correlation: float) -> float:
    """P(strong right | weak wrong) of two models whose being right correlates by phi."""
    both = weak * strong + correlation * np.sqrt(weak * (1.0 - weak) * strong * (1.0 - strong))
    return float((strong - both) / (1.0 - weak))


def implied_correlation(weak: float, strong: float, rescued: float) -> float:
    """Phi of two models of which the strong one is right on this share of what the weak one gets wrong."""
    both = strong - rescued * (1.0 - weak)
    return float((both - weak * strong) / np.sqrt(weak * (1.0 - weak) * strong * (1.0 - strong)))


def correlation_of(joint: JointOutcomes) -> float:
    """Phi of the two models' being right; nan where one of them is always or never right."""
    a, b, c, d = (float(count) for count in (joint.both, joint.only_weak, joint.only_strong, joint.neither))
    scale = np.sqrt((a + b) * (c + d) * (a + c) * (b + d))
    return float((a * d - b * c) / scale) if scale > 0.0 else float("nan")


def apgr(weak: float, strong: float, auc: float, correlation: float) -> float:
    """Average part of the gap that is recovered over all escalation shares."""
    quality = cascade_curve(weak, strong, auc, correlation, _GRID)
    return float(np.trapezoid((quality - weak) / (strong - weak), _GRID))


def auc_from_apgr(weak: float, strong: float, correlation: float, target: float) -> float:
    """AUC of the gate whose curve has this APGR, by bisection between 0.3 and 0.99."""
    low, high = 0.3, 0.99
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if apgr(weak, strong, middle, correlation) < target else (low, middle)
    return 0.5 * (low + high)


def share_for_quality(weak: float, strong: float, auc: float, correlation: float, quality: float) -> float:
    """Least escalation share that reaches a quality; 0 where the weak model does, nan where nothing does."""
    if weak >= quality:
        return 0.0
    curve = cascade_curve(weak, strong, auc, correlation, _GRID)
    curve[-1] = strong
    reached = np.flatnonzero(curve >= quality - 1e-12)
    if not reached.size:
        return float("nan")
    at = int(reached[0])
    if at == 0:
        return 0.0
    part = (quality - curve[at - 1]) / (curve[at] - curve[at - 1])
    return float(_GRID[at - 1] + part * (_GRID[at] - _GRID[at - 1]))


def calls_for_gap(weak: float, strong: float, auc: float, correlation: float, part: float) -> float:
    """CPT: share of strong calls that recovers this part of the gap."""
    return share_for_quality(weak, strong, auc, correlation, weak + part * (strong - weak))


@dataclass(frozen=True, slots=True)
class CascadeCase:
    """One pair of models at one price ratio, and what reaching the quality costs; costs over the strong model's."""

    name: str
    weak: float
    strong: float
    auc: float
    correlation: float
    price_ratio: float
    """Price of a strong answer over that of a weak one."""
    quality: float
    """What is to be reached."""
    escalation_share: float
    mix_share: float
    """Share of requests that goes to the strong model when a coin decides."""
    cost: float
    mix_cost: float
    verdict: Verdict

    @property
    def saving_share(self) -> float:
        """Saved against the strong model alone; negative when the cascade costs more."""
        return 1.0 - self.cost


def cascade_pays(
    weak: float,
    strong: float,
    auc: float,
    correlation: float,
    price_ratio: float,
    part_of_strong: float = 0.95,
    name: str = "",
) -> CascadeCase:
    """Whether a cascade reaches a part of the strong model's quality for less than a mix or the strong model alone.

    A cascade pays for the weak answer always and for the strong one on the escalated share: 1 / ratio + share. A mix
    sends requests to either model by a coin: share + (1 - share) / ratio. Gate and upkeep are not counted in the
    costs; for their sake a saving of less than a tenth does not count as paying.
    """
    quality = part_of_strong * strong
    share = share_for_quality(weak, strong, auc, correlation, quality)
    mix = float(np.clip((quality - weak) / (strong - weak), 0.0, 1.0)) if strong > weak else float(quality > weak)
    cost, mix_cost = 1.0 / price_ratio + share, mix + (1.0 - mix) / price_ratio
    verdict: Verdict = "pays"
    if weak >= quality:
        cost, mix_cost, verdict = 1.0 / price_ratio, 1.0 / price_ratio, "weak model is enough"
    elif not cost < 1.0:
        verdict = "no cheaper than the strong model"
    elif cost >= mix_cost:
        verdict = "no cheaper than a mix"
    elif cost > _WORTHWHILE * min(mix_cost, 1.0):
        verdict = "saves less than a tenth"
    return CascadeCase(name, weak, strong, auc, correlation, price_ratio, quality, share, mix, cost, mix_cost, verdict)


def published_cases(tables: TechniqueTables, price_ratios: tuple[float, ...] = (5.0, 20.0, 100.0)) -> list[CascadeCase]:
    """Every published pair with a measured gate, at each price ratio: the table 'when does a cascade not pay'."""
    return [
        cascade_pays(
            pair.weak_accuracy,
            pair.strong_accuracy,
            pair.auc,
            implied_correlation(pair.weak_accuracy, pair.strong_accuracy, pair.rescued),
            ratio,
            name=f"{pair.weak} to {pair.strong}",
        )
        for pair in tables.pairs
        if pair.auc is not None
        for ratio in price_ratios
    ]


def cascade_grid(
    strong: float = 0.85,
    gaps: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3),
    aucs: tuple[float, ...] = (0.59, 0.65, 0.79),
    price_ratios: tuple[float, ...] = (5.0, 20.0, 100.0),
    correlation: float = 0.37,
) -> list[CascadeCase]:
    """Cases over gaps, gates (trained router, log-probability, log-probability of a tuned model) and price ratios."""
    return [
        cascade_pays(strong - gap, strong, auc, correlation, ratio, name=f"gap {gap:.2f}, AUC {auc:.2f}")
        for gap in gaps
        for auc in aucs
        for ratio in price_ratios
    ]


def published_curves(tables: TechniqueTables) -> tuple[CascadePair, ...]:
    """Pairs whose cascade was run, with a gap above ten points: the curves that the gate model is held against."""
    return tuple(
        pair
        for pair in tables.pairs
        if pair.auc is not None and pair.strong_accuracy - pair.weak_accuracy > _SMALLEST_GAP
    )


def curve_error(tables: TechniqueTables, pair: CascadePair) -> Floats:
    """Forecast less published accuracy at each published escalation share, nothing fitted."""
    points = [point for point in tables.curves if (point.weak, point.strong) == (pair.weak, pair.strong)]
    shares = np.array([point.escalated for point in points])
    auc = 0.5 if pair.auc is None else pair.auc
    phi = implied_correlation(pair.weak_accuracy, pair.strong_accuracy, pair.rescued)
    forecast = cascade_curve(pair.weak_accuracy, pair.strong_accuracy, auc, phi, shares)
    return np.asarray(forecast - np.array([point.accuracy for point in points]))


def fit_gate_auc(tables: TechniqueTables, *, tuned: bool) -> Fit:
    """AUC of the answer's log-probability, one figure a weak model; the tuned ones are the Lawma models."""
    found: dict[str, list[float]] = {}
    for pair in tables.pairs:
        if pair.auc is not None and pair.weak.startswith("lawma") == tuned:
            found.setdefault(pair.weak, []).append(pair.auc)
    each = [float(np.mean(values)) for values in found.values()]
    spread = float(np.std(each, ddof=1)) if len(each) > 1 else None
    return Fit(float(np.mean(each)), spread, len(each), ("lawma",))


def router_pair(tables: TechniqueTables, dataset: str) -> CascadePair:
    """The pair that RouteLLM's routers chose between on one data set."""
    return next(pair for pair in tables.pairs if pair.source_id == "routellm-answers" and pair.dataset == dataset)


def fit_router_auc(tables: TechniqueTables, *, trained: bool) -> Fit:
    """AUC implied by the APGR of published routers, four a data set; `trained`: on in-domain or judge labels."""
    wanted = ("in_domain", "judge") if trained else ("none",)
    aucs, sets = [], []
    for router in tables.routers:
        if router.labels in wanted and router.dataset in {"MMLU", "GSM8K"}:
            pair = router_pair(tables, router.dataset)
            aucs.append(auc_from_apgr(pair.weak_accuracy, pair.strong_accuracy, pair.phi, router.apgr))
            sets.append(router.dataset)
    pooled = pool(aucs, sets)
    return Fit(pooled.estimate, pooled.spread, pooled.n, ("routellm-paper",))


def general_pairs(tables: TechniqueTables) -> tuple[CascadePair, ...]:
    """Pairs of a weaker and a stronger model neither of which was tuned on the task."""
    return tuple(pair for pair in tables.pairs if "lawma" not in pair.weak and "lawma" not in pair.strong)


def fit_rescued(tables: TechniqueTables) -> Fit:
    """P(strong right | weak wrong) over general pairs; each data set is a source."""
    pairs = general_pairs(tables)
    pooled = pool([pair.rescued for pair in pairs], [pair.dataset for pair in pairs])
    return Fit(pooled.estimate, pooled.spread, pooled.n, ("lawma", "routellm-answers"))


def fit_correlation(tables: TechniqueTables) -> Fit:
    """Phi over general pairs; each data set is a source."""
    pairs = general_pairs(tables)
    pooled = pool([pair.phi for pair in pairs], [pair.dataset for pair in pairs])
    return Fit(pooled.estimate, pooled.spread, pooled.n, ("lawma", "routellm-answers"))
