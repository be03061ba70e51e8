"""Plans along one input, with the points where the chosen tools change."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from planner.errors import InputError
from planner.options.table import Tier
from planner.planning.choose import Answer
from planner.planning.plan import Figure, Outcome, Plan
from planner.planning.what_if.changes import Change, apply_changes
from planner.workload.schema import Workload


@dataclass(frozen=True, slots=True)
class SweepRow:
    """The plan at one value of the varied input."""

    value: float
    feasible: bool
    monthly_cost_usd: Figure | None
    quality: Figure | None
    tools: tuple[str, ...]
    """Label of the chosen option, segment by segment; empty when infeasible."""
    tiers: tuple[Tier, ...]
    """Tier of each of these."""
    switches: tuple[str, ...]
    """Segments whose tool differs from the row before."""
    text: str
    """'ticket-triage switches from A to B'; the conflict's text when infeasible; '' when nothing switches."""
    switch_between: tuple[float, float] | None = None
    """Values between which the tools change; None when they don't."""


def spread(
    workload: Workload, path: str, low: float, high: float, count: int, *, times: bool = False
) -> tuple[tuple[float, Workload], ...]:
    """Evenly spaced values of one input, each with the workload that has it.

    Args:
        workload: What is asked.
        path: Input that is varied; see Change.
        low: First value.
        high: Last value.
        count: Number of values, at least 2.
        times: The values are factors of the present value ("1.5 times today") instead of values.
    """
    if count < 2 or not (np.isfinite(low) and np.isfinite(high)):
        raise InputError("--vary", path, found=f"{low:g}:{high:g}:{count}", allowed="LO:HI:N with N of at least 2")
    values = np.linspace(low, high, count).tolist()
    return tuple(
        (value, apply_changes(workload, (Change(path, f"x{value:.12g}" if times else value),))) for value in values
    )


def sweep(marks: Iterable[tuple[float, Workload]], answer: Answer) -> tuple[SweepRow, ...]:
    """The answer at each value of an input, in their order, compared with the one before.

    Args:
        marks: Values, each with the workload that has it; `spread` makes evenly spaced ones.
        answer: Plans a workload.
    """
    rows: list[SweepRow] = []
    before: tuple[float, Outcome] | None = None
    for value, workload in marks:
        outcome = answer(workload)
        rows.append(_row(value, outcome, before))
        before = (value, outcome)
    return tuple(rows)


def _row(value: float, plan: Outcome, before: tuple[float, Outcome] | None) -> SweepRow:
    if not isinstance(plan, Plan):
        return SweepRow(value, False, None, None, (), (), (), plan.text)
    switches, text = _switches(plan, before[1] if before else None)
    return SweepRow(
        value=value,
        feasible=True,
        monthly_cost_usd=plan.totals.monthly_cost_usd,
        quality=plan.totals.quality,
        tools=tuple(segment.option.label for segment in plan.segments),
        tiers=tuple(segment.option.tier for segment in plan.segments),
        switches=switches,
        text=text,
        switch_between=(before[0], value) if switches and before else None,
    )


def _switches(plan: Plan, before: Outcome | None) -> tuple[tuple[str, ...], str]:
    if not isinstance(before, Plan):
        return (), ""
    pairs = [
        (now.name, was.option.label, now.option.label)
        for was, now in zip(before.segments, plan.segments, strict=True)
        if was.option.label != now.option.label
    ]
    return tuple(name for name, _, _ in pairs), "; ".join(f"{n} switches from {a} to {b}" for n, a, b in pairs)
