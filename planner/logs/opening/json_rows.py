"""JSON documents as flat rows of text, staged as Parquet: every engine reads them from there, in bounded memory.

A line that is no JSON is kept as a row with a fault, so that it is counted like any other.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic_core import from_json, to_json

from planner.errors import InputError
from planner.logs.opening.files import LogFile, open_text
from planner.logs.opening.raw import FAULT, FILE, ROW
from planner.workload.yaml_text import Said

_BATCH: Final = 20_000
_LARGEST_DOCUMENT: Final = 512 * 1024 * 1024
_LISTS: Final = ("data", "rows", "results", "observations", "traces", "spans", "requests", "logs")
"""Under these names exports keep their rows when the document is one object."""
_NO_JSON: Final = "a line that is no JSON"


def documents(file: LogFile) -> Iterator[tuple[int, Any]]:
    """Number and content of every document of a file: its lines, or the entries of its one list.

    A line that is no JSON gives None; a file that is one broken document is refused.
    """
    with open_text(file) as text:
        first = _next_filled(text)
        if first is None:
            return
        number, line = first
        try:
            document = from_json(line)
        except ValueError:
            if _is_lines(file, line):
                yield number, None
                yield from _lines(text, number)
                return
            yield from _whole(file, line + text.read(_LARGEST_DOCUMENT))
            return
        rest = _next_filled(text, number)
        if rest is None:
            yield from _entries(document)
            return
        yield number, document
        yield rest[0], _parsed(rest[1])
        yield from _lines(text, rest[0])


def _is_lines(file: LogFile, line: str) -> bool:
    """Whether a first line that is no JSON is a broken line, not the start of a document over many lines."""
    return any(part.lower() in {".jsonl", ".ndjson"} for part in file.path.suffixes) and len(line.strip()) > 1


def _next_filled(text: Iterable[str], number: int = 0) -> tuple[int, str] | None:
    for line in text:
        number += 1
        if line.strip():
            return number, line
    return None


def _lines(text: Iterable[str], number: int) -> Iterator[tuple[int, Any]]:
    for line in text:
        number += 1
        if line.strip():
            yield number, _parsed(line)


def _parsed(line: str) -> Any:  # noqa: ANN401 (any JSON)
    try:
        return from_json(line)
    except ValueError:
        return None


def _whole(file: LogFile, text: str) -> Iterator[tuple[int, Any]]:
    if len(text) >= _LARGEST_DOCUMENT:
        raise InputError(
            file.shown, "", found=Said("one document above 512 MB"), allowed="JSON lines: one request a line"
        )
    try:
        document = from_json(text)
    except ValueError as exc:
        why = " ".join(str(exc).split())[:80]
        raise InputError(file.shown, "", found=Said("no JSON"), allowed=f"JSON or JSON lines ({why})") from exc
    yield from _entries(document)


def _entries(document: Any) -> Iterator[tuple[int, Any]]:  # noqa: ANN401 (any JSON)
    if isinstance(document, list):
        yield from enumerate(document, 1)
        return
    yield 1, document


def unwrapped(document: Any) -> Iterator[Any]:  # noqa: ANN401 (any JSON)
    """The rows of a document: itself, or the entries of the one list that an export wraps them in."""
    if isinstance(document, dict):
        for name in _LISTS:
            inner = document.get(name)
            if isinstance(inner, list) and inner and isinstance(inner[0], dict):
                yield from inner
                return
    yield document


def stage(
    files: Sequence[LogFile],
    target: Path,
    columns: Sequence[str],
    flatten: Callable[[Any], Iterator[dict[str, Any]]],
) -> int:
    """Write the flat rows of all files as one Parquet file of text columns; how many rows there are."""
    schema = pa.schema(
        [*((name, pa.string()) for name in columns), (FILE, pa.string()), (ROW, pa.int64()), (FAULT, pa.string())]
    )
    count = 0
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in _batches(files, columns, flatten):
            count += len(batch[ROW])
            writer.write_table(pa.table(batch, schema=schema))
    return count


def _batches(
    files: Sequence[LogFile], columns: Sequence[str], flatten: Callable[[Any], Iterator[dict[str, Any]]]
) -> Iterator[dict[str, list[Any]]]:
    batch: dict[str, list[Any]] = {name: [] for name in (*columns, FILE, ROW, FAULT)}
    for file in files:
        for number, document in documents(file):
            for flat in _rows(document, flatten):
                lowered = {str(name).lower(): value for name, value in flat.items()} if flat else {}
                for name in columns:
                    batch[name].append(as_text(lowered.get(name.lower())))
                batch[FILE].append(file.shown)
                batch[ROW].append(number)
                batch[FAULT].append(_NO_JSON if flat is None else None)
            if len(batch[ROW]) >= _BATCH:
                yield batch
                batch = {name: [] for name in batch}
    yield batch


def _rows(document: Any, flatten: Callable[[Any], Iterator[dict[str, Any]]]) -> Iterator[dict[str, Any] | None]:  # noqa: ANN401
    if not isinstance(document, dict | list):
        yield None
        return
    try:
        yield from flatten(document)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError):
        yield None


def as_text(value: Any) -> str | None:  # noqa: ANN401 (any JSON)
    """A JSON value as the text that a CSV would hold."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return to_json(value).decode()
