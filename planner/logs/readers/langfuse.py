"""Langfuse: observations of its blob export and of its tables' export.

Its usage keys are what the SDK sent: cached and reasoning tokens may stand within input and output or beside them. The
total tells which; without one they are taken as beside, since Langfuse prices every key by itself. Durations come from
the times; where only `latency` is there, its unit (seconds or milliseconds) is told by rows that have both.
"""

from typing import Final

import ibis
import ibis.expr.types as ir

from planner.logs.opening.raw import Raw, first_row
from planner.logs.readers.base import Grouping, Reader, Reading, milliseconds

_CACHED: Final = ("input_cached_tokens", "cache_read_input_tokens", "input_cache_read", "input_cached")
_WRITTEN: Final = ("cache_creation_input_tokens", "input_cache_creation")
_HIDDEN: Final = ("reasoning_tokens", "output_reasoning_tokens", "output_reasoning")
_TIMES: Final = 1000.0
_NEAR: Final = 1.5


def _usage(raw: Raw, *keys: str) -> ir.Value:
    """The first of these keys of the usage, under either of its column's names."""
    columns = [name for name in ("usage_details", "usageDetails") if raw.name_of(name)]
    found = [raw.number_inside(column, key) for column in columns for key in keys]
    return ibis.coalesce(*found, ibis.null("float64"))


def _tokens(raw: Raw) -> tuple[dict[str, ir.Value], ir.Value]:
    """Token columns, and whether a row's total settles what its keys count."""
    given_in = ibis.coalesce(_usage(raw, "input", "prompt_tokens"), raw.number("inputUsage", "promptTokens"))
    given_out = ibis.coalesce(_usage(raw, "output", "completion_tokens"), raw.number("outputUsage", "completionTokens"))
    total = ibis.coalesce(_usage(raw, "total", "total_tokens"), raw.number("totalUsage", "totalTokens"))
    cached, written, hidden = _usage(raw, *_CACHED), _usage(raw, *_WRITTEN), _usage(raw, *_HIDDEN)
    cache, thought = cached.fill_null(0.0) + written.fill_null(0.0), hidden.fill_null(0.0)
    both = given_in + given_out
    # Of the four ways to count, the one that makes up the total; both beside where none does or none is stated.
    within_in = ((total == both) | (total == both + thought)) & (cache <= given_in)
    within_out = ((total == both) | (total == both + cache)) & (thought <= given_out)
    within_in, within_out = within_in.fill_null(False), within_out.fill_null(False)
    known = (total == both) | (total == both + thought) | (total == both + cache) | (total == both + cache + thought)
    columns = {
        "input_tokens": ibis.ifelse(within_in, given_in, given_in + cache),
        "cached_tokens": cached,
        "cache_write_tokens": written,
        "output_tokens": ibis.ifelse(within_out, given_out - thought, given_out),
        "reasoning_tokens": hidden,
    }
    return columns, known.fill_null(False) | (cache + thought == 0)


def _duration_factor(raw: Raw, spanned_ms: ir.Value, stated: ir.Value) -> float | None:
    """What turns `latency` into milliseconds: 1,000 or 1, by rows that have start and end too; None: cannot be told."""
    both = raw.table.select(ratio=spanned_ms / stated).limit(50_000)
    near = first_row(raw.engine, both.aggregate(middle=both.ratio.median()))["middle"]
    if near is None:
        return None
    if _TIMES / _NEAR < near < _TIMES * _NEAR:
        return _TIMES
    return 1.0 if 1 / _NEAR < near < _NEAR else None


def _other(raw: Raw) -> ir.Value:
    """What an observation is that is no generation, or a generation around another one."""
    kind = raw.text("type").upper()
    generation = kind.isnull() | (kind == "GENERATION")
    parents = raw.table.filter(generation).select(parent=raw.text("parent_observation_id", "parentObservationId"))
    inner = parents.filter(parents.parent.notnull())
    around = raw.text("id").isin(inner.parent)
    return ibis.cases(
        (generation & around, "generation around another"),
        (generation, None),
        else_=ibis.literal("observation of type ") + kind,
    )


def _read(raw: Raw) -> Reading:
    start, end = raw.moments("start_time", "startTime"), raw.moments("end_time", "endTime").seconds
    first = raw.moments("completion_start_time", "completionStartTime").seconds
    columns, settled = _tokens(raw)
    spanned = milliseconds(end, start.seconds)
    stated, stated_first = raw.number("latency"), raw.number("time_to_first_token", "timeToFirstToken")
    factor = _duration_factor(raw, spanned, stated)
    told = ["cached and reasoning tokens are counted as each row's total says, beside input and output without one"]
    if factor is None:
        told.append("durations come from start and end alone: the unit of `latency` cannot be told")
    else:
        columns["latency_ms"] = ibis.coalesce(spanned, stated * factor).round(0).cast("float64")
        columns["ttft_ms"] = ibis.coalesce(milliseconds(first, start.seconds), stated_first * factor)
    columns.setdefault("latency_ms", spanned)
    columns["ttft_ms"] = columns.get("ttft_ms", milliseconds(first, start.seconds)).round(0).cast("float64")
    columns |= {
        "request_id": raw.text("id"),
        "session_id": ibis.coalesce(raw.text("session_id", "sessionId"), raw.text("trace_id", "traceId")),
        "model": raw.text("provided_model_name", "providedModelName", "model", "model_id"),
        "cost_usd": ibis.coalesce(raw.number("total_cost", "totalCost"), raw.number_inside("cost_details", "total")),
        "prompt": raw.text("input"),
        "answer": raw.text("output"),
    }
    unsettled = first_row(raw.engine, raw.table.aggregate(n=(~settled).sum()))["n"] or 0
    if unsettled:
        told.append(f"{int(unsettled):,} rows state no total that fits: their cached tokens are taken as beside")
    failed = raw.text("level").upper() == "ERROR"
    return Reading(start, columns, failed=failed, other=_other(raw), told=tuple(told))


LANGFUSE: Final = Reader(
    "langfuse",
    "Langfuse observations",
    (("start_time", "startTime"), ("usage_details", "usageDetails", "inputUsage", "promptTokens"), ("type", "traceId")),
    _read,
    (
        "id",
        "trace_id",
        "traceId",
        "type",
        "parent_observation_id",
        "parentObservationId",
        "start_time",
        "startTime",
        "end_time",
        "endTime",
        "completion_start_time",
        "completionStartTime",
        "name",
        "metadata",
        "level",
        "provided_model_name",
        "providedModelName",
        "model",
        "model_id",
        "usage_details",
        "usageDetails",
        "inputUsage",
        "outputUsage",
        "totalUsage",
        "promptTokens",
        "completionTokens",
        "totalTokens",
        "cost_details",
        "prompt_name",
        "promptName",
        "total_cost",
        "totalCost",
        "latency",
        "time_to_first_token",
        "timeToFirstToken",
        "session_id",
        "sessionId",
        "trace_name",
        "traceName",
        "tags",
    ),
    (
        Grouping("prompt name", lambda raw: raw.text("prompt_name", "promptName")),
        Grouping("trace name", lambda raw: raw.text("trace_name", "traceName")),
        Grouping("name", lambda raw: raw.text("name")),
    ),
    texts=("input", "output"),
)
