"""What was served, segment by segment, as arrays; what belongs to no segment of the plan is counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.errors import InputError
from planner.logs import Log, rows_of
from planner.units import Bools, Floats, Ints

_MOST_ROWS: Final = 3_000_000
"""Rows that are looked at; a longer log is thinned, evenly by row."""
_DAY_S: Final = 86_400.0
_FIELDS: Final = (
    "kind",
    "segment",
    "at_s",
    "model",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "reasoning_tokens",
    "latency_ms",
    "ttft_ms",
    "cost_usd",
)


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """Requests of one segment, R rows; nan where the log does not say."""

    segment: str
    at_s: Floats
    day: Ints
    """Days since the log's first."""
    failed: Bools
    model: tuple[str, ...]
    """As the log names it, by row."""
    input_tokens: Floats
    cached_tokens: Floats
    output_tokens: Floats
    """Visible."""
    reasoning_tokens: Floats
    latency_ms: Floats
    ttft_ms: Floats
    cost_usd: Floats
    weight: float
    """Requests that a row stands for: more than 1 where the log was thinned."""


@dataclass(frozen=True, slots=True, eq=False)
class ServedLog:
    """A log beside a plan."""

    source: str
    grouped_by: str
    segments: tuple[Served, ...]
    unmatched: tuple[tuple[str, int], ...]
    """Names of the log that are no segment of the plan, with their rows, the most first."""
    left_out: tuple[tuple[str, int], ...]
    """Rows that are no request, by kind."""
    days: int
    first_day: str
    """ISO date; '' where the log names no day."""
    dated: bool
    """Whether the log says when requests came."""
    told: tuple[str, ...]


def served_of(log: Log, segments: Sequence[str]) -> ServedLog:
    """The log's requests by segment of the plan; InputError when none of its rows belongs to any."""
    table = log.requests
    total = int(rows_of(log.engine, table.aggregate(n=table.count()), log.source).to_pylist()[0]["n"])
    step = max(1, -(-total // _MOST_ROWS))
    chosen = table if step == 1 else table.filter((table.row % step == 0) | table.row.isnull())
    found = rows_of(log.engine, chosen.select(*_FIELDS), log.source)
    columns = {name: found.column(name).to_numpy(zero_copy_only=False) for name in _FIELDS}
    kinds = columns["kind"].astype(str)
    asked = (kinds == "served") | (kinds == "failed")
    names = np.array(["" if name is None else str(name) for name in columns["segment"]], dtype=object)
    at = _numbers(columns["at_s"])
    dated = bool(log.has_times and log.absolute and np.isfinite(at[asked]).any())
    start = np.floor(np.nanmin(at[asked]) / _DAY_S) if dated else 0.0
    wanted = {name.casefold(): name for name in segments}
    mine = [
        _served(wanted[key], np.flatnonzero(asked & (names == name)), columns, kinds, at, start, float(step), dated)
        for name in dict.fromkeys(names[asked])
        if (key := name.casefold()) in wanted
    ]
    others = {name: int(((names == name) & asked).sum()) for name in dict.fromkeys(names[asked])}
    unmatched = sorted(((name, count) for name, count in others.items() if name.casefold() not in wanted), key=_most)
    if not mine:
        seen = ", ".join(name or "(none)" for name, _ in unmatched[:5]) or "no request"
        allowed = f"the plan's segments ({', '.join(segments[:5])}); --by names what tells them apart"
        raise InputError(log.source, "segment", found=seen, allowed=allowed)
    return ServedLog(
        source=log.source,
        grouped_by=log.grouped_by,
        segments=tuple(mine),
        unmatched=tuple(unmatched),
        left_out=tuple((kind, int((kinds == kind).sum())) for kind in sorted(set(kinds[~asked]))),
        days=int(max(part.day.max() for part in mine)) + 1,
        first_day=_iso(start) if dated else "",
        dated=dated,
        told=(*log.told, *((f"every {step}th row was looked at",) if step > 1 else ())),
    )


def _served(
    name: str,
    rows: Ints,
    columns: Mapping[str, object],
    kinds: np.ndarray,
    at: Floats,
    start: float,
    weight: float,
    dated: bool,
) -> Served:
    def number(field: str) -> Floats:
        return _numbers(np.asarray(columns[field]))[rows]

    moments = at[rows]
    days = np.floor(np.nan_to_num(moments) / _DAY_S) - start if dated else np.zeros(rows.size)
    models = np.asarray(columns["model"])[rows]
    return Served(
        segment=name,
        at_s=moments,
        day=np.maximum(days, 0.0).astype(np.int64),
        failed=kinds[rows] == "failed",
        model=tuple("" if one is None else str(one) for one in models),
        input_tokens=number("input_tokens"),
        cached_tokens=number("cached_tokens"),
        output_tokens=number("output_tokens"),
        reasoning_tokens=number("reasoning_tokens"),
        latency_ms=number("latency_ms"),
        ttft_ms=number("ttft_ms"),
        cost_usd=number("cost_usd"),
        weight=weight,
    )


def _numbers(values: object) -> Floats:
    array = np.asarray(values)
    if array.dtype == object:
        array = np.array([np.nan if value is None else value for value in array], dtype=np.float64)
    return array.astype(np.float64)


def _most(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def _iso(day: float) -> str:
    return str(np.datetime64(int(day), "D"))
