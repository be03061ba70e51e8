"""The price of certainty: what each further point of confidence costs, with the exact steps and the knee."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from planner.planning.certainty.records import CertaintyStep
from planner.planning.choose import Answer
from planner.planning.plan import Plan
from planner.workload.schema import Workload

MARKS: Final = (0.5, 0.7, 0.8, 0.9, 0.95)
_NEAR: Final = 0.02
"""Steps are placed to within this."""
_Point = tuple[float, Plan]
_At = Callable[[float], Plan | None]


def certainty_curve(workload: Workload, answer: Answer) -> tuple[CertaintyStep, ...]:
    """Cost at each confidence, the least sure first; differences below materiality are no step.

    Confidences without a plan are left out. Between two marks whose costs differ the step is found by halving, so that
    it stands within two hundredths of where it is. `answer` plans quickly: it is asked some twenty times.
    """

    def at(confidence: float) -> Plan | None:
        outcome = answer(workload.model_copy(update={"confidence": confidence}))
        return outcome if isinstance(outcome, Plan) else None

    own = workload.quality_confidence
    marks = sorted({*MARKS, own}) if 0.5 <= own <= 0.99 else list(MARKS)
    points: list[_Point] = []
    for mark in marks:
        plan = at(mark)
        if plan is None:
            break
        if points and _differ(points[-1][1], plan):
            points += _between(at, points[-1], (mark, plan))
        points.append((mark, plan))
    return _with_knee(_steps(points))


def total_usd(plan: Plan) -> float:
    """What a plan minimises, a month: at its optimum, so that less certainty never costs more within materiality."""
    if plan.totals.optimum_usd is not None:
        return plan.totals.optimum_usd
    return (plan.totals.total_cost_usd or plan.totals.monthly_cost_usd).mean


def _differ(one: Plan, other: Plan) -> bool:
    """Whether two plans' costs differ by more than counts."""
    return abs(total_usd(one) - total_usd(other)) > max(one.totals.materiality_usd, other.totals.materiality_usd)


def _between(at: _At, low: _Point, high: _Point) -> list[_Point]:
    """Plans on both sides of every step between two points."""
    if high[0] - low[0] <= _NEAR:
        return []
    middle = (low[0] + high[0]) / 2.0
    plan = at(middle)
    if plan is None:
        return []
    point = (middle, plan)
    left = _between(at, low, point) if _differ(low[1], plan) else []
    right = _between(at, point, high) if _differ(plan, high[1]) else []
    return [*left, point, *right]


def _steps(points: Sequence[_Point]) -> tuple[CertaintyStep, ...]:
    """Neighbours that cost the same are one step, told at its highest confidence."""
    steps: list[CertaintyStep] = []
    before: Plan | None = None
    for place, (confidence, plan) in enumerate(points):
        if place + 1 < len(points) and not _differ(plan, points[place + 1][1]):
            continue
        bill = plan.totals.monthly_cost_usd.mean
        steps.append(CertaintyStep(round(confidence, 4), total_usd(plan), bill, _changes(before, plan)))
        before = plan
    return tuple(steps)


def _changes(before: Plan | None, now: Plan) -> tuple[str, ...]:
    if before is None:
        return ()
    return tuple(
        f"{new.name}: {_named(new.option.label, new.option.place, old.option.label)} instead of"
        f" {_named(old.option.label, old.option.place, new.option.label)}"
        for old, new in zip(before.segments, now.segments, strict=True)
        if (old.option.label, old.option.place) != (new.option.label, new.option.place)
    )


def _named(label: str, place: str, other: str) -> str:
    """A tool by its label, with its place where the labels are the same."""
    return f"{label} at {place}" if label == other else label


def _with_knee(steps: tuple[CertaintyStep, ...]) -> tuple[CertaintyStep, ...]:
    """Mark the step that lies furthest below the line from the first to the last."""
    if len(steps) < 3:
        return steps
    first, last = steps[0], steps[-1]
    wide, high = last.confidence - first.confidence, last.total_cost_usd - first.total_cost_usd
    if wide <= 0.0 or high <= 0.0:
        return steps
    below = [
        (step.confidence - first.confidence) / wide - (step.total_cost_usd - first.total_cost_usd) / high
        for step in steps
    ]
    knee = max(range(len(steps)), key=below.__getitem__)
    return tuple(replace(step, knee=place == knee and below[knee] > 0.0) for place, step in enumerate(steps))
