"""A user's samples as rows: CSV or JSONL, with the columns that people name so."""

import csv
import difflib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from planner.errors import InputError
from planner.workload.samples import MAX_BYTES, MAX_PROMPT_CHARACTERS, MAX_SAMPLES
from planner.workload.yaml_text import Said, printable, read_text

COLUMNS: Final[Mapping[str, str]] = {
    "prompt": "prompt",
    "input": "prompt",
    "question": "prompt",
    "text": "prompt",
    "reference": "reference",
    "answer": "reference",
    "expected": "reference",
    "label": "reference",
    "target": "reference",
    "context": "context",
    "document": "document",
    "id": "id",
}
"""What a column may be called, and what it is."""
_ALLOWED: Final = (
    "prompt (or input, question, text), reference (or answer, expected, label, target), context, document, id"
)
_DELIMITERS: Final = ",;\t"


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One sample."""

    line: int
    prompt: str
    reference: Any
    """Text, or what JSON holds; None when it is not known."""
    context: str
    document: str
    id: str


def read_rows(path: Path) -> tuple[SampleRow, ...]:
    """Samples of a .csv, .tsv or .jsonl file; InputError with the line of the first that is wrong."""
    name = printable(str(path))
    return parse_rows(read_text(path, name, MAX_BYTES), name)


def parse_rows(text: str, name: str) -> tuple[SampleRow, ...]:
    """Samples of a text, JSONL when the name ends so, CSV otherwise; InputError as `read_rows`."""
    is_jsonl = name.lower().endswith((".jsonl", ".ndjson"))
    rows = _jsonl_rows(text, name) if is_jsonl else _csv_rows(text, name)
    if not rows:
        raise InputError(name, "", found=Said("no samples"), allowed=f"rows with {_ALLOWED}")
    if len(rows) > MAX_SAMPLES:
        raise InputError(name, "", found=Said(f"{len(rows):,} rows"), allowed=f"at most {MAX_SAMPLES:,} samples")
    return tuple(_row(line, fields, name) for line, fields in rows)


def _jsonl_rows(text: str, name: str) -> list[tuple[int, dict[str, Any]]]:
    rows: list[tuple[int, dict[str, Any]]] = []
    for line, content in enumerate(text.split("\n"), 1):
        if not content.strip():
            continue
        try:
            row = json.loads(content)
        except (ValueError, RecursionError) as exc:
            said = exc.msg.lower() if isinstance(exc, json.JSONDecodeError) else "text that is no JSON"
            raise InputError(name, f"line {line}", found=Said(said), allowed='{"prompt": "..."}') from None
        if not isinstance(row, dict):
            found = Said(f"a {type(row).__name__}")
            raise InputError(name, f"line {line}", found=found, allowed='{"prompt": "..."}')
        rows.append((line, row))
    return rows


def _csv_rows(text: str, name: str) -> list[tuple[int, dict[str, Any]]]:
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    rows: list[tuple[int, dict[str, Any]]] = []
    header: Sequence[str] = ()
    start = 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [cell.strip() for cell in cells]
                continue
            if len(cells) != len(header):
                found = Said(f"{len(cells)} cells")
                raise InputError(name, f"line {line}", found=found, allowed=f"{len(header)}, as in the header")
            # An empty cell says that nothing is known, as a missing field does in JSONL.
            rows.append((line, {key: cell for key, cell in zip(header, cells, strict=True) if cell.strip()}))
    except csv.Error as exc:
        raise InputError(name, f"line {reader.line_num}", found=Said(str(exc)), allowed="CSV") from None
    _check_header(header, name)
    return rows


def _check_header(header: Sequence[str], name: str) -> None:
    if header and not any(COLUMNS.get(key.lower()) == "prompt" for key in header):
        found = Said(f"the columns {', '.join(map(printable, header[:8]))}")
        raise InputError(name, "line 1", found=found, allowed=f"a header with {_ALLOWED}")


def _row(line: int, fields: Mapping[str, Any], name: str) -> SampleRow:
    known: dict[str, Any] = {}
    for key, value in fields.items():
        column = COLUMNS.get(key.strip().lower())
        if column is None:
            close = difflib.get_close_matches(key.lower(), COLUMNS, n=1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            found = Said("an unknown column")
            raise InputError(name, f"line {line}, {printable(key)}", found=found, allowed=_ALLOWED + hint)
        if column in known:
            raise InputError(name, f"line {line}, {printable(key)}", found=Said(f"a second {column}"), allowed="one")
        known[column] = value
    for column in ("prompt", "context", "document", "id"):
        _check_text(known, column, line, name)
    if isinstance(known.get("reference"), str) and not known["reference"].strip():
        known["reference"] = None
    return SampleRow(
        line=line,
        prompt=known["prompt"],
        reference=known.get("reference"),
        context=known.get("context") or "",
        document=known.get("document") or "",
        id=known.get("id") or "",
    )


def _check_text(known: dict[str, Any], column: str, line: int, name: str) -> None:
    """InputError unless the column is text (a prompt also not empty) of a bearable length."""
    value = known.get(column)
    if column != "prompt" and value is None:
        return
    if column == "id" and isinstance(value, int) and not isinstance(value, bool):
        known["id"] = str(value)
        return
    if not isinstance(value, str) or not (value.strip() or column != "prompt"):
        raise InputError(name, f"line {line}, {column}", found=value or Said("nothing"), allowed="text")
    if len(value) > MAX_PROMPT_CHARACTERS:
        found = Said(f"{len(value):,} characters")
        raise InputError(name, f"line {line}, {column}", found=found, allowed=f"at most {MAX_PROMPT_CHARACTERS:,}")
