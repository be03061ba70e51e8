"""What a reader says of one format, and what is done alike for all: faults, kinds, the normalised table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any, Final, TypeAlias

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

from planner.logs.opening.raw import FAULT, FILE, ROW, Moments, Raw
from planner.logs.table import COLUMNS, MOST_TOKENS, TEXTS

Flat: TypeAlias = dict[str, Any]
_TOKENS: Final = ("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
FALSE: Final[ir.Value] = ibis.literal(False)


@dataclass(frozen=True, slots=True)
class Grouping:
    """One way to tell segments apart."""

    label: str
    """What it is called: 'request tag'."""
    value: Callable[[Raw], ir.Value]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Columns of one log as its reader understands them; what is left out is null throughout."""

    moments: Moments
    columns: Mapping[str, ir.Value]
    """By name of the normalised table: tokens, model, latency and the like."""
    failed: ir.Value = FALSE
    cache_hit: ir.Value = FALSE
    internal: ir.Value = FALSE
    other: ir.Value | None = None
    """Text that says what a row is that is no request to a chat model; null for requests."""
    fault: ir.Value | None = None
    """Text of a fault that only this format knows; null where there is none."""
    needs_tokens: bool = True
    width_s: float = 0.0
    """How long the stretch is that a row of sums stands for."""
    told: tuple[str, ...] = ()
    """What a reader of the profile should know of the format."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One format."""

    id: str
    title: str
    needs: tuple[tuple[str, ...], ...]
    """Columns that it must have, each with its other names; a file that has them all is taken for this format."""
    read: Callable[[Raw], Reading]
    reads: tuple[str, ...]
    """Every column that `read` looks at: what is kept of a JSON document."""
    groupings: tuple[Grouping, ...] = ()
    """Ways to tell segments, the first that covers most requests is taken."""
    lacks: tuple[str, ...] = ()
    """Columns whose presence says that it is another format."""
    flatten: Callable[[Any], Iterator[Flat]] | None = None
    """Rows of one JSON document, where the format nests them."""
    means_only: bool = False
    """Rows are sums over buckets: no distribution can be told."""
    texts: tuple[str, ...] = ()
    """Columns of prompts and answers, read only when asked for."""
    mark: Callable[[Any], bool] = field(default=lambda _: False)
    """Whether a JSON document is of this format, where its keys alone don't tell."""

    def fits(self, columns: Sequence[str]) -> bool:
        """Whether a file with these columns is of this format."""
        own = {name.strip().lower() for name in columns}
        lacking = any(name.lower() in own for name in self.lacks)
        return not lacking and all(any(name.lower() in own for name in names) for names in self.needs)


def normalise(reader: Reader, raw: Raw, segment: ir.Value, *, texts: bool = False) -> tuple[ir.Table, Reading]:
    """The normalised table of a log (`planner.logs.table`), lazily, and what its reader told."""
    reading = reader.read(raw)
    given = dict(reading.columns)
    fault = _fault(raw, reading, given)
    kind = ibis.cases(
        (fault.notnull(), "fault"),
        ((reading.other if reading.other is not None else ibis.null("string")).notnull(), "other"),
        (reading.internal.fill_null(False), "internal"),
        (reading.cache_hit.fill_null(False), "cache_hit"),
        (reading.failed.fill_null(False), "failed"),
        else_="served",
    )
    reason = fault if reading.other is None else ibis.coalesce(fault, reading.other)
    table = raw.table
    fixed = {
        "file": table[FILE] if FILE in table.columns else ibis.null("string"),
        "row": table[ROW] if ROW in table.columns else ibis.null("int64"),
        "kind": kind,
        "reason": reason,
        "segment": segment,
        "at_s": reading.moments.seconds,
    }
    values = {"requests": ibis.literal(1, "int64").cast("float64"), **given, **fixed}
    known = {column.name: values.get(column.name, ibis.null(column.type)).cast(column.type) for column in COLUMNS}
    if texts:
        known |= {name: given.get(name, ibis.null("string")).cast("string") for name in TEXTS}
    return table.select(**known), reading


def _fault(raw: Raw, reading: Reading, given: Mapping[str, ir.Value]) -> ir.Value:
    """Why a row cannot be counted; null where it can. The first that applies is told."""
    moments = reading.moments
    cases: list[tuple[ir.Value, ir.Value]] = []
    if FAULT in raw.table.columns:
        cases.append((raw.table[FAULT].notnull(), raw.table[FAULT]))
    cases.append((raw.unreadable_json(), ibis.literal("JSON that cannot be read")))
    if reading.fault is not None:
        cases.append((reading.fault.notnull(), reading.fault))
    if moments.named:
        cases.append((~moments.given, ibis.literal("time: nothing")))
        cases.append((moments.seconds.isnull(), ibis.literal("time: no date or number")))
    cases += _token_faults(reading, given)
    # Most rows have no fault: one test of all finds those that have, and only they are asked which.
    any_fault = reduce(or_, (condition for condition, _ in cases)).fill_null(False)
    return ibis.ifelse(any_fault, ibis.cases(*cases, else_=ibis.null("string")), ibis.null("string"))


def _token_faults(reading: Reading, given: Mapping[str, ir.Value]) -> list[tuple[ir.Value, ir.Value]]:
    cases: list[tuple[ir.Value, ir.Value]] = []
    requests = given.get("requests")
    single = ibis.literal(True)
    if requests is not None:
        single = requests == 1.0 if stands_on_a_column(requests) else FALSE
    asked = ~reading.failed.fill_null(False)
    if reading.other is not None:
        asked = asked & reading.other.isnull()
    for name in _TOKENS:
        value = given.get(name)
        if value is None:
            continue
        if name in {"input_tokens", "output_tokens"} and reading.needs_tokens:
            cases.append((value.isnull() & asked, ibis.literal(f"{name}: nothing, or no number")))
        cases.append((value < 0, ibis.literal(f"{name}: negative")))
        cases.append(((value > MOST_TOKENS) & single, ibis.literal(f"{name}: above {MOST_TOKENS:,} in one request")))
        cases.append(((value != value.floor()) & single, ibis.literal(f"{name}: no whole number")))
    if requests is not None and stands_on_a_column(requests):
        cases.append((requests.isnull(), ibis.literal("requests: nothing, or no number")))
        cases.append((requests < 0, ibis.literal("requests: negative")))
    cases += [
        (given[name] < 0, ibis.literal(f"{name}: negative, it ends before it starts"))
        for name in ("latency_ms", "ttft_ms")
        if name in given
    ]
    cached, written = (given.get(name, ibis.literal(0.0)) for name in ("cached_tokens", "cache_write_tokens"))
    if "input_tokens" in given and ("cached_tokens" in given or "cache_write_tokens" in given):
        above = cached.fill_null(0.0) + written.fill_null(0.0) > given["input_tokens"]
        cases.append((above, ibis.literal("cached_tokens: more than the input")))
    return cases


def stands_on_a_column(value: ir.Value) -> bool:
    """Whether an expression reads anything: a column that a log lacks is null throughout."""
    return bool(value.op().find(ops.Field))


def parts_of_output(whole: ir.Value, reasoning: ir.Value, whole_input: ir.Value, total: ir.Value) -> ir.Value:
    """Visible answer tokens: the output less its reasoning, or as it stands where the total shows reasoning beside it.

    OpenAI and those that follow it count reasoning within the output; some count it beside, and then
    input + output + reasoning is the total that they state.
    """
    hidden = reasoning.fill_null(0.0)
    beside = (hidden > 0) & (total == whole_input + whole + hidden)
    return ibis.ifelse(beside.fill_null(False), whole, whole - hidden)


def milliseconds(later: ir.Value, earlier: ir.Value) -> ir.Value:
    """Milliseconds between two moments in seconds; null where they are one, negative where a clock jumped."""
    return ibis.ifelse(later == earlier, None, ((later - earlier) * 1000.0).round(0).cast("float64"))
