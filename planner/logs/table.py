"""The one table that every reader gives: a row a request, the same columns whatever the log was."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["served", "failed", "cache_hit", "internal", "other", "fault"]
"""What a row is. served: a model answered. failed: it was asked and gave no answer. cache_hit: a gateway answered from
its own cache, no model was asked. internal: a router's or a judge's own call. other: no request to a chat model
(embeddings, tools, spans around a call). fault: it could not be read; `reason` says why."""

MOST_TOKENS: Final = 10_000_000
"""More tokens than that in one request is a fault, not a request."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the normalised table."""

    name: str
    type: str
    """As Ibis names it; every column may be null unless its text says otherwise."""
    text: str


COLUMNS: Final[tuple[Column, ...]] = (
    Column("file", "string", "where the row was read; null where the engine does not say"),
    Column("row", "int64", "its row there, from 1; null where the engine keeps no order"),
    Column("kind", "string", "served, failed, cache_hit, internal, other or fault; never null"),
    Column("reason", "string", "why a row is a fault or is counted out"),
    Column("request_id", "string", "the log's own id of the request"),
    Column("call_id", "string", "shared by the attempts of one call: more rows than ids are retries"),
    Column("session_id", "string", "conversation or trace the request belongs to"),
    Column("segment", "string", "what it was grouped by"),
    Column("at_s", "float64", "seconds since 1970 in UTC, or since the start of a trace that names no day"),
    Column("requests", "float64", "requests that the row stands for: 1, or a bucket's number; null: not told"),
    Column("model", "string", "as the log names it"),
    Column("provider", "string", "as the log names it"),
    Column("input_tokens", "float64", "prompt tokens of the row, cached and written ones included"),
    Column("cached_tokens", "float64", "of them read from a provider's prompt cache"),
    Column("cache_write_tokens", "float64", "of them written to it"),
    Column("output_tokens", "float64", "visible answer tokens, reasoning left out"),
    Column("reasoning_tokens", "float64", "hidden reasoning tokens, on top of the visible ones"),
    Column("latency_ms", "float64", "from request to the whole answer"),
    Column("ttft_ms", "float64", "from request to the first token; streamed requests only"),
    Column("cost_usd", "float64", "what the log itself says it cost"),
    Column("batch", "boolean", "sent at a batch price"),
)
"""Tokens are whole numbers held as float64. A row with `requests` above 1 holds the sums of its requests."""
NAMES: Final = tuple(column.name for column in COLUMNS)
TEXTS: Final = ("prompt", "answer")
"""Two more columns, read only when they are asked for: what was sent and what came back."""
