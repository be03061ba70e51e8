"""What a load run measured, by model: percentiles under load, what was refused, goodput."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from planner.probing.settings import ProbeSettings
from planner.store.attempts import iter_attempts
from planner.store.database.engine import Store
from planner.store.records import Attempt
from planner.store.runs import read_run

_SHARES: Final = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of one time, ms; client-bound samples left out."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class LoadRow:
    """One model under load."""

    model: str
    offered_per_s: float
    """Requests a second that were due."""
    sent: int
    answered: int
    failed: int
    client_bound: int
    """Answers that left late or ran in a lagging loop: the client's times, in no percentile."""
    answered_per_s: float
    """Answers over the time from the first request to the last answer, never less than the seconds of sending."""
    goodput_per_s: float | None
    """Answers a second that met every limit, failures and client-bound answers counted as not; None: no limit."""
    most_streams: int
    """Most requests under way at once in one process."""
    ttft_ms: Percentiles | None
    tpot_ms: Percentiles | None
    total_ms: Percentiles | None
    cost_usd: float
    errors: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class _Sums:
    sent: int = 0
    answered: int = 0
    failed: int = 0
    client_bound: int = 0
    good: int = 0
    most_streams: int = 0
    cost_usd: float = 0.0
    first: datetime | None = None
    """When the first request left."""
    last: datetime | None = None
    """When the last answer had arrived."""
    ttft: list[float] = field(default_factory=list)
    tpot: list[float] = field(default_factory=list)
    total: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)


def load_results_of(store: Store, run_id: str) -> tuple[LoadRow, ...]:
    """One row for each model of a load run; InputError when there is no such run."""
    run = read_run(store, run_id)
    settings = ProbeSettings.model_validate_json(run.settings)
    sums = {target.name: _Sums() for target in run.targets}
    for attempt in iter_attempts(store, run_id):
        _add(sums[attempt.model], attempt, settings)
    return tuple(_row(model, total, settings) for model, total in sums.items())


def _add(total: _Sums, attempt: Attempt, settings: ProbeSettings) -> None:
    total.sent += 1
    total.most_streams = max(total.most_streams, attempt.streams)
    total.cost_usd += attempt.counted_usd
    total.first = min(total.first or attempt.sent, attempt.sent)
    if attempt.state == "failed":
        total.failed += 1
        total.errors[(attempt.error or "").partition(":")[0]] += 1
    if attempt.state != "answered":
        return
    total.answered += 1
    total.client_bound += attempt.client_bound
    end = attempt.sent + timedelta(milliseconds=attempt.total_ms or 0.0)
    total.last = max(total.last or end, end)
    if attempt.client_bound or attempt.ttft_ms is None or attempt.total_ms is None:
        return
    total.good += _meets(attempt.ttft_ms, settings.slo_ttft_ms) and _meets(attempt.total_ms, settings.slo_total_ms)
    total.ttft.append(attempt.ttft_ms)
    total.total.append(attempt.total_ms)
    if attempt.tpot_ms is not None:
        total.tpot.append(attempt.tpot_ms)


def _meets(value: float, limit: float | None) -> bool:
    return limit is None or value <= limit


def _row(model: str, total: _Sums, settings: ProbeSettings) -> LoadRow:
    until_last = (total.last - total.first).total_seconds() if total.first and total.last else 0.0
    seconds = max(settings.seconds or 0.0, until_last)
    limited = settings.slo_ttft_ms is not None or settings.slo_total_ms is not None
    return LoadRow(
        model=model,
        offered_per_s=settings.rate_per_s or 0.0,
        sent=total.sent,
        answered=total.answered,
        failed=total.failed,
        client_bound=total.client_bound,
        answered_per_s=total.answered / seconds if seconds else 0.0,
        goodput_per_s=total.good / seconds if limited and seconds else None,
        most_streams=total.most_streams,
        ttft_ms=_percentiles(total.ttft),
        tpot_ms=_percentiles(total.tpot),
        total_ms=_percentiles(total.total),
        cost_usd=total.cost_usd,
        errors=tuple(sorted(total.errors.items())),
    )


def _percentiles(values: list[float]) -> Percentiles | None:
    if not values:
        return None
    p50, p95, p99 = np.quantile(values, _SHARES)
    return Percentiles(float(p50), float(p95), float(p99))
