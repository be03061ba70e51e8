"""How ours stands beside the others in a back-test: the best of the simple ways, and the full Gaussian told apart.

A simple way is one of the list that a reader would try first: column mean, row + column, row + column with a slope per
column, nearest models, iterative imputer, low rank. A full-covariance Gaussian fitted by EM is none of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from planner.beliefs.backtest.quality import OURS, ValidationRow
from planner.beliefs.backtest.simple_ways import SIMPLE_WAYS

GAUSSIAN: Final = "full Gaussian"
SIMPLE: Final = tuple(name for name in SIMPLE_WAYS if name != GAUSSIAN)


@dataclass(frozen=True, slots=True)
class Standing:
    """Ours and what it is compared with, on the same folds of one test."""

    ours: ValidationRow
    simple: ValidationRow
    """The simple way with the least error on the log-odds scale."""
    gaussian: ValidationRow | None

    @property
    def closer(self) -> float:
        """Share by which ours misses less than the best simple way; negative where it misses more."""
        return _closer(self.ours, self.simple)

    @property
    def closer_than_gaussian(self) -> float | None:
        """The same beside the full Gaussian."""
        return None if self.gaussian is None else _closer(self.ours, self.gaussian)


def _closer(ours: ValidationRow, other: ValidationRow) -> float:
    return 1.0 - (ours.rmse_logit or 0.0) / (other.rmse_logit or 1.0)


def standings(rows: Sequence[ValidationRow]) -> tuple[Standing, ...]:
    """One for each test and group that has ours and at least one simple way, in the order of the rows."""
    out = []
    for test, group in dict.fromkeys((row.test, row.group) for row in rows):
        by = {row.method: row for row in rows if (row.test, row.group) == (test, group) and row.rmse_logit is not None}
        simple = [by[name] for name in SIMPLE if name in by]
        if OURS in by and simple:
            best = min(simple, key=lambda row: row.rmse_logit or 0.0)
            out.append(Standing(by[OURS], best, by.get(GAUSSIAN)))
    return tuple(out)
