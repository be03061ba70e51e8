"""A report before it has a format: blocks from which HTML, PDF and Markdown are written, so that all say the same."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from planner.planning.plan import Class
from planner.report.format import mark, mark_text
from planner.report.svg.plan import Ink
from planner.report.theme import Tier


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text of one kind. `detail` is the address of a link, the id of an anchor, the hover text of a mark."""

    text: str
    kind: Literal["plain", "strong", "muted", "mark", "link", "anchor"] = "plain"
    detail: str = ""


Text: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 starts a section."""

    level: Literal[1, 2, 3]
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: Text
    role: Literal["body", "note", "warning"] = "body"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; `numeric` columns are set flush right, `widths` are relative."""

    head: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]
    numeric: tuple[int, ...] = ()
    widths: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with values."""

    rows: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing and what it shows."""

    caption: str
    draw: Callable[[Ink, int], str]
    """Ink and width in pixels to an SVG element."""


@dataclass(frozen=True, slots=True)
class Card:
    """One tool."""

    title: str
    tier: Tier
    facts: Facts


@dataclass(frozen=True, slots=True)
class Cards:
    """Tools side by side; all with the same names of facts."""

    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """The list of the document's sections, with pages where there are any."""


Block: TypeAlias = Heading | Paragraph | Table | Bullets | Facts | Picture | Cards | Contents


@dataclass(frozen=True, slots=True)
class Document:
    """The whole report."""

    title: str
    kicker: str
    """Small line above the title."""
    lead: Text
    """The answer."""
    facts: Facts
    """Cover: hash, dates, status."""
    blocks: tuple[Block, ...]


def plain(text: str) -> Text:
    """Ordinary text."""
    return (Span(text),)


def strong(text: str) -> Text:
    """Emphasised text."""
    return (Span(text, "strong"),)


def muted(text: str) -> Text:
    """Secondary text."""
    return (Span(text, "muted"),)


def marked(text: str, number_class: Class) -> Text:
    """A figure followed by the small sign of its class."""
    return (Span(f"{text}\u00a0"), Span(mark(number_class), "mark", mark_text(number_class)))


def link(text: str, address: str) -> Text:
    """A link when the address is one that a reader may safely follow, else plain text."""
    safe = address.startswith(("https://", "http://", "#"))
    return (Span(text, "link", address),) if safe else (Span(text),)


def joined(parts: list[Text], between: str = " ") -> Text:
    """Texts one after the other."""
    spans: list[Span] = []
    for place, part in enumerate(parts):
        if place:
            spans.append(Span(between))
        spans.extend(part)
    return tuple(spans)
