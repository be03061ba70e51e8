"""How text is laid out in a terminal: plain tables, headings, bullets; 132 columns when nobody watches."""

from collections.abc import Sequence
from typing import Final

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

WIDTH: Final = 132
"""Columns when the output is no terminal: a file or a pipe."""


def show(*parts: RenderableType) -> None:
    """Print to standard output, as wide as the terminal or 132 columns."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    console.print(*parts)


def plain_table(*headings: str) -> Table:
    """A table without rules."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def headed(title: str, body: RenderableType) -> list[RenderableType]:
    """An empty line, a heading, and the indented body."""
    return [Text(), Text(title, style="bold"), Padding(body, (0, 0, 0, 2))]


def bullets(title: str, lines: Sequence[str], style: str = "") -> list[RenderableType]:
    """A heading and one dash a line; nothing at all without lines."""
    if not lines:
        return []
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=False)
    for line in lines:
        table.add_row("-", Text(line, style=style))
    return headed(title, table)
