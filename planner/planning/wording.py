"""Numbers as people read them, and figures from draws."""

import math
from typing import Final

from planner.planning.plan import Class, Figure
from planner.units import LEVEL, Draws, interval_of

_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
AREA_NAMES: Final = {"eu": "the EU", "us": "the US", "uk": "the UK", "ch": "Switzerland"}


def figure_of(draws: Draws, number_class: Class = "fitted", evidence: tuple[str, ...] = ()) -> Figure:
    """Mean and interval of draws (S,), rounded to twelve significant digits so that the plan's bytes are stable."""
    interval = interval_of(draws, LEVEL)
    return Figure(
        mean=steady(interval.mean),
        low=steady(interval.low),
        high=steady(interval.high),
        level=interval.level,
        number_class=number_class,
        evidence=evidence,
    )


def steady(value: float) -> float:
    """Value to twelve significant digits: far below any error bar, above the last bits that summing order decides.

    >>> steady(0.1 + 0.2)
    0.3
    """
    return float(f"{value:.12g}")


def rounded_text(value: float) -> str:
    """Three significant digits with thousands separated.

    >>> rounded_text(3412.4), rounded_text(0.004567), rounded_text(-71234)
    ('3,410', '0.00457', '-71,200')
    """
    if value == 0.0 or not math.isfinite(value):
        return "0" if value == 0.0 else str(value)
    digits = 2 - math.floor(math.log10(abs(value)))
    shown = round(value, digits)
    return f"{shown:,.0f}" if digits <= 0 else f"{shown:,.{digits}f}".rstrip("0").rstrip(".")


def usd_text(value: float) -> str:
    """Money with its unit.

    >>> usd_text(3412.4)
    '3,410 USD'
    """
    return f"{rounded_text(value)} USD"


def time_text(ms: float) -> str:
    """Time in milliseconds below a second, in seconds above.

    >>> time_text(450.0), time_text(1725.0)
    ('450 ms', '1.73 s')
    """
    return f"{rounded_text(ms)} ms" if ms < 1000.0 else f"{rounded_text(ms / 1000.0)} s"


def percent_text(share: float) -> str:
    """Share in percent, without decimals unless it would read 0 or 100 and is neither.

    >>> percent_text(0.934), percent_text(0.9991), percent_text(1.0)
    ('93 %', '99.9 %', '100 %')
    """
    percent = share * 100.0
    whole = round(percent)
    if whole in {0, 100} and abs(percent - whole) > 0.05:
        return f"{percent:.1f} %"
    return f"{whole} %"


def count_text(count: int, noun: str) -> str:
    """Count in words up to twelve, the noun in the plural but for one.

    >>> count_text(4, "tool"), count_text(1, "tool"), count_text(15, "tool")
    ('Four tools', 'One tool', '15 tools')
    """
    number = _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"
    return f"{number} {noun}" if count == 1 else f"{number} {noun}s"


def listed(names: tuple[str, ...] | list[str]) -> str:
    """Names as in a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
