"""Back-tests of step times: hold out set-ups, GPUs, models or engines, forecast them, compare with simpler ways."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from planner.beliefs.backtest import LEVELS, Forecast, ValidationRow, join_forecasts
from planner.beliefs.step_fit import StepRows, fit_steps, forecast_steps, step_rows, take
from planner.catalog.measurements import Measurement, load_measurements
from planner.catalog.schema import Catalog
from planner.units import SEED, Bools, Floats, Ints, stream

_FOLDS: Final = 5
_MEASURE: Final = "tpot"


def _folds(rows: StepRows, test: str, seed: int) -> Iterator[Bools]:
    """True where held out. group: a fifth of all model-GPU-parallelism groups; else a whole level at a time."""
    if test == "group":
        keys = np.stack([rows.model, rows.gpu, np.rint(np.exp(rows.place[:, 1])).astype(np.int64)], axis=1)
        groups, group = np.unique(keys, axis=0, return_inverse=True)
        fold = stream(seed, "validate", "serving").permutation(len(groups))[group.ravel()] % _FOLDS
        yield from (fold == number for number in range(_FOLDS))
    else:
        level: Ints = getattr(rows, test)
        yield from (level == number for number in np.unique(level))


def _roofline(rows: StepRows) -> Floats:
    """The longer of reading weights and cache and computing, log seconds."""
    return np.asarray(np.log(np.maximum(rows.terms[:, :3].sum(axis=1), rows.terms[:, 3])))


def _two_factors(known: StepRows, seconds: Floats, asked: StepRows) -> Floats:
    """Memory and compute efficiency per engine and GPU (all known rows where that pair is new), by least log error."""
    grid = np.linspace(0.05, 0.95, 19)
    answer = np.zeros(asked.prefill.size)
    for engine, gpu in np.unique(np.stack([asked.engine, asked.gpu], axis=1), axis=0):
        here = (asked.engine == engine) & (asked.gpu == gpu)
        fitted = (known.engine == engine) & (known.gpu == gpu)
        some = take(known, fitted if fitted.any() else np.ones_like(fitted))
        target = np.log(seconds[fitted] if fitted.any() else seconds)
        read, compute = some.terms[:, :3].sum(axis=1), some.terms[:, 3] + some.terms[:, 4]
        loss = [[np.abs(np.log(read / m + compute / f) - target).mean() for f in grid] for m in grid]
        best = np.unravel_index(int(np.argmin(loss)), (grid.size, grid.size))
        part = asked.terms[here]
        answer[here] = np.log(part[:, :3].sum(axis=1) / grid[best[0]] + part[:, 3:5].sum(axis=1) / grid[best[1]])
    return answer


def _forecasts(rows: StepRows, seconds: Floats, test: str, seed: int) -> dict[str, Forecast]:
    """Log seconds per output token of every held-out row by each way; cells are rows of the measurements."""
    parts: dict[str, list[Forecast]] = {}
    for held in _folds(rows, test, seed):
        known, asked = take(rows, ~held), take(rows, held)
        row, none = np.flatnonzero(held), np.full(int(held.sum()), np.nan)
        mean, spread = forecast_steps(fit_steps(known, seconds[~held]), asked)
        for name, part in (
            ("ours", Forecast(row, mean, spread)),
            ("roofline", Forecast(row, _roofline(asked), none)),
            ("two efficiency factors", Forecast(row, _two_factors(known, seconds[~held], asked), none)),
        ):
            parts.setdefault(name, []).append(part)
    return {name: join_forecasts(some) for name, some in parts.items()}


def _score(test: str, method: str, forecast: Forecast, seconds: Floats) -> ValidationRow:
    error = forecast.mean - np.log(seconds[forecast.cell])
    ours = not np.isnan(forecast.spread).any()
    coverage = [float(np.mean(np.abs(error) <= z * forecast.spread)) if ours else None for _, z in LEVELS]
    return ValidationRow(
        test=test,
        method=method,
        group=_MEASURE,
        n=int(error.size),
        rmse_logit=None,
        rmse_points=None,
        median_abs_error=float(np.median(np.abs(np.expm1(error)))),
        bias=float(np.mean(error)),
        rank_correlation=None,
        coverage_50=coverage[0],
        coverage_80=coverage[1],
        coverage_90=coverage[2],
        width_90=float(2.0 * LEVELS[2][1] * np.mean(forecast.spread)) if ours else None,
    )


def validate_serving(
    catalog: Catalog, seed: int = SEED, measurements: Sequence[Measurement] | None = None
) -> tuple[ValidationRow, ...]:
    """Held-out set-ups, GPU types, models and engines of the tuned closed-loop runs; median_abs_error is relative."""
    found = load_measurements() if measurements is None else measurements
    kept = [row for row in found if row.mode == "closed loop" and row.tpot_ms is not None]
    rows = step_rows(kept, catalog)
    seconds = np.array([row.tpot_ms for row in kept], dtype=np.float64) / 1e3
    return tuple(
        _score(test, method, forecast, seconds)
        for test in ("group", "gpu", "model", "engine")
        for method, forecast in _forecasts(rows, seconds, test, seed).items()
    )
