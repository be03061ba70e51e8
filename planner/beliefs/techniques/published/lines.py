"""Robust straight lines through facts of several sources, and how far a new source lies from them.

Coefficients minimise weighted absolute residuals (rounded off within a third of a logit) plus a quadratic pull of each
towards its centre; no source weighs more than five of its rows. The spread comes from residuals of each source
forecast by the others, so that it holds for a source that nobody has seen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.techniques.pooling import source_weights
from planner.units import Z95, Bools, Floats

Columns = Mapping[str, Floats]
"""Named columns (N,) of a line."""
_ROUND: Final = 0.3
"""Residuals smaller than this count as squares, logit."""
_STEPS: Final = 30
_LEAST_SOURCES: Final = 3
"""With fewer sources nothing is left to forecast one from the others; rows are then forecast from the other groups."""


@dataclass(frozen=True, slots=True)
class Pull:
    """Where a coefficient goes without evidence, and how many rows' worth of evidence that is."""

    rows: float
    centre: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A fitted line: coefficients by name, and the standard deviation of a new source's rows about it, logit."""

    coefficients: Mapping[str, float]
    sd: float
    rows: int
    sources: tuple[str, ...]

    def at(self, columns: Columns) -> Floats:
        """Log odds (N,) of the line."""
        return np.asarray(sum(self.coefficients[name] * column for name, column in columns.items()))


def fit_coefficients(columns: Columns, target: Floats, weights: Floats, pulls: Mapping[str, Pull]) -> dict[str, float]:
    """Coefficients by name; weights (N,) of the rows. Columns of nothing but zeros stay at their centre."""
    matrix = np.column_stack(list(columns.values()))
    centre = np.array([pulls[name].centre for name in columns])
    pull = np.diag([pulls[name].rows for name in columns])
    rest = target - matrix @ centre
    found, row_weights = np.zeros(len(centre)), weights
    for _ in range(_STEPS):
        weighted = matrix * row_weights[:, None]
        found = np.linalg.solve(weighted.T @ matrix + pull, weighted.T @ rest)
        row_weights = weights * _ROUND / np.maximum(np.abs(rest - matrix @ found), _ROUND)
    return dict(zip(columns, (found + centre).tolist(), strict=True))


def fit_line(
    columns: Columns,
    target: Floats,
    groups: Sequence[str],
    pulls: Mapping[str, Pull],
    scale: Floats | None = None,
    left_out: Sequence[str] | None = None,
) -> Line:
    """Line through all rows; `scale` (N,) says how many times wider than usual each row scatters.

    `groups` share a weight; `left_out` names what is forecast from the rest to find the spread, by default the same.
    """
    wide = np.ones(len(target)) if scale is None else scale
    weights = source_weights(groups) / wide
    names = np.asarray(groups if left_out is None else left_out)
    miss = np.full(len(target), np.nan)
    for test in _each(names):
        line = fit_coefficients(_take(columns, ~test), target[~test], weights[~test], pulls)
        miss[test] = target[test] - Line(line, 0.0, 0, ()).at(_take(columns, test))
    found = tuple(sorted(set(groups)))
    sd = weighted_quantile(np.abs(miss) / wide, source_weights(groups), 0.9) / Z95
    inflated = sd * float(np.sqrt(1.0 + 1.0 / len(set(names.tolist()))))
    return Line(fit_coefficients(columns, target, weights, pulls), inflated, len(target), found)


def _each(names: np.ndarray) -> Iterator[Bools]:
    for name in sorted(set(names.tolist())):
        yield np.asarray(names == name)


def _take(columns: Columns, rows: Bools) -> dict[str, Floats]:
    return {name: column[rows] for name, column in columns.items()}


def weighted_quantile(values: Floats, weights: Floats, level: float) -> float:
    """Smallest value that this share of the weight does not exceed."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / np.sum(weights)
    return float(values[order][min(int(np.searchsorted(reached, level)), len(values) - 1)])
