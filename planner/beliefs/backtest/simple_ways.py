"""The simple ways of filling a table of scores, which the fitted model must beat on the same folds.

Each takes scores (V, J) in units of a column's standard deviation about its mean, nan where unknown, and returns a full
forecast (V, J). Rows are model variants, columns benchmarks.
"""

import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np

from planner.units import Floats

Way: TypeAlias = Callable[[Floats], Floats]
_SWEEPS: Final = 25
_NEIGHBOURS: Final = 8
_RANK: Final = 4
_GAUSSIAN_SWEEPS: Final = 15
_RIDGE: Final = 1.0


def column_mean(table: Floats) -> Floats:
    """Every model scores the benchmark's mean."""
    seen = ~np.isnan(table)
    mean = np.where(seen, table, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    return np.broadcast_to(mean, table.shape).copy()


def _additive(table: Floats) -> tuple[Floats, Floats]:
    """Row effects (V,) and column effects (J,), each shrunk by one pseudo-observation or none; alternating fits."""
    seen = ~np.isnan(table)
    filled = np.where(seen, table, 0.0)
    rows, columns = np.zeros(table.shape[0]), np.zeros(table.shape[1])
    row_count, column_count = seen.sum(axis=1), np.maximum(seen.sum(axis=0), 1)
    for _ in range(_SWEEPS):
        rows = (filled - seen * columns).sum(axis=1) / (row_count + 0.5)
        columns = (filled - seen * rows[:, None]).sum(axis=0) / column_count
    return rows, columns


def row_and_column(table: Floats) -> Floats:
    """A strength for each model plus a level for each benchmark."""
    rows, columns = _additive(table)
    return np.asarray(rows[:, None] + columns)


def row_and_column_with_slope(table: Floats) -> Floats:
    """As above, each benchmark with a slope of its own on the model's strength (ridge towards one)."""
    seen = ~np.isnan(table)
    filled = np.where(seen, table, 0.0)
    rows, columns = _additive(table)
    slopes = np.ones(table.shape[1])
    for _ in range(_SWEEPS):
        strength = seen * rows[:, None]
        centred = filled - seen * columns
        slopes = ((strength * centred).sum(axis=0) + _RIDGE) / ((strength**2).sum(axis=0) + _RIDGE)
        weight = (seen * slopes**2).sum(axis=1)
        rows = (centred * slopes).sum(axis=1) / (weight + 0.5)
        columns = (filled - seen * slopes * rows[:, None]).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    return np.asarray(rows[:, None] * slopes + columns)


def nearest_models(table: Floats) -> Floats:
    """Mean residual of the eight nearest models that have the benchmark, on top of row and column effects.

    Nearness is the mean squared difference of residuals over shared benchmarks, shrunk where few are shared.
    """
    base = row_and_column(table)
    seen = (~np.isnan(table)).astype(float)
    residual = np.where(np.isnan(table), 0.0, table - base)
    shared = seen @ seen.T
    square = residual**2 @ seen.T
    distance = (square + square.T - 2.0 * residual @ residual.T + 2.0) / (shared + 2.0)
    np.fill_diagonal(distance, np.inf)
    forecast = base.copy()
    for column in range(table.shape[1]):
        has = np.flatnonzero(seen[:, column])
        if has.size == 0:
            continue
        near = np.argsort(distance[:, has], axis=1, kind="stable")[:, :_NEIGHBOURS]
        weight = 1.0 / (np.take_along_axis(distance[:, has], near, axis=1) + 0.1)
        weight[~np.isfinite(weight)] = 0.0
        values = residual[has, column][near]
        forecast[:, column] += (weight * values).sum(axis=1) / (weight.sum(axis=1) + 2.0)
    return forecast


def low_rank(table: Floats) -> Floats:
    """Rank-4 factorisation of the residuals of row and column effects, by alternating ridge regressions."""
    base = row_and_column(table)
    seen = ~np.isnan(table)
    residual = np.where(seen, table - base, 0.0)
    rng = np.random.default_rng(0)
    right = rng.normal(0.0, 0.1, (table.shape[1], _RANK))
    left = np.zeros((table.shape[0], _RANK))
    eye = np.eye(_RANK) * 2.0
    for _ in range(_SWEEPS):
        gram = np.einsum("vj,jk,jl->vkl", seen, right, right) + eye
        left = np.linalg.solve(gram, (residual @ right)[:, :, None])[:, :, 0]
        gram = np.einsum("vj,vk,vl->jkl", seen, left, left) + eye
        right = np.linalg.solve(gram, (residual.T @ left)[:, :, None])[:, :, 0]
    return np.asarray(base + left @ right.T)


def iterative_imputer(table: Floats) -> Floats:
    """scikit-learn's IterativeImputer with BayesianRidge, 40 nearest columns, four rounds."""
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401, PLC0415
    from sklearn.impute import IterativeImputer  # noqa: PLC0415
    from sklearn.linear_model import BayesianRidge  # noqa: PLC0415

    imputer = IterativeImputer(
        BayesianRidge(),
        n_nearest_features=40,
        max_iter=4,
        random_state=0,
        keep_empty_features=True,
        skip_complete=False,
    )
    with warnings.catch_warnings():
        # Four rounds rarely converge to its tolerance; more make held-out error worse and take minutes.
        warnings.simplefilter("ignore")
        return np.asarray(imputer.fit_transform(table), dtype=np.float64)


def full_gaussian(table: Floats) -> Floats:
    """A full-covariance Gaussian over benchmarks fitted by EM from the missing-data likelihood, untuned.

    (Little and Rubin, Statistical Analysis with Missing Data, ch. 11), with a unit ridge worth 10 rows.
    """
    rows, columns = table.shape
    seen = ~np.isnan(table)
    mean = np.nan_to_num(np.where(seen, table, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1))
    covariance = np.eye(columns) * 0.5 + 0.5
    filled = np.zeros_like(table)
    for _ in range(_GAUSSIAN_SWEEPS):
        scatter = np.zeros((columns, columns))
        for row in range(rows):
            known = np.flatnonzero(seen[row])
            gain = np.linalg.solve(covariance[np.ix_(known, known)] + 1e-6 * np.eye(known.size), covariance[known]).T
            filled[row] = mean + gain @ (table[row, known] - mean[known])
            filled[row, known] = table[row, known]
            scatter += covariance - gain @ covariance[known]
        mean = filled.mean(axis=0)
        centred = filled - mean
        covariance = (centred.T @ centred + scatter + 10.0 * np.eye(columns)) / (rows + 10.0)
    return filled


SIMPLE_WAYS: Final[Mapping[str, Way]] = MappingProxyType(
    {
        "column mean": column_mean,
        "row + column": row_and_column,
        "row + column, slope": row_and_column_with_slope,
        "nearest models": nearest_models,
        "iterative imputer": iterative_imputer,
        "low rank": low_rank,
        "full Gaussian": full_gaussian,
    }
)
