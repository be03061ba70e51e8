"""Times fitted on published measurements: physical terms with costs, then a Gaussian process on the rest.

A time is a sum of ideal terms, each with a cost that all settings share and a deviation for each harness (a source, or
a source's engine), times a factor of the source and one of the engine. Costs, deviations and factors are fitted in
logs by iterated least squares with heavy-tailed weights. Residuals that settings share (a model at a precision, the
same with an engine's version, on a GPU, ...) are learnt by a Gaussian process (Rasmussen and Williams 2006, algorithm
2.1) whose covariance has, of each kind of sharing, a constant, a part along the terms' shares and a smooth part over
batch, GPUs and lengths. They vanish for a new model or GPU, where the interval widens to all of the residuals' spread.

Settings of two models share nothing, so the process falls apart into one block a model, precision and layout.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from threadpoolctl import threadpool_limits

from planner.beliefs.serving.rows import CURRENT, ServingRows
from planner.units import Floats, Ints

_LENGTHS: Final = np.array([1.6, 1.2, 1.8, 1.8])
"""Length scales over log batch, GPUs, prompt and answer."""
_LONGEST_RESIDUAL: Final = 1.5
_STEPS: Final = 18
_SETTLED: Final = 1e-4
_REWEIGHTS: Final = 2
_LARGEST_MOVE: Final = 1.5
_EQUAL_DOUBT: Final = 5.0
_OUTLIER: Final = 1.5
"""Noise standard deviations beyond which a row counts less."""


class Part(NamedTuple):
    """Log-sds of what settings with one level in common share."""

    level: str
    """Field of ServingRows."""
    constant: float
    linear: float
    """Along the shares of the terms: a cost of their own."""
    near: float
    """Smooth over batch, GPUs and lengths."""


@dataclass(frozen=True, slots=True, eq=False)
class TimeModel:
    """What is assumed before any row is read."""

    prior: Floats
    """(T,) log costs."""
    prior_sd: Floats
    """(T,)"""
    deviation_sd: Floats
    """(T,) of a harness's log cost from the shared one."""
    engine_sd: float
    source_sd: float
    tail: float
    """Residual from which a row's weight falls in the fit of the costs."""
    parts: tuple[Part, ...]
    noise: float


class Levels(NamedTuple):
    """Codes with a factor or a deviation; of each engine also its source and its family."""

    engines: Ints
    engine_source: Ints
    engine_family: Ints
    sources: Ints
    harnesses: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Weights of the factors and deviations in R rows."""

    engine: Floats
    """(R, E)"""
    source: Floats
    """(R, Q)"""
    harness: Floats
    """(R, H)"""
    unknown: Floats
    """(R,) variance of the log factors that no row told."""


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """The process over the rows of one model, precision and layout."""

    rows: ServingRows
    shares: Floats
    chol: Floats
    weights: Floats


@dataclass(frozen=True, slots=True, eq=False)
class TimeFit:
    """Costs, deviations, factors and the process over the training rows."""

    model: TimeModel
    levels: Levels
    costs: Floats
    """(T,) log."""
    deviations: Floats
    """(H, T) log."""
    engine_factors: Floats
    source_factors: Floats
    training: ServingRows
    shares: Floats
    """(R, T) of the training rows."""
    left: Floats
    """(R,) residuals of the training rows, logs."""
    blocks: dict[int, _Block]
    """Filled as settings ask for them: a plan asks for few of the models."""

    def block(self, kind: int) -> _Block | None:
        """The process over one model, precision and layout; None where no training row has it."""
        here = np.flatnonzero(self.training.kind == kind)
        if here.size == 0:
            return None
        if kind not in self.blocks:
            self.blocks[kind] = _block(self.model, self.training, self.shares, self.left, here)
        return self.blocks[kind]


def fit_times(model: TimeModel, rows: ServingRows, terms: Floats, seconds: Floats) -> TimeFit:
    """Fit to measured seconds (R,) of rows whose ideal terms are (R, T)."""
    levels = _levels(rows)
    design = _design(model, levels, rows)
    # The matrices are small: threads of the linear algebra would only wait for each other.
    with threadpool_limits(limits=1, user_api="blas"):
        costs, deviations, engines, sources = _fit_costs(model, design, terms, np.log(seconds))
    log_costs = costs + design.harness @ deviations
    parts = np.exp(log_costs) * terms
    total = parts.sum(axis=1)
    left = np.log(seconds) - np.log(total) - design.engine @ engines - design.source @ sources
    return TimeFit(model, levels, costs, deviations, engines, sources, rows, parts / total[:, None], left, {})


def forecast_times(fit: TimeFit, rows: ServingRows, terms: Floats) -> tuple[Floats, Floats]:
    """Log seconds and their standard deviation, (R,) each."""
    design = _design(fit.model, fit.levels, rows)
    mean, shares = log_physical(fit, rows, terms), _shares(fit, design, terms)
    noise = np.square(fit.model.noise * rows.spread)
    variance = _prior_variance(fit.model, rows, shares)
    with threadpool_limits(limits=1, user_api="blas"):
        for kind in np.unique(rows.kind):
            block, here = fit.block(int(kind)), np.flatnonzero(rows.kind == kind)
            if block is not None:
                cross = _covariance(fit.model, rows.take(here), block.rows, shares[here], block.shares)
                mean[here] += cross @ block.weights
                variance[here] -= np.square(solve_triangular(block.chol, cross.T, lower=True)).sum(axis=0)
    return mean, np.sqrt(np.maximum(variance, 0.0) + noise + design.unknown)


def log_physical(fit: TimeFit, rows: ServingRows, terms: Floats) -> Floats:
    """Log seconds by costs and factors alone, (R,)."""
    design = _design(fit.model, fit.levels, rows)
    total = (np.exp(fit.costs + design.harness @ fit.deviations) * terms).sum(axis=1)
    return np.asarray(np.log(total) + design.engine @ fit.engine_factors + design.source @ fit.source_factors)


def log_costs(fit: TimeFit, rows: ServingRows) -> Floats:
    """Log cost of each term with all factors, (R, T): log_physical is the log of the sum of exp(this) x terms."""
    design = _design(fit.model, fit.levels, rows)
    factor = design.engine @ fit.engine_factors + design.source @ fit.source_factors
    return np.asarray(fit.costs + design.harness @ fit.deviations + factor[:, None])


def _levels(rows: ServingRows) -> Levels:
    engines, first = np.unique(rows.engine, return_index=True)
    return Levels(engines, rows.source[first], rows.family[first], np.unique(rows.source), np.unique(rows.harness))


def _same(one: Ints, other: Ints) -> Floats:
    return np.asarray(one[:, None] == other[None], dtype=np.float64)


def _design(model: TimeModel, levels: Levels, rows: ServingRows) -> Design:
    """Which factors a row has. A source that no row told is taken as the mean of the current ones."""
    source, engine = _same(rows.source, levels.sources), _same(rows.engine, levels.engines)
    harness = _same(rows.harness, levels.harnesses)
    new = source.sum(axis=1) == 0.0
    current = np.isin(levels.sources, CURRENT).astype(np.float64)
    told_sources = max(current.sum(), 1.0)
    source[new] = current / told_sources
    harness[new] = np.isin(levels.harnesses, CURRENT) / told_sources
    alike = _same(rows.family[new], levels.engine_family) * np.isin(levels.engine_source, CURRENT)
    told = alike.sum(axis=1)
    engine[new] = alike / np.maximum(told, 1.0)[:, None]
    of_source = _off_the_current(model, int(current.sum()))
    unknown = np.where(engine.sum(axis=1) == 0.0, model.engine_sd**2, 0.0) + np.where(new, of_source, 0.0)
    return Design(engine, source, harness, unknown)


def new_source_variance(fit: TimeFit) -> float:
    """Variance of the log factor of a source that no row told."""
    return _off_the_current(fit.model, int(np.isin(fit.levels.sources, CURRENT).sum()))


def _off_the_current(model: TimeModel, told: int) -> float:
    """Of a source from the mean of `told` current ones: sd^2 (1 + 1 / n), half of which lies inside a source too."""
    return model.source_sd**2 * (1.0 + 1.0 / max(told, 1)) / 2.0


def _shares(fit: TimeFit, design: Design, terms: Floats) -> Floats:
    parts = np.exp(fit.costs + design.harness @ fit.deviations) * terms
    return np.asarray(parts / parts.sum(axis=1)[:, None])


def _fit_costs(
    model: TimeModel, design: Design, terms: Floats, target: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Costs (T,), deviations (H, T), engine and source factors: the mode under their priors, by Gauss-Newton steps."""
    size, harnesses = model.prior.size, design.harness.shape[1]
    factors = np.hstack([design.engine, design.source])
    engines, end = design.engine.shape[1], size + factors.shape[1]
    factor_sds = np.repeat((model.engine_sd, model.source_sd), (engines, end - size - engines))
    sds = np.concatenate([model.prior_sd, factor_sds, np.tile(model.deviation_sd, harnesses)])
    precision = sds**-2.0
    prior = np.concatenate([model.prior, np.zeros(precision.size - size)])
    theta = prior.copy()
    for step in range(_STEPS):
        parts = np.exp(theta[:size] + design.harness @ theta[end:].reshape(harnesses, size)) * terms
        total = parts.sum(axis=1)
        shares = parts / total[:, None]
        own = (design.harness[:, :, None] * shares[:, None, :]).reshape(len(target), -1)
        jacobian = np.hstack([shares, factors, own])
        left = target - np.log(total) - factors @ theta[size:end]
        # the first steps take all rows alike, so that a bad start outlaws none
        doubt = np.abs(left) / (2.0 * model.tail) if step > 1 else np.full(left.size, _EQUAL_DOUBT)
        weight = 1.0 / (1.0 + doubt) / model.tail**2
        hessian = jacobian.T @ (jacobian * weight[:, None]) + np.diag(precision)
        move = np.linalg.solve(hessian, jacobian.T @ (weight * left) - (theta - prior) * precision)
        longest = float(np.abs(move).max())
        theta = theta + move * min(1.0, _LARGEST_MOVE / longest)
        if longest < _SETTLED:
            break
    return theta[:size], theta[end:].reshape(harnesses, size), theta[size : size + engines], theta[size + engines : end]


def _prior_variance(model: TimeModel, rows: ServingRows, shares: Floats) -> Floats:
    """Variance of residuals of which nothing is known, noise left out, (R,)."""
    along = np.square(shares).sum(axis=1)
    parts = sum(part.constant**2 + part.linear**2 * along + part.near**2 for part in model.parts)
    return np.asarray(parts * np.square(rows.spread) + np.square(rows.gpu_spread))


def _covariance(model: TimeModel, one: ServingRows, two: ServingRows, shares: Floats, others: Floats) -> Floats:
    """(A, B) covariance of residuals, noise left out."""
    apart = np.square((one.place[:, None, :] - two.place[None]) / _LENGTHS).sum(axis=2)
    near, along = np.exp(-0.5 * apart), shares @ others.T
    total = np.zeros_like(near)
    for part in model.parts:
        same = _same(getattr(one, part.level), getattr(two, part.level))
        total += same * (part.constant**2 + part.linear**2 * along + part.near**2 * near)
    own = one.gpu_spread[:, None] * two.gpu_spread[None] * _same(one.engine_gpu, two.engine_gpu)
    return np.asarray(total * one.spread[:, None] * two.spread[None] + own)


def _block(model: TimeModel, rows: ServingRows, shares: Floats, left: Floats, here: Ints) -> _Block:
    """The process over some rows; rows far off what the others tell get more noise, twice over."""
    part, some = rows.take(here), shares[here]
    residual = np.clip(left[here], -_LONGEST_RESIDUAL, _LONGEST_RESIDUAL)
    covariance, noise = _covariance(model, part, part, some, some), np.square(model.noise * part.spread)
    extra = np.ones_like(noise)
    for _ in range(_REWEIGHTS):
        weights = cho_solve(cho_factor(covariance + np.diag(noise * extra), lower=True), residual)
        extra = np.maximum(1.0, np.abs(noise * extra * weights) / np.sqrt(noise) / _OUTLIER)
    factor = cho_factor(covariance + np.diag(noise * extra), lower=True)
    return _Block(part, some, np.tril(factor[0]), cho_solve(factor, residual))
