"""When requests come: volume a month, growth, the hours of the week, peaks, and how bursty arrivals are."""

from dataclasses import dataclass
from typing import Final

import ibis.expr.types as ir
import numpy as np

from planner.logs.opening.engines import rows_of
from planner.logs.profile.counts import HOUR_S, MINUTE_S, floats, ints
from planner.logs.read import Log
from planner.units import SECONDS_PER_MONTH, Floats, Ints

DAY_S: Final = 86_400.0
WEEK_S: Final = 7 * DAY_S
_WEEK_HOURS: Final = 168
_GROWTH_WEEKS: Final = 8
"""Whole weeks from which on a growth is fitted."""
_SURE: Final = 2.0
"""Slopes below that many standard errors are no growth."""
_MONDAY_HOURS: Final = 72
"""1970 began on a Thursday: hours from the Monday before."""
_RECENT_WEEKS: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """How many requests come, and when; of all segments or of one."""

    requests: float
    """Served and failed requests in the log."""
    span_s: float
    """From the first to the last."""
    per_month: float | None
    """Requests a month; None without times."""
    whole_month: bool
    """Whether the log spans a week at least; else the month is this stretch repeated."""
    growth_per_month: float | None
    """Fitted over whole weeks; None with fewer than eight, or where none is sure."""
    peak_to_mean: float | None
    """Busiest hour over the mean: the median over weeks of each one's; None below a day."""
    hours_of_week: Floats
    """Requests by hour of the week from Monday 00:00 UTC, shape (168,), as a share of all; empty below a week."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How requests come within the hour."""

    peak_to_mean_1s: float | None
    """Busiest second over the mean; of logs up to two days."""
    peak_to_mean_10s: float | None
    peak_to_mean_60s: float | None
    dispersion_60s: float | None
    """Variance over mean of the requests a minute within hours: 1 for independent callers."""


def volumes(log: Log, asked: ir.Table) -> dict[str, Volume]:
    """Volume of every segment, and of all under ''."""
    if not log.has_times:
        return {}
    hour = (asked.at_s / HOUR_S).floor().cast("int64")
    table = asked.group_by(segment=asked.segment, hour=hour).agg(
        rows=asked.requests.sum(), first=asked.at_s.min(), last=asked.at_s.max()
    )
    found = rows_of(log.engine, table, log.source)
    segments = np.array(found["segment"].to_pylist(), dtype=object)
    hours, rows = ints(found, "hour"), np.nan_to_num(floats(found, "rows"))
    first, last = float(floats(found, "first").min()), float(floats(found, "last").max())
    parts = {str(name): segments == name for name in sorted(set(segments.tolist()))}
    parts[""] = np.ones(segments.size, dtype=bool)
    return {
        name: _volume(hours[mine], rows[mine], first, last, absolute=log.absolute, width_s=log.width_s)
        for name, mine in parts.items()
    }


def _volume(hours: Ints, rows: Floats, first: float, last: float, *, absolute: bool, width_s: float) -> Volume:
    """`width_s` is the length of a bucket: what starts last lasts that long."""
    end = last + width_s
    span = end - first
    start = int(first // HOUR_S)
    length = int((end - 1e-9) // HOUR_S) - start + 1
    counts: Floats = np.bincount(hours - start, weights=rows, minlength=length).astype(np.float64)
    total = float(rows.sum())
    weeks = _weeks(hours, rows, end)
    growth = _growth(weeks)
    whole = span >= WEEK_S
    per_month = None
    if span > 0:
        rate = total / span if growth is None else float(weeks[-_RECENT_WEEKS:].mean()) / WEEK_S
        per_month = rate * SECONDS_PER_MONTH
    return Volume(
        requests=total,
        span_s=span,
        per_month=per_month,
        whole_month=whole,
        growth_per_month=growth,
        peak_to_mean=_peak(counts, span, width_s),
        hours_of_week=_hours_of_week(hours, rows) if absolute and whole and width_s <= HOUR_S else np.zeros(0),
    )


def _weeks(hours: Ints, rows: Floats, end: float) -> Floats:
    """Requests of each whole week, counted back from the end."""
    if hours.size == 0:
        return np.zeros(0)
    back = ((end - hours * HOUR_S) // WEEK_S).astype(np.int64)
    whole = int(back.max())
    if whole < 1:
        return np.zeros(0)
    counts = np.bincount(back, weights=rows, minlength=whole + 1)[:whole]
    return np.asarray(counts[::-1], dtype=np.float64)


def _growth(weeks: Floats) -> float | None:
    """Growth a month of a log-linear trend through whole weeks, where it is twice its standard error."""
    if weeks.size < _GROWTH_WEEKS or (weeks <= 0).any():
        return None
    x = np.arange(weeks.size) - (weeks.size - 1) / 2
    y = np.log(weeks)
    slope = float(x @ y / (x @ x))
    left = y - y.mean() - slope * x
    error = float(np.sqrt(left @ left / (weeks.size - 2) / (x @ x)))
    if abs(slope) <= _SURE * error:
        return None
    return float(np.clip(np.expm1(slope * SECONDS_PER_MONTH / WEEK_S), -0.5, 1.0))


def _peak(counts: Floats, span: float, width_s: float) -> float | None:
    """Busiest hour over the mean one; buckets of a day hide it."""
    if span < DAY_S or width_s > HOUR_S or counts.sum() == 0:
        return None
    weeks = max(counts.size // _WEEK_HOURS, 1)
    parts = np.array_split(counts, weeks)
    tops = [float(part.max() / part.mean()) for part in parts if part.sum() > 0]
    return float(np.clip(np.median(tops), 1.0, 1000.0))


def _hours_of_week(hours: Ints, rows: Floats) -> Floats:
    place = (hours + _MONDAY_HOURS) % _WEEK_HOURS
    counts = np.bincount(place, weights=rows, minlength=_WEEK_HOURS)
    return np.asarray(counts / max(counts.sum(), 1.0), dtype=np.float64)


def arrivals(log: Log, asked: ir.Table, span_s: float) -> Arrivals | None:
    """Burstiness in windows of a minute, and of seconds where the log is short; None for buckets and without times."""
    if not log.has_times or log.reader.means_only or span_s <= 0:
        return None
    short = span_s <= 2 * DAY_S
    windows = (1.0, 10.0, MINUTE_S) if short else (MINUTE_S,)
    peaks: dict[float, float] = {}
    dispersion = None
    for width in windows:
        place = (asked.at_s / width).floor().cast("int64")
        found = rows_of(log.engine, asked.group_by(place=place).agg(rows=asked.count()), log.source)
        rows, places = floats(found, "rows"), ints(found, "place")
        if span_s < width:
            continue
        peaks[width] = float(rows.max() / (rows.sum() * width / span_s))
        if width == MINUTE_S:
            dispersion = _dispersion(places, rows)
    return Arrivals(peaks.get(1.0), peaks.get(10.0), peaks.get(MINUTE_S), dispersion)


def _dispersion(minutes: Ints, rows: Floats) -> float | None:
    """Variance over mean of requests a minute, hour by hour so that the day's rhythm is not counted as burst."""
    first = int(minutes.min())
    counts = np.bincount(minutes - first, weights=rows)
    whole = counts[: counts.size // 60 * 60].reshape(-1, 60)
    busy = whole[whole.sum(axis=1) > 0]
    if busy.size == 0:
        return None
    means = busy.mean(axis=1)
    return float(busy.var(axis=1, ddof=1).sum() / means.sum())
