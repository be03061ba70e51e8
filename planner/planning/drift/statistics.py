"""Intervals of what a log shows, at the level that keeps all false alarms of one log together rare."""

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from scipy import stats

from planner.units import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Seen:
    """A statistic with its confidence interval."""

    value: float
    low: float
    high: float
    n: int


def mean_seen(values: Floats, groups: Ints, miss: float) -> Seen:
    """Mean with an interval that fails to hold the true one in a share `miss` of logs.

    The standard error is the larger of that of single requests and that of days (`groups`), since requests of a day
    are alike; Student's t on its degrees of freedom.
    """
    n = values.size
    mean = float(values.mean())
    error, freedom = _standard_error(values, groups)
    room = float(stats.t.ppf(1.0 - miss / 2.0, freedom)) * error
    return Seen(mean, mean - room, mean + room, n)


def _standard_error(values: Floats, groups: Ints) -> tuple[float, int]:
    n = values.size
    single = float(values.std(ddof=1)) / sqrt(n) if n > 1 else inf
    days, place = np.unique(groups, return_inverse=True)
    if days.size < 3:
        return single, max(n - 1, 1)
    counts = np.bincount(place)
    sums = np.bincount(place, weights=values)
    # Of a ratio of sums over days (sum of values over number of requests).
    residual = sums - float(values.mean()) * counts
    by_day = float(np.sqrt((residual**2).sum() * days.size / (days.size - 1))) / n
    return (single, max(n - 1, 1)) if single >= by_day else (by_day, days.size - 1)


def ratio_seen(above: Floats, below: Floats, groups: Ints, miss: float) -> Seen:
    """Sum over sum, with the interval of a ratio estimator."""
    ratio = float(above.sum() / below.sum())
    error, freedom = _standard_error(above - ratio * below, groups)
    room = float(stats.t.ppf(1.0 - miss / 2.0, freedom)) * error * above.size / float(below.sum())
    return Seen(ratio, ratio - room, ratio + room, above.size)


def share_seen(hits: int, n: int, miss: float) -> Seen:
    """Share with its exact interval (Clopper and Pearson 1934)."""
    low = 0.0 if hits == 0 else float(stats.beta.ppf(miss / 2.0, hits, n - hits + 1))
    high = 1.0 if hits == n else float(stats.beta.ppf(1.0 - miss / 2.0, hits + 1, n - hits))
    return Seen(hits / n, low, high, n)


def quantile_seen(values: Floats, level: float, miss: float) -> Seen:
    """Quantile with an interval from order statistics: no distribution is assumed."""
    ordered = np.sort(values)
    n = ordered.size
    low = int(stats.binom.ppf(miss / 2.0, n, level))
    high = int(stats.binom.ppf(1.0 - miss / 2.0, n, level))
    upper = inf if high >= n else float(ordered[high])
    lower = -inf if low < 1 else float(ordered[low - 1])
    return Seen(float(np.quantile(ordered, level)), lower, upper, n)


def counts_seen(counts: Floats, miss: float) -> Seen:
    """Mean of daily counts: no less than Poisson spread, Student's t over days."""
    n = counts.size
    mean = float(counts.mean())
    spread = max(float(counts.std(ddof=1)), sqrt(max(mean, 1.0)))
    room = float(stats.t.ppf(1.0 - miss / 2.0, n - 1)) * spread / sqrt(n)
    return Seen(mean, mean - room, mean + room, n)


def split_days(days: Ints, least: int, values_known: Bools) -> tuple[int, ...]:
    """Days at which a log may be cut in two, with two days and `least` requests on either side."""
    known = days[values_known]
    if known.size < 2 * least:
        return ()
    last = int(days.max())
    found = []
    for day in range(2, last):
        before = int((known < day).sum())
        if before >= least and known.size - before >= least:
            found.append(day)
    return tuple(found)
