"""Step times fitted on published measurements: physical terms with coefficients, then a Gaussian process on the rest.

The time per output token of a batch is a sum of nine non-negative terms (weights, experts touched, cache, FLOPs,
prefill in between, waits and bytes of all-reduces, layers, sequences), times a factor of the engine. Coefficients and
factors are fitted in logs, by iterated least squares with heavy-tailed weights. Residuals that settings share (a model
on a GPU, an engine's version with a model) are learnt by a Gaussian process (Rasmussen and Williams 2006, algorithm
2.1); they vanish for a new model or GPU, where the interval widens to all of the residuals' spread.

Which factors to fit was chosen by the held-out figures of serving_backtest.py: of ten sets, the engine's alone was best
for new GPUs and models. The variances below were set once beforehand, and not tuned.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from planner.catalog.measurements import Measurement
from planner.catalog.schema import Catalog
from planner.units import Bools, Floats, Ints

_USUAL_PROMPT: Final = 300.0
"""Prompt tokens where the publisher does not say (chat and short questions; an assumption)."""
_BYTES: Final = {"bf16": 2.0, "fp8": 1.0, "fp4": 0.5625}
_PRIOR_MEAN: Final = np.log([1.3, 1.5, 1.3, 1.5, 1.6, 10.0, 1.0, 50.0, 30.0])
"""Costs over the ideal; microseconds for the waits, layers and sequences."""
_ENGINE_SD: Final = 0.3
_RESIDUAL_SCALE: Final = 0.12
_NOISE: Final = 0.07
_LENGTHS: Final = np.array([1.6, 1.2, 1.8, 1.8])
"""Length scales over log batch, GPUs, prompt and answer."""
_VARIANCES: Final = (0.02, 0.02, 0.02, 0.004)
"""Of: an engine version's way with a model, a model's on a GPU, a whole set-up's, the same with its number of GPUs."""
_LONGEST_RESIDUAL: Final = 1.0
_STEPS: Final = 12


@dataclass(frozen=True, slots=True, eq=False)
class StepRows:
    """R settings as arrays, with every level as text."""

    terms: Floats
    """(R, 9) ideal seconds of each term; microsecond terms per unit."""
    prefill: Floats
    """(R,) ideal seconds to read one prompt."""
    place: Floats
    """(R, 4) log batch, GPUs, prompt, answer."""
    engine: Ints
    version: Ints
    model: Ints
    gpu: Ints
    kind: Ints
    """(R,) precision and attention layout."""


@dataclass(frozen=True, slots=True, eq=False)
class StepFit:
    """Coefficients, factors of the engines and the process over the training rows."""

    rows: StepRows
    coefficients: Floats
    engines: dict[int, float]
    chol: Floats
    weights: Floats


def _levels(values: Sequence[str]) -> Ints:
    return np.unique(np.array(values), return_inverse=True)[1].astype(np.int64)


def step_rows(rows: Sequence[Measurement], catalog: Catalog) -> StepRows:
    """Arrays of the settings; models need layers and parameters in the catalog, GPUs their compute."""
    models, gpus = [catalog.models[row.model] for row in rows], [catalog.gpus[row.gpu] for row in rows]

    def column(values: Sequence[float | int | None]) -> Floats:
        return np.array(values, dtype=np.float64)

    layers, hidden = column([m.layers for m in models]), column([m.hidden for m in models])
    total, active = column([m.total_params_b for m in models]) * 1e9, column([m.active_params_b for m in models]) * 1e9
    cache, link = column([m.kv_bytes_per_token for m in models]), column([g.link_gb_s or 32.0 for g in gpus]) * 1e9
    count, batch = column([r.gpus for r in rows]), column([r.batch for r in rows])
    prompt, answer = column([r.input_tokens or _USUAL_PROMPT for r in rows]), column([r.output_tokens for r in rows])
    rate = column([_flops(r, g.bf16_tflops, g.fp8_tflops) for r, g in zip(rows, gpus, strict=True)]) * 1e12 * count
    width, read = column([_BYTES[r.precision] for r in rows]), column([g.bandwidth_gb_s for g in gpus]) * 1e9 * count
    # share of the weights one token touches: the rest is reached by a batch as its tokens choose
    share = np.minimum(active / total, 1.0)
    reached = np.where(share < 1.0, -np.expm1((batch - 1.0) * np.log1p(-np.minimum(share, 1.0 - 1e-9))), 0.0)
    prefill = (2.0 * active * prompt + 2.0 * layers * hidden * prompt**2) / rate
    several = (count > 1.0).astype(np.float64)
    terms = np.stack(
        [
            active * width / read,
            (total - active) * reached * width / read,
            batch * cache * (prompt + answer / 2.0) / read,
            batch * 2.0 * active / rate,
            batch / answer * prefill,
            several * 2e-6 * layers,
            8.0 * layers * (count - 1.0) / count * batch * hidden / link,
            layers * 1e-6,
            batch * 1e-6,
        ],
        axis=1,
    )
    return StepRows(
        terms=terms,
        prefill=prefill,
        place=np.log(np.stack([batch, count, prompt, answer], axis=1)),
        engine=_levels([f"{r.source_id} {r.engine}" for r in rows]),
        version=_levels([f"{r.source_id} {r.engine} {r.version}" for r in rows]),
        model=_levels([r.model for r in rows]),
        gpu=_levels([r.gpu for r in rows]),
        kind=_levels([f"{r.precision} {r.attention_dp}" for r in rows]),
    )


def _flops(row: Measurement, bf16: float | None, fp8: float | None) -> float:
    """Dense TFLOPS at the row's precision; 4-bit weights at twice the 8-bit rate of GPUs with a 4-bit unit only."""
    plain = bf16 or np.nan
    if row.precision == "bf16" or fp8 is None:
        return plain
    if row.precision == "fp8":
        return fp8
    return 2.0 * fp8 if row.gpu.startswith(("b200", "b300", "gb200", "gb300", "mi355")) else plain


def take(rows: StepRows, which: Bools | Ints) -> StepRows:
    """Some of the rows."""
    return StepRows(
        terms=rows.terms[which],
        prefill=rows.prefill[which],
        place=rows.place[which],
        engine=rows.engine[which],
        version=rows.version[which],
        model=rows.model[which],
        gpu=rows.gpu[which],
        kind=rows.kind[which],
    )


def _kernel(one: StepRows, two: StepRows) -> Floats:
    """(A, B) covariance of residuals."""

    def same(name: str) -> Bools:
        return np.asarray(getattr(one, name)[:, None] == getattr(two, name)[None])

    apart = (one.place[:, None, :] - two.place[None]) ** 2 @ (1.0 / _LENGTHS**2)
    near = np.exp(-0.5 * apart)
    model, kind = same("model"), same("kind")
    version = same("version") & model & kind
    pair = same("gpu") & model & kind
    whole = version & same("gpu")
    count = np.abs(one.place[:, None, 1] - two.place[None, :, 1]) < 1e-6
    parts = (version, pair, whole, whole & count)
    return np.asarray(near * sum(v * p for v, p in zip(_VARIANCES, parts, strict=True)))


def fit_steps(rows: StepRows, seconds: Floats) -> StepFit:
    """Fit to measured seconds per output token (R,)."""
    engines, engine = np.unique(rows.engine, return_inverse=True)
    terms, size = rows.terms, _PRIOR_MEAN.size
    theta = np.concatenate([_PRIOR_MEAN, np.zeros(engines.size)])
    spread = np.concatenate([np.ones(size), np.full(engines.size, _ENGINE_SD)])
    prior, target = theta.copy(), np.log(seconds)
    for step in range(_STEPS):
        parts = np.exp(theta[:size]) * terms
        total = parts.sum(axis=1)
        jacobian = np.hstack([parts / total[:, None], np.eye(engines.size)[engine]])
        left = target - np.log(total) - theta[size + engine]
        weight = (
            np.full(left.size, 1.0 / 0.3**2)
            if step < 2
            else 1.0 / (1.0 + np.abs(left) / (2.0 * _RESIDUAL_SCALE)) / _RESIDUAL_SCALE**2
        )
        hessian = jacobian.T @ (jacobian * weight[:, None]) + np.diag(spread**-2)
        move = np.linalg.solve(hessian, jacobian.T @ (weight * left) - (theta - prior) / spread**2)
        theta = theta + move * min(1.0, 1.5 / float(np.abs(move).max()))
    left = target - np.log(np.exp(theta[:size]) * terms @ np.ones(size)) - theta[size + engine]
    covariance = _kernel(rows, rows)
    covariance[np.diag_indices(left.size)] += _NOISE**2
    factor = cho_factor(covariance, lower=True)
    known = dict(zip(engines.tolist(), theta[size:].tolist(), strict=True))
    weights = cho_solve(factor, np.clip(left, -_LONGEST_RESIDUAL, _LONGEST_RESIDUAL))
    return StepFit(rows, theta[:size], known, np.tril(factor[0]), weights)


def forecast_steps(fit: StepFit, rows: StepRows) -> tuple[Floats, Floats]:
    """Log seconds per output token and their standard deviation, (R,) each; levels must share the fit's numbering."""
    physical = np.log(rows.terms @ np.exp(fit.coefficients))
    factor = np.array([fit.engines.get(engine, 0.0) for engine in rows.engine.tolist()])
    unknown = np.array([engine not in fit.engines for engine in rows.engine.tolist()])
    cross = _kernel(rows, fit.rows)
    explained = (solve_triangular(fit.chol, cross.T, lower=True) ** 2).sum(axis=0)
    variance = sum(_VARIANCES) - explained + _NOISE**2 + np.where(unknown, _ENGINE_SD**2, 0.0)
    return physical + factor + cross @ fit.weights, np.sqrt(np.maximum(variance, _NOISE**2))
