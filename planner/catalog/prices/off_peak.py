"""Cheaper hours of the week, as litellm's map writes them, to minutes of the UTC week and rates.

The map's rules: `hours_utc` holds every day, each entry of `windows` on its weekdays, read on the calendar of
`weekday_timezone` (UTC when not named). A window may wrap past midnight; one that ends where it starts is a whole day.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from planner.catalog.price import OffPeak
from planner.units import MINUTES_PER_WEEK

_MONDAY: Final = datetime(2026, 1, 5, tzinfo=UTC)
_DAY: Final = 24 * 60
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Span = tuple[int, int]


def week_minutes(rules: Mapping[str, Any]) -> tuple[Span, ...]:
    """Half-open spans of minutes of the UTC week (0 is Monday 00:00) in which the rules hold, ascending.

    Raises:
        ValueError: A window or weekday that cannot be read, an unknown time zone.
    """
    holds = bytearray(MINUTES_PER_WEEK)
    for start, end in _spans(rules.get("hours_utc")):
        for day in range(7):
            _mark(holds, day, start, end, frozenset(range(7)), UTC)
    zone = _zone(rules.get("weekday_timezone"))
    for rule in rules.get("windows") or ():
        days = _days(rule.get("weekdays"))
        for start, end in _spans(rule.get("hours_utc")):
            for day in range(7):
                _mark(holds, day, start, end, days, zone)
    return _joined(holds)


def read_off_peak(rules: Mapping[str, Any], rates: Mapping[str, float | None]) -> OffPeak | None:
    """The rules with their rates (ours, USD per million; None: as in the other hours); None when they never hold."""
    spans = week_minutes(rules)
    return OffPeak(spans, **rates) if spans else None


def _mark(holds: bytearray, day: int, start: int, end: int, days: frozenset[int], zone: tzinfo) -> None:
    """Mark the minutes of one UTC day that lie in the window and fall on the weekdays of the zone's calendar."""
    for minute in range(start, end):
        at = day * _DAY + minute % _DAY
        local = at // _DAY if zone is UTC else (_MONDAY + timedelta(minutes=at)).astimezone(zone).weekday()
        if local in days:
            holds[at] = 1


def _joined(holds: bytearray) -> tuple[Span, ...]:
    spans: list[Span] = []
    start: int | None = None
    for minute, held in enumerate([*holds, 0]):
        if held and start is None:
            start = minute
        elif not held and start is not None:
            spans.append((start, minute))
            start = None
    return tuple(spans)


def _spans(stated: Any) -> tuple[Span, ...]:  # noqa: ANN401 (JSON as it came)
    """Windows 'HH:MM-HH:MM' as minutes of a day; the end may lie beyond midnight."""
    if stated is None:
        return ()
    windows = (stated,) if isinstance(stated, str) else stated
    return tuple(_span(window) for window in windows)


def _span(window: str) -> Span:
    try:
        start, end = (_minute(part) for part in window.split("-"))
    except (ValueError, AttributeError) as error:
        msg = f"off-peak window {window!r} is not HH:MM-HH:MM"
        raise ValueError(msg) from error
    return start, end if end > start else end + _DAY


def _minute(text: str) -> int:
    at = datetime.strptime(text.strip(), "%H:%M").replace(tzinfo=UTC)
    return at.hour * 60 + at.minute


def _days(stated: Any) -> frozenset[int]:  # noqa: ANN401 (JSON as it came)
    """Weekdays by number (1 is Monday) or name, as 0 to 6; every day when not stated."""
    if stated is None:
        return frozenset(range(7))
    if isinstance(stated, str) or not isinstance(stated, Sequence):
        msg = f"off-peak weekdays are {stated!r}, not a list"
        raise TypeError(msg)
    return frozenset(_day(day) for day in stated)


def _day(day: Any) -> int:  # noqa: ANN401 (JSON as it came)
    if isinstance(day, int) and 1 <= day <= 7 and not isinstance(day, bool):
        return day - 1
    if isinstance(day, str) and day.strip().lower()[:3] in _WEEKDAYS:
        return _WEEKDAYS.index(day.strip().lower()[:3])
    msg = f"off-peak weekday {day!r} is neither 1 to 7 nor a name"
    raise ValueError(msg)


def _zone(name: Any) -> tzinfo:  # noqa: ANN401 (JSON as it came)
    if name is None:
        return UTC
    try:
        return ZoneInfo(str(name))
    except (ValueError, ZoneInfoNotFoundError) as error:
        msg = f"off-peak weekday_timezone {name!r} is unknown"
        raise ValueError(msg) from error
