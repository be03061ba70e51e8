"""Back-tests of the quality model: hold scores out, forecast them, compare with the simple ways on the same folds.

Four tests. cells: a fifth of all (model, task) pairs at a time, a model's rows of one task always together, so that no
held-out score leaks through another release or setting. new_model: whole models but for a few known scores.
new_benchmark: whole benchmarks but for a few known models. forward: models released after a date, from evidence dated
before it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
from scipy.stats import spearmanr

from planner.beliefs.backtest.simple_ways import SIMPLE_WAYS, Way
from planner.beliefs.quality.cells import Frame
from planner.beliefs.quality.skill_model import Cells, SkillFit, fit_skill_model
from planner.catalog.schema import Catalog
from planner.units import Z95, Bools, Floats, Ints, logistic, stream

OURS: Final = "ours"
_FOLDS: Final = 5
LEVELS: Final = ((0.5, 0.6744897501960817), (0.8, 1.2815515655446004), (0.9, Z95))
"""Shares of the intervals whose coverage is counted, and how many spreads they reach either side of the forecast."""
_KNOWN_SCORES: Final = (1, 2, 4)
_KNOWN_MODELS: Final = 8
_LEAST_FOR_RANK: Final = 5


@dataclass(frozen=True, slots=True)
class ValidationRow:
    """One line of the validation table; None where a figure does not apply."""

    test: str
    method: str
    group: str
    """'all', a skill, or a number of known scores."""
    n: int
    rmse_logit: float | None
    rmse_points: float | None
    """Percentage points of score; ratings left out."""
    median_abs_error: float | None
    """Percentage points."""
    bias: float | None
    """Mean of forecast less score, logit."""
    rank_correlation: float | None
    """Mean Spearman correlation inside a benchmark."""
    coverage_50: float | None
    coverage_80: float | None
    coverage_90: float | None
    width_90: float | None
    """Mean width of the 90 % interval, logit."""
    clusters: int | None = None
    """Independent groups among the n rows, where rows of one source and pair are not independent."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """What is known and what is forecast."""

    test: str
    group: str
    known: Bools
    """(R,) over the cells."""
    asked: Bools
    """(R,)"""


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Forecast log odds of some cells, and their spread; nan where a way gives none."""

    cell: Ints
    mean: Floats
    spread: Floats


def _groups(frame: Frame, catalog: Catalog) -> Ints:
    """Number of the (model, task) pair of each cell."""
    tasks = [catalog.benchmarks[name].task or name for name in frame.benchmarks]
    task_of = {task: number for number, task in enumerate(dict.fromkeys(tasks))}
    task = np.array([task_of[name] for name in tasks])[frame.cells.benchmark]
    return np.asarray(frame.cells.model[frame.cells.variant] * len(task_of) + task, dtype=np.int64)


def split_cells(frame: Frame, catalog: Catalog, seed: int) -> Iterator[Split]:
    """Five folds over (model, task) pairs."""
    pairs, pair = np.unique(_groups(frame, catalog), return_inverse=True)
    fold = stream(seed, "validate", "cells").permutation(pairs.size)[pair] % _FOLDS
    for number in range(_FOLDS):
        yield Split("cells", "all", fold != number, fold == number)


def _keep_some(groups: Ints, wanted: int, order: Floats) -> Bools:
    """True for the first `wanted` distinct entries of each group in random order; groups (R,), order (R,)."""
    kept = np.zeros(groups.size, dtype=bool)
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        kept[rows[np.argsort(order[rows], kind="stable")[:wanted]]] = True
    return kept


def split_new_model(frame: Frame, seed: int, scores: int) -> Iterator[Split]:
    """Five folds over models; of each held-out model one variant keeps `scores` scores, the rest of it is asked."""
    cells = frame.cells
    model = cells.model[cells.variant]
    rng = stream(seed, "validate", "new_model", str(scores))
    fold = rng.permutation(len(frame.models))[model] % _FOLDS
    order = rng.random(model.size)
    kept = _keep_some(model, scores, order)
    chosen = np.full(len(frame.models), -1)
    for row in np.flatnonzero(kept)[::-1]:
        chosen[model[row]] = cells.variant[row]
    same = cells.variant == chosen[model]
    kept = _keep_some(np.where(same, model, -1), scores, order) & same
    for number in range(_FOLDS):
        held = fold == number
        yield Split("new_model", f"{scores} known", ~held | (held & kept), held & same & ~kept)


def split_new_benchmark(frame: Frame, seed: int) -> Iterator[Split]:
    """Five folds over benchmarks; of each held-out benchmark eight variants keep their scores."""
    cells = frame.cells
    rng = stream(seed, "validate", "new_benchmark")
    fold = rng.permutation(len(frame.benchmarks))[cells.benchmark] % _FOLDS
    kept = _keep_some(cells.benchmark, _KNOWN_MODELS, rng.random(cells.benchmark.size))
    for number in range(_FOLDS):
        held = fold == number
        yield Split("new_benchmark", "all", ~held | kept, held & ~kept)


def split_forward(frame: Frame, catalog: Catalog, cut: date, seed: int, scores: int) -> Iterator[Split]:
    """Models released from `cut` on, known by `scores` scores each; all others known in full."""
    cells = frame.cells
    later = np.array(
        [name in catalog.models and (catalog.models[name].released or date.min) >= cut for name in frame.models]
    )
    held = later[cells.model[cells.variant]]
    order = stream(seed, "validate", "forward", str(scores)).random(held.size)
    kept = _keep_some(cells.variant, scores, order) & held if scores else np.zeros(held.size, dtype=bool)
    yield Split("forward", f"from {cut.isoformat()}, {scores} known", ~held | kept, held & ~kept)


def _subset(cells: Cells, known: Bools) -> Cells:
    return replace(
        cells,
        variant=cells.variant[known],
        benchmark=cells.benchmark[known],
        z=cells.z[known],
        sampling=cells.sampling[known],
    )


def forecast_cells(cells: Cells, fit: SkillFit, rows: Ints) -> Forecast:
    """Our forecast of some cells: mean and spread of the score as it would be published, sampling noise included."""
    variant, benchmark = cells.variant[rows], cells.benchmark[rows]
    loading = fit.loading[benchmark]
    skilled = np.einsum("rk,rk->r", loading, fit.variant_mean[variant])
    odd = fit.family_oddity[cells.family[cells.model[variant]], benchmark]
    mean = fit.mu[benchmark] + fit.scale[benchmark] * (skilled + odd)
    spread = np.einsum("rk,rkl,rl->r", loading, fit.variant_covariance[variant], loading)
    sampling = fit.sampling_share[benchmark] * cells.sampling[rows]
    variance = fit.scale[benchmark] ** 2 * (spread + fit.odd_variance[benchmark]) + sampling
    return Forecast(rows, mean, np.sqrt(variance))


def _by_simple_ways(frame: Frame, split: Split, ways: Mapping[str, Way]) -> dict[str, Forecast]:
    cells, rows = frame.cells, np.flatnonzero(split.asked)
    columns = len(frame.benchmarks)
    known = _subset(cells, split.known)
    count = np.maximum(np.bincount(known.benchmark, minlength=columns), 1)
    mean = np.bincount(known.benchmark, weights=known.z, minlength=columns) / count
    square = np.bincount(known.benchmark, weights=(known.z - mean[known.benchmark]) ** 2, minlength=columns)
    scale = np.sqrt(np.maximum(square / count, 0.05))
    table = np.full((cells.model.size, columns), np.nan)
    table[known.variant, known.benchmark] = (known.z - mean[known.benchmark]) / scale[known.benchmark]
    variant, benchmark = cells.variant[rows], cells.benchmark[rows]
    unknown = np.full(rows.size, np.nan)
    return {
        name: Forecast(rows, mean[benchmark] + scale[benchmark] * way(table)[variant, benchmark], unknown)
        for name, way in ways.items()
    }


def forecasts(frame: Frame, splits: Sequence[Split], ways: Mapping[str, Way] = SIMPLE_WAYS) -> dict[str, Forecast]:
    """Forecasts of every asked cell by every way, all folds of one test together."""
    parts: dict[str, list[Forecast]] = {}
    for split in splits:
        fit = fit_skill_model(_subset(frame.cells, split.known))
        ours = forecast_cells(frame.cells, fit, np.flatnonzero(split.asked))
        by_way = {OURS: ours, **_by_simple_ways(frame, split, ways)}
        for name, part in by_way.items():
            parts.setdefault(name, []).append(part)
    return {name: join_forecasts(some) for name, some in parts.items()}


def join_forecasts(parts: Sequence[Forecast]) -> Forecast:
    """The folds of one test as one forecast."""
    return Forecast(
        np.concatenate([part.cell for part in parts]),
        np.concatenate([part.mean for part in parts]),
        np.concatenate([part.spread for part in parts]),
    )


def _rank_correlation(benchmark: Ints, mean: Floats, truth: Floats) -> float | None:
    """Mean Spearman correlation over benchmarks with enough asked cells, weighted by their number."""
    total, weight = 0.0, 0
    for column in np.unique(benchmark):
        rows = np.flatnonzero(benchmark == column)
        if rows.size < _LEAST_FOR_RANK or np.ptp(truth[rows]) == 0.0 or np.ptp(mean[rows]) == 0.0:
            continue
        total += rows.size * float(spearmanr(mean[rows], truth[rows]).statistic)
        weight += rows.size
    return total / weight if weight else None


def score_forecast(
    test: str, method: str, group: str, forecast: Forecast, *, truth: Floats, benchmark: Ints, points: Floats
) -> ValidationRow:
    """Figures of one forecast against the truth; `points` is 100 (1 - chance) per cell, nan for ratings."""
    error = forecast.mean - truth
    percent = points * (logistic(forecast.mean) - logistic(truth))
    shown = percent[~np.isnan(percent)]
    ours = not np.isnan(forecast.spread).any()
    standard = np.abs(error) / forecast.spread if ours else np.full(error.size, np.nan)
    coverage = [float(np.mean(standard <= z)) if ours else None for _, z in LEVELS]
    return ValidationRow(
        test=test,
        method=method,
        group=group,
        n=int(error.size),
        rmse_logit=float(np.sqrt(np.mean(error**2))),
        rmse_points=float(np.sqrt(np.mean(shown**2))) if shown.size else None,
        median_abs_error=float(np.median(np.abs(shown))) if shown.size else None,
        bias=float(np.mean(error)),
        rank_correlation=_rank_correlation(benchmark, forecast.mean, truth),
        coverage_50=coverage[0],
        coverage_80=coverage[1],
        coverage_90=coverage[2],
        width_90=float(2.0 * LEVELS[2][1] * np.mean(forecast.spread)) if ours else None,
    )


def _points(frame: Frame, catalog: Catalog) -> Floats:
    """Percentage points that the whole range of each benchmark spans; nan for ratings."""
    spans = [
        np.nan if catalog.benchmarks[name].link == "elo" else 100.0 * (1.0 - catalog.benchmarks[name].chance)
        for name in frame.benchmarks
    ]
    return np.array(spans)


def rows_of(
    frame: Frame, catalog: Catalog, test: str, group: str, by_way: dict[str, Forecast], *, by_skill: bool
) -> Iterator[ValidationRow]:
    """One row a way over all asked cells and, where wanted, one a skill."""
    cells, points = frame.cells, _points(frame, catalog)
    skills = np.array([catalog.benchmarks[name].skill for name in frame.benchmarks])
    for method, forecast in by_way.items():
        column = cells.benchmark[forecast.cell]
        groups = [(group, np.ones(column.size, dtype=bool))]
        if by_skill:
            groups += [(skill, skills[column] == skill) for skill in sorted(set(skills[column].tolist()))]
        for name, rows in groups:
            part = Forecast(forecast.cell[rows], forecast.mean[rows], forecast.spread[rows])
            yield score_forecast(
                test,
                method,
                name,
                part,
                truth=cells.z[part.cell],
                benchmark=column[rows],
                points=points[column[rows]],
            )


FORWARD_CUTS: Final = (date(2025, 2, 1), date(2025, 8, 1))
"""Dates of the forward test: models released from them on are forecast."""


def validate_quality(
    frame: Frame, catalog: Catalog, seed: int, ways: Mapping[str, Way] = SIMPLE_WAYS
) -> tuple[ValidationRow, ...]:
    """All four tests, ours and the simple ways side by side; a few minutes on two cores, deterministic."""
    tests: list[list[Split]] = [list(split_cells(frame, catalog, seed))]
    tests += [list(split_new_model(frame, seed, scores)) for scores in _KNOWN_SCORES]
    tests += [list(split_new_benchmark(frame, seed))]
    tests += [list(split_forward(frame, catalog, cut, seed, scores)) for cut in FORWARD_CUTS for scores in (0, 2)]
    rows: list[ValidationRow] = []
    for splits in tests:
        if any(split.asked.any() for split in splits):
            test, group = splits[0].test, splits[0].group
            by_way = forecasts(frame, splits, ways)
            rows += rows_of(frame, catalog, test, group, by_way, by_skill=test == "cells")
    return tuple(rows)
