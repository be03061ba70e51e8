"""The report as a Word file: the same words and tables; pictures are in the PDF and HTML, which Word cannot draw."""

import importlib
import io
import re
from typing import Any, Final

from planner.errors import InputError
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
    Table,
    Text,
)

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""What XML cannot hold."""


def docx_of(document: Document, file: str = "report") -> bytes:
    """Any report document as Word's format; InputError where the library for it is not installed."""
    try:
        library = importlib.import_module("docx")
    except ModuleNotFoundError as missing:
        allowed = "another format, or: pip install 'toolbox-planner[docx]'"
        raise InputError(file, "", found="no python-docx", allowed=allowed) from missing
    made = library.Document()
    made.core_properties.title = _clean(document.title)[:255]
    made.add_paragraph(_clean(document.kicker))
    made.add_heading(_clean(document.title), level=0)
    _add_text(made.add_paragraph(), document.lead)
    _add_facts(made, document.facts)
    for block in document.blocks:
        _add(made, block)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _add(made: Any, block: Block) -> None:  # noqa: ANN401 (python-docx has no types)
    match block:
        case Heading():
            made.add_heading(_clean(block.text), level=block.level)
        case Paragraph():
            _add_text(made.add_paragraph(), block.text)
        case Bullets():
            _add_bullets(made, block)
        case Facts():
            _add_facts(made, block)
        case Table():
            _add_table(made, block.head, block.rows)
        case Cards():
            _add_cards(made, block)
        case Picture() | Contents():
            made.add_paragraph(_clean(f"{block.caption}: see the PDF." if isinstance(block, Picture) else ""))


def _add_bullets(made: Any, block: Bullets) -> None:  # noqa: ANN401
    for item in block.items:
        _add_text(made.add_paragraph(style="List Bullet"), item)


def _add_cards(made: Any, block: Cards) -> None:  # noqa: ANN401
    for card in block.cards:
        made.add_heading(_clean(card.title), level=3)
        _add_facts(made, card.facts)


def _add_facts(made: Any, facts: Facts) -> None:  # noqa: ANN401
    rows = made.add_table(rows=0, cols=2)
    for name, value in facts.rows:
        cells = rows.add_row().cells
        cells[0].text = _clean(name)
        _add_text(cells[1].paragraphs[0], value)


def _add_table(made: Any, head: tuple[str, ...], rows: tuple[tuple[Text, ...], ...]) -> None:  # noqa: ANN401
    table = made.add_table(rows=1, cols=len(head), style="Table Grid")
    for cell, name in zip(table.rows[0].cells, head, strict=True):
        cell.text = _clean(name)
    for row in rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            _add_text(cell.paragraphs[0], value)


def _add_text(paragraph: Any, text: Text) -> None:  # noqa: ANN401
    for span in text:
        run = paragraph.add_run(_clean(span.text))
        run.bold = span.kind == "strong"


def _clean(text: str) -> str:
    return _CONTROL.sub(" ", text)
