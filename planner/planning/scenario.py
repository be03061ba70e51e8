"""What-if: named changes to a workload, the plan before and after, sweeps with switch points, the tornado."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any, Final

import numpy as np
import yaml

from planner.beliefs.model import Beliefs
from planner.catalog.schema import Catalog
from planner.errors import InputError
from planner.options.cache import OptionsCache
from planner.options.enumerate import enumerate_options
from planner.planning.baselines import quality_draws
from planner.planning.choose import Detail, Planned, plan_bundle
from planner.planning.milp import Solution, cost_draws, solve
from planner.planning.plan import Figure, OptionChoice, Plan
from planner.planning.problem import state_problem
from planner.planning.shares import split_bill
from planner.planning.wording import figure_of, rounded_text
from planner.units import Draws
from planner.workload.load import check_workload, plain_workload
from planner.workload.schema import Workload


@dataclass(frozen=True, slots=True)
class Change:
    """One changed input: 'segments.ticket-triage.requests_per_month' to 2e6, 'x1.5' (times) or '+0.02' (plus)."""

    path: str
    """Dotted path; a segment by its name, or '*' for all: 'segments.*.quality_floor', 'limits.max_models'."""
    value: object
    """New value, or 'x1.5', '+0.02', '-0.02' relative to the present one; None removes an optional limit."""


@dataclass(frozen=True, slots=True)
class SegmentChange:
    """One segment before and after."""

    name: str
    before: OptionChoice
    after: OptionChoice
    tools_changed: bool
    cost_usd: Figure
    """After minus before, draw by draw."""
    quality: Figure
    total_p95_ms: Figure


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Plan now against plan before; differences are None when either is a conflict."""

    before: Planned
    after: Planned
    cost_usd: Figure | None
    """After minus before, draw by draw, USD a month."""
    quality: Figure | None
    slowest_total_p95_ms: Figure | None
    segments: tuple[SegmentChange, ...]
    tools_added: tuple[str, ...]
    tools_removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SweepRow:
    """The plan at one value of the varied input."""

    value: float
    feasible: bool
    monthly_cost_usd: Figure | None
    quality: Figure | None
    tools: tuple[str, ...]
    """Label of the chosen option, segment by segment; empty when infeasible."""
    switches: tuple[str, ...]
    """Segments whose tool differs from the row before."""
    text: str
    """'ticket-triage switches from A to B'; the conflict's text when infeasible; '' when nothing switches."""
    switch_between: tuple[float, float] | None = None
    """Values between which the tools change; None when they don't."""


@dataclass(frozen=True, slots=True)
class Swing:
    """One bar of the tornado."""

    path: str
    label: str
    low_value: str
    high_value: str
    low_usd: float | None
    """Monthly cost of the plan made anew with the low value; None when infeasible."""
    high_usd: float | None


def parse_change(text: str) -> Change:
    """Change from 'PATH=VALUE' of the command line; the value is read as YAML unless it starts with x, + or -.

    >>> parse_change("segments.triage.requests_per_month=x1.5")
    Change(path='segments.triage.requests_per_month', value='x1.5')
    >>> parse_change("limits.max_models=3")
    Change(path='limits.max_models', value=3)
    """
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise InputError("--set", text, found=text, allowed="PATH=VALUE, such as limits.max_models=3")
    if _relative_of(value.strip()) is not None:
        return Change(path.strip(), value.strip())
    try:
        return Change(path.strip(), yaml.safe_load(value))
    except yaml.YAMLError as error:
        raise InputError("--set", path.strip(), found=value, allowed="a number, text or YAML value") from error


def _relative_of(value: object) -> tuple[str, float] | None:
    """('x', 1.5) or ('+', -0.02) of a relative value; None when it is absolute."""
    if not isinstance(value, str) or value[:1] not in {"x", "+", "-"}:
        return None
    number = value[1:] if value[0] == "x" else value
    try:
        return ("x" if value[0] == "x" else "+"), float(number)
    except ValueError:
        return None


def apply_changes(workload: Workload, changes: Sequence[Change]) -> Workload:
    """A new, validated workload; InputError names what is allowed when a path or value is wrong."""
    for change in changes:
        workload = _apply(workload, change)
    return workload


def _apply(workload: Workload, change: Change) -> Workload:
    given, full = plain_workload(workload), plain_workload(workload, full=True)
    relative = _relative_of(change.value)
    hit = False
    for steps in _places(full, change.path):
        now = _value_at(full, steps)
        if relative is not None and now is None and steps[-1] != "quality_floor":
            continue
        hit = True
        value = change.value if relative is None else _scaled(now, relative, change)
        _write(given, steps, _whole(value, now))
    if not hit:
        raise InputError(
            "change", change.path, found=change.value, allowed="a value of its own: there is none to scale"
        )
    return check_workload(given, "change")


def _places(full: dict[str, Any], path: str) -> list[tuple[str | int, ...]]:
    """Steps into the plain workload that a path means; several for '*'."""
    if not path.startswith("segments."):
        return [_checked_steps(full, (), path, path)]
    rest = path.removeprefix("segments.")
    names = [segment["name"] for segment in full["segments"]]
    if rest.startswith("*."):
        field = rest.removeprefix("*.")
        return [_checked_steps(full, ("segments", number), field, path) for number in range(len(names))]
    # Names may hold dots: the longest name that fits is meant.
    fitting = sorted((name for name in names if rest.startswith(f"{name}.")), key=len)
    if not fitting:
        wanted = rest.partition(".")[0]
        raise InputError("change", path, found=wanted, allowed=_close(wanted, [*names, "*"], "segment"))
    name = fitting[-1]
    field = rest.removeprefix(f"{name}.")
    return [_checked_steps(full, ("segments", names.index(name)), field, path)]


def _checked_steps(full: dict[str, Any], start: tuple[str | int, ...], field: str, path: str) -> tuple[str | int, ...]:
    steps = start
    for name in field.split("."):
        here = _value_at(full, steps)
        if isinstance(here, dict) and name not in here:
            raise InputError("change", path, found=name, allowed=_close(name, list(here), "field"))
        if here is not None and not isinstance(here, dict):
            raise InputError("change", path, found=name, allowed=f"{steps[-1]} has no fields: change it as a whole")
        steps = (*steps, name)
    return steps


def _close(wanted: str, names: list[str], kind: str) -> str:
    near = get_close_matches(wanted, names, n=1)
    said = f" (did you mean {near[0]}?)" if near else ""
    return f"one of the {kind}s {', '.join(names)}{said}"


def _value_at(data: Any, steps: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - plain data of any shape
    for step in steps:
        if data is None:
            return None
        data = data[step]
    return data


def _write(data: dict[str, Any], steps: tuple[str | int, ...], value: object) -> None:
    here: Any = data
    for step in steps[:-1]:
        if isinstance(step, str) and not isinstance(here.get(step), dict | list):
            here[step] = {}
        here = here[step]
    here[steps[-1]] = value


def _whole(value: object, now: object) -> object:
    """Whole numbers stay whole: sliders and sweeps give floats."""
    if isinstance(now, int) and not isinstance(now, bool) and isinstance(value, float) and np.isfinite(value):
        return round(value)
    return value


def _scaled(now: Any, relative: tuple[str, float], change: Change) -> object:  # noqa: ANN401 - as above
    """The present value times or plus a number; a distribution scales as a whole, a relative floor by its share."""
    kind, number = relative
    if now is None or (isinstance(now, dict) and "at_least" in now):
        floor = {"at_least": 0.95, "of": "best"} if now is None else now
        return {**floor, "at_least": _scaled(floor["at_least"], relative, change)}
    if isinstance(now, dict) and kind == "x" and "mean" in now:
        return {name: value * number for name, value in now.items() if value is not None}
    if isinstance(now, bool) or not isinstance(now, int | float):
        raise InputError("change", change.path, found=change.value, allowed="x and + only for numbers")
    return now * number if kind == "x" else now + number


def what_if(
    before: Planned,
    changes: Sequence[Change],
    catalog: Catalog,
    beliefs: Beliefs,
    today: date,
    cache: OptionsCache | None = None,
    detail: Detail = "quick",
) -> Comparison:
    """The plan made anew with the changes, compared draw by draw with the plan before."""
    workload = apply_changes(before.workload, changes)
    return compare(before, plan_bundle(workload, catalog, beliefs, today, cache, detail))


def compare(before: Planned, after: Planned) -> Comparison:
    """Two answers side by side; differences are after minus before, draw by draw."""
    old, new = before.solution, after.solution
    if old is None or new is None or not isinstance(before.outcome, Plan) or not isinstance(after.outcome, Plan):
        return Comparison(before, after, None, None, None, (), (), ())
    tools_before, tools_after = _tools(before.outcome), _tools(after.outcome)
    return Comparison(
        before=before,
        after=after,
        cost_usd=figure_of(cost_draws(after.problem, new) - cost_draws(before.problem, old)),
        quality=figure_of(quality_draws(after.problem, new) - quality_draws(before.problem, old)),
        slowest_total_p95_ms=figure_of(_slowest(after, new) - _slowest(before, old)),
        segments=_segment_changes(before, after, old, new),
        tools_added=tuple(tool for tool in tools_after if tool not in tools_before),
        tools_removed=tuple(tool for tool in tools_before if tool not in tools_after),
    )


def _tools(plan: Plan) -> tuple[str, ...]:
    return tuple(dict.fromkeys(segment.option.label for segment in plan.segments))


def _slowest(planned: Planned, solution: Solution) -> Draws:
    times = [part.table.total_p95_ms[row] for part, row in zip(planned.problem.parts, solution.choice, strict=True)]
    return np.asarray(np.max(times, axis=0), dtype=np.float64)


def _segment_changes(before: Planned, after: Planned, old: Solution, new: Solution) -> tuple[SegmentChange, ...]:
    """Segments that are in both answers, by name."""
    if not isinstance(before.outcome, Plan) or not isinstance(after.outcome, Plan):
        return ()
    old_bills, new_bills = split_bill(before.problem, old), split_bill(after.problem, new)
    numbers = {segment.name: number for number, segment in enumerate(before.outcome.segments)}
    out = []
    for number, segment in enumerate(after.outcome.segments):
        if segment.name not in numbers:
            continue
        was = numbers[segment.name]
        old_table, new_table = before.problem.parts[was].table, after.problem.parts[number].table
        old_row, new_row = old.choice[was], new.choice[number]
        out.append(
            SegmentChange(
                name=segment.name,
                before=before.outcome.segments[was].option,
                after=segment.option,
                tools_changed=before.outcome.segments[was].option != segment.option,
                cost_usd=figure_of(new_bills[number].total_usd - old_bills[was].total_usd),
                quality=figure_of(new_table.quality[new_row] - old_table.quality[old_row]),
                total_p95_ms=figure_of(new_table.total_p95_ms[new_row] - old_table.total_p95_ms[old_row]),
            )
        )
    return tuple(out)


def sweep(  # noqa: PLR0913, PLR0917 - the chain's whole input  # noqa: PLR0913 - the chain's whole input
    workload: Workload,
    path: str,
    low: float,
    high: float,
    count: int,
    catalog: Catalog,
    beliefs: Beliefs,
    today: date,
    cache: OptionsCache | None = None,
    *,
    times: bool = False,
) -> tuple[SweepRow, ...]:
    """Plans along one input, evenly spaced, with the points where the chosen tools change.

    Args:
        workload: What is asked.
        path: Input that is varied; see Change.
        low: First value.
        high: Last value.
        count: Number of values, at least 2.
        catalog: Facts.
        beliefs: Fitted beliefs.
        today: The day that retirements are counted from.
        cache: Options made before.
        times: The values are factors of the present value ("1.5 times today") instead of values.
    """
    if count < 2 or not (np.isfinite(low) and np.isfinite(high)):
        raise InputError("--vary", path, found=f"{low:g}:{high:g}:{count}", allowed="LO:HI:N with N of at least 2")
    rows: list[SweepRow] = []
    before: tuple[float, Planned] | None = None
    for value in np.linspace(low, high, count):
        change = Change(path, f"x{value:.12g}" if times else float(value))
        planned = plan_bundle(apply_changes(workload, (change,)), catalog, beliefs, today, cache, "quick")
        rows.append(_sweep_row(float(value), planned, before))
        before = (float(value), planned)
    return tuple(rows)


def _sweep_row(value: float, planned: Planned, before: tuple[float, Planned] | None) -> SweepRow:
    plan = planned.outcome
    if not isinstance(plan, Plan):
        return SweepRow(value, False, None, None, (), (), plan.text)
    switches, text = _switches(plan, before[1].outcome if before else None)
    return SweepRow(
        value=value,
        feasible=True,
        monthly_cost_usd=plan.totals.monthly_cost_usd,
        quality=plan.totals.quality,
        tools=tuple(segment.option.label for segment in plan.segments),
        switches=switches,
        text=text,
        switch_between=(before[0], value) if switches and before else None,
    )


def _switches(plan: Plan, before: object) -> tuple[tuple[str, ...], str]:
    if not isinstance(before, Plan):
        return (), ""
    pairs = [
        (now.name, was.option.label, now.option.label)
        for was, now in zip(before.segments, plan.segments, strict=True)
        if was.option.label != now.option.label
    ]
    return tuple(name for name, _, _ in pairs), "; ".join(f"{n} switches from {a} to {b}" for n, a, b in pairs)


@dataclass(frozen=True, slots=True)
class Driver:
    """One input of the tornado with a low and a high setting."""

    path: str
    label: str
    low: tuple[Change, ...]
    high: tuple[Change, ...]
    low_text: str
    high_text: str


def _both(path: str, label: str, low: object, high: object, *, also: tuple[str, ...] = ()) -> Driver:
    paths = (path, *also)
    texts = [rounded_text(value) if isinstance(value, float) else str(value) for value in (low, high)]
    return Driver(
        path, label, tuple(Change(p, low) for p in paths), tuple(Change(p, high) for p in paths), texts[0], texts[1]
    )


_PREFIX: Final = ("segments.*.shared_prefix_tokens",)
DRIVERS: Final[tuple[Driver, ...]] = (
    _both("segments.*.requests_per_month", "Volume", "x0.5", "x1.5"),
    _both("segments.*.input_tokens", "Prompt length", "x0.75", "x1.25", also=_PREFIX),
    _both("segments.*.output_tokens", "Answer length", "x0.75", "x1.25"),
    _both("segments.*.quality_floor", "Quality floor", "-0.03", "+0.03"),
    _both("segments.*.latency.ttft_p95_ms", "Time to first token allowed", "x0.75", "x1.5"),
    _both("segments.*.latency.total_p95_ms", "Time to the whole answer allowed", "x0.75", "x1.5"),
    _both("segments.*.peak_to_mean", "Busiest hour over the mean", "x0.67", "x1.5"),
    _both("assumptions.frontier_price_factor", "Frontier price", "x0.5", "x1.5"),
    _both("assumptions.gpu_price_factor", "GPU price", "x0.7", "x1.3"),
    _both("assumptions.engineer_hour_usd", "Engineer hour", "x0.5", "x1.5"),
    _both("assumptions.cache_hit_share", "Cache hits", 0.0, 0.9),
    _both("growth_per_month", "Growth a month", "-0.03", "+0.03"),
    _both("confidence", "Confidence", 0.8, 0.95),
)
"""What the tornado moves: each driver between a cautious low and high, one at a time."""


def tornado(
    planned: Planned, catalog: Catalog, beliefs: Beliefs, today: date, cache: OptionsCache | None = None
) -> tuple[Swing, ...]:
    """What moves the bill most: each driver at a low and a high value, all else as planned, widest first."""
    swings = []
    for driver in DRIVERS:
        low = _cost_after(planned, driver.low, catalog, beliefs, today, cache)
        high = _cost_after(planned, driver.high, catalog, beliefs, today, cache)
        if low is not None or high is not None:
            swings.append(Swing(driver.path, driver.label, driver.low_text, driver.high_text, low, high))
    now = planned.solution.cost_usd if planned.solution else 0.0
    return tuple(sorted(swings, key=lambda swing: -_width(swing, now)))


def _width(swing: Swing, now: float) -> float:
    ends = [end for end in (swing.low_usd, swing.high_usd) if end is not None]
    return max([*ends, now]) - min([*ends, now])


def _cost_after(
    planned: Planned,
    changes: tuple[Change, ...],
    catalog: Catalog,
    beliefs: Beliefs,
    today: date,
    cache: OptionsCache | None,
) -> float | None:
    """Monthly cost of the plan made anew; None when the change does not apply or leaves no plan."""
    try:
        workload = _loosely(planned.workload, changes)
    except InputError:
        return None
    return planned_cost(workload, catalog, beliefs, today, cache)


def _loosely(workload: Workload, changes: tuple[Change, ...]) -> Workload:
    """Apply changes together, so that a prefix never outgrows its prompt on the way."""
    ordered = changes if _relative_of(changes[0].value) != ("x", 0.75) else tuple(reversed(changes))
    return apply_changes(workload, ordered)


def planned_cost(
    workload: Workload, catalog: Catalog, beliefs: Beliefs, today: date, cache: OptionsCache | None = None
) -> float | None:
    """Mean monthly cost of the best plan, without telling it; None when no plan holds the limits."""
    solution = solve(state_problem(workload, enumerate_options(workload, catalog, beliefs, today, cache=cache)))
    return None if solution is None else solution.cost_usd
