"""Back-test of techniques: forecast every source of the tables from the others, beside the naive ways.

Rows have the shape of the other back-tests; group is the source that was left out, or 'all', where every source weighs
the same, however many rows it has. Points are percentage points of score.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from planner.beliefs.backtest.quality import ValidationRow
from planner.beliefs.techniques.cascades import curve_error, published_curves
from planner.beliefs.techniques.pooling import pool, source_weights, weighted_line
from planner.beliefs.techniques.tuning_fits import task_levels
from planner.catalog.evidence.techniques import TechniqueTables
from planner.units import Bools, Floats, logistic, logit

_CLOSED: Final = ("closed_label",)
_GROUPED: Final = ("grouped", "k_quant", "int8", "fp8")


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """One technique's rows: log odds before and after, N of each, their sources, and the parts that share a shift."""

    name: str
    before: Floats
    after: Floats
    sources: tuple[str, ...]
    parts: tuple[str, ...]
    naive: str
    """What 'nothing changes' is called."""


@dataclass(frozen=True, slots=True, eq=False)
class Forecasts:
    """Log odds forecast for each row of a study by one method; spread None where the method states none."""

    method: str
    mean: Floats
    spread: Floats | None


def validate_techniques(tables: TechniqueTables) -> tuple[ValidationRow, ...]:
    """Leave-one-source-out rows for tuning, retrieval and quantisation, and the cascade curves with nothing fitted."""
    rows: list[ValidationRow] = []
    for study, line in ((_tuning(tables), True), (_retrieval(tables), True), (_quantisation(tables), False)):
        ways = [_left_out(study, "constant shift", _shift), _nothing(study)]
        if line:
            ways.insert(0, _left_out(study, "ours", _line))
        else:
            ways[0] = Forecasts("ours", ways[0].mean, ways[0].spread)
        for way in ways:
            rows.extend(_scores(study, way))
    return (*rows, *_cascade_rows(tables))


def _tuning(tables: TechniqueTables) -> Study:
    tasks = task_levels(tables.tuned, _CLOSED)
    return Study(
        "fine_tune", tasks.frontier, tasks.tuned, tasks.sources, ("",) * len(tasks.sources), "tuned = frontier"
    )


def _retrieval(tables: TechniqueTables) -> Study:
    rows = [row for row in tables.rag if row.rag is not None and row.kind in {"single_hop", "long_tail", "multi_hop"}]
    return Study(
        "rag",
        logit(np.array([row.closed_book for row in rows])),
        logit(np.array([row.rag for row in rows], dtype=np.float64)),
        tuple(row.source_id for row in rows),
        tuple(row.kind for row in rows),
        "no gain",
    )


def _quantisation(tables: TechniqueTables) -> Study:
    rows = [row for row in tables.quantised if row.form in _GROUPED and row.bits in {4, 8} and "rtn" not in row.method]
    return Study(
        "quantise",
        logit(np.array([row.full for row in rows])),
        logit(np.array([row.quantised for row in rows])),
        tuple(row.source_id for row in rows),
        tuple(str(row.bits) for row in rows),
        "no loss",
    )


def _line(before: Floats, after: Floats, sources: Sequence[str], at: Floats) -> tuple[Floats, float]:
    """Straight line of log odds on log odds; its spread is that of a new row of a new source."""
    intercept, slope = weighted_line(before, after, source_weights(sources))
    spread = pool(after - intercept - slope * before, sources).spread
    return intercept + slope * at, np.nan if spread is None else spread


def _shift(before: Floats, after: Floats, sources: Sequence[str], at: Floats) -> tuple[Floats, float]:
    """The same gain in log odds everywhere."""
    fit = pool(after - before, sources)
    return at + fit.estimate, np.nan if fit.spread is None else fit.spread


def _left_out(
    study: Study, method: str, fit: Callable[[Floats, Floats, Sequence[str], Floats], tuple[Floats, float]]
) -> Forecasts:
    """Forecast each source from the others, part by part; nan where no other source has the part."""
    names, parts = np.array(study.sources), np.array(study.parts)
    mean, spread = np.full(len(names), np.nan), np.full(len(names), np.nan)
    for part in np.unique(parts):
        for name in np.unique(names[parts == part]):
            test = (parts == part) & (names == name)
            known = (parts == part) & (names != name)
            if np.sum(known) >= 3:
                mean[test], spread[test] = fit(
                    study.before[known], study.after[known], tuple(names[known]), study.before[test]
                )
    return Forecasts(method, mean, spread)


def _nothing(study: Study) -> Forecasts:
    return Forecasts(study.naive, study.before, None)


def _scores(study: Study, way: Forecasts) -> list[ValidationRow]:
    names = np.array(study.sources)
    # Only rows that every method can forecast are compared.
    usable = ~np.isnan(_left_out(study, "", _shift).mean)
    weights = np.zeros(len(names))
    for name in np.unique(names[usable]):
        mine = usable & (names == name)
        weights[mine] = 1.0 / np.sum(mine)
    groups: list[tuple[str, Bools]] = [("all", usable)]
    groups += [(str(name), usable & (names == name)) for name in np.unique(names[usable])]
    return [_score(study, way, group, mask, weights) for group, mask in groups]


def _score(study: Study, way: Forecasts, group: str, mask: Bools, weights: Floats) -> ValidationRow:
    wrong = way.mean[mask] - study.after[mask]
    points = 100.0 * (logistic(way.mean[mask]) - logistic(study.after[mask]))
    w = weights[mask]
    spread = None if way.spread is None else way.spread[mask]

    def coverage(level: float) -> float | None:
        if spread is None:
            return None
        return float(np.average(np.abs(wrong) <= ndtri(0.5 + level / 2.0) * spread, weights=w))

    return ValidationRow(
        test=f"technique:{study.name}",
        method=way.method,
        group=group,
        n=int(np.sum(mask)),
        rmse_logit=float(np.sqrt(np.average(wrong**2, weights=w))),
        rmse_points=float(np.sqrt(np.average(points**2, weights=w))),
        median_abs_error=float(np.median(np.abs(points))),
        bias=float(np.average(wrong, weights=w)),
        rank_correlation=_spearman(way.mean[mask], study.after[mask]),
        coverage_50=coverage(0.5),
        coverage_80=coverage(0.8),
        coverage_90=coverage(0.9),
        width_90=None if spread is None else float(np.average(2.0 * ndtri(0.95) * spread, weights=w)),
    )


def _spearman(a: Floats, b: Floats) -> float | None:
    if len(a) < 3 or np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
        return None
    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])


def _cascade_rows(tables: TechniqueTables) -> list[ValidationRow]:
    """Error of the gate model and of a straight mix on the published curves; both know the two accuracies."""
    ours, mix, groups = [], [], []
    for pair in published_curves(tables):
        points = [point for point in tables.curves if (point.weak, point.strong) == (pair.weak, pair.strong)]
        gap = pair.strong_accuracy - pair.weak_accuracy
        ours.append(curve_error(tables, pair))
        mix.append(np.array([pair.weak_accuracy + gap * point.escalated - point.accuracy for point in points]))
        groups.append(f"{pair.weak} to {pair.strong}")
    rows = []
    for method, errors in (("ours", ours), ("straight mix", mix)):
        rows.append(_curve_row(method, "all", np.concatenate(errors)))
        rows += [_curve_row(method, group, wrong) for group, wrong in zip(groups, errors, strict=True)]
    return rows


def _curve_row(method: str, group: str, wrong: Floats) -> ValidationRow:
    return ValidationRow(
        test="technique:cascade",
        method=method,
        group=group,
        n=len(wrong),
        rmse_logit=None,
        rmse_points=float(100.0 * np.sqrt(np.mean(wrong**2))),
        median_abs_error=float(100.0 * np.median(np.abs(wrong))),
        bias=None,
        rank_correlation=None,
        coverage_50=None,
        coverage_80=None,
        coverage_90=None,
        width_90=None,
    )
