"""LiteLLM: spend logs (the table, or exported), the payload of its callbacks, and its daily sums.

Its usage counts cached tokens within the prompt and reasoning within the completion. Rows of its own cache carry
cache_hit; its routers' and judges' own calls are ordinary rows with `internal_call_origin` in their metadata.
"""

from typing import Final

import ibis
import ibis.expr.types as ir

from planner.logs.opening.raw import Raw
from planner.logs.readers.base import Grouping, Reader, Reading, milliseconds, parts_of_output

_OTHER_CALLS: Final = (
    r"embed|image|transcri|speech|rerank|moderation|mcp|batch|file|vector|video|ocr|search|realtime|fine_tun|assistant"
)
_DAY_S: Final = 86_400.0
_USAGE: Final = ("metadata", "additional_usage_values")
_PAYLOAD_USAGE: Final = ("metadata", "usage_object")


def _usage(raw: Raw, *path: str) -> ir.Value:
    """A count of the usage that came with the answer, from the spend log's metadata or the payload's."""
    return ibis.coalesce(
        raw.number_inside(_USAGE[0], _USAGE[1], *path), raw.number_inside(_PAYLOAD_USAGE[0], _PAYLOAD_USAGE[1], *path)
    )


def _tag(raw: Raw) -> ir.Value:
    """The first tag that a caller gave; LiteLLM adds one of its own for the user agent."""
    tags = [raw.inside("request_tags", place) for place in range(3)]
    return ibis.coalesce(*(ibis.ifelse(tag.startswith("User-Agent"), None, tag) for tag in tags))


def _other(raw: Raw) -> ir.Value:
    call = raw.text("call_type").lower()
    return ibis.ifelse(call.re_search(_OTHER_CALLS), ibis.literal("call of type ") + call, ibis.null("string"))


def _columns(raw: Raw) -> dict[str, ir.Value]:
    whole_in, whole_out = raw.number("prompt_tokens"), raw.number("completion_tokens")
    reasoning = _usage(raw, "completion_tokens_details", "reasoning_tokens")
    cached = ibis.coalesce(
        _usage(raw, "prompt_tokens_details", "cached_tokens"), _usage(raw, "cache_read_input_tokens")
    )
    written = ibis.coalesce(
        _usage(raw, "cache_creation_input_tokens"),
        _usage(raw, "prompt_tokens_details", "cache_write_tokens"),
        _usage(raw, "prompt_tokens_details", "cache_creation_tokens"),
    )
    return {
        "request_id": raw.text("request_id", "id"),
        "call_id": ibis.coalesce(raw.text("litellm_call_id"), raw.inside("metadata", "litellm_call_id")),
        "session_id": raw.text("session_id", "trace_id"),
        "model": raw.text("model"),
        "provider": raw.text("custom_llm_provider"),
        "input_tokens": whole_in,
        "cached_tokens": cached,
        "cache_write_tokens": written,
        "output_tokens": parts_of_output(whole_out, reasoning, whole_in, raw.number("total_tokens")),
        "reasoning_tokens": reasoning,
        "cost_usd": raw.number("spend", "response_cost"),
        "prompt": raw.text("messages"),
        "answer": raw.text("response"),
    }


def _read(raw: Raw) -> Reading:
    start, end = raw.moments("startTime"), raw.moments("endTime").seconds
    first = raw.moments("completionStartTime").seconds
    columns = _columns(raw)
    stated_ms = ibis.coalesce(raw.number("request_duration_ms"), raw.number("response_time") * 1000.0)
    columns["latency_ms"] = ibis.coalesce(stated_ms, milliseconds(end, start.seconds)).round(0).cast("float64")
    # A request that was not streamed has its end as the moment of its first token.
    columns["ttft_ms"] = ibis.ifelse(first < end, milliseconds(first, start.seconds), None)
    hit = (raw.text("cache_hit").lower() == "true") | columns["request_id"].contains("_cache_hit")
    origin = raw.inside("metadata", "internal_call_origin")
    failed = raw.text("status").lower().isin(["failure", "error", "failed"])
    return Reading(
        start,
        columns,
        failed=failed,
        cache_hit=hit,
        internal=origin.notnull(),
        other=_other(raw),
        told=("cached tokens are part of the input, reasoning part of the output, as LiteLLM counts",),
    )


_GROUPINGS: Final = (
    Grouping("request tag", _tag),
    Grouping("model group", lambda raw: raw.text("model_group")),
    Grouping("team", lambda raw: raw.inside("metadata", "user_api_key_team_alias")),
    Grouping("key", lambda raw: raw.inside("metadata", "user_api_key_alias")),
)
_READS: Final = (
    "request_id",
    "id",
    "litellm_call_id",
    "session_id",
    "trace_id",
    "call_type",
    "spend",
    "response_cost",
    "total_tokens",
    "prompt_tokens",
    "completion_tokens",
    "startTime",
    "endTime",
    "completionStartTime",
    "request_duration_ms",
    "response_time",
    "model",
    "model_group",
    "custom_llm_provider",
    "metadata",
    "cache_hit",
    "request_tags",
    "team_id",
    "status",
)

LITELLM = Reader(
    "litellm",
    "LiteLLM spend log",
    (("startTime",), ("prompt_tokens",), ("completion_tokens",)),
    _read,
    _READS,
    _GROUPINGS,
    texts=("messages", "response"),
)


def _read_daily(raw: Raw) -> Reading:
    """Sums a day: failed requests have no tokens, so the successful ones carry them."""
    columns = {
        "requests": raw.number("api_requests"),
        "model": raw.text("model"),
        "provider": raw.text("custom_llm_provider"),
        "input_tokens": raw.number("prompt_tokens"),
        "cached_tokens": raw.number("cache_read_input_tokens"),
        "cache_write_tokens": raw.number("cache_creation_input_tokens"),
        "output_tokens": raw.number("completion_tokens"),
        "cost_usd": raw.number("spend"),
    }
    told = ("sums a day: means only, no distribution",)
    return Reading(raw.moments("date", unit="date"), columns, width_s=_DAY_S, told=told)


LITELLM_DAILY = Reader(
    "litellm-daily",
    "LiteLLM daily sums",
    (("date",), ("api_requests",), ("prompt_tokens",), ("completion_tokens",)),
    _read_daily,
    (
        "date",
        "api_requests",
        "model",
        "model_group",
        "custom_llm_provider",
        "prompt_tokens",
        "completion_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "spend",
        "tag",
        "team_id",
    ),
    (
        Grouping("tag", lambda raw: raw.text("tag")),
        Grouping("team", lambda raw: raw.text("team_id")),
        Grouping("model group", lambda raw: raw.text("model_group")),
    ),
    means_only=True,
)
