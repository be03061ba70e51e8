"""What probes show: shares with intervals, paired differences between models, agreement of a judge with people.

Answers to items of one document, and repeats of one item, are not independent: errors are clustered (Liang and Zeger,
Biometrika 73, 1986). Near 0 and 1, and with few answers, normal intervals are too narrow: shares use Wilson's interval
with the effective number of answers (Korn and Graubard, Survey Methodology 24, 1998), paired differences two
pseudo-pairs (Agresti and Min, Statistics in Medicine 24, 2005).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import stdtrit

from planner.units import LEVEL, Floats, Interval, Ints

_PSEUDO_PAIRS: Final = 2.0
_PSEUDO_SQUARES: Final = 1.0
"""Half a pair for each of the four outcomes: one squared difference of 1 in all."""


@dataclass(frozen=True, slots=True)
class Share:
    """Mean score with its interval."""

    interval: Interval
    answers: int
    """Answers, repeats included."""
    clusters: int
    """Independent groups of answers."""


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Mean score of one model less that of another on the items that both answered."""

    interval: Interval
    items: int
    called: bool
    """The interval excludes zero: only then is it a difference."""

    @property
    def better(self) -> int:
        """1: the first is better, -1: the second is, 0: no difference was shown."""
        return 0 if not self.called else (1 if self.interval.mean > 0.0 else -1)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a judge's verdicts agree with people's labels on the same answers."""

    accuracy: Share
    kappa: float
    """Agreement beyond chance (Cohen, 1960): 1 perfect, 0 none; 0 when either always says the same."""
    labels: int


def _t(level: float, degrees: int) -> float:
    return float(stdtrit(max(degrees, 1), 0.5 + level / 2.0))


def _groups(clusters: Sequence[str]) -> Ints:
    """(n,) number of each answer's cluster."""
    _, number = np.unique(np.asarray(clusters, dtype=object).astype(str), return_inverse=True)
    return number.astype(np.int64)


def _clustered_variance(values: Floats, group: Ints, count: int) -> float:
    """Variance of the mean of clustered values, small-sample factor C / (C - 1) included; 0 for one cluster."""
    if count < 2:
        return 0.0
    sums = np.bincount(group, weights=values - values.mean(), minlength=count)
    return float(np.sum(sums**2) * count / (count - 1) / values.size**2)


def share_of(scores: Sequence[float], clusters: Sequence[str], level: float = LEVEL) -> Share:
    """Mean of scores (each 0 to 1) with its clustered interval; nothing asked is 0 to 1, nothing known.

    Wilson's interval with n* = p (1 - p) / Var(mean) answers and Student's t for the clusters; where all answers score
    the same, n* is the number of clusters.

    >>> share_of([1.0] * 10, [str(item) for item in range(10)]).interval.low < 0.85
    True
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.size == 0:
        return Share(Interval(0.5, 0.0, 1.0, level), 0, 0)
    group = _groups(clusters)
    count = int(group.max()) + 1
    mean = float(values.mean())
    # Equal scores have no variance; what rounding leaves of the mean's would make them seem sure.
    variance = _clustered_variance(values, group, count) if np.ptp(values) > 0.0 else 0.0
    spread = mean * (1.0 - mean)
    # An effective number beyond the answers is right for graded scores alone: right-or-wrong ones can't be steadier.
    binary = bool(np.all((values == 0.0) | (values == 1.0)))
    effective = spread / variance if variance > 0.0 and spread > 0.0 else float(count)
    if binary:
        effective = min(effective, float(values.size))
    z = _t(level, count - 1)
    centre = (mean + z**2 / (2.0 * effective)) / (1.0 + z**2 / effective)
    half = z / (1.0 + z**2 / effective) * np.sqrt(spread / effective + z**2 / (4.0 * effective**2))
    low, high = max(centre - half, 0.0), min(centre + half, 1.0)
    return Share(Interval(mean, float(min(low, mean)), float(max(high, mean)), level), values.size, count)


def paired_difference(
    first: Sequence[float], second: Sequence[float], clusters: Sequence[str], level: float = LEVEL
) -> PairedDifference:
    """Mean of first - second over the same items, with its clustered interval.

    Args:
        first: (I,) mean score of the first model on each item, repeats averaged.
        second: (I,) the same of the second model.
        clusters: (I,) document of each item.
        level: Level of the interval.
    """
    gap = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    if gap.size == 0:
        return PairedDifference(Interval(0.0, -1.0, 1.0, level), 0, called=False)
    group = _groups(clusters)
    count = int(group.max()) + 1
    shrunk = float(gap.sum() / (gap.size + _PSEUDO_PAIRS))
    sums = np.bincount(group, weights=gap - shrunk, minlength=count)
    factor = count / (count - 1) if count > 1 else 1.0
    variance = (np.sum(sums**2) * factor + _PSEUDO_SQUARES) / (gap.size + _PSEUDO_PAIRS) ** 2
    half = _t(level, count - 1) * float(np.sqrt(variance))
    low, high = max(shrunk - half, -1.0), min(shrunk + half, 1.0)
    return PairedDifference(Interval(float(gap.mean()), low, high, level), gap.size, called=low > 0.0 or high < 0.0)


def agreement_with_labels(verdicts: Sequence[float], labels: Sequence[float], clusters: Sequence[str]) -> Agreement:
    """Agreement of a judge's scores with people's labels, both cut at one half."""
    said = np.asarray(verdicts, dtype=np.float64) >= 0.5
    true = np.asarray(labels, dtype=np.float64) >= 0.5
    same = (said == true).astype(np.float64)
    accuracy = share_of(same.tolist(), clusters)
    if said.size == 0:
        return Agreement(accuracy, 0.0, 0)
    chance = float(said.mean() * true.mean() + (1.0 - said.mean()) * (1.0 - true.mean()))
    kappa = (float(same.mean()) - chance) / (1.0 - chance) if chance < 1.0 else 0.0
    return Agreement(accuracy, kappa, said.size)
