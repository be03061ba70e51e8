"""The questions to the engine: every one a group-by whose answer is bounded, however many requests there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from planner.errors import InputError
from planner.logs.opening.engines import row_of, rows_of
from planner.logs.profile.spread import Spread, spread_of
from planner.logs.read import Log
from planner.units import Floats, Ints
from planner.workload.yaml_text import Said

SPREADS: Final = (
    "input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens", "latency_ms", "ttft_ms",
)  # fmt: skip
TOKENS: Final = ("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
OTHER: Final = "other"
MOST_SEGMENTS: Final = 30
_MOST_FAULTY: Final = 0.1
"""More rows than that which cannot be read, and the file is refused: it is probably read wrongly."""
_EXAMPLES: Final = 3
_GAP_S: Final = 30 * 86_400.0
_JUMPED: Final = 0.05
"""Requests beyond a gap of a month that are taken for a clock that jumped, at most this share."""
HOUR_S: Final = 3600.0
MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Left:
    """Rows of one kind that are no served request, and why."""

    kind: str
    reason: str
    rows: int
    example: str = ""
    """Where the first of them stands, of faults."""


@dataclass(frozen=True, slots=True, eq=False)
class Census:
    """What the rows of a log are."""

    rows: int
    left: tuple[Left, ...]
    duplicates: int
    """Rows whose id came before; the first of each id is kept."""
    jumped: int
    """Rows a month and more from all others: a clock that jumped."""
    table: ir.Table
    """Served and failed requests, duplicates and jumps taken out."""
    first_s: float | None
    last_s: float | None


def take_census(log: Log) -> Census:
    """Count every row by what it is, and take out what cannot be counted; InputError where too little is left."""
    t = log.requests
    kinds = rows_of(log.engine, t.group_by(["kind", "reason"]).agg(rows=t.count()), log.source).to_pylist()
    rows = sum(row["rows"] for row in kinds)
    if rows == 0:
        raise InputError(log.source, "", found=Said("no rows"), allowed="at least one request")
    faulty = sum(row["rows"] for row in kinds if row["kind"] == "fault")
    left = _left(log, kinds, faulty)
    if faulty > _MOST_FAULTY * rows:
        worst = max((one for one in left if one.kind == "fault"), key=lambda one: one.rows)
        found = Said(f"{faulty:,} of {rows:,} rows that cannot be read, first {worst.reason}")
        raise InputError(log.source, worst.example, found=found, allowed=f"at most {_MOST_FAULTY:.0%} such rows")
    asked = t.filter(t.kind.isin(["served", "failed"]))
    if not any(row["kind"] in {"served", "failed"} for row in kinds):
        what = "; ".join(f"{row['rows']:,} {row['kind']}" for row in kinds)
        raise InputError(log.source, "", found=Said(f"no request to a model ({what})"), allowed="at least one request")
    asked, duplicates = _without_duplicates(log, asked)
    asked, jumped, first, last = _without_jumps(log, asked)
    return Census(rows, left, duplicates, jumped, asked, first, last)


def _left(log: Log, kinds: Sequence[Mapping[str, Any]], faulty: int) -> tuple[Left, ...]:
    examples = _examples(log) if faulty else {}
    found = [
        Left(row["kind"], row["reason"] or "", row["rows"], examples.get(row["reason"], ""))
        for row in kinds
        if row["kind"] != "served"
    ]
    return tuple(sorted(found, key=lambda one: (-one.rows, one.kind, one.reason)))


def _examples(log: Log) -> dict[str, str]:
    """Where the first fault of each reason stands: its row, its file where there are several, else its id."""
    faults = log.requests.filter(log.requests.kind == "fault")
    first = faults.group_by("reason").agg(row=faults.row.min(), file=faults.file.min(), id=faults.request_id.min())
    places = {}
    for one in rows_of(log.engine, first, log.source).to_pylist():
        where = f"row {one['row']}" if one["row"] is not None else f"request {one['id']}" if one["id"] else ""
        file = f"{one['file']}, " if one["file"] and one["file"] != log.source and where else ""
        places[one["reason"]] = f"{file}{where}"
    return places


def _without_duplicates(log: Log, asked: ir.Table) -> tuple[ir.Table, int]:
    if "request_id" not in _given(log):
        return asked, 0
    found = row_of(
        log.engine, asked.aggregate(ids=asked.request_id.count(), distinct=asked.request_id.nunique()), log.source
    )
    more = found["ids"] - found["distinct"]
    if more == 0:
        return asked, 0
    ids = asked.filter(asked.request_id.notnull()).group_by("request_id").agg(times=lambda part: part.count())
    again = ids.filter(ids.times > 1).select("request_id")
    single = asked.filter(asked.request_id.isnull() | asked.request_id.notin(again.request_id))
    repeated = asked.filter(asked.request_id.isin(again.request_id))
    order = ibis.row_number().over(group_by="request_id", order_by=["at_s", "kind", "file", "row"])
    first = repeated.mutate(place=order).filter(lambda part: part.place == 0).drop("place")
    return log.engine.keep(ibis.union(single, first, distinct=False), "distinct"), more


def _given(log: Log) -> frozenset[str]:
    """Columns that the log fills; the others cost nothing."""
    return log.given


def _without_jumps(log: Log, asked: ir.Table) -> tuple[ir.Table, int, float | None, float | None]:
    if not log.has_times:
        return asked, 0, None, None
    hour = (asked.at_s / HOUR_S).floor().cast("int64")
    table = asked.group_by(hour=hour).agg(rows=asked.count(), first=asked.at_s.min(), last=asked.at_s.max())
    found = rows_of(log.engine, table.order_by("hour"), log.source)
    first, last = floats(found, "first"), floats(found, "last")
    rows = ints(found, "rows")
    if rows.size == 0:
        return asked, 0, None, None
    breaks = np.flatnonzero(first[1:] - last[:-1] > _GAP_S) + 1
    groups = np.split(np.arange(rows.size), breaks)
    sizes = np.array([rows[group].sum() for group in groups])
    kept = [group for group, size in zip(groups, sizes, strict=True) if size > _JUMPED * rows.sum()]
    low, high = float(first[kept[0][0]]), float(last[kept[-1][-1]])
    jumped = int(rows[(last < low) | (first > high)].sum())
    if jumped:
        asked = asked.filter((asked.at_s >= low) & (asked.at_s <= high))
    return asked, jumped, low, high


def name_segments(log: Log, asked: ir.Table) -> tuple[ir.Table, dict[str, int], int]:
    """The table with at most 30 segments, the rest as 'other'; requests of each; how many there were."""
    named = asked.mutate(segment=asked.segment.fill_null(OTHER))
    counted = named.group_by("segment").agg(rows=named.count())
    top = counted.order_by([ibis.desc("rows"), "segment"]).limit(MOST_SEGMENTS + 1)
    found = rows_of(log.engine, top, log.source).to_pylist()
    if len(found) <= MOST_SEGMENTS:
        return named, {row["segment"]: row["rows"] for row in found}, len(found)
    there = row_of(log.engine, counted.aggregate(n=counted.count(), rows=counted.rows.sum()), log.source)
    kept = [row["segment"] for row in found[: MOST_SEGMENTS - 1] if row["segment"] != OTHER]
    sizes = {row["segment"]: row["rows"] for row in found if row["segment"] in kept}
    few = named.mutate(segment=ibis.ifelse(named.segment.isin(kept), named.segment, OTHER))
    return few, {**sizes, OTHER: int(there["rows"]) - sum(sizes.values())}, int(there["n"])


def spreads(log: Log, asked: ir.Table) -> dict[tuple[str, str], Spread]:
    """Spread of every token count and time, by segment and column; served requests alone."""
    served = asked.filter(asked.kind == "served")
    found: dict[tuple[str, str], Spread] = {}
    for name in SPREADS:
        if name not in log.given:
            continue
        part = served.filter(served[name].notnull())
        table = rows_of(log.engine, part.group_by(["segment", name]).agg(rows=part.count()), log.source)
        segments = np.array(table["segment"].to_pylist(), dtype=object)
        values, rows = floats(table, name), ints(table, "rows")
        for segment in sorted(set(segments.tolist())):
            mine = segments == segment
            found[segment, name] = spread_of(values[mine], rows[mine])
    return found


def floats(table: pa.Table, name: str) -> Floats:
    """A column as float64; null is nan."""
    return np.asarray(pc.cast(table[name], pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def ints(table: pa.Table, name: str) -> Ints:
    """A column of counts."""
    return np.asarray(pc.cast(table[name], pa.int64()).to_numpy(zero_copy_only=False), dtype=np.int64)
