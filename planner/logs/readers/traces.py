"""Public traces and plain tables: Azure LLM inference, Mooncake, BurstGPT, Vidur's lengths, plain column names."""

import ibis

from planner.logs.opening.raw import Moments, Raw
from planner.logs.readers.base import FALSE, Grouping, Reader, Reading, parts_of_output


def _azure(raw: Raw) -> Reading:
    columns = {
        "input_tokens": raw.number("ContextTokens"),
        "output_tokens": raw.number("GeneratedTokens"),
    }
    return Reading(raw.moments("TIMESTAMP", "arrival_timestamp"), columns, told=("no model, no price: lengths alone",))


AZURE = Reader(
    "azure",
    "Azure LLM inference trace",
    (("TIMESTAMP",), ("ContextTokens",), ("GeneratedTokens",)),
    _azure,
    ("TIMESTAMP", "ContextTokens", "GeneratedTokens"),
)


def _mooncake(raw: Raw) -> Reading:
    columns = {"input_tokens": raw.number("input_length"), "output_tokens": raw.number("output_length")}
    return Reading(raw.moments("timestamp", small_whole="ms"), columns, told=("no model, no price: lengths alone",))


MOONCAKE = Reader(
    "mooncake",
    "Mooncake trace",
    (("timestamp",), ("input_length",), ("output_length",)),
    _mooncake,
    ("timestamp", "input_length", "output_length", "hash_ids"),
)


def _burst(raw: Raw) -> Reading:
    """A request that failed stands with a response of 0 tokens (the trace's own note)."""
    answer = raw.number("Response tokens")
    columns = {
        "model": raw.text("Model"),
        "session_id": raw.text("Session ID"),
        "input_tokens": raw.number("Request tokens"),
        "output_tokens": answer,
        "latency_ms": (raw.number("Elapsed time") * 1000.0).round(0).cast("float64"),
    }
    told = ("an answer of 0 tokens is a failed request here",)
    return Reading(raw.moments("Timestamp", small_whole="s"), columns, failed=answer == 0, told=told)


BURST = Reader(
    "burstgpt",
    "BurstGPT trace",
    (("Timestamp",), ("Request tokens",), ("Response tokens",)),
    _burst,
    (
        "Timestamp",
        "Session ID",
        "Elapsed time",
        "Model",
        "Request tokens",
        "Response tokens",
        "Total tokens",
        "Log Type",
    ),
    (Grouping("log type", lambda raw: raw.text("Log Type")),),
)


def _lengths(raw: Raw) -> Reading:
    columns = {"input_tokens": raw.number("num_prefill_tokens"), "output_tokens": raw.number("num_decode_tokens")}
    nothing = Moments(ibis.null("float64"), "s", absolute=False, given=FALSE, named=False)
    moments = raw.moments("arrived_at", small_whole="s") if raw.name_of("arrived_at") else nothing
    return Reading(moments, columns, told=("lengths alone: no model, no price",))


LENGTHS = Reader(
    "vidur",
    "Vidur trace of lengths",
    (("num_prefill_tokens",), ("num_decode_tokens",)),
    _lengths,
    ("num_prefill_tokens", "num_decode_tokens", "arrived_at"),
)

_AT = ("timestamp", "at", "time", "created_at", "start_time", "ts")
_IN = ("input_tokens", "prompt_tokens")
_OUT = ("output_tokens", "completion_tokens")
_FAILED = ("error", "failed", "failure", "timeout")


def _plain(raw: Raw) -> Reading:
    """Cached tokens within the input and reasoning within the output, as OpenAI counts; a total says otherwise."""
    whole_in, whole_out, reasoning = raw.number(*_IN), raw.number(*_OUT), raw.number("reasoning_tokens")
    columns = {
        "request_id": raw.text("request_id", "id"),
        "call_id": raw.text("call_id"),
        "session_id": raw.text("session_id", "conversation_id"),
        "model": raw.text("model"),
        "provider": raw.text("provider"),
        "input_tokens": whole_in,
        "cached_tokens": raw.number("cached_tokens", "cached_input_tokens", "cache_read_tokens"),
        "cache_write_tokens": raw.number("cache_write_tokens"),
        "output_tokens": parts_of_output(whole_out, reasoning, whole_in, raw.number("total_tokens")),
        "reasoning_tokens": reasoning,
        "latency_ms": raw.number("latency_ms", "duration_ms"),
        "ttft_ms": raw.number("ttft_ms", "time_to_first_token_ms"),
        "cost_usd": raw.number("cost_usd", "cost"),
        "prompt": raw.text("prompt", "messages"),
        "answer": raw.text("answer", "response"),
    }
    failed = raw.text("status").lower().isin(_FAILED)
    told = ("cached tokens are taken as part of the input, reasoning as part of the output",)
    return Reading(raw.moments(*_AT, small_whole="s"), columns, failed=failed, told=told)


PLAIN = Reader(
    "plain",
    "table with plain names",
    (_AT, _IN, _OUT),
    _plain,
    (
        *_AT,
        *_IN,
        *_OUT,
        "request_id",
        "id",
        "call_id",
        "session_id",
        "conversation_id",
        "model",
        "provider",
        "cached_tokens",
        "cached_input_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
        "total_tokens",
        "latency_ms",
        "duration_ms",
        "ttft_ms",
        "time_to_first_token_ms",
        "cost_usd",
        "cost",
        "status",
        "segment",
        "tag",
        "route",
        "feature",
        "app",
    ),
    (Grouping("segment", lambda raw: raw.text("segment", "tag", "route", "feature", "app")),),
    texts=("prompt", "messages", "answer", "response"),
)
