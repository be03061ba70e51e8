"""A user's trace of requests, read: when each came, how long its prompt and its answer were, how bursty it is.

CSV (',', ';' or tabs, UTF-8, UTF-16 or Windows-1252) or JSON lines, a row a request. Columns are known by the names of
public traces and gateways (Azure, BurstGPT, Mooncake, LiteLLM, vLLM ...), or are said. Moments are dates and times, or
numbers whose unit is told from the column's name, their size and the rate that they would mean; what was taken is told
with the trace. `queue_replay` serves them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from planner.beliefs.queueing.simulation import Requests
from planner.errors import InputError
from planner.table_text import decode_table, read_table
from planner.units import Floats

Part: TypeAlias = Literal["timestamp", "input", "output"]
PARTS: Final[tuple[Part, ...]] = ("timestamp", "input", "output")
_NAMES: Final[Mapping[Part, Sequence[str]]] = {
    "timestamp": [
        "timestamp",
        "timestamp_ms",
        "timestamp_s",
        "timestamp_us",
        "timestamp_ns",
        "time",
        "ts",
        "arrival_time",
        "arrived_at",
        "arrival",
        "arrival_ms",
        "start_time",
        "starttime",
        "request_time",
        "created_at",
        "created",
        "request_created_at",
        "startedat",
        "sent_at",
        "date",
        "datetime",
    ],
    "input": [
        "contexttokens",
        "input_tokens",
        "input_length",
        "prompt_tokens",
        "request_tokens",
        "tokens_prompt",
        "num_prefill_tokens",
        "prompt_len",
        "input_len",
        "prompt_length",
        "num_input_tokens",
        "inputtokens",
        "prompttokens",
        "input_toks",
        "context_tokens",
    ],
    "output": [
        "generatedtokens",
        "output_tokens",
        "output_length",
        "completion_tokens",
        "response_tokens",
        "tokens_completion",
        "num_decode_tokens",
        "output_len",
        "generated_tokens",
        "response_length",
        "num_output_tokens",
        "outputtokens",
        "completiontokens",
    ],
}
_UNITS_S: Final = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_WORDS: Final = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_EPOCHS: Final = ((1e17, "ns"), (1e14, "us"), (1e11, "ms"), (1e8, "s"))
"""A moment since 1970 of at least this is in that unit: 1e8 seconds is 1973, 1e11 milliseconds too."""
_REASON_PER_S: Final = (0.005, 500.0)
"""Rates beyond which a unit is doubted when another one is within."""
_LARGEST_BYTES: Final = 200_000_000
_WINDOW_S: Final = 10.0
_SECONDS_PER_DAY: Final = 86_400.0
_LONGEST_S: Final = 366 * _SECONDS_PER_DAY
"""Windows of ten seconds are counted over the whole of a trace."""
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
    read_as: str = ""
    """As what the file's moments were read."""


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
        read_as=requests.read_as,
    )


def busiest_stretch(requests: Requests, most: int = MOST_REPLAYED) -> Requests:
    """The `most` requests in a row that came within the shortest time, from their first on; all, if there are fewer."""
    count = requests.arrivals.size
    if count <= most:
        return requests
    first = int(np.argmin(requests.arrivals[most - 1 :] - requests.arrivals[: count - most + 1]))
    kept = slice(first, first + most)
    start: Floats = requests.arrivals[kept] - requests.arrivals[first]
    return Requests(start, requests.prompts[kept], requests.answers[kept], requests.read_as)


def load_trace(path: Path, columns: Mapping[Part, str] | None = None) -> Requests:
    """Requests in order of arrival, seconds from the first; InputError names file, line and field.

    Args:
        path: CSV or JSON lines.
        columns: Which column is which, where the names don't tell.
    """
    if not path.is_file():
        raise InputError(str(path), "", found="a folder" if path.is_dir() else "nothing", allowed="a CSV or JSONL file")
    if path.stat().st_size > _LARGEST_BYTES:
        raise InputError(str(path), "", found=f"{path.stat().st_size:,} bytes", allowed=f"up to {_LARGEST_BYTES:,}")
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise InputError(str(path), "", found=exc.strerror or "no way to read it", allowed="a readable file") from exc
    return parse_trace(str(path), content, columns)


def parse_trace(name: str, content: bytes, columns: Mapping[Part, str] | None = None) -> Requests:
    """The same of a file's bytes: JSON lines where its first character is a brace or its name says so, else CSV."""
    text = decode_table(content, name)
    lines = name.lower().endswith((".jsonl", ".json", ".ndjson")) or text.lstrip().startswith("{")
    header, rows = _json_rows(name, text) if lines else _csv_rows(name, text)
    chosen = _columns(name, header, columns or {})
    if len(rows) < 2:
        raise InputError(name, "", found=f"{len(rows)} requests", allowed="at least two")
    given = [[_cell(row, chosen[part]) for _, row in rows] for part in PARTS]
    numbers = [number for number, _ in rows]
    moments, read_as = _moments(name, numbers, chosen, given[0])
    counts = [
        [_counted(name, line, chosen[part], value) for line, value in zip(numbers, values, strict=True)]
        for part, values in zip(PARTS[1:], given[1:], strict=True)
    ]
    table = np.array(sorted(zip(moments, *counts, strict=True)))
    if table[-1, 0] <= table[0, 0]:
        raise InputError(
            name, chosen["timestamp"], found="the same moment for all requests", allowed="moments that differ"
        )
    if table[-1, 0] - table[0, 0] > _LONGEST_S:
        found = f"moments {(table[-1, 0] - table[0, 0]) / _SECONDS_PER_DAY:,.3g} days apart"
        allowed = "one unit and epoch for all, at most a year apart"
        raise InputError(name, chosen["timestamp"], found=found, allowed=allowed)
    return Requests(table[:, 0] - table[0, 0], table[:, 1], np.maximum(table[:, 2], 1.0), read_as)


def _csv_rows(name: str, text: str) -> tuple[tuple[str, ...], list[tuple[int, Mapping[str, Any]]]]:
    table = read_table(text, name)
    return table.header, [(line, dict(zip(table.header, cells, strict=True))) for line, cells in table.rows]


def _json_rows(name: str, text: str) -> tuple[tuple[str, ...], list[tuple[int, Mapping[str, Any]]]]:
    rows: list[tuple[int, Mapping[str, Any]]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as exc:
            raise InputError(name, f"line {number}", found=line[:40].strip(), allowed="JSON") from exc
        if not isinstance(row, dict):
            raise InputError(name, f"line {number}", found=line[:40].strip(), allowed="a JSON object")
        rows.append((number, row))
    return tuple(dict.fromkeys(key for _, row in rows[:100] for key in row)), rows


def _columns(name: str, header: Sequence[str], said: Mapping[Part, str]) -> dict[Part, str]:
    """Column of each part: as said, else the first of the header that is known under a name of that part."""
    plain = {"_".join(column.lower().replace("-", " ").split()): column for column in reversed(header)}
    chosen: dict[Part, str] = {}
    for part in PARTS:
        if part in said:
            if said[part] not in header:
                raise InputError(
                    name, "header", found=", ".join(header) or "nothing", allowed=f"the column {said[part]}"
                )
            chosen[part] = said[part]
            continue
        known = next((plain[one] for one in _NAMES[part] if one in plain), None)
        if known is None:
            allowed = f"a column of {part} ({', '.join(_NAMES[part][:4])} ...), or --trace-columns {part}=COLUMN"
            raise InputError(name, "header", found=", ".join(header)[:60] or "nothing", allowed=allowed)
        chosen[part] = known
    return chosen


def _cell(row: Mapping[str, Any], column: str) -> object:
    return row.get(column)


def _moments(
    name: str, lines: Sequence[int], chosen: Mapping[Part, str], given: Sequence[object]
) -> tuple[list[float], str]:
    """Seconds of each moment, and in words as what they were read."""
    column = chosen["timestamp"]
    numbers = [_count(value) for value in given]
    dated = [_dated(value) if number is None else number for value, number in zip(given, numbers, strict=True)]
    for line, value, moment in zip(lines, given, dated, strict=True):
        if moment is None:
            raise InputError(name, f"line {line}: {column}", found=value, allowed="a date and time, or a number")
    moments = [moment for moment in dated if moment is not None]
    plain = [number for number in numbers if number is not None]
    if len(plain) < len(moments):
        return moments, f"{column} as dates and times"
    unit, why = _unit(column, plain, mooncake="length" in chosen["input"].lower())
    return [moment * _UNITS_S[unit] for moment in moments], f"{column} as {_WORDS[unit]} ({why})"


def _unit(column: str, numbers: Sequence[float], *, mooncake: bool) -> tuple[str, str]:
    """Unit of plain numbers, and what told it; Mooncake's traces count whole milliseconds."""
    ending = column.lower().rsplit("_", 1)[-1] if "_" in column else ""
    if ending in _UNITS_S:
        return ending, "the column's name says so"
    for least, unit in _EPOCHS:
        if min(numbers) >= least:
            return unit, "counted from 1970"
    whole = all(number.is_integer() for number in numbers)
    usual, other = ("ms", "s") if whole and mooncake else ("s", "ms")
    span = max(numbers) - min(numbers)
    rates = {unit: len(numbers) / (span * _UNITS_S[unit]) if span else 0.0 for unit in (usual, other)}
    low, high = _REASON_PER_S
    if whole and not low <= rates[usual] <= high and low <= rates[other] <= high:
        return other, f"as {_WORDS[usual]} they would mean {rates[usual]:.3g} requests a second"
    return usual, "whole numbers beside input_length" if usual == "ms" else "by the rate that they mean"


def _counted(name: str, line: int, column: str, value: object) -> float:
    number = _count(value)
    if number is None:
        raise InputError(name, f"line {line}: {column}", found=value, allowed="a number of at least 0")
    return number


def _count(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if 0.0 <= number < float("inf") else None


def _dated(value: object) -> float | None:
    """Seconds of a date and time, in UTC where it names no zone; decimals of a second kept."""
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
