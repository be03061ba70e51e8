"""What published measurements tell of served models: decode steps, first tokens and throughput of any setting."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from planner.beliefs.serving.rows import Served, ServingRows, first_token_terms, served_of, serving_rows
from planner.beliefs.serving.step_fit import Part, TimeFit, TimeModel, fit_times, forecast_times, log_physical
from planner.catalog.evidence.measurements import Measurement, load_measurements
from planner.catalog.schema import Catalog
from planner.units import MS_PER_S, Floats

STEP: Final = TimeModel(
    prior=np.log([1.3, 1.5, 1.3, 1.5, 1.6, 10.0, 1.0, 50.0, 30.0, 20.0, 10.0]),
    prior_sd=np.array([0.15, 0.15, 0.2, 0.3, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
    deviation_sd=np.array([0.1, 0.1, 0.1, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3]),
    engine_sd=0.12,
    source_sd=0.4,
    tail=0.12,
    parts=(
        Part("kind", 0.0, 0.10, 0.07),
        Part("version", 0.12, 0.0, 0.075),
        Part("pair", 0.13, 0.19, 0.03),
        Part("whole", 0.0, 0.3, 0.0),
        Part("counted", 0.05, 0.0, 0.0),
    ),
    noise=0.05,
)
"""Of a decode step. Priors: costs over the ideal near those of a good kernel, microseconds for what no roofline has.

The sds of the parts come from the marginal likelihood of the tuned runs (1,000 rows at random), rounded; those of a
model and of a version were then lowered, and a model's on a GPU raised, until held-out models and GPUs were covered.
"""
FIRST: Final = TimeModel(
    prior=np.log([1.8, 0.3, 1.2, 30.0, 20.0, 20.0, 0.5, 1.0, 1.5, 0.3, 3.0, 0.3, 0.1]),
    prior_sd=np.full(13, 0.5),
    deviation_sd=np.full(13, 0.05),
    engine_sd=0.6,
    source_sd=0.4,
    tail=0.6,
    parts=(
        Part("kind", 0.1, 0.25, 0.3),
        Part("version", 0.25, 0.0, 0.25),
        Part("pair", 0.15, 0.2, 0.2),
        Part("whole", 0.1, 0.2, 0.15),
        Part("counted", 0.05, 0.0, 0.1),
    ),
    noise=0.18,
)
"""Of a first token in a closed loop; the same search with four settings of the priors' and the weights' widths."""
_PREFILL: Final = 4
"""Term of a step that other requests' prompts take."""
_SAME_CAUSE: Final = 0.5
"""Correlation of the errors of a first token and of a step (assumption: they share the GPU's real speed)."""


@dataclass(frozen=True, slots=True, eq=False)
class ServingFit:
    """Fits of a decode step and of a first token."""

    step: TimeFit
    first: TimeFit


@dataclass(frozen=True, slots=True, eq=False)
class ServingForecast:
    """Logs with their standard deviations, (R,) each: seconds, seconds, published tokens a second."""

    tpot: Floats
    tpot_sd: Floats
    ttft: Floats
    ttft_sd: Floats
    throughput: Floats
    throughput_sd: Floats


def step_seconds(row: Measurement) -> float:
    """Seconds of one sequence per output token, prefill of others in between included; nan where none is published.

    A static batch answers all at once, so its latency per output token is the same sum of terms.
    """
    if row.mode == "closed loop":
        return float("nan") if row.tpot_ms is None else row.tpot_ms / MS_PER_S
    if row.throughput_tok_s is None:
        return float("nan") if row.tpot_ms is None or row.mode == "static batch" else row.tpot_ms / MS_PER_S
    return row.batch * counted_tokens(row) / row.output_tokens / row.throughput_tok_s


def counted_tokens(row: Measurement) -> float:
    """Tokens of a request that its published throughput counts: a static batch's prompts too, unless it says so."""
    counted = row.mode == "static batch" if row.prompt_counted is None else row.prompt_counted
    return row.output_tokens + ((row.input_tokens or 0.0) if counted else 0.0)


@lru_cache(maxsize=4)
def fit_serving(catalog: Catalog) -> ServingFit:
    """Fit to the shipped measurements; a third of a second, once for a catalog."""
    return fit_settings(served_of(load_measurements(), catalog))


def fit_settings(served: Sequence[Served]) -> ServingFit:
    """Fit to these settings; first tokens are learnt from closed loops alone."""
    rows, steps = serving_rows(served), np.array([step_seconds(one.measured) for one in served])
    firsts = np.array(
        [(one.measured.ttft_ms or np.nan) if one.measured.mode == "closed loop" else np.nan for one in served]
    )
    return fit_rows(rows, steps, firsts / MS_PER_S)


def fit_rows(rows: ServingRows, steps: Floats, firsts: Floats) -> ServingFit:
    """Fit to seconds per output token and to first token, (R,) each; nan where a row has none."""
    has_step, has_first = np.isfinite(steps), np.isfinite(firsts)
    known = rows.take(has_step)
    step = fit_times(STEP, known, known.terms, steps[has_step])
    some = rows.take(has_first)
    first = fit_times(FIRST, some, first_token_terms(some, _physical_step(step, some)), firsts[has_first])
    return ServingFit(step, first)


def _physical_step(step: TimeFit, rows: ServingRows) -> Floats:
    return np.exp(log_physical(step, rows, rows.terms))


def forecast_serving(fit: ServingFit, rows: ServingRows, served: Sequence[Served]) -> ServingForecast:
    """All three quantities of every setting, as its source states them.

    TPOT of a closed loop is a mean over answers, so it holds other requests' prompts; a steady state's is the median
    gap between tokens, which does not. Throughput: from steps where many requests follow each other or start at once,
    from first token and steps in a closed loop.
    """
    step, step_sd = forecast_times(fit.step, rows, rows.terms)
    first, first_sd = forecast_times(fit.first, rows, first_token_terms(rows, _physical_step(fit.step, rows)))
    bare = rows.terms.copy()
    bare[:, _PREFILL] = 0.0
    gap = step + log_physical(fit.step, rows, bare) - log_physical(fit.step, rows, rows.terms)
    modes = np.array([one.measured.mode for one in served])
    counted = np.array([counted_tokens(one.measured) for one in served])
    asked = np.array([one.measured.batch for one in served])
    closed = modes == "closed loop"
    whole, whole_sd = _whole_answer(rows.answer, step, step_sd, first, first_sd)
    return ServingForecast(
        tpot=np.where(modes == "steady state", gap, step),
        tpot_sd=step_sd,
        ttft=first,
        ttft_sd=first_sd,
        throughput=np.log(asked * counted) - np.where(closed, whole, step + np.log(rows.answer)),
        throughput_sd=np.where(closed, whole_sd, step_sd),
    )


def _whole_answer(
    answer: Floats, step: Floats, step_sd: Floats, first: Floats, first_sd: Floats
) -> tuple[Floats, Floats]:
    """Log seconds of a whole answer, first token + (answer - 1) steps, and their standard deviation."""
    rest = np.maximum(answer - 1.0, 0.0) * np.exp(step)
    whole = np.exp(first) + rest
    share = np.exp(first) / whole
    one, other = share * first_sd, (1.0 - share) * step_sd
    return np.log(whole), np.sqrt(one**2 + other**2 + 2.0 * _SAME_CAUSE * one * other)
