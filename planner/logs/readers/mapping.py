"""A mapping file: which column is which, for logs of no known format; and a first guess of one from column names.

version: 1
columns: {time: {column: ts, unit: ms}, input_tokens: prompt_len, output_tokens: gen_len, model: engine}
cached: within
reasoning: beside
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import ibis
import ibis.expr.types as ir
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from planner.errors import InputError
from planner.logs.opening.raw import Moments, Raw, Unit
from planner.logs.readers.base import FALSE, Grouping, Reader, Reading
from planner.workload.load import describe, path_text
from planner.workload.yaml_text import Said, dump_yaml, parse_yaml, printable, read_text

Name = Annotated[str, Field(min_length=1, max_length=200)]
_MS: Final[Mapping[str, float]] = {"s": 1000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TimeColumn(_Part):
    """A column of moments and its unit; told from the values when left out."""

    column: Name
    unit: Unit | None = None


class DurationColumn(_Part):
    """A column of durations and its unit."""

    column: Name
    unit: Literal["s", "ms", "us", "ns"] = "ms"


class StatusColumn(_Part):
    """A column that says whether a request failed, and the values that say so."""

    column: Name
    failed: Annotated[tuple[str, ...], Field(min_length=1)] = ("error", "failed", "failure", "timeout")


class MappedColumns(_Part):
    """Which column of the log is which; the token counts are needed."""

    input_tokens: Name
    output_tokens: Name
    time: TimeColumn | None = None
    cached_tokens: Name | None = None
    cache_write_tokens: Name | None = None
    reasoning_tokens: Name | None = None
    requests: Name | None = None
    model: Name | None = None
    provider: Name | None = None
    segment: Name | None = None
    request_id: Name | None = None
    session_id: Name | None = None
    latency: DurationColumn | None = None
    ttft: DurationColumn | None = None
    cost_usd: Name | None = None
    status: StatusColumn | None = None
    prompt: Name | None = None
    answer: Name | None = None

    @field_validator("time", "latency", "ttft", "status", mode="before")
    @classmethod
    def _bare_name(cls, value: Any) -> Any:  # noqa: ANN401 (pydantic hands over anything)
        """A name alone is short for {column: NAME}."""
        return {"column": value} if isinstance(value, str) else value


class Mapped(_Part):
    """A mapping file, version 1."""

    version: Literal[1]
    columns: MappedColumns
    cached: Literal["within", "beside"] = "within"
    """Whether cached tokens are part of input_tokens."""
    reasoning: Literal["within", "beside"] = "within"
    """Whether reasoning tokens are part of output_tokens."""


def load_mapping(path: str) -> Mapped:
    """The mapping of a YAML file; InputError names the first field that is wrong."""
    shown = printable(path)
    data = parse_yaml(read_text(Path(path), shown), shown)
    try:
        return Mapped.model_validate(data)
    except ValidationError as exc:
        error = exc.errors(include_url=False)[0]
        field = path_text(part for part in error["loc"] if not isinstance(part, int))
        if error["type"] == "extra_forbidden":
            names = ", ".join(MappedColumns.model_fields if "columns" in field else Mapped.model_fields)
            raise InputError(
                shown, field, found=Said("a field that does not exist"), allowed=f"one of {names}"
            ) from None
        found = Said("nothing") if error["type"] == "missing" else error["input"]
        raise InputError(shown, field, found=found, allowed=_allowed(error)) from None


def _allowed(error: Mapping[str, Any]) -> str:
    if error["type"] in {"missing", "string_type", "string_too_short"}:
        return "the name of a column"
    expected = error.get("ctx", {}).get("expected")
    return f"one of {expected}" if expected else describe({"type": "object", "properties": MappedColumns.model_fields})


def mapped_reader(mapping: Mapped, shown: str) -> Reader:
    """A reader that understands a log as the mapping says."""
    names = _names(mapping)

    def read(raw: Raw) -> Reading:
        for field, name in names.items():
            if raw.at_path(name) is None:
                there = ", ".join(raw.columns[:20])
                raise InputError(shown, f"columns.{field}", found=name, allowed=f"a column of the log: {there}")
        return _read(raw, mapping)

    segment = mapping.columns.segment
    groupings = (Grouping(segment, lambda raw: _text(raw, segment)),) if segment else ()
    texts = tuple(name for name in (mapping.columns.prompt, mapping.columns.answer) if name)
    heads = tuple(name.partition(".")[0] for name in names.values())
    return Reader(
        "mapped",
        f"log mapped by {shown}",
        (),
        read,
        (*names.values(), *heads),
        groupings,
        texts=texts,
        means_only=mapping.columns.requests is not None,
    )


def _names(mapping: Mapped) -> dict[str, str]:
    """Column of every field that the mapping names; prompts are looked for only when they are read."""
    found: dict[str, str] = {}
    for field in MappedColumns.model_fields:
        value = getattr(mapping.columns, field)
        if value is not None and field not in {"prompt", "answer"}:
            found[field] = value if isinstance(value, str) else value.column
    return found


def _text(raw: Raw, name: str | None) -> ir.Value:
    value = None if name is None else raw.at_path(name)
    return ibis.null("string") if value is None else value


def _number(raw: Raw, name: str | None) -> ir.Value:
    if name is not None and raw.name_of(name) is not None:
        return raw.number(name)
    return raw.dialect.number(_text(raw, name))


def _milliseconds(raw: Raw, part: DurationColumn | None) -> ir.Value:
    if part is None:
        return ibis.null("float64")
    return (_number(raw, part.column) * _MS[part.unit]).round(0).cast("float64")


def _read(raw: Raw, mapping: Mapped) -> Reading:
    at = mapping.columns
    cached, written = _number(raw, at.cached_tokens), _number(raw, at.cache_write_tokens)
    hidden, whole = _number(raw, at.reasoning_tokens), _number(raw, at.output_tokens)
    given = _number(raw, at.input_tokens)
    beside = cached.fill_null(0.0) + written.fill_null(0.0)
    columns: dict[str, ir.Value] = {
        "input_tokens": given + beside if mapping.cached == "beside" else given,
        "cached_tokens": cached,
        "cache_write_tokens": written,
        "output_tokens": whole if mapping.reasoning == "beside" else whole - hidden.fill_null(0.0),
        "reasoning_tokens": hidden,
        "latency_ms": _milliseconds(raw, at.latency),
        "ttft_ms": _milliseconds(raw, at.ttft),
        "cost_usd": _number(raw, at.cost_usd),
        **{name: _text(raw, getattr(at, name)) for name in ("model", "provider", "request_id", "session_id")},
        **{name: _text(raw, getattr(at, name)) for name in ("prompt", "answer")},
    }
    if at.requests is not None:
        columns["requests"] = _number(raw, at.requests)
    nothing = Moments(ibis.null("float64"), "s", absolute=False, given=FALSE, named=False)
    moments = nothing if at.time is None else raw.moments(at.time.column, unit=at.time.unit)
    failed = FALSE
    if at.status is not None:
        failed = _text(raw, at.status.column).lower().isin([word.lower() for word in at.status.failed])
    return Reading(moments, columns, failed=failed)


_GUESSES: Final[tuple[tuple[str, str], ...]] = (
    (
        "time",
        r"^(time_?stamp|ts|time|at|date_?time|created(_?at)?|start(ed)?(_?(time|at))?|arriv\w*|when)$|timestamp|^when",
    ),
    ("cached_tokens", r"cache\w*(read|hit)|cached|cache_?tokens"),
    ("cache_write_tokens", r"cache\w*(writ|creat)"),
    ("reasoning_tokens", r"reason|think|thought"),
    (
        "input_tokens",
        r"(input|prompt|request|prefill|context|query|in)\w*(tok|len|count|size)|n_?(prompt|input|ctx)|^p_?len|tokens?_?in",
    ),
    (
        "output_tokens",
        r"(output|completion|response|decode|gen\w*|answer|out)\w*(tok|len|count|size)|n_?(gen|out)\w*|^g_?len|tokens?_?out",
    ),
    ("ttft", r"ttft|first_?token|time_?to_?first"),
    ("latency", r"latency|^dur|^took|elapsed|response_?time|total_?time|e2e"),
    ("model", r"^(model|engine|deployment)(_?(name|id))?$|model"),
    ("provider", r"provider|vendor|backend"),
    ("session_id", r"session|conversation|thread|chat_?id"),
    ("request_id", r"(request|req|call|trace|generation)_?id|^id$|uuid"),
    ("segment", r"segment|feature|route|endpoint|use_?case|app|tag|team|project|service"),
    ("cost_usd", r"cost|usd|spend|price|amount"),
    ("status", r"status|state|outcome|success|error"),
)
"""A field's usual names, the more particular fields first."""


def guess_columns(columns: Sequence[str]) -> dict[str, str]:
    """Column of each field, by its name; a column is taken once."""
    found: dict[str, str] = {}
    free = list(columns)
    for field, pattern in _GUESSES:
        match = next((name for name in free if re.search(pattern, _snake(name))), None)
        if match is not None:
            found[field] = match
            free.remove(match)
    return found


def _snake(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip()).lower()).strip("_")


def guessed_mapping(columns: Sequence[str], samples: Sequence[Mapping[str, Any]]) -> str:
    """A mapping file to start from: the guess, then every column with its first values as remarks."""
    found = guess_columns(columns)
    needed = {"input_tokens": found.get("input_tokens", "?"), "output_tokens": found.get("output_tokens", "?")}
    durations = {
        name: {"column": found[name], "unit": _duration_unit(found[name])}
        for name in ("latency", "ttft")
        if name in found
    }
    text = dump_yaml(
        {"version": 1, "columns": {**found, **needed, **durations}, "cached": "within", "reasoning": "within"}
    )
    taken = {name: field for field, name in found.items()}
    lines = ["# A guess from the names of the columns: put right what is wrong, then use it with --map.", text.rstrip()]
    lines += ["# Columns of the log, what they are taken for, and their first values:"]
    for name in columns:
        values = ", ".join(_shown(row.get(name)) for row in samples[:3])
        lines.append(f"#   {printable(name)} -> {taken.get(name, 'nothing')}: {values}")
    return "\n".join(lines) + "\n"


def _duration_unit(name: str) -> str:
    words = _snake(name).split("_")
    return (
        "ms"
        if "ms" in words or "millis" in _snake(name)
        else "s"
        if {"s", "sec", "secs", "seconds"} & set(words)
        else "ms"
    )


def _shown(value: object) -> str:
    text = printable(str(value))
    return text if len(text) <= 24 else text[:23] + "…"
