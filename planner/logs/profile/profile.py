"""What a log says: by segment volume, lengths, times, models and their bill; and what was counted out and why."""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis.expr.types as ir

from planner.catalog.schema import Catalog
from planner.logs.opening.engines import row_of, rows_of
from planner.logs.profile.counts import OTHER, Census, Left, name_segments, spreads, take_census
from planner.logs.profile.mix import Use, uses
from planner.logs.profile.spread import Spread
from planner.logs.profile.volume import Arrivals, Volume, arrivals, volumes
from planner.logs.read import Log


@dataclass(frozen=True, slots=True, eq=False)
class SegmentProfile:
    """What the log says of one segment."""

    name: str
    """As the log has it."""
    requests: float
    """Served and failed."""
    served: float
    failed: float
    spreads: Mapping[str, Spread]
    """By column: tokens, latency_ms, ttft_ms; empty for logs of sums."""
    means: Mapping[str, float]
    """Mean tokens of a served request by column; empty where the log counts no requests."""
    sums: Mapping[str, float]
    """Tokens of all served requests by column."""
    volume: Volume | None
    """None without times."""
    turns: float | None
    """Requests of one conversation; None where the log knows none."""
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What a log says."""

    source: str
    format: str
    grouped_by: str
    unit: str
    absolute: bool
    means_only: bool
    first_s: float | None
    last_s: float | None
    rows: int
    left: tuple[Left, ...]
    """What was counted out, and why."""
    duplicates: int
    jumped: int
    segments: tuple[SegmentProfile, ...]
    """The largest first."""
    segments_seen: int
    """More than there are segments: the rarest stand together as 'other'."""
    volume: Volume | None
    arrivals: Arrivals | None
    retries: int
    """Attempts beyond the first of the same call."""
    prefix_share: float | None
    """Share of prompt blocks that came before, of logs with prefix hashes: what an endless cache would save."""
    told: tuple[str, ...]

    @property
    def served(self) -> float:
        """Served requests of all segments."""
        return sum(part.served for part in self.segments)

    @property
    def failed(self) -> float:
        """Failed requests of all segments."""
        return sum(part.failed for part in self.segments)

    @property
    def uses(self) -> tuple[Use, ...]:
        """All models of all segments."""
        return tuple(use for part in self.segments for use in part.uses)


def profile_log(log: Log, catalog: Catalog) -> Profile:
    """What a log says, every figure exact; InputError where it holds no request that can be counted."""
    census = take_census(log)
    asked, sizes, seen = name_segments(log, census.table)
    spread = {} if log.reader.means_only else spreads(log, asked)
    volume = volumes(log, asked)
    used = uses(log, asked, catalog)
    turns = _turns(log, asked)
    segments = tuple(
        _segment(name, spread, volume.get(name), turns.get(name), tuple(use for use in used if use.segment == name))
        for name in sorted(sizes, key=lambda name: (name == OTHER, -sizes[name], name))
    )
    return Profile(
        source=log.source,
        format=log.reader.title,
        grouped_by=log.grouped_by,
        unit=log.unit,
        absolute=log.absolute,
        means_only=log.reader.means_only,
        first_s=census.first_s,
        last_s=census.last_s,
        rows=census.rows,
        left=census.left,
        duplicates=census.duplicates,
        jumped=census.jumped,
        segments=segments,
        segments_seen=seen,
        volume=volume.get(""),
        arrivals=arrivals(log, asked, volume[""].span_s) if volume else None,
        retries=_retries(log, asked),
        prefix_share=_prefix_share(log),
        told=(*log.told, *_told_of_census(census)),
    )


def _segment(
    name: str,
    spread: Mapping[tuple[str, str], Spread],
    volume: Volume | None,
    turns: float | None,
    used: tuple[Use, ...],
) -> SegmentProfile:
    served, failed = sum(use.requests for use in used), sum(use.failed for use in used)
    columns = ("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
    sums = {one: sum(getattr(use, one) for use in used) for one in columns}
    means = {one: total / served for one, total in sums.items()} if served else {}
    own = {column: part for (segment, column), part in spread.items() if segment == name}
    return SegmentProfile(name, served + failed, served, failed, own, means, sums, volume, turns, used)


def _turns(log: Log, asked: ir.Table) -> dict[str, float]:
    """Requests a conversation, by segment, where nine in ten requests name theirs."""
    if "session_id" not in log.given:
        return {}
    part = asked.group_by("segment").agg(
        rows=asked.count(), named=asked.session_id.count(), sessions=asked.session_id.nunique()
    )
    found = rows_of(log.engine, part, log.source).to_pylist()
    return {
        row["segment"]: row["named"] / row["sessions"]
        for row in found
        if row["sessions"] and row["named"] >= 0.9 * row["rows"]
    }


def _retries(log: Log, asked: ir.Table) -> int:
    if "call_id" not in log.given:
        return 0
    found = row_of(log.engine, asked.aggregate(rows=asked.call_id.count(), calls=asked.call_id.nunique()), log.source)
    return int(found["rows"] - found["calls"])


def _prefix_share(log: Log) -> float | None:
    """Blocks that came before over all blocks: a prefix hash stands for its block and all before it."""
    if not log.blocks:
        return None
    blocks = all_distinct = 0
    for table in log.blocks:
        found = row_of(log.engine, table.aggregate(n=table.hash.count(), distinct=table.hash.nunique()), log.source)
        blocks += found["n"]
        all_distinct += found["distinct"]
    return (blocks - all_distinct) / blocks if blocks else None


def _told_of_census(census: Census) -> tuple[str, ...]:
    told = []
    if census.duplicates:
        told.append(f"{census.duplicates:,} rows repeat an id; the first of each is kept")
    if census.jumped:
        told.append(f"{census.jumped:,} requests lie a month and more from all others: a clock that jumped, left out")
    return tuple(told)
