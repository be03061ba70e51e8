"""Pooling figures of several sources: rows of one source are not independent.

A source never counts for more than five of its rows, because the spread between sources is taken as at least the
spread within one over sqrt(5), and estimated by moments where it is larger (DerSimonian and Laird, Controlled
Clinical Trials 7, 1986). The spread returned is that of a new task or model, not of the mean.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.units import Bools, Floats

_ROWS_PER_SOURCE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Fit:
    """One fitted quantity, in the unit of its prior; spread is a standard deviation (of the log for ratios)."""

    estimate: float
    spread: float | None
    """None where one number is all there is."""
    n: int
    sources: tuple[str, ...]


def pool(values: Sequence[float] | Floats, sources: Sequence[str]) -> Fit:
    """Mean over sources and spread of a new row: sqrt(within^2 + between^2), both from moments.

    A source of n rows weighs 1 / (between^2 + within^2 / n).
    """
    x, names = np.asarray(values, dtype=np.float64), np.asarray(sources)
    found = sorted(set(sources))
    means = np.array([x[names == name].mean() for name in found])
    counts = np.array([np.sum(names == name) for name in found], dtype=np.float64)
    within2 = float(np.sum((x - means[np.searchsorted(found, names)]) ** 2)) / max(len(x) - len(found), 1)
    moments = float(np.var(means, ddof=1) - np.mean(within2 / counts)) if len(found) > 1 else 0.0
    between2 = max(moments, within2 / _ROWS_PER_SOURCE)
    total = within2 + between2
    weights = 1.0 / (between2 + within2 / counts) if total > 0.0 else np.ones_like(counts)
    spread = float(np.sqrt(total)) if len(x) > 1 else None
    return Fit(float(np.average(means, weights=weights)), spread, len(x), tuple(found))


def source_weights(sources: Sequence[str]) -> Floats:
    """Weight of each row (N,) such that a source of n rows weighs 1 / (1/5 + 1/n) together."""
    names = np.asarray(sources)
    found, counts = np.unique(names, return_counts=True)
    each = {name: 1.0 / (1.0 / _ROWS_PER_SOURCE + 1.0 / n) / n for name, n in zip(found, counts, strict=True)}
    return np.array([each[name] for name in names])


def weighted_line(x: Floats, y: Floats, weights: Floats) -> tuple[float, float]:
    """Intercept and slope of the weighted least-squares line."""
    mean_x, mean_y = np.average(x, weights=weights), np.average(y, weights=weights)
    slope = float(np.sum(weights * (x - mean_x) * (y - mean_y)) / np.sum(weights * (x - mean_x) ** 2))
    return float(mean_y - slope * mean_x), slope


def spread_without_each(fit: Callable[[Bools], float], sources: Sequence[str]) -> float:
    """Jackknife over sources: standard deviation of an estimate whose sources are drawn anew.

    `fit` takes a boolean mask (N,) of the rows to use.
    """
    names = np.asarray(sources)
    found = sorted(set(sources))
    left = np.array([fit(names != name) for name in found])
    return float(np.sqrt((len(found) - 1.0) / len(found) * np.sum((left - left.mean()) ** 2)))


def median_fit(values: Floats, sources: tuple[str, ...]) -> Fit:
    """Median, and the spread of a normal distribution with the same quartiles (IQR / 1.349)."""
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    return Fit(float(middle), float((high - low) / 1.349), len(values), sources)
