"""Times and quality of each kind of request on own machines, at the utilisation cap, beside their limits."""

from dataclasses import dataclass
from typing import Final, Literal

from planner.planning.plan import Figure
from planner.planning.self_hosting.case import ServingCase
from planner.planning.wording import figure_of
from planner.report.format import milliseconds

TIMES_HEADING: Final = "At the utilisation cap; shorter at less load"
_TIMES: Final = (
    ("First token, p50", "ttft_p50_ms"),
    ("First token, p95", "ttft_p95_ms"),
    ("First token, p99", "ttft_p99_ms"),
    ("Per token, mean", "tpot_ms"),
    ("Whole answer, p95", "total_p95_ms"),
)
_LIMITED: Final = frozenset({"ttft_p95_ms", "total_p95_ms"})


@dataclass(frozen=True, slots=True)
class TimeRow:
    """One figure."""

    segment: str
    what: str
    figure: Figure
    unit: Literal["ms", "share"]
    limit: str
    """In words; empty where nothing of the kind can be limited."""


def time_rows(case: ServingCase) -> tuple[TimeRow, ...]:
    """First token at p50, p95 and p99, time per token, whole answer, share of acceptable answers; kind by kind."""
    rows = []
    for one in case.served:
        for what, field in _TIMES:
            figure = figure_of(getattr(one.sizing, field), "simulated")
            limit = getattr(one.segment.latency, field) if field in _LIMITED else None
            told = "" if field not in _LIMITED else "no limit" if limit is None else f"limit {milliseconds(limit)}"
            rows.append(TimeRow(one.segment.name, what, figure, "ms", told))
        quality = Figure(**{**figure_of(one.quality).model_dump(), "number_class": "fitted"})
        rows.append(TimeRow(one.segment.name, "acceptable", quality, "share", one.floor.text))
    return tuple(rows)
