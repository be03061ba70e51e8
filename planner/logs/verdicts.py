"""Verdicts on answers as evidence: Langfuse scores, evaluations in OpenTelemetry spans, thumbs; by segment and model.

A verdict is 1 (acceptable), 0, or a share between; judges err, so theirs count as fewer answers than people's. What
cannot be read as a share, or belongs to no request of the log, is counted and told, never guessed.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow.parquet as pq

from planner.errors import InputError
from planner.logs.opening.engines import rows_of
from planner.logs.opening.files import LogFile, find_files, open_text
from planner.logs.opening.json_rows import documents, unwrapped
from planner.logs.profile.mix import Prices
from planner.logs.profile.workload import fitting_names
from planner.logs.read import Log
from planner.logs.readers.otel import attributes_of, spans_of
from planner.workload.load import check_workload, plain_workload
from planner.workload.schema import Workload
from planner.workload.yaml_text import Said

JUDGE_AGREES: Final = 0.85
"""Share of answers on which a judging model and a careful person agree: assumed."""
_JUDGE_WEIGHT: Final = (2.0 * JUDGE_AGREES - 1.0) ** 2
"""A verdict that is right that often tells as much as this share of one that is always right."""
_GOOD: Final = frozenset(
    {
        "correct",
        "good",
        "pass",
        "passed",
        "yes",
        "true",
        "positive",
        "acceptable",
        "accepted",
        "up",
        "thumbs_up",
        "relevant",
    }
)
_BAD: Final = frozenset(
    {
        "incorrect",
        "bad",
        "fail",
        "failed",
        "no",
        "false",
        "negative",
        "unacceptable",
        "rejected",
        "down",
        "thumbs_down",
        "irrelevant",
    }
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verdict on one answer."""

    request: str
    """Id of the request, or of its trace."""
    name: str
    """What was judged: 'correctness'."""
    share: float
    by_judge: bool


@dataclass(frozen=True, slots=True)
class ObservedShare:
    """What verdicts say of one model at one segment: an `observed` entry of the workload."""

    segment: str
    logged_model: str
    model: str | None
    """Of the catalog; None: the name is not known there, and it cannot be taken."""
    name: str
    quality: float
    answers: int
    n: int
    """Answers that it counts for: fewer where a judge decided."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """All that verdict files say of a log."""

    observed: tuple[ObservedShare, ...]
    told: tuple[str, ...]
    """What was left out, and why."""


def read_verdicts(names: Sequence[str], log: Log, prices: Prices) -> Verdicts:
    """Shares of acceptable answers by segment and model; InputError where a file holds no verdict at all."""
    left: Counter[str] = Counter()
    found = [one for file in find_files(names) for one in _verdicts(file, left)]
    if not found:
        what = Said("no verdict" + (f" ({next(iter(left))})" if left else ""))
        allowed = "Langfuse scores, spans with gen_ai.evaluation, or rows with request_id and a score"
        raise InputError(names[0], "", found=what, allowed=allowed)
    served = _served(log, {one.request for one in found})
    groups: dict[tuple[str, str, str], list[Verdict]] = {}
    for one in found:
        place = served.get(one.request)
        if place is None:
            left["belong to no served request of the log"] += 1
            continue
        groups.setdefault((*place, one.name), []).append(one)
    observed = tuple(_observed(key, some, prices) for key, some in sorted(groups.items()))
    return Verdicts(observed, tuple(f"{count:,} verdicts {why}" for why, count in sorted(left.items())))


def _observed(key: tuple[str, str, str], some: Sequence[Verdict], prices: Prices) -> ObservedShare:
    segment, model, name = key
    weight = sum(_JUDGE_WEIGHT if one.by_judge else 1.0 for one in some)
    quality = sum(one.share for one in some) / len(some)
    known = prices.find(model, "")[0] if model else None
    return ObservedShare(segment, model, known, name, quality, len(some), max(round(weight), 1))


def _served(log: Log, wanted: set[str]) -> dict[str, tuple[str, str]]:
    """Segment and model of each request, or trace with one model, that a verdict names."""
    t = log.requests.filter(log.requests.kind == "served")
    places: dict[str, tuple[str, str]] = {}
    several: set[str] = set()
    for column in ("request_id", "session_id"):
        part = t.filter(t[column].notnull()).select(id=t[column], segment=t.segment, model=t.model).distinct()
        for row in rows_of(log.engine, part, log.source).to_pylist():
            place = (row["segment"] or "other", row["model"] or "")
            if row["id"] in wanted and places.setdefault(row["id"], place) != place:
                several.add(row["id"])
    return {name: place for name, place in places.items() if name not in several}


def _verdicts(file: LogFile, left: Counter[str]) -> Iterator[Verdict]:
    for row in _rows(file):
        if "resourceSpans" in row:
            yield from _of_spans(row, left)
        else:
            yield from _of_row({str(name).lower(): value for name, value in row.items()}, left)


def _rows(file: LogFile) -> Iterator[Mapping[str, Any]]:
    if file.shape == "parquet":
        with pq.ParquetFile(file.path) as opened:
            for batch in opened.iter_batches(20_000):
                yield from batch.to_pylist()
    elif file.shape == "csv":
        with open_text(file) as text:
            yield from csv.DictReader(text, delimiter=file.delimiter)
    else:
        for _, document in documents(file):
            rows: Iterable[Any] = (
                (document,) if isinstance(document, dict) and "resourceSpans" in document else unwrapped(document)
            )
            yield from (row for row in rows if isinstance(row, dict))


def _of_row(row: Mapping[str, Any], left: Counter[str]) -> Iterator[Verdict]:
    """A Langfuse score, a row of Helicone with its rating, or a plain row."""
    request = _first(row, "observation_id", "observationid", "request_id", "trace_id", "traceid", "id")
    if request is None:
        left["name no request"] += 1
        return
    rating = row.get("feedback_rating")
    given = [("feedback", rating)] if rating is not None else []
    if isinstance(row.get("scores"), dict):
        given += list(row["scores"].items())
    if not given:
        value = _first(row, "value", "score", "string_value", "stringvalue")
        text = _first(row, "string_value", "stringvalue")
        given = [(str(_first(row, "name") or "score"), text if text is not None and _share(value) is None else value)]
    judged = str(_first(row, "source") or "").upper() == "EVAL"
    for name, value in given:
        yield from _verdict(str(request), str(name), value, judged, left)


def _of_spans(document: Mapping[str, Any], left: Counter[str]) -> Iterator[Verdict]:
    """Evaluations that stand as attributes of a span, or of its events."""
    for _, span in spans_of(document):
        holders = [span.get("attributes"), *(event.get("attributes") for event in span.get("events") or ())]
        for holder in holders:
            said = attributes_of(holder)
            name = said.get("gen_ai.evaluation.name")
            if name is None:
                continue
            value = said.get("gen_ai.evaluation.score.value")
            label = said.get("gen_ai.evaluation.score.label")
            yield from _verdict(
                str(span.get("spanId")), str(name), label if _share(value) is None else value, True, left
            )


def _verdict(request: str, name: str, value: object, judged: bool, left: Counter[str]) -> Iterator[Verdict]:
    share = _share(value)
    if share is None:
        left[f"of {name!r} are no share from 0 to 1 and no word that says good or bad"] += 1
        return
    yield Verdict(request, name, share, judged)


def _share(value: object) -> float | None:
    """A verdict as a share; None where it is none. A scale of its own (1 to 5) is not guessed at."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return float(value)
    word = str(value).strip().lower().replace(" ", "_").replace("-", "_")
    if word in _GOOD or word in _BAD:
        return float(word in _GOOD)
    try:
        number = float(word)
    except ValueError:
        return None
    return number if 0.0 <= number <= 1.0 else None


def _first(row: Mapping[str, Any], *names: str) -> Any:  # noqa: ANN401 (any cell)
    return next((row[name] for name in names if row.get(name) is not None and row[name] != ""), None)


def with_observed(workload: Workload, verdicts: Verdicts) -> Workload:
    """The workload with what verdicts say of the models that the catalog knows; of several questions the most asked."""
    data = plain_workload(workload)
    names = fitting_names([one.segment for one in verdicts.observed])
    best: dict[tuple[str, str], ObservedShare] = {}
    for name, one in zip(_merged(verdicts, names), verdicts.observed, strict=True):
        if one.model is not None:
            known = best.get((name, one.model))
            best[name, one.model] = one if known is None or one.answers > known.answers else known
    for segment in data["segments"]:
        found = [
            {"model": model, "quality": round(one.quality, 4), "n": one.n}
            for (name, model), one in best.items()
            if name == segment["name"]
        ]
        if found:
            segment["observed"] = found
    return check_workload(data)


def _merged(verdicts: Verdicts, names: Sequence[str]) -> list[str]:
    """A segment's name in the workload for every observed share: equal segments have one name."""
    first: dict[str, str] = {}
    for one, name in zip(verdicts.observed, names, strict=True):
        first.setdefault(one.segment, name)
    return [first[one.segment] for one in verdicts.observed]
