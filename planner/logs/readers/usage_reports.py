"""Usage reports of OpenAI and Anthropic: sums over buckets of time, so means alone; no percentiles can be told.

OpenAI's input counts cached tokens; Anthropic's report states uncached, cache read and cache creation apart, and no
number of requests at all.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import ibis

from planner.errors import InputError
from planner.logs.opening.raw import Raw
from planner.logs.readers.base import Flat, Grouping, Reader, Reading
from planner.workload.yaml_text import Said

_OPENAI: Final = "organization.usage.completions.result"
_REPORT: Final = "usage report"
_COSTS: Final = "organization.costs.result"
_MORE: Final = "the last page says that there is more: the report is not whole"


def _buckets(document: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 (any JSON)
    inner = document.get("data") if isinstance(document, Mapping) else document
    yield from inner if isinstance(inner, list) else (document,)


def _results(document: Any) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:  # noqa: ANN401 (any JSON)
    for bucket in _buckets(document):
        for result in bucket.get("results") or ():
            yield bucket, result


def _first_result(document: Any) -> Mapping[str, Any]:  # noqa: ANN401 (any JSON)
    try:
        return next((result for _, result in _results(document)), {})
    except AttributeError:
        return {}


def _is_openai(document: Any) -> bool:  # noqa: ANN401 (any JSON)
    first = _first_result(document)
    if first.get("object") == _COSTS:
        found = Said("costs, which tell no tokens")
        raise InputError(_REPORT, "object", found=found, allowed=_OPENAI)
    return "num_model_requests" in first


def _is_anthropic(document: Any) -> bool:  # noqa: ANN401 (any JSON)
    return "uncached_input_tokens" in _first_result(document)


def _flatten_openai(document: Any) -> Iterator[Flat]:  # noqa: ANN401 (any JSON)
    more = isinstance(document, Mapping) and bool(document.get("has_more"))
    for bucket, result in _results(document):
        start, end = bucket["start_time"], bucket["end_time"]
        yield {**result, "bucket_start": start, "bucket_s": end - start, "has_more": more}


def _width(raw: Raw) -> float:
    found = raw.one(width=raw.number("bucket_s").max())["width"]
    return float(found or 0.0)


def _told_of_pages(raw: Raw) -> tuple[str, ...]:
    return (_MORE,) if raw.one(more=raw.flag("has_more").any())["more"] else ()


def _read_openai(raw: Raw) -> Reading:
    columns = {
        "requests": raw.number("num_model_requests"),
        "model": raw.text("model"),
        "provider": ibis.literal("openai") if raw.name_of("num_model_requests") else ibis.null("string"),
        "input_tokens": raw.number("input_tokens"),
        "cached_tokens": raw.number("input_cached_tokens"),
        "cache_write_tokens": raw.number("input_cache_write_tokens"),
        "output_tokens": raw.number("output_tokens"),
        "batch": raw.flag("batch"),
    }
    told = ("sums over buckets: means only, no distribution; reasoning is counted within the output",)
    return Reading(
        raw.moments("bucket_start", unit="s"), columns, width_s=_width(raw), told=(*told, *_told_of_pages(raw))
    )


OPENAI_USAGE: Final = Reader(
    "openai-usage",
    "OpenAI usage report",
    (("bucket_start", "start_time"), ("num_model_requests",), ("input_tokens",), ("output_tokens",)),
    _read_openai,
    (
        "bucket_start",
        "bucket_s",
        "has_more",
        "num_model_requests",
        "input_tokens",
        "output_tokens",
        "input_cached_tokens",
        "input_cache_write_tokens",
        "model",
        "batch",
        "service_tier",
        "project_id",
        "user_id",
        "api_key_id",
    ),
    (
        Grouping("project", lambda raw: raw.text("project_id")),
        Grouping("key", lambda raw: raw.text("api_key_id")),
        Grouping("model", lambda raw: raw.text("model")),
    ),
    flatten=_flatten_openai,
    means_only=True,
    mark=_is_openai,
)


def _flatten_anthropic(document: Any) -> Iterator[Flat]:  # noqa: ANN401 (any JSON)
    more = isinstance(document, Mapping) and bool(document.get("has_more"))
    for bucket, result in _results(document):
        nested = result.get("cache_creation") or {}
        written = sum(
            float(source.get(f"{name}_input_tokens") or 0.0)
            for source, names in (
                (result, ("cache_creation_5m", "cache_creation_1h")),
                (nested, ("ephemeral_5m", "ephemeral_1h")),
            )
            for name in names
        )
        start, end = bucket["starting_at"], bucket["ending_at"]
        yield {**result, "bucket_start": start, "bucket_end": end, "written": written, "has_more": more}


def _read_anthropic(raw: Raw) -> Reading:
    start, end = raw.moments("bucket_start", unit="date"), raw.moments("bucket_end", unit="date").seconds
    cached, written = raw.number("cache_read_input_tokens").fill_null(0.0), raw.number("written").fill_null(0.0)
    columns = {
        "requests": ibis.null("float64"),
        "model": raw.text("model"),
        "provider": ibis.literal("anthropic") if raw.name_of("model") else ibis.null("string"),
        "input_tokens": raw.number("uncached_input_tokens") + cached + written,
        "cached_tokens": cached,
        "cache_write_tokens": written,
        "output_tokens": raw.number("output_tokens"),
        "batch": raw.text("service_tier") == "batch",
    }
    width = raw.one(width=(end - start.seconds).max())["width"]
    told = ("sums over buckets: means only, no distribution", "the report states no number of requests")
    return Reading(start, columns, width_s=float(width or 0.0), told=(*told, *_told_of_pages(raw)))


ANTHROPIC_USAGE: Final = Reader(
    "anthropic-usage",
    "Anthropic usage report",
    (("bucket_start", "starting_at"), ("uncached_input_tokens",), ("output_tokens",)),
    _read_anthropic,
    (
        "bucket_start",
        "bucket_end",
        "has_more",
        "uncached_input_tokens",
        "cache_read_input_tokens",
        "written",
        "output_tokens",
        "model",
        "service_tier",
        "context_window",
        "workspace_id",
        "api_key_id",
    ),
    (
        Grouping("workspace", lambda raw: raw.text("workspace_id")),
        Grouping("key", lambda raw: raw.text("api_key_id")),
        Grouping("model", lambda raw: raw.text("model")),
    ),
    flatten=_flatten_anthropic,
    means_only=True,
    mark=_is_anthropic,
)
