"""Figures for people: at most three significant figures, thousands separated, the unit beside, never an exponent."""

import math
from types import MappingProxyType
from typing import Final

from planner.planning.plan import Class, Figure
from planner.workload.schema import Workload

MARKS: Final = MappingProxyType({"measured": "●", "published": "◆", "fitted": "◇", "simulated": "○", "assumed": "△"})
MARK_TEXTS: Final = MappingProxyType(
    {
        "measured": "measured: from a probe run or your own logs",
        "published": "published: read from a source with a date",
        "fitted": "fitted: estimated from published and measured rows",
        "simulated": "simulated: from a model of the machine, not seen running",
        "assumed": "assumed: nobody gave it; you can change it",
    }
)
_SMALLEST: Final = 1e-9
_MINUTE_MS: Final = 60_000.0
_SURE: Final = 0.99
_NARROW: Final = 0.02
_SAME_USD: Final = 0.005


def mark(number_class: Class) -> str:
    """Small sign of a number's class."""
    return MARKS[number_class]


def mark_text(number_class: Class) -> str:
    """Hover text of the sign: the class in words."""
    return MARK_TEXTS[number_class]


def number(value: float, figures: int = 3) -> str:
    """A number with at most `figures` significant figures, thousands separated.

    >>> number(1234567.0), number(0.0000123), number(41.96), number(2.0)
    ('1,230,000', '0.0000123', '42', '2')
    """
    if not math.isfinite(value):
        return "unknown"
    if abs(value) < _SMALLEST:
        return "0"
    decimals, rounded = _rounded(value, figures)
    text = f"{rounded:,.{max(decimals, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(usd: float) -> str:
    """USD with three significant figures; cents keep both digits.

    >>> money(3412.4), money(0.4), money(3.4), money(-1234.5), money(0.0123)
    ('3,410 USD', '0.40 USD', '3.40 USD', '-1,230 USD', '0.0123 USD')
    """
    return f"{_amount(usd)} USD"


def money_interval(figure: Figure) -> str:
    """USD with its interval: '3,410 USD (2,900 to 4,250)'."""
    return f"{money(figure.mean)} ({_amount(figure.low)} to {_amount(figure.high)})"


def per_1000(usd_per_request: float) -> str:
    """Price of a thousand requests.

    >>> per_1000(0.002274)
    '2.27 USD per 1,000'
    """
    return f"{money(1000.0 * usd_per_request)} per 1,000"


def per_1000_interval(usd_per_request: Figure) -> str:
    """Price of a thousand requests with its interval: '2.27 USD (1.94 to 2.83)'."""
    return money_interval(times(usd_per_request, 1000.0))


def more_or_less(usd: float) -> str:
    """A difference of monthly costs in words.

    >>> more_or_less(571.2), more_or_less(-20.0), more_or_less(0.001)
    ('571 USD a month more', '20 USD a month less', 'at the same cost')
    """
    if abs(usd) < _SAME_USD:
        return "at the same cost"
    return f"{money(abs(usd))} a month {'more' if usd > 0 else 'less'}"


def percent(share: float) -> str:
    """A share as per cent; one decimal only near 0 and 100, and never 100 for less than all.

    >>> percent(0.934), percent(0.9961), percent(1.0), percent(0.99996), percent(0.004)
    ('93 %', '99.6 %', '100 %', '99.9 %', '0.4 %')
    """
    return f"{_percent_digits(share, fine=_near_end(share))} %"


def share(figure: Figure) -> str:
    """A share with its interval: '93 % (90 to 95)'; one decimal when the interval is narrower than 2 points."""
    fine = figure.high - figure.low < _NARROW or _near_end(figure.mean)
    mean, low, high = (_percent_digits(value, fine=fine) for value in (figure.mean, figure.low, figure.high))
    return f"{mean} % ({low} to {high})"


def points(difference: float) -> str:
    """Difference of two shares in percentage points, signed.

    >>> points(0.021), points(-0.1)
    ('+2.1 points', '-10 points')
    """
    return f"{'+' if difference > 0 else ''}{number(100.0 * difference, 2)} points"


def milliseconds(ms: float) -> str:
    """A time in the unit people would use.

    >>> milliseconds(420.4), milliseconds(1700.0), milliseconds(1250.0), milliseconds(150_000.0)
    ('420 ms', '1.7 s', '1.25 s', '2.5 min')
    """
    unit, factor = _time_unit(ms)
    return f"{number(ms / factor)} {unit}"


def milliseconds_interval(figure: Figure) -> str:
    """A time with its interval, one unit for all three: '1.7 s (0.9 to 2.8)'."""
    unit, factor = _time_unit(figure.mean)
    figures = 3 if unit == "ms" else 2
    mean, low, high = (number(value / factor, figures) for value in (figure.mean, figure.low, figure.high))
    return f"{mean} {unit} ({low} to {high})"


def kilograms(figure: Figure) -> str:
    """CO2-equivalent with its interval: '12 kg (8 to 20)'."""
    mean, low, high = (number(value, 2) for value in (figure.mean, figure.low, figure.high))
    return f"{mean} kg ({low} to {high})"


def requests(count: float) -> str:
    """A number of requests: '1.5 million', '42,000'."""
    if count >= 1e9:
        return f"{number(count / 1e9)} billion"
    return f"{number(count / 1e6)} million" if count >= 1e6 else number(count)


def clipped(text: str, letters: int) -> str:
    """Text of at most so many letters, its end left out where it is longer.

    >>> clipped("ticket-triage", 8)
    'ticket-…'
    """
    return text if len(text) <= letters else f"{text[: max(letters, 2) - 1].rstrip()}…"


def times(figure: Figure, factor: float) -> Figure:
    """The figure in another unit: mean and both ends times a positive factor."""
    return figure.model_copy(
        update={"mean": figure.mean * factor, "low": figure.low * factor, "high": figure.high * factor}
    )


def _rounded(value: float, figures: int) -> tuple[int, float]:
    decimals = figures - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, decimals)
    decimals = figures - 1 - math.floor(math.log10(abs(rounded)))
    return decimals, rounded


def _amount(usd: float) -> str:
    text = number(usd)
    if "." not in text:
        return text
    whole, decimals = text.split(".")
    return f"{whole}.{decimals:0<2}" if len(whole.lstrip("-")) < 2 else text


def _near_end(value: float) -> bool:
    return _SURE < value < 1.0 or 0.0 < value < 1.0 - _SURE


def _percent_digits(value: float, *, fine: bool) -> str:
    if not fine:
        return number(round(100.0 * value))
    rounded = round(100.0 * value, 1)
    if rounded >= 100.0 > 100.0 * value:
        rounded = 99.9
    return number(rounded) if rounded == round(rounded) else f"{rounded:.1f}"


def _time_unit(ms: float) -> tuple[str, float]:
    if ms >= 2 * _MINUTE_MS:
        return "min", _MINUTE_MS
    return ("s", 1000.0) if ms >= 999.5 else ("ms", 1.0)


def limits_rule(workload: Workload, draws: str) -> str:
    """When a limit counts as held, in a sentence."""
    sure, tolerance = workload.quality_confidence, workload.tolerance
    if workload.quality_confidence == workload.times_confidence:
        share = f"in at least {percent(sure)} of {draws}"
    else:
        share = f"in at least {percent(sure)} (quality) and {percent(workload.times_confidence)} (times) of {draws}"
    points, part = tolerance.quality * 100.0, percent(tolerance.time)
    if tolerance.quality == 0.0 and tolerance.time == 0.0:
        return share
    return f"a floor by its mean and, less {points:g} points, {share}; a time by its median and, plus {part}, likewise"
