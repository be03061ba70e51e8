"""Tables as people export them: bytes in any of the usual encodings to a header and rows of text.

| Written by | What is odd about it | How it is read |
|---|---|---|
| Excel, 'Unicode text' | UTF-16, tabs | by its byte-order mark, or by its zero bytes |
| Excel, 'CSV' | Windows-1252 | when it is no UTF-8 |
| Excel, some languages | ';', a first line 'sep=;' | the delimiter is counted outside quotes; sep= decides |
| spreadsheets | empty columns at the end | left out |
"""

import csv
import io
from dataclasses import dataclass
from typing import Final

from planner.errors import InputError

_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_DELIMITERS: Final = ",;\t|"
_LOOKED_AT: Final = 4096
_CONTROLS: Final = frozenset(chr(code) for code in range(32)) - set("\t\n\r\f\x1a")


class Quoted:
    """A finding that is shown as it stands, without the quotes that a string value gets."""

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self.text = text

    def __str__(self) -> str:
        """Give the text."""
        return self.text


@dataclass(frozen=True, slots=True)
class Table:
    """A header and its rows, every cell as it stands."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    """Number of a row's first line in the file, and its cells: as many as the header has."""


def decode_table(content: bytes, name: str) -> str:
    """Text of a table's bytes; InputError when it is text in none of the usual encodings."""
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROLS.intersection(text[:_LOOKED_AT]):
            return text.removeprefix("\ufeff")
    allowed = "text in UTF-8, UTF-16 or Windows-1252"
    raise InputError(name, "", found=Quoted("bytes that are no text"), allowed=allowed)


def _encodings(content: bytes) -> tuple[str, ...]:
    marked = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    if marked is not None:
        return (marked,)
    head = content[:_LOOKED_AT]
    if head.count(0) * 4 > len(head):
        return ("utf-16-le",) if head[1::2].count(0) > head[::2].count(0) else ("utf-16-be",)
    return ("utf-8", "cp1252")


def read_table(text: str, name: str) -> Table:
    """Header and rows of a CSV text; InputError with the line of the first row that is wider or narrower."""
    first, _, rest = text.partition("\n")
    said = first.strip().strip('"')
    skipped = 0
    if said.lower().startswith("sep=") and len(said) == len("sep=") + 1:
        delimiter, text, skipped = said[-1], rest, 1
    else:
        delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, tuple[str, ...]]] = []
    header: tuple[str, ...] = ()
    start = skipped + 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + skipped + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = _without_tail(tuple(cell.strip() for cell in cells))
                continue
            rows.append((line, _fitted(cells, len(header), line, name)))
    except csv.Error as exc:
        where = f"line {reader.line_num + skipped}"
        raise InputError(name, where, found=Quoted(str(exc)), allowed="CSV") from None
    return Table(header, tuple(rows))


def _delimiter(text: str) -> str:
    """The mark that stands most often in the first record, outside quotes."""
    counts = dict.fromkeys(_DELIMITERS, 0)
    quoted = False
    for letter in text:
        if letter == '"':
            quoted = not quoted
        elif letter in "\r\n" and not quoted and any(text[: text.find(letter) + 1].strip()):
            break
        elif not quoted and letter in counts:
            counts[letter] += 1
    return max(_DELIMITERS, key=counts.__getitem__)


def _without_tail(cells: tuple[str, ...]) -> tuple[str, ...]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def _fitted(cells: list[str], width: int, line: int, name: str) -> tuple[str, ...]:
    """A row as wide as the header: empty cells beyond it go."""
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    if len(cells) != width:
        raise InputError(
            name, f"line {line}", found=Quoted(f"{len(cells)} cells"), allowed=f"{width}, as in the header"
        )
    return tuple(cells)
