"""What stands behind an option, read from its text; argparse tells its user what was found and what is allowed."""

import argparse
import math
import re
from dataclasses import dataclass
from datetime import date
from typing import Final

_MOST_POINTS: Final = 200
_RANGE: Final = re.compile(r"^(?P<path>[^=]+)=(?P<x>x?)(?P<low>[^:]+):(?P<x_again>x?)(?P<high>[^:]+):(?P<count>\d+)$")


@dataclass(frozen=True, slots=True)
class Vary:
    """One input and the range it is moved over."""

    path: str
    low: float
    high: float
    count: int
    times: bool
    """The bounds are factors of the present value."""


def day(text: str) -> date:
    """A day, '2026-12-01'.

    >>> day("2026-12-01")
    datetime.date(2026, 12, 1)
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        msg = f"found {text!r}; allowed: a day as YYYY-MM-DD"
        raise argparse.ArgumentTypeError(msg) from None


def whole(text: str) -> int:
    """A whole number of at least 0."""
    if not text.isdecimal():
        msg = f"found {text!r}; allowed: a whole number of at least 0"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def increase(text: str) -> float:
    """A share that may be added, '10%' or '0.1'; not negative.

    >>> increase("10%"), increase("0.1")
    (0.1, 0.1)
    """
    try:
        value = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < math.inf:
        msg = f"found {text!r}; allowed: a share that may be added, such as 10% or 0.1"
        raise argparse.ArgumentTypeError(msg)
    return value


def points(text: str) -> int:
    """Points of a front or a sweep: 2 to 200."""
    if not text.isdecimal() or not 2 <= int(text) <= _MOST_POINTS:
        msg = f"found {text!r}; allowed: a whole number from 2 to {_MOST_POINTS}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def vary(text: str) -> Vary:
    """An input and its range, 'confidence=0.6:0.95:8' or 'segments.*.requests_per_month=x0.5:x3:6'."""
    found = _RANGE.match(text)
    bounds = _numbers(found["low"], found["high"]) if found else None
    if found is None or bounds is None or found["x"] != found["x_again"]:
        allowed = "allowed: PATH=LO:HI:N, numbers LO < HI and N points, or factors of today's value, PATH=xLO:xHI:N"
        msg = f"found {text!r}; {allowed}"
        raise argparse.ArgumentTypeError(msg)
    return Vary(found["path"].strip(), *bounds, points(found["count"]), bool(found["x"]))


def _numbers(low: str, high: str) -> tuple[float, float] | None:
    """Two finite numbers in ascending order; None otherwise."""
    try:
        bounds = float(low), float(high)
    except ValueError:
        return None
    return bounds if -math.inf < bounds[0] < bounds[1] < math.inf else None


def trace_columns(text: str) -> dict[str, str]:
    """Columns of a trace, 'timestamp=A,input=B,output=C' or some of them."""
    parts = [part.partition("=") for part in text.split(",")]
    known = ("timestamp", "input", "output")
    if any(name.strip() not in known or not column.strip() for name, _, column in parts):
        msg = f"found {text!r}; allowed: {', '.join(f'{name}=COLUMN' for name in known)}, or some of them"
        raise argparse.ArgumentTypeError(msg)
    return {name.strip(): column.strip() for name, _, column in parts}
