"""Back-tests of serving: hold out set-ups, GPUs, models or engines, forecast them, compare with simpler ways."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.backtest.quality import LEVELS, ValidationRow
from planner.beliefs.serving.fit import ServingForecast, counted_tokens, fit_rows, forecast_serving, step_seconds
from planner.beliefs.serving.roofline import ideal_prefill_seconds
from planner.beliefs.serving.rows import TUNED, Served, ServingRows, served_of, serving_rows
from planner.catalog.evidence.measurements import load_measurements
from planner.catalog.schema import Catalog
from planner.units import MS_PER_S, SEED, Bools, Floats, stream

_FOLDS: Final = 5
QUANTITIES: Final = ("tpot", "ttft", "throughput")
OURS: Final = "ours"


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What was measured, logs; (R,) each, nan where a row has none."""

    tpot: Floats
    ttft: Floats
    throughput: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Settings as arrays, with what was measured."""

    served: tuple[Served, ...]
    rows: ServingRows
    steps: Floats
    """(R,) seconds per output token, what the fit reads; nan where none."""
    firsts: Floats
    """(R,) seconds to first token in closed loops; nan where none."""
    truth: Truth

    def take(self, which: Bools) -> "Evidence":
        """Some of the settings."""
        served = tuple(one for one, kept in zip(self.served, which.tolist(), strict=True) if kept)
        truth = Truth(self.truth.tpot[which], self.truth.ttft[which], self.truth.throughput[which])
        return Evidence(served, self.rows.take(which), self.steps[which], self.firsts[which], truth)


def evidence_of(served: Sequence[Served]) -> Evidence:
    """Arrays of the settings and of their figures. A closed loop that publishes both times has a throughput by them."""
    measured = [one.measured for one in served]
    tpot = np.array([np.nan if row.tpot_ms is None else row.tpot_ms for row in measured]) / MS_PER_S
    ttft = np.array([np.nan if row.ttft_ms is None else row.ttft_ms for row in measured]) / MS_PER_S
    stated = np.array([np.nan if row.throughput_tok_s is None else row.throughput_tok_s for row in measured])
    closed = np.array([row.mode == "closed loop" for row in measured])
    answer, batch = np.array([row.output_tokens for row in measured]), np.array([row.batch for row in measured])
    by_times = batch * answer / (ttft + np.maximum(answer - 1.0, 0.0) * tpot)
    throughput = np.where(np.isnan(stated) & closed, by_times, stated)
    return Evidence(
        tuple(served),
        serving_rows(served),
        np.array([step_seconds(row) for row in measured]),
        np.where(closed, ttft, np.nan),
        Truth(np.log(tpot), np.log(ttft), np.log(throughput)),
    )


def _folds(rows: ServingRows, test: str, seed: int) -> Iterator[Bools]:
    """True where held out. group: a fifth of all model-GPU-parallelism groups; else a whole level at a time."""
    if test == "group":
        count = np.rint(np.exp(rows.place[:, 1])).astype(np.int64)
        groups, group = np.unique(np.stack([rows.model, rows.gpu, count], axis=1), axis=0, return_inverse=True)
        fold = stream(seed, "validate", "serving").permutation(len(groups))[group.ravel()] % _FOLDS
        yield from (fold == number for number in range(_FOLDS))
    else:
        level = getattr(rows, test)
        yield from (level == number for number in np.unique(level))


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Forecast less truth in logs, and the forecast's standard deviation, of one quantity, (R,) each; nan: none."""

    error: Floats
    spread: Floats


def roofline(known: Evidence, asked: Evidence) -> Truth:  # noqa: ARG001 (all ways have one shape)
    """The longer of reading weights and cache and of computing; a first token is its prompt's FLOPs."""
    terms = asked.rows.terms
    step = np.maximum(terms[:, :3].sum(axis=1), terms[:, 3])
    return _by_times(asked, np.log(step), np.log(ideal_prefill_seconds(asked.rows.machine, asked.rows.prompt)))


def two_factors(known: Evidence, asked: Evidence) -> Truth:
    """Memory and compute efficiency per engine and GPU, by least log error; a first token by the compute one."""
    grid = np.linspace(0.05, 0.95, 19)
    step, first = np.zeros(asked.steps.size), np.zeros(asked.steps.size)
    read, compute = known.rows.terms[:, :3].sum(axis=1), known.rows.terms[:, 3:5].sum(axis=1)
    usable = np.isfinite(known.steps)
    for pair in np.unique(asked.rows.engine_gpu):
        here, fitted = asked.rows.engine_gpu == pair, (known.rows.engine_gpu == pair) & usable
        some = fitted if fitted.any() else usable
        target = np.log(known.steps[some])
        loss = [[np.abs(np.log(read[some] / m + compute[some] / f) - target).mean() for f in grid] for m in grid]
        best = np.unravel_index(int(np.argmin(loss)), (grid.size, grid.size))
        part = asked.rows.terms[here]
        step[here] = part[:, :3].sum(axis=1) / grid[best[0]] + part[:, 3:5].sum(axis=1) / grid[best[1]]
        prompts = ideal_prefill_seconds(known.rows.machine, known.rows.prompt)[some]
        times = known.firsts[some]
        factor = np.nanmedian(np.log(times / prompts)) if np.isfinite(times).any() else 0.0
        first[here] = ideal_prefill_seconds(asked.rows.machine, asked.rows.prompt)[here] * np.exp(factor)
    return _by_times(asked, np.log(step), np.log(first))


def _by_times(asked: Evidence, step: Floats, first: Floats) -> Truth:
    """All three quantities from a step and a first token, logs."""
    rows = asked.rows
    counted = np.array([counted_tokens(one.measured) for one in asked.served])
    batch = np.array([one.measured.batch for one in asked.served])
    closed = np.array([one.measured.mode == "closed loop" for one in asked.served])
    whole = np.where(closed, np.exp(first) + (rows.answer - 1.0) * np.exp(step), rows.answer * np.exp(step))
    return Truth(step, first, np.log(batch * counted / whole))


WAYS: Final[dict[str, Callable[[Evidence, Evidence], Truth]]] = {
    "roofline": roofline,
    "two efficiency factors": two_factors,
}


def forecast_held_out(known: Evidence, asked: Evidence) -> dict[str, ServingForecast | Truth]:
    """Ours, fitted to the known settings, and the simple ways, of the asked settings."""
    ours = forecast_serving(fit_rows(known.rows, known.steps, known.firsts), asked.rows, asked.served)
    return {OURS: ours, **{name: way(known, asked) for name, way in WAYS.items()}}


def errors_of(forecast: ServingForecast | Truth, truth: Truth, quantity: str) -> Errors:
    """Of one quantity; the simple ways have no spread."""
    error = getattr(forecast, quantity) - getattr(truth, quantity)
    spread = (
        getattr(forecast, f"{quantity}_sd") if isinstance(forecast, ServingForecast) else np.full_like(error, np.nan)
    )
    return Errors(error, spread)


def score(test: str, method: str, group: str, errors: Errors) -> ValidationRow | None:
    """Figures over the rows that have the quantity; None where none has."""
    has = np.isfinite(errors.error)
    if not has.any():
        return None
    error, spread = errors.error[has], errors.spread[has]
    ours = method == OURS
    coverage = [float(np.mean(np.abs(error) <= z * spread)) if ours else None for _, z in LEVELS]
    return ValidationRow(
        test=test,
        method=method,
        group=group,
        n=int(error.size),
        rmse_logit=None,
        rmse_points=None,
        median_abs_error=float(np.median(np.abs(np.expm1(error)))),
        bias=float(np.mean(error)),
        rank_correlation=None,
        coverage_50=coverage[0],
        coverage_80=coverage[1],
        coverage_90=coverage[2],
        width_90=float(2.0 * LEVELS[2][1] * np.mean(spread)) if ours else None,
    )


def _held_out_errors(evidence: Evidence, test: str, seed: int) -> dict[tuple[str, str], Errors]:
    """By method and quantity, over all settings: every fold forecast from the settings outside it."""
    size = len(evidence.served)
    found: dict[tuple[str, str], Errors] = {}
    for held in _folds(evidence.rows, test, seed):
        asked = evidence.take(held)
        for method, forecast in forecast_held_out(evidence.take(~held), asked).items():
            for quantity in QUANTITIES:
                some = errors_of(forecast, asked.truth, quantity)
                whole = found.setdefault((method, quantity), Errors(np.full(size, np.nan), np.full(size, np.nan)))
                whole.error[held], whole.spread[held] = some.error, some.spread
    return found


def _groups(evidence: Evidence) -> dict[str, Bools]:
    """Which settings stand behind each line: tuned closed loops, then the other kinds of runs."""
    tuned = np.array([one.measured.source_id == TUNED for one in evidence.served])
    modes = np.array([one.measured.mode for one in evidence.served])
    return {"": tuned, " (steady state)": modes == "steady state", " (static batch)": modes == "static batch"}


def validate_serving(
    catalog: Catalog, seed: int = SEED, served: Sequence[Served] | None = None
) -> tuple[ValidationRow, ...]:
    """Held-out set-ups, GPU types, models and engines; median_abs_error is relative, bias and width are in logs.

    'tpot', 'ttft' and 'throughput' are those of the tuned closed loops; steady states and static batches stand apart.
    """
    evidence = evidence_of(served_of(load_measurements(), catalog) if served is None else served)
    groups = _groups(evidence)
    rows: list[ValidationRow | None] = []
    for test in ("group", "gpu", "model", "engine"):
        errors = _held_out_errors(evidence, test, seed)
        for quantity in QUANTITIES:
            for name, which in groups.items():
                for method in (OURS, *WAYS):
                    whole = errors[method, quantity]
                    part = Errors(whole.error[which], whole.spread[which])
                    rows.append(score(test, method, quantity + name, part))
    return tuple(row for row in rows if row is not None)
