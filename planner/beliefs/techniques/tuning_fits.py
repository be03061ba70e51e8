"""What published tuning runs say of labels: the share of the gain that they reach, and how the error falls.

Levels of tuned models are fitted in published.tuned. Rows with a doubt are not used.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.techniques.pooling import Fit, median_fit, pool
from planner.catalog.evidence.techniques import LabelPoint, TechniqueTables
from planner.units import Floats, logit

_ALPHAS: Final = np.geomspace(0.01, 1.5, 160)


def fit_tuned_model_sd(tables: TechniqueTables) -> Fit:
    """Spread of LoRA Land's ten tuned models on one closed-label task, logit: median over tasks of IQR / 1.349."""
    groups: dict[str, list[float]] = defaultdict(list)
    for row in tables.tuned:
        if row.source_id == "lora-land" and row.kind == "closed_label" and not row.doubt:
            groups[row.task].append(row.tuned)
    spreads = [median_fit(logit(np.array(levels)), ("lora-land",)).spread or 0.0 for levels in groups.values()]
    return Fit(float(np.median(spreads)), None, len(spreads), ("lora-land",))


@dataclass(frozen=True, slots=True, eq=False)
class LabelCurve:
    """Score against labels of one task and model; the marks are None where the source has none."""

    source: str
    labels: Floats
    score: Floats
    measure: str
    base: float | None
    ceiling: float | None


def label_curves(rows: Iterable[LabelPoint]) -> tuple[LabelCurve, ...]:
    """Curves of at least five points; the marks of a task belong to all of its accuracy curves."""
    points: dict[tuple[str, str, str, str], list[LabelPoint]] = defaultdict(list)
    marks: dict[tuple[str, str], float] = {}
    for row in rows:
        if row.role == "tuned" and row.labels:
            points[row.source_id, row.task, row.model, row.measure].append(row)
        elif row.measure == "accuracy":
            marks[row.task, row.role] = row.score
    return tuple(
        LabelCurve(
            source=source,
            labels=np.array([row.labels for row in group], dtype=np.float64),
            score=np.array([row.score for row in group]),
            measure=measure,
            base=marks.get((task, "base")),
            ceiling=marks.get((task, "ceiling")),
        )
        for (source, task, _, measure), group in points.items()
        if len(group) >= 5
    )


def fit_gain_share(tables: TechniqueTables, labels: int) -> Fit:
    """Share of the gain from the base to the all-task model that this many labels reach; median and IQR / 1.349."""
    shares = []
    for curve in label_curves(tables.labels):
        at = curve.score[curve.labels == labels]
        if curve.base is not None and curve.ceiling is not None and at.size:
            shares.append(float((at[0] - curve.base) / (curve.ceiling - curve.base)))
    return median_fit(np.array(shares), ("lawma",))


def fit_gain_per_decade(tables: TechniqueTables) -> Fit:
    """Share of answers gained per tenfold labels, slope inside each classification task; median and log-sd."""
    slopes = np.array(
        [
            np.polyfit(np.log10(curve.labels), curve.score, 1)[0]
            for curve in label_curves(tables.labels)
            if curve.measure == "accuracy"
        ]
    )
    logs = np.log(slopes)
    return Fit(float(np.median(slopes)), float(np.std(logs, ddof=1)), len(slopes), ("lawma",))


def fit_alpha(tables: TechniqueTables) -> Fit:
    """Exponent of error = ceiling + A x labels^-alpha, by least squares over a grid of exponents; pooled in logs.

    The ceiling of a classification task is the error of the model tuned on all tasks; where there is none it is fitted,
    from 0 up, and mostly found at 0 (it is not identified). Form: arXiv:2402.02314 without its flat start.
    """
    logs, sources = [], []
    for curve in label_curves(tables.labels):
        error = curve.score if curve.measure == "loss" else 1.0 - curve.score
        pinned = None if curve.ceiling is None else 1.0 - curve.ceiling
        logs.append(np.log(_best_alpha(curve.labels, error, pinned)))
        sources.append(curve.source)
    pooled = pool(logs, sources)
    return Fit(float(np.exp(pooled.estimate)), pooled.spread, pooled.n, pooled.sources)


def _best_alpha(labels: Floats, error: Floats, ceiling: float | None) -> float:
    """Exponent with the least squared error; ceiling and A are solved in closed form at each exponent, both >= 0."""
    falls = (labels / labels.min()) ** -_ALPHAS[:, None]
    if ceiling is None:
        centred = falls - falls.mean(axis=1, keepdims=True)
        scale = (centred @ (error - error.mean())) / np.sum(centred**2, axis=1)
        floor = error.mean() - scale * falls.mean(axis=1)
        alone = (falls @ error) / np.sum(falls**2, axis=1)
        scale = np.where(floor < 0.0, alone, scale)
        floor = np.maximum(floor, 0.0)
    else:
        floor = np.full(len(_ALPHAS), ceiling)
        scale = np.maximum(falls @ (error - ceiling) / np.sum(falls**2, axis=1), 0.0)
    misses = np.sum((floor[:, None] + scale[:, None] * falls - error) ** 2, axis=1)
    return float(_ALPHAS[int(np.argmin(misses))])
