"""A user's samples as rows: CSV or JSONL, with the columns that people name so."""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from planner.errors import InputError
from planner.table_text import decode_table, read_table
from planner.workload.samples import MAX_BYTES, MAX_PROMPT_CHARACTERS, MAX_SAMPLES
from planner.workload.yaml_text import Said, printable, read_bytes

COLUMNS: Final[Mapping[str, str]] = {
    "prompt": "prompt",
    "input": "prompt",
    "question": "prompt",
    "query": "prompt",
    "messages": "prompt",
    "text": "prompt",
    "reference": "reference",
    "answer": "reference",
    "expected": "reference",
    "label": "reference",
    "target": "reference",
    "ideal": "reference",
    "ground_truth": "reference",
    "groundtruth": "reference",
    "gold": "reference",
    "expected_output": "reference",
    "correct_answer": "reference",
    "completion": "reference",
    "context": "context",
    "document": "document",
    "id": "id",
}
"""What a column may be called, and what it is."""
_ALLOWED: Final = (
    "prompt (or input, question, query, text, messages), reference (or answer, expected, label, target, ideal,"
    " ground_truth), context, document, id"
)
_MISSPELT: Final = 0.8
"""Likeness from which an unknown column is taken for a misspelt one of ours."""


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
    system: str = ""
    """What a system message said."""
    history: tuple[tuple[str, str], ...] = ()
    """Earlier turns of the conversation: role and text."""
    passed_over: tuple[str, ...] = ()
    """Columns that are none of ours."""


def read_rows(path: Path) -> tuple[SampleRow, ...]:
    """Samples of a .csv, .tsv or .jsonl file; InputError with the line of the first that is wrong."""
    name = printable(str(path))
    return parse_rows(decode_table(read_bytes(path, name, MAX_BYTES), name), name)


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
    table = read_table(text, name)
    header = [_column_of(column) for column in table.header]
    _check_header(header, name)
    # An empty cell says that nothing is known, as a missing field does in JSONL.
    return [
        (line, {key: cell for key, cell in zip(header, cells, strict=True) if cell.strip()})
        for line, cells in table.rows
    ]


def _column_of(heading: str) -> str:
    """The column that a heading names: 'question (a, b, c, or d)' is question."""
    bare = heading.split("(", 1)[0].strip()
    return bare if heading not in COLUMNS and bare.lower() in COLUMNS else heading


def _check_header(header: Sequence[str], name: str) -> None:
    if header and not any(COLUMNS.get(key.lower()) == "prompt" for key in header):
        found = Said(f"the columns {', '.join(map(printable, header[:8]))}")
        raise InputError(name, "line 1", found=found, allowed=f"a header with {_ALLOWED}")


def _row(line: int, fields: Mapping[str, Any], name: str) -> SampleRow:
    known: dict[str, Any] = {}
    passed_over: list[str] = []
    for key, value in fields.items():
        column = COLUMNS.get(key.strip().lower())
        if column is None:
            _check_spelling(key, fields, line, name)
            passed_over.append(printable(key))
            continue
        if column in known:
            raise InputError(name, f"line {line}, {printable(key)}", found=Said(f"a second {column}"), allowed="one")
        known[column] = value
    system, history = _conversation(known)
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
        system=system,
        history=history,
        passed_over=tuple(passed_over),
    )


def _check_spelling(key: str, fields: Mapping[str, Any], line: int, name: str) -> None:
    """InputError for a column that looks like a misspelt one of ours which the row lacks."""
    close = difflib.get_close_matches(key.strip().lower(), COLUMNS, n=1, cutoff=_MISSPELT)
    have = {COLUMNS.get(other.strip().lower()) for other in fields}
    if close and COLUMNS[close[0]] not in have:
        found, allowed = Said("an unknown column"), f"{_ALLOWED} (did you mean {close[0]}?)"
        raise InputError(name, f"line {line}, {printable(key)}", found=found, allowed=allowed)


def _conversation(known: dict[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """System message and earlier turns of a prompt that is a list of messages; the last question stays the prompt.

    An answer of the assistant at the end is the reference, where none is given.
    """
    given = known.get("prompt")
    if not isinstance(given, list) or not all(isinstance(one, dict) and "role" in one for one in given):
        return "", ()
    turns = [(str(one["role"]), _said(one.get("content"))) for one in given]
    system = "\n\n".join(said for role, said in turns if role in {"system", "developer"})
    turns = [(role, said) for role, said in turns if role in {"user", "assistant"} and said]
    if turns and turns[-1][0] == "assistant":
        known.setdefault("reference", turns[-1][1])
        turns = turns[:-1]
    known["prompt"] = turns[-1][1] if turns and turns[-1][0] == "user" else ""
    return system, tuple(turns[:-1])


def _said(content: Any) -> str:  # noqa: ANN401 (JSON)
    """Text of a message: itself, or its parts of text joined."""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "\n".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


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
