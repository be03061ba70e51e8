"""Exact quantiles from a count table: how often each whole number comes; as large as the range, not as the log."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.units import Floats, Ints

BINS: Final = 24


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How one count of tokens, or one time in whole milliseconds, is spread over requests."""

    values: Floats
    """Distinct values, ascending, shape (v,)."""
    counts: Ints
    """Requests with each, shape (v,)."""

    @property
    def n(self) -> int:
        """Requests that state it."""
        return int(self.counts.sum())

    @property
    def mean(self) -> float:
        """Mean over requests."""
        return float(self.values @ self.counts / self.n)

    @property
    def largest(self) -> float:
        """Largest value."""
        return float(self.values[-1])

    def quantile(self, share: float) -> float:
        """Quantile, linear between order statistics: what numpy.quantile gives of the requests themselves.

        >>> round(Spread(np.array([1.0, 5.0]), np.array([3, 1])).quantile(0.95), 9)
        4.4
        """
        ends = np.cumsum(self.counts)
        place = (self.n - 1) * share
        below = int(np.floor(place))
        low = float(self.values[np.searchsorted(ends, below, side="right")])
        high = float(self.values[np.searchsorted(ends, min(below + 1, self.n - 1), side="right")])
        part = place - below
        return high - (high - low) * (1.0 - part) if part >= 0.5 else low + (high - low) * part

    def histogram(self) -> tuple[Floats, Ints]:
        """Edges, shape (b + 1,), and requests in each bin, shape (b,): bins that grow by a constant factor."""
        top = max(self.largest, 1.0)
        edges: Floats = np.unique(np.round(np.append(0.0, np.geomspace(1.0, top + 1.0, BINS)))).astype(np.float64)
        return edges, np.histogram(self.values, edges, weights=self.counts)[0].astype(np.int64)


def spread_of(values: Floats, counts: Ints) -> Spread:
    """Spread of values that may come more than once or unordered."""
    distinct, place = np.unique(values, return_inverse=True)
    summed = np.bincount(place, weights=counts, minlength=distinct.size).astype(np.int64)
    return Spread(distinct, summed)
