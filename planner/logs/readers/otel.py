"""OpenTelemetry GenAI spans, as OTLP JSON: today's names and the older ones.

Input counts cached tokens, output counts reasoning (the convention says so). Spans of agents and tools sum up the calls
below them, and a library's span may stand around its client's: only the innermost span of a call is a request.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import ibis
import ibis.expr.types as ir

from planner.logs.opening.raw import Raw
from planner.logs.readers.base import Flat, Grouping, Reader, Reading, milliseconds

_CALLS: Final = ("chat", "generate_content", "text_completion")
_VALUES: Final = ("stringValue", "intValue", "doubleValue", "boolValue")


def _value(holder: Any) -> Any:  # noqa: ANN401 (any attribute)
    """What an OTLP value holds; lists as lists, maps as maps."""
    if not isinstance(holder, Mapping):
        return None
    for name in _VALUES:
        if name in holder:
            return holder[name]
    if "arrayValue" in holder:
        return [_value(one) for one in holder["arrayValue"].get("values", ())]
    if "kvlistValue" in holder:
        return attributes_of(holder["kvlistValue"].get("values", ()))
    return None


def attributes_of(pairs: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    """Attributes of a span, an event or a resource by name."""
    return {str(pair["key"]): _value(pair.get("value")) for pair in pairs or ()}


def spans_of(document: Any) -> Iterator[tuple[dict[str, Any], Mapping[str, Any]]]:  # noqa: ANN401 (any JSON)
    """Resource attributes and span, of every span of an OTLP document; older files say instrumentationLibrarySpans."""
    for resource in document["resourceSpans"]:
        shared = attributes_of(resource.get("resource", {}).get("attributes"))
        for scope in resource.get("scopeSpans") or resource.get("instrumentationLibrarySpans") or ():
            for span in scope.get("spans", ()):
                yield shared, span


def flatten(document: Any) -> Iterator[Flat]:  # noqa: ANN401 (any JSON)
    """Spans of an OTLP document as flat rows."""
    for shared, span in spans_of(document):
        status = span.get("status") or {}
        yield {
            "traceId": span.get("traceId"),
            "spanId": span.get("spanId"),
            "parentSpanId": span.get("parentSpanId") or None,
            "name": span.get("name"),
            "startTimeUnixNano": span.get("startTimeUnixNano"),
            "endTimeUnixNano": span.get("endTimeUnixNano"),
            "status": str(status.get("code", "")),
            "attributes": {**shared, **attributes_of(span.get("attributes"))},
        }


def _is_otlp(document: Any) -> bool:  # noqa: ANN401 (any JSON)
    return isinstance(document, Mapping) and isinstance(document.get("resourceSpans"), list)


def _attribute(raw: Raw, *names: str) -> ir.Value:
    """Text of the first of these attributes that is there."""
    return ibis.coalesce(*(raw.inside("attributes", name) for name in names), ibis.null("string"))


def _count(raw: Raw, *names: str) -> ir.Value:
    return raw.dialect.number(_attribute(raw, *names))


def _usage(raw: Raw) -> dict[str, ir.Value]:
    reasoning = _count(raw, "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.output_tokens.reasoning")
    whole = _count(raw, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
    return {
        "input_tokens": _count(raw, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        "cached_tokens": _count(
            raw,
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.input_tokens.cached",
        ),
        "cache_write_tokens": _count(
            raw, "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens"
        ),
        "output_tokens": whole - reasoning.fill_null(0.0),
        "reasoning_tokens": reasoning,
    }


def _other(raw: Raw, usage: Mapping[str, ir.Value]) -> ir.Value:
    """What a span is that is no call of a chat model; null for the innermost span of a call."""
    operation = _attribute(raw, "gen_ai.operation.name")
    silent = operation.isnull() & usage["input_tokens"].notnull() & usage["output_tokens"].notnull()
    called = (operation.isin(_CALLS) | silent).fill_null(False)
    inner = raw.table.filter(called).select(parent=raw.text("parentSpanId")).filter(ibis._["parent"].notnull())
    around = raw.text("spanId").isin(inner.parent)
    return ibis.cases(
        (called & around, "span around a call"),
        (called, None),
        (operation.notnull(), ibis.literal("operation ") + operation),
        else_="span without a model call",
    )


def _read(raw: Raw) -> Reading:
    start, end = raw.moments("startTimeUnixNano", unit="ns"), raw.moments("endTimeUnixNano", unit="ns").seconds
    usage = _usage(raw)
    first_s = _count(raw, "gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token")
    columns = {
        **usage,
        "request_id": raw.text("spanId"),
        "session_id": _attribute(raw, "gen_ai.conversation.id", "session.id"),
        "model": _attribute(raw, "gen_ai.response.model", "gen_ai.request.model"),
        "provider": _attribute(raw, "gen_ai.provider.name", "gen_ai.system"),
        "latency_ms": milliseconds(end, start.seconds),
        "ttft_ms": (first_s * 1000.0).round(0).cast("float64"),
        "prompt": _attribute(raw, "gen_ai.input.messages", "gen_ai.prompt"),
        "answer": _attribute(raw, "gen_ai.output.messages", "gen_ai.completion"),
    }
    failed = (_attribute(raw, "error.type").notnull()) | raw.text("status").isin(["2", "STATUS_CODE_ERROR"])
    return Reading(
        start,
        columns,
        failed=failed,
        other=_other(raw, usage),
        told=("cached tokens are part of the input, reasoning part of the output, as the convention says",),
    )


OTEL: Final = Reader(
    "otel",
    "OpenTelemetry GenAI spans",
    (("startTimeUnixNano",), ("attributes",), ("spanId",)),
    _read,
    (
        "traceId",
        "spanId",
        "parentSpanId",
        "name",
        "startTimeUnixNano",
        "endTimeUnixNano",
        "status",
        "attributes",
    ),
    (
        Grouping("prompt name", lambda raw: _attribute(raw, "gen_ai.prompt.name")),
        Grouping("workflow", lambda raw: _attribute(raw, "gen_ai.workflow.name")),
        Grouping("agent", lambda raw: _attribute(raw, "gen_ai.agent.name")),
        Grouping("service", lambda raw: _attribute(raw, "service.name")),
    ),
    flatten=flatten,
    mark=_is_otlp,
)
