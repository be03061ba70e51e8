"""Hosted gateways: Helicone's export and OpenRouter's activity, a row a request.

Helicone gives milliseconds and, of Anthropic's models, the provider's own input, which leaves cached tokens out; a
total tells it where there is one. OpenRouter counts cached tokens within the prompt, reasoning within the completion.
"""

from typing import Final

import ibis

from planner.logs.opening.raw import Raw
from planner.logs.readers.base import Grouping, Reader, Reading, parts_of_output

_ERROR: Final = 400
_DAY_S: Final = 86_400.0


def _read_helicone(raw: Raw) -> Reading:
    given, whole = raw.number("prompt_tokens"), raw.number("completion_tokens")
    cached, written = raw.number("prompt_cache_read_tokens"), raw.number("prompt_cache_write_tokens")
    cache = cached.fill_null(0.0) + written.fill_null(0.0)
    model = ibis.coalesce(raw.text("response_model"), raw.text("model"), raw.text("request_model"))
    total, hidden = raw.number("total_tokens"), raw.number("reasoning_tokens")
    by_name = raw.text("provider").lower().contains("anthropic") | model.lower().contains("claude")
    beside = ibis.cases(
        (cache == 0, False),
        (cache > given, True),
        (total == given + whole + cache, True),
        (total == given + whole, by_name.fill_null(False)),
        else_=by_name.fill_null(False),
    ).fill_null(False)
    status = raw.number("response_status")
    columns = {
        "request_id": raw.text("request_id", "response_id"),
        "session_id": ibis.coalesce(
            raw.inside("request_properties", "Helicone-Session-Id"), raw.inside("properties", "Helicone-Session-Id")
        ),
        "model": model,
        "provider": raw.text("provider").lower(),
        "input_tokens": ibis.ifelse(beside, given + cache, given),
        "cached_tokens": cached,
        "cache_write_tokens": written,
        "output_tokens": parts_of_output(whole, hidden, given, total),
        "reasoning_tokens": hidden,
        "latency_ms": raw.number("delay_ms", "latency").round(0).cast("float64"),
        "ttft_ms": raw.number("time_to_first_token").round(0).cast("float64"),
        "cost_usd": raw.number("costUSD", "cost_usd", "cost"),
        "prompt": raw.text("request_body"),
        "answer": raw.text("response_body"),
    }
    return Reading(
        raw.moments("request_created_at"),
        columns,
        failed=(status >= _ERROR) | (status < 0),
        told=("of Anthropic's models cached tokens stand beside the prompt, of others within it",),
    )


HELICONE: Final = Reader(
    "helicone",
    "Helicone export",
    (("request_created_at",), ("prompt_tokens",), ("completion_tokens",)),
    _read_helicone,
    (
        "request_id",
        "response_id",
        "request_created_at",
        "request_model",
        "response_model",
        "model",
        "provider",
        "response_status",
        "delay_ms",
        "latency",
        "time_to_first_token",
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "prompt_cache_read_tokens",
        "prompt_cache_write_tokens",
        "reasoning_tokens",
        "cost",
        "costUSD",
        "cost_usd",
        "request_properties",
        "properties",
        "request_user_id",
        "scores",
        "feedback_rating",
    ),
    (
        Grouping("prompt id", lambda raw: raw.inside("request_properties", "Helicone-Prompt-Id")),
        Grouping("feature", lambda raw: raw.inside("request_properties", "Feature")),
        Grouping("app", lambda raw: raw.inside("request_properties", "App")),
        Grouping("environment", lambda raw: raw.inside("request_properties", "Environment")),
    ),
    texts=("request_body", "response_body"),
)


def _read_openrouter(raw: Raw) -> Reading:
    whole, hidden = raw.number("tokens_completion"), raw.number("tokens_reasoning")
    columns = {
        "request_id": raw.text("generation_id"),
        "model": raw.text("model_permaslug"),
        "provider": ibis.literal("openrouter") if raw.name_of("model_permaslug") else ibis.null("string"),
        "input_tokens": raw.number("tokens_prompt"),
        "cached_tokens": raw.number("tokens_cached"),
        "output_tokens": whole - hidden.fill_null(0.0),
        "reasoning_tokens": hidden,
        "latency_ms": raw.number("generation_time_ms").round(0).cast("float64"),
        "ttft_ms": raw.number("time_to_first_token_ms").round(0).cast("float64"),
        "cost_usd": raw.number("cost_total"),
    }
    told = ("a cancelled request counts as failed; cached and reasoning tokens are parts of prompt and completion",)
    return Reading(raw.moments("created_at"), columns, failed=raw.flag("cancelled"), told=told)


OPENROUTER: Final = Reader(
    "openrouter",
    "OpenRouter activity",
    (("created_at",), ("tokens_prompt",), ("tokens_completion",)),
    _read_openrouter,
    (
        "generation_id",
        "created_at",
        "cost_total",
        "tokens_prompt",
        "tokens_completion",
        "tokens_reasoning",
        "tokens_cached",
        "model_permaslug",
        "provider_name",
        "cancelled",
        "streamed",
        "generation_time_ms",
        "time_to_first_token_ms",
        "api_key_name",
        "app_name",
    ),
    (
        Grouping("app", lambda raw: raw.text("app_name")),
        Grouping("key", lambda raw: raw.text("api_key_name")),
    ),
)


def _read_openrouter_days(raw: Raw) -> Reading:
    hidden = raw.number("reasoning_tokens")
    columns = {
        "requests": raw.number("requests"),
        "model": raw.text("model", "model_permaslug"),
        "provider": ibis.literal("openrouter") if raw.name_of("model") else ibis.null("string"),
        "input_tokens": raw.number("prompt_tokens"),
        "output_tokens": raw.number("completion_tokens") - hidden.fill_null(0.0),
        "reasoning_tokens": hidden,
        "cost_usd": raw.number("usage"),
    }
    told = ("sums a day: means only, no distribution",)
    return Reading(raw.moments("date", unit="date"), columns, width_s=_DAY_S, told=told)


OPENROUTER_DAYS: Final = Reader(
    "openrouter-days",
    "OpenRouter activity by day",
    (("date",), ("requests",), ("prompt_tokens",), ("completion_tokens",), ("usage", "byok_usage_inference")),
    _read_openrouter_days,
    (
        "date",
        "model",
        "model_permaslug",
        "provider_name",
        "usage",
        "requests",
        "prompt_tokens",
        "completion_tokens",
        "reasoning_tokens",
    ),
    (Grouping("model", lambda raw: raw.text("model")),),
    means_only=True,
)
