"""One number on a page as HTML: its interval drawn, its class as a small mark with a hover."""

from html import escape
from typing import Literal, TypeAlias

from planner.planning.plan import Class, Figure
from planner.report.format import mark as sign
from planner.report.format import mark_text, milliseconds, money, number, percent

Shade: TypeAlias = Literal["good", "warn", "bad", "plain"]
Unit: TypeAlias = Literal["usd", "share", "ms", ""]


def show(value: float, unit: Unit) -> str:
    """A value with its unit."""
    if unit == "usd":
        return money(value)
    if unit == "share":
        return percent(value)
    return milliseconds(value) if unit == "ms" else number(value)


def mark(number_class: Class) -> str:
    """The class of a number: a small sign, its meaning in the hover and for screen readers."""
    meaning = escape(mark_text(number_class))
    return f'<span class="tp-mark" title="{meaning}" role="img" aria-label="{meaning}">{sign(number_class)}</span>'


def asked(note: str) -> str:
    """A "?" that explains a term in its hover; nothing without a note."""
    text = escape(note)
    return f'<span class="tp-ask" title="{text}" role="img" aria-label="{text}" tabindex="0">?</span>' if note else ""


def interval_text(figure: Figure, unit: Unit) -> str:
    """The interval in words: '2,900 to 4,250 USD'."""
    low, high = show(figure.low, unit), show(figure.high, unit)
    shared = next((ending for ending in (" USD", " %", " ms", " s", " min") if low.endswith(ending)), "")
    return f"{low.removesuffix(shared)} to {high}" if shared and high.endswith(shared) else f"{low} to {high}"


def interval_bar(figure: Figure, lowest: float, highest: float, limit: float | None = None) -> str:
    """The interval drawn on the scale lowest..highest: band, tick at the mean, and a dashed line at the limit."""
    width = max(highest - lowest, 1e-12)
    low, high, mean = (100 * min(max((at - lowest) / width, 0), 1) for at in (figure.low, figure.high, figure.mean))
    line = ""
    if limit is not None and lowest <= limit <= highest:
        line = f'<i class="tp-limit" style="left:{100 * (limit - lowest) / width:.1f}%"></i>'
    return (
        f'<span class="tp-bar"><i class="tp-band" style="left:{low:.1f}%;width:{max(high - low, 1):.1f}%"></i>'
        f'<i class="tp-dot" style="left:{mean:.1f}%"></i>{line}</span>'
    )


def figure_html(figure: Figure, unit: Unit) -> str:
    """Mean, interval and class of a number as one line."""
    level = f"{percent(figure.level)} interval"
    rests = f"; rests on {len(figure.evidence)} rows" if figure.evidence else ""
    return (
        f'<b>{show(figure.mean, unit)}</b> <span class="tp-dim" title="{level}{rests}">'
        f"{interval_text(figure, unit)}</span>{mark(figure.number_class)}"
    )


def alert(html: str) -> str:
    """A line that says what is wrong, read aloud by screen readers; its parts are escaped already."""
    return f'<div class="tp-error" role="alert">{html}</div>'


def chip(text: str, kind: Shade = "plain", hover: str = "") -> str:
    """A small rounded label."""
    title = f' title="{escape(hover)}"' if hover else ""
    return f'<span class="tp-chip tp-{kind}"{title}>{escape(text)}</span>'
