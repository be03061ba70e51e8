"""What a grader is: a pure function from an answer and its item to a score."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from planner.probing.suites.suite import Item


@dataclass(frozen=True, slots=True)
class Score:
    """How right an answer is, and why."""

    value: float
    """0 to 1."""
    detail: str
    """One line: what was compared."""


@dataclass(frozen=True, slots=True)
class Ungraded:
    """No score, because the answer could not be judged here: never the same as wrong."""

    why: str
    """One line: what was missing."""


Grader: TypeAlias = Callable[[str, Item], Score | Ungraded | None]
"""None: no automatic score; a person labels the answer."""

RIGHT = 1.0
WRONG = 0.0


def verdict(right: bool, detail: str) -> Score:
    """All or nothing."""
    return Score(RIGHT if right else WRONG, one_line(detail))


def one_line(text: str, most: int = 200) -> str:
    """Text without line breaks, shortened."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def texts_of(item: Item) -> tuple[str, ...]:
    """The item's references as texts: alternatives of a list, or the one; empty without a reference."""
    match item.reference:
        case None:
            return ()
        case list(alternatives):
            return tuple(_text(each) for each in alternatives)
        case single:
            return (_text(single),)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value)
