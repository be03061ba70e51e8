"""What published tuning runs say: level of tuned models, its slope on size, and what labels bring.

Levels are predicted, not gains: inside a task the tuned score hardly depends on the base, so a gain mostly measures how
badly the base followed the format. Rows with a doubt are not used.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.techniques.pooling import Fit, median_fit, pool, source_weights, spread_without_each, weighted_line
from planner.catalog.evidence.techniques import LabelPoint, TechniqueTables, TunedLevel
from planner.units import Bools, Floats, logit

_LARGEST_SMALL_B: Final = 10.0
_ALPHAS: Final = np.geomspace(0.01, 1.5, 160)


@dataclass(frozen=True, slots=True)
class LevelModel:
    """logit(tuned) = intercept + slope x logit(frontier, only prompted), on tasks with closed labels."""

    intercept: Fit
    slope: Fit
    residual: Fit


@dataclass(frozen=True, slots=True, eq=False)
class TaskLevels:
    """Tuned and frontier log odds of T tasks: the median of the tuned models of at most 10B on each."""

    tuned: Floats
    frontier: Floats
    sources: tuple[str, ...]


def task_levels(rows: Iterable[TunedLevel], kinds: Sequence[str]) -> TaskLevels:
    """One row a task; distilled reasoners count from 5B up, as the skill priors are for such sizes."""
    groups: dict[tuple[str, str], list[TunedLevel]] = defaultdict(list)
    for row in rows:
        smallest = 5.0 if row.source_id == "r1-distill" else 0.0
        if row.kind in kinds and not row.doubt and smallest <= row.params_b <= _LARGEST_SMALL_B:
            groups[row.source_id, row.task].append(row)
    tuned = np.array([np.median([row.tuned for row in group]) for group in groups.values()])
    frontier = np.array([group[0].frontier for group in groups.values()])
    return TaskLevels(logit(tuned), logit(frontier), tuple(source for source, _ in groups))


def fit_level_model(tables: TechniqueTables) -> LevelModel:
    """Level model over the sources with closed labels; spreads of the two coefficients by leaving out each source."""
    tasks = task_levels(tables.tuned, ("closed_label",))
    weights = source_weights(tasks.sources)

    def line(keep: Bools, part: int) -> float:
        return weighted_line(tasks.frontier[keep], tasks.tuned[keep], weights[keep])[part]

    everything = np.ones(len(weights), dtype=np.bool_)
    intercept, slope = line(everything, 0), line(everything, 1)
    residual = tasks.tuned - intercept - slope * tasks.frontier
    spread = pool(residual, tasks.sources).spread
    sources, n = tuple(sorted(set(tasks.sources))), len(weights)
    return LevelModel(
        Fit(intercept, spread_without_each(lambda keep: line(keep, 0), tasks.sources), n, sources),
        Fit(slope, spread_without_each(lambda keep: line(keep, 1), tasks.sources), n, sources),
        Fit(0.0, spread, n, sources),
    )


def fit_level_gain(tables: TechniqueTables, kinds: Sequence[str]) -> Fit:
    """logit(tuned, at most 10B) - logit(frontier, only prompted), over the tasks of these kinds."""
    tasks = task_levels(tables.tuned, kinds)
    return pool(tasks.tuned - tasks.frontier, tasks.sources)


def fit_tuned_size_slope(tables: TechniqueTables) -> Fit:
    """Logit per decade of parameters of tuned models: three studies, each one slope.

    LoRA Land inside its tasks (2.5 to 8.5B; inside its closed-label tasks alone it is about 0), Lawma 8B against 70B
    inside its tasks, Pythia 1B to 6.9B on Lawma.
    """
    lora = [row for row in tables.tuned if row.source_id == "lora-land" and not row.doubt]
    lawma = [row for row in tables.tuned if row.source_id == "lawma" and row.kind == "closed_label"]
    pythia = [row for row in tables.tuned if row.model.startswith("pythia") and row.params_b >= 1.0]
    studies = [_slope_inside(lora), _slope_inside(lawma), _slope_inside(pythia)]
    spread = float(np.std(studies, ddof=1))
    return Fit(float(np.mean(studies)), spread, len(lora) + len(lawma) + len(pythia), ("lawma", "lora-land"))


def _slope_inside(rows: Sequence[TunedLevel]) -> float:
    """Slope of logit(tuned) on log10(parameters) with an intercept for each task."""
    tasks = np.array([row.task for row in rows])
    size = np.log10([row.params_b for row in rows])
    level = logit(np.array([row.tuned for row in rows]))
    for task in sorted(set(tasks)):
        mine = tasks == task
        size[mine] -= size[mine].mean()
        level[mine] -= level[mine].mean()
    return float(np.sum(size * level) / np.sum(size**2))


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
