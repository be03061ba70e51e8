"""A user's trace of requests, read: when each came, how long its prompt and its answer were, how bursty it is.

Two formats: CSV with TIMESTAMP, ContextTokens, GeneratedTokens (as the Azure LLM inference traces) or timestamp,
input_tokens, output_tokens, times as a date and time or in seconds; and JSON lines with timestamp in milliseconds,
input_length, output_length (as the Mooncake traces). `queue_replay` serves them.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from planner.beliefs.queueing.simulation import Requests
from planner.errors import InputError
from planner.units import MS_PER_S, Floats

_AZURE: Final = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
_PLAIN: Final = ("timestamp", "input_tokens", "output_tokens")
_JSON: Final = ("timestamp", "input_length", "output_length")
_LARGEST_BYTES: Final = 200_000_000
_WINDOW_S: Final = 10.0
MOST_REPLAYED: Final = 20_000
"""Requests of a trace that are replayed: seconds of work, an hour of Azure's public chat trace."""


@dataclass(frozen=True, slots=True)
class TraceFacts:
    """What a trace is like."""

    requests: int
    seconds: float
    """From the first request to the last."""
    rate_per_s: float
    interarrival_cv: float
    """Coefficient of variation of the times between arrivals: 1 for independent callers."""
    peak_to_mean: float
    """Most requests in one window of ten seconds over the mean window's."""
    prompt_tokens: float
    """Mean."""
    prompt_tokens_p95: float
    answer_tokens: float
    answer_tokens_p95: float


def trace_facts(requests: Requests) -> TraceFacts:
    """Rate, burstiness and lengths of a trace."""
    seconds = float(requests.arrivals[-1] - requests.arrivals[0])
    gaps = np.diff(requests.arrivals)
    counts = np.bincount(((requests.arrivals - requests.arrivals[0]) / _WINDOW_S).astype(np.int64))
    windows = max(seconds / _WINDOW_S, 1.0)
    return TraceFacts(
        requests=requests.arrivals.size,
        seconds=seconds,
        rate_per_s=gaps.size / seconds,
        interarrival_cv=float(gaps.std() / gaps.mean()),
        peak_to_mean=float(counts.max() / (requests.arrivals.size / windows)),
        prompt_tokens=float(requests.prompts.mean()),
        prompt_tokens_p95=float(np.quantile(requests.prompts, 0.95)),
        answer_tokens=float(requests.answers.mean()),
        answer_tokens_p95=float(np.quantile(requests.answers, 0.95)),
    )


def busiest_stretch(requests: Requests, most: int = MOST_REPLAYED) -> Requests:
    """The `most` requests in a row that came within the shortest time, from their first on; all, if there are fewer."""
    count = requests.arrivals.size
    if count <= most:
        return requests
    first = int(np.argmin(requests.arrivals[most - 1 :] - requests.arrivals[: count - most + 1]))
    kept = slice(first, first + most)
    start: Floats = requests.arrivals[kept] - requests.arrivals[first]
    return Requests(start, requests.prompts[kept], requests.answers[kept])


def load_trace(path: Path) -> Requests:
    """Requests in order of arrival, seconds from the first; InputError names file, line and field."""
    if not path.is_file():
        raise InputError(str(path), "", found="a folder" if path.is_dir() else "nothing", allowed="a CSV or JSONL file")
    if path.stat().st_size > _LARGEST_BYTES:
        raise InputError(str(path), "", found=f"{path.stat().st_size:,} bytes", allowed=f"up to {_LARGEST_BYTES:,}")
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise InputError(str(path), "", found=exc.strerror or "no way to read it", allowed="a readable file") from exc
    return parse_trace(str(path), content)


def parse_trace(name: str, content: bytes) -> Requests:
    """The same of a file's bytes: JSON lines where its first character is a brace or its name says so, else CSV."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InputError(name, "", found="bytes that are no UTF-8", allowed="a CSV or JSONL file in UTF-8") from exc
    lines = name.lower().endswith((".jsonl", ".json")) or text.lstrip().startswith("{")
    try:
        rows = list(_json_rows(name, text) if lines else _csv_rows(name, text))
    except csv.Error as exc:
        raise InputError(name, "", found=str(exc), allowed="a CSV or JSONL file in UTF-8") from exc
    if len(rows) < 2:
        raise InputError(name, "", found=f"{len(rows)} requests", allowed="at least two")
    table = np.array(sorted(rows))
    if table[-1, 0] <= table[0, 0]:
        raise InputError(name, "timestamp", found="the same moment for all requests", allowed="moments that differ")
    return Requests(table[:, 0] - table[0, 0], table[:, 1], np.maximum(table[:, 2], 1.0))


def _csv_rows(name: str, text: str) -> Iterator[tuple[float, float, float]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = tuple(reader.fieldnames or ())
    columns = next((known for known in (_AZURE, _PLAIN, _JSON) if set(known) <= set(header)), None)
    if columns is None:
        allowed = f"columns {', '.join(_AZURE)}, or {', '.join(_PLAIN)}"
        raise InputError(name, "header", found=", ".join(header) or "nothing", allowed=allowed)
    for row in reader:
        yield _values(name, reader.line_num, columns, tuple(row[column] for column in columns), dated=True)


def _json_rows(name: str, text: str) -> Iterator[tuple[float, float, float]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as exc:
            raise InputError(name, f"line {number}", found=line[:40].strip(), allowed="JSON") from exc
        if not isinstance(row, dict):
            raise InputError(name, f"line {number}", found=line[:40].strip(), allowed="a JSON object")
        given = tuple(row.get(field) for field in _JSON)
        when, prompt, answer = _values(name, number, _JSON, given, dated=False)
        yield when / MS_PER_S, prompt, answer


def _values(
    name: str, line: int, fields: tuple[str, ...], given: tuple[object, ...], *, dated: bool
) -> tuple[float, float, float]:
    numbers = []
    for place, (field, value) in enumerate(zip(fields, given, strict=True)):
        when = dated and place == 0
        number = _when(value) if when else _count(value)
        if number is None:
            allowed = "a date and time, or seconds" if when else "a number of at least 0"
            raise InputError(name, f"line {line}: {field}", found=value, allowed=allowed)
        numbers.append(number)
    return numbers[0], numbers[1], numbers[2]


def _count(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if 0.0 <= number < float("inf") else None


def _when(value: object) -> float | None:
    """Seconds: a number as it stands, or a date and time, in UTC where it names no zone; decimals of a second kept."""
    number = _count(value)
    if number is not None:
        return number
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
