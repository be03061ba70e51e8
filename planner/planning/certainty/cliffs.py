"""Cliffs: where a limit that is only a little looser would cost much less, wherever the step lies."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from planner.planning.certainty.curve import total_usd
from planner.planning.certainty.records import Cliff
from planner.planning.choose import Answer
from planner.planning.plan import Plan
from planner.planning.wording import percent_text, time_text, usd_text
from planner.workload.schema import RelativeFloor, Segment, Workload

_SHARE: Final = 0.7
"""The step that is told brings at least this share of what the limit's end brings."""
_ROUNDS: Final = 5
_MOST: Final = 3
_PLACES: Final = 3
"""Kinds of request, the dearest, whose places are opened."""
_LOOSEST_TIME: Final = 4.0
_LOOSEST_FLOOR: Final = 0.15


@dataclass(frozen=True, slots=True)
class _Loosening:
    """A limit that can be loosened by degrees from 0 (as it is) to 1."""

    segment: str
    limit: str
    at: Callable[[float], Workload]
    text: Callable[[float], str]
    whole: bool = False
    """Whether there are no degrees between."""


def find_cliffs(workload: Workload, plan: Plan, answer: Answer) -> tuple[Cliff, ...]:
    """The steps of the cost along each binding limit, the dearest first; none below materiality.

    Each limit is first loosened as far as is looked (times 4, a floor by 15 points, one more area, off premises); where
    that saves money, halving finds the least loosening that saves most of it.
    """
    now, least = total_usd(plan), max(plan.totals.materiality_usd, 1.0)

    def saved(loosening: _Loosening, degree: float) -> float:
        outcome = answer(loosening.at(degree))
        return now - total_usd(outcome) if isinstance(outcome, Plan) else 0.0

    ends = [(saved(loosening, 1.0), loosening) for loosening in _loosenings(workload, plan)]
    dearest = sorted((end for end in ends if end[0] > least), key=lambda end: -end[0])[:_MOST]
    cliffs = [_cliff(loosening, saves, saved) for saves, loosening in dearest]
    return tuple(sorted(cliffs, key=lambda cliff: -cliff.saves_usd))


def _cliff(loosening: _Loosening, most: float, saved: Callable[[_Loosening, float], float]) -> Cliff:
    low, high, saves = 0.0, 1.0, most
    if not loosening.whole:
        for _ in range(_ROUNDS):
            middle = (low + high) / 2.0
            there = saved(loosening, middle)
            if there >= _SHARE * most:
                high, saves = middle, there
            else:
                low = middle
    return Cliff(loosening.segment, loosening.limit, loosening.text(0.0), loosening.text(high), saves)


def _loosenings(workload: Workload, plan: Plan) -> Iterator[_Loosening]:
    by_cost = sorted(plan.segments, key=lambda planned: -planned.monthly_cost_usd.mean)
    # Other places mean other options, which take longer to list than to choose from.
    dearest = {planned.name for planned in by_cost[:_PLACES]}
    for number, (segment, planned) in enumerate(zip(workload.segments, plan.segments, strict=True)):
        for limit in ("ttft_p95_ms", "total_p95_ms"):
            if getattr(segment.latency, limit) is not None and f"latency.{limit}" in planned.binding:
                yield _time(workload, number, segment, limit)
        if "quality_floor" in planned.binding and segment.quality_floor is not None:
            yield _floor(workload, number, segment)
        if segment.name in dearest:
            yield from _place(workload, number, segment)
    budget = workload.limits.monthly_budget_usd
    if budget is not None:
        yield _whole(workload, "monthly_budget_usd", budget, lambda degree: budget * (1.0 + degree), usd_text)
    models = workload.limits.max_models
    if models is not None:
        more = models + 1
        yield _Loosening(
            "",
            "limits.max_models",
            lambda _: workload.model_copy(update={"limits": workload.limits.model_copy(update={"max_models": more})}),
            lambda degree: f"{models if degree == 0.0 else more} models",
            whole=True,
        )


def _whole(
    workload: Workload, field: str, now: float, value: Callable[[float], float], text: Callable[[float], str]
) -> _Loosening:
    def at(degree: float) -> Workload:
        limits = workload.limits.model_copy(update={field: value(degree)})
        return workload.model_copy(update={"limits": limits})

    return _Loosening("", f"limits.{field}", at, lambda degree: text(value(degree) if degree else now))


def _with(workload: Workload, number: int, segment: Segment) -> Workload:
    segments = (*workload.segments[:number], segment, *workload.segments[number + 1 :])
    return workload.model_copy(update={"segments": segments})


def _time(workload: Workload, number: int, segment: Segment, limit: str) -> _Loosening:
    now = float(getattr(segment.latency, limit) or 0.0)

    def value(degree: float) -> float:
        return now * float(_LOOSEST_TIME**degree)

    def at(degree: float) -> Workload:
        latency = segment.latency.model_copy(update={limit: value(degree)})
        return _with(workload, number, segment.model_copy(update={"latency": latency}))

    return _Loosening(segment.name, f"latency.{limit}", at, lambda degree: time_text(value(degree)))


def _floor(workload: Workload, number: int, segment: Segment) -> _Loosening:
    floor = segment.quality_floor

    def at(degree: float) -> Workload:
        less = _LOOSEST_FLOOR * degree
        if isinstance(floor, RelativeFloor):
            new: float | RelativeFloor = floor.model_copy(update={"at_least": max(floor.at_least - less, 0.01)})
        else:
            new = max(float(floor or 0.0) - less, 0.01)
        return _with(workload, number, segment.model_copy(update={"quality_floor": new}))

    def text(degree: float) -> str:
        if isinstance(floor, RelativeFloor):
            return f"{percent_text(max(floor.at_least - _LOOSEST_FLOOR * degree, 0.01))} as good as {floor.of}"
        return percent_text(max(float(floor or 0.0) - _LOOSEST_FLOOR * degree, 0.01))

    return _Loosening(segment.name, "quality_floor", at, text)


def _place(workload: Workload, number: int, segment: Segment) -> Iterator[_Loosening]:
    """Premises opened, or anywhere instead of the areas listed."""
    data = segment.data
    if not data.may_leave_premises:
        opened = segment.model_copy(update={"data": data.model_copy(update={"may_leave_premises": True})})
        yield _Loosening(
            segment.name,
            "data.may_leave_premises",
            lambda _: _with(workload, number, opened),
            lambda degree: "own machines only" if degree == 0.0 else "data may leave",
            whole=True,
        )
    elif data.residency:
        areas = ", ".join(data.residency)
        anywhere = segment.model_copy(update={"data": data.model_copy(update={"residency": None})})
        yield _Loosening(
            segment.name,
            "data.residency",
            lambda _: _with(workload, number, anywhere),
            lambda degree: areas if degree == 0.0 else "anywhere",
            whole=True,
        )
