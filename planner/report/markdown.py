"""The report as Markdown: the same words and figures, without the pictures."""

import re
from collections.abc import Sequence

from planner.report.document import (
    Block,
    Bullets,
    Cards,
    Contents,
    Document,
    Facts,
    Heading,
    Paragraph,
    Picture,
    Span,
    Table,
    Text,
)

_SPECIAL = re.compile(r"([\\`*_\[\]|#~$])")


def markdown_of(document: Document) -> str:
    """Any report document as Markdown."""
    blocks = [f"# {escape(document.title)}", _text(document.lead), _facts(document.facts)]
    blocks += [_block(block) for block in _told(document.blocks)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _told(blocks: Sequence[Block]) -> list[Block]:
    """The blocks without pictures, and without headings that then stand over nothing."""
    kept: list[Block] = []
    for block in reversed(blocks):
        below = kept[-1] if kept else None
        empty = isinstance(block, Heading) and (
            below is None or (isinstance(below, Heading) and below.level <= block.level)
        )
        if not empty and not isinstance(block, Picture | Contents):
            kept.append(block)
    return kept[::-1]


def _block(block: Block) -> str:
    match block:
        case Heading():
            shown = f"{'#' * (block.level + 1)} {escape(block.text)}"
        case Paragraph():
            shown = f"> **Warning:** {_text(block.text)}" if block.role == "warning" else _text(block.text)
        case Bullets():
            shown = "\n".join(f"- {_text(item)}" for item in block.items)
        case Facts():
            shown = _facts(block)
        case Table():
            shown = _table(block)
        case Cards():
            shown = _cards(block)
        case Picture() | Contents():
            shown = ""
    return shown


def _facts(facts: Facts) -> str:
    return "\n".join(f"- {escape(name)}: {_text(value)}" for name, value in facts.rows)


def _table(table: Table) -> str:
    rules = ["--:" if place in table.numeric else "---" for place in range(len(table.head))]
    rows = [[_text(value) for value in row] for row in table.rows]
    return _rows([[escape(name) for name in table.head], rules, *rows])


def _cards(cards: Cards) -> str:
    if not cards.cards:
        return ""
    names = [name for name, _ in cards.cards[0].facts.rows]
    head = ["Tool", "Tier", *names]
    rows = [[escape(card.title), card.tier, *(_text(value) for _, value in card.facts.rows)] for card in cards.cards]
    return _rows([head, ["---"] * len(head), *rows])


def _rows(rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _text(text: Text) -> str:
    return "".join(_span(span) for span in text)


def _span(span: Span) -> str:
    text = escape(span.text)
    if span.kind == "strong":
        return f"**{text}**"
    if span.kind == "link" and not span.detail.startswith("#"):
        return f"[{text}]({_address(span.detail)})"
    return text


def _address(address: str) -> str:
    return re.sub(r"[\s()<>|]", lambda found: f"%{ord(found.group()):02X}", address)


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line, tags included."""
    flat = " ".join(text.split()) if "\n" in text or "\r" in text else text
    return _SPECIAL.sub(r"\\\1", flat.replace("&", "&amp;").replace("<", "&lt;"))
