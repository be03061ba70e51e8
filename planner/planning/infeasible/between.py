"""Conflicts between segments: each has options that fit, but together they break a limit of the whole plan."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from planner.catalog.schema import Catalog
from planner.planning.draw_shares import upper_at
from planner.planning.infeasible.relaxation import least_feasible, rounded_up
from planner.planning.limits import LIMIT_NAMES, PLAN_LIMITS, SEGMENT_LIMITS, greatest_floor, least_time
from planner.planning.plan import Conflict, LimitInConflict
from planner.planning.problem import Problem, Rows, SegmentPart, rows_of, state_problem
from planner.planning.solve.milp import Ask, Solution, carbon_kg_draws, cost_draws, solve_ask
from planner.planning.wording import listed, percent_text, rounded_text, time_text
from planner.units import Floats
from planner.version import VERSION
from planner.workload.load import workload_hash
from planner.workload.schema import Limits

LIKELY: Final = 0.5
"""Below this share of draws a limit is impossible, not just not yet shown; also the least confidence allowed."""


def cheapest_with(
    problem: Problem, kept: tuple[str, ...], limits: Limits | None = None, given: Mapping[int, Rows] | None = None
) -> Solution | None:
    """Cheapest plan when only these limits stand; None when they cannot hold together.

    Args:
        problem: Workload, options and held limits.
        kept: Paths of the limits that stand.
        limits: Other limits of the whole plan than the workload's own.
        given: Options of some segments, by number, in place of those that the limits leave.
    """
    rows = dict(given or {})
    for number, part in enumerate(problem.parts):
        dropped = _dropped(part, kept)
        if dropped and number not in rows:
            rows[number] = rows_of(part, np.flatnonzero(part.held.fits(without=dropped)), problem.confidence)
    own = problem.workload.limits if limits is None else limits
    standing = own.model_copy(update={limit.field: None for path, limit in PLAN_LIMITS.items() if path not in kept})
    return solve_ask(problem.with_rows(rows), Ask(1.0, 0.0, standing))


def _all_limits(problem: Problem) -> tuple[str, ...]:
    """Segments' limits first, so that the filter drops them before those of the whole plan."""
    segments = [f"segments.{part.segment.name}.{path}" for part in problem.parts for path in part.held.shares]
    plan = [path for path, limit in PLAN_LIMITS.items() if limit.asked(problem.workload.limits) is not None]
    return (*segments, *plan)


def irreducible_set(problem: Problem) -> tuple[str, ...]:
    """Deletion filter: drop each limit in turn, for good when the rest still cannot hold together."""
    kept = list(_all_limits(problem))
    for path in list(kept):
        without = tuple(each for each in kept if each != path)
        if cheapest_with(problem, without) is None:
            kept.remove(path)
    return tuple(kept)


def conflict_between(problem: Problem, catalog: Catalog) -> Conflict:
    """The limits that can't hold together although every segment has options that fit."""
    kept = irreducible_set(problem)
    shown = accepted_confidence(problem, kept)
    told = tuple(_tell(problem, kept, path, shown) for path in kept)
    names = listed([f"{_name(path)} ({each.value})" for path, each in zip(kept, told, strict=True)]) or "pool sizes"
    asked = percent_text(problem.confidence)
    freed = next((each for each in reversed(told) if each.relax_to), None)
    way = f" Least change: {freed.limit} to {freed.relax_to}." if freed else ""
    if shown is None:
        text = f"No plan holds {names}: no choice of tools is likely to.{way}"
    else:
        text = (
            f"No plan can be shown to hold {names} at {asked} confidence yet; one does at {percent_text(shown)}.{way}"
        )
    return Conflict(
        planner_version=VERSION,
        workload_hash=workload_hash(problem.workload),
        catalog_version=catalog.version,
        kind="impossible" if shown is None else "not_shown",
        segment="",
        limits=told,
        text=text,
        probe="" if shown is None else _probe(problem, kept, shown),
        accept_confidence=shown,
    )


def _at_confidence(problem: Problem, confidence: float) -> Problem:
    workload = problem.workload.model_copy(update={"confidence": confidence})
    return state_problem(workload, problem.options)


def accepted_confidence(problem: Problem, kept: tuple[str, ...]) -> float | None:
    """Highest confidence, in whole percents, at which the set can hold; None when it cannot even at 50 %."""
    asked = max(problem.workload.quality_confidence, problem.workload.times_confidence)
    low, high = round(LIKELY * 100), round(asked * 100)
    if cheapest_with(_at_confidence(problem, low / 100), kept) is None:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if cheapest_with(_at_confidence(problem, middle / 100), kept) is None:
            high = middle
        else:
            low = middle
    return low / 100


def _name(path: str) -> str:
    if path in PLAN_LIMITS:
        return PLAN_LIMITS[path].words
    segment, limit = _split(path)
    return f"{LIMIT_NAMES[limit]} of {segment}"


def _split(path: str) -> tuple[str, str]:
    """(segment, limit) of 'segments.NAME.limit'; names may hold dots."""
    rest = path.removeprefix("segments.")
    for limit in SEGMENT_LIMITS:
        if rest.endswith(f".{limit}"):
            return rest.removesuffix(f".{limit}"), limit
    raise KeyError(path)


def _tell(problem: Problem, kept: tuple[str, ...], path: str, shown: float | None) -> LimitInConflict:
    others = tuple(each for each in kept if each != path)
    without = cheapest_with(problem, others)
    if path.startswith("limits."):
        value, best, relax_to = _relax_plan_limit(problem, kept, path.removeprefix("limits."), without)
    else:
        value, best, relax_to = _relax_segment_limit(problem, kept, path, without)
    return LimitInConflict(limit=path, value=value, best_reachable=best, relax_to=relax_to, confidence_reached=shown)


def _relax_plan_limit(
    problem: Problem, kept: tuple[str, ...], field: str, without: Solution | None
) -> tuple[str, str, str]:
    limits = problem.workload.limits
    asked = float(getattr(limits, field))
    value = PLAN_LIMITS[f"limits.{field}"].value.format(asked)
    if without is None:
        return value, "nothing, even without it", ""

    def feasible(level: float) -> bool:
        whole = int(level) if PLAN_LIMITS[f"limits.{field}"].whole else level
        return cheapest_with(problem, kept, limits.model_copy(update={field: whole})) is not None

    if field in {"monthly_budget_usd", "carbon_kg_per_month"}:
        draws = cost_draws if field == "monthly_budget_usd" else carbon_kg_draws
        enough = float(upper_at(draws(problem, without), problem.confidence))
        level = rounded_up(least_feasible(feasible, asked, max(enough, asked) * 1.000001))
        unit = "USD" if field == "monthly_budget_usd" else "kg"
        return value, f"{rounded_text(level)} {unit}", f"{level:g}"
    steps = range(int(asked) + 1, 2 * len(problem.parts) + 1) if field == "max_models" else range(int(asked) - 1, 0, -1)
    level = next((float(step) for step in steps if feasible(float(step))), 0.0)
    return value, f"{level:g}" if level else "nothing", f"{level:g}" if level else ""


def _relax_segment_limit(
    problem: Problem, kept: tuple[str, ...], path: str, without: Solution | None
) -> tuple[str, str, str]:
    """Least change of a segment's limit, found on the values that its options reach."""
    segment, limit = _split(path)
    number = next(n for n, part in enumerate(problem.parts) if part.segment.name == segment)
    part = problem.parts[number]
    if limit == "quality_floor":
        value = part.table.floor_text
    else:
        value = f"at most {time_text(float(getattr(part.segment.latency, limit.partition('.')[2])))}"
    if without is None:
        return value, "nothing, even without it", ""
    others = tuple(each for each in kept if each != path)
    rows = np.flatnonzero(part.held.fits(without=_dropped(part, others)))
    levels = _levels(problem, number, limit)
    order = rows[np.argsort(levels[rows], kind="stable")]

    def feasible(count: int) -> bool:
        mine = rows_of(part, order[:count], problem.confidence)
        return cheapest_with(problem, others, given={number: mine}) is not None

    count = _first_feasible(feasible, order.shape[0])
    if count == 0:
        return value, "nothing", ""
    level = float(levels[order[count - 1]])
    if limit == "quality_floor":
        reach = np.floor(-level * 1000.0) / 1000.0
        return value, f"{reach:.3f} times the floor", f"{reach:.3f} times the present floor"
    return value, time_text(level), f"{rounded_up(level):.0f} ms"


def _levels(problem: Problem, number: int, limit: str) -> Floats:
    """(N,) value of a limit at which each option would pass, the smaller the stricter."""
    table, strict = problem.parts[number].table, problem.strictness[SEGMENT_LIMITS[limit].kind]
    if limit == "quality_floor":
        return -greatest_floor(table.quality, table.floor, strict)
    return least_time(table.ttft_p95_ms if limit.endswith("ttft_p95_ms") else table.total_p95_ms, strict)


def _dropped(part: SegmentPart, kept: tuple[str, ...]) -> list[str]:
    """Limits of a segment that are not among these paths."""
    return [path for path in part.held.shares if f"segments.{part.segment.name}.{path}" not in kept]


def _first_feasible(feasible: Callable[[int], bool], most: int) -> int:
    """Least count for which it holds, by bisection (it stays true once true); 0 when never."""
    if most == 0 or not feasible(most):
        return 0
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        if feasible(middle):
            high = middle
        else:
            low = middle
    return high


def _probe(problem: Problem, kept: tuple[str, ...], shown: float) -> str:
    """What to measure: the segment whose bill is widest in a plan that passes at the lower confidence."""
    lower = _at_confidence(problem, shown)
    solution = cheapest_with(lower, kept)
    if solution is None:
        return ""
    spread = [
        float(np.ptp(np.quantile(part.table.usage_usd[row], (0.05, 0.95))))
        for part, row in zip(lower.parts, solution.choice, strict=True)
    ]
    number = int(np.argmax(spread))
    part, row = lower.parts[number], solution.choice[number]
    model = part.table.model_ids[part.table.model[row]]
    return (
        f"Measure {model} on 200 of your own samples of {part.segment.name}: its bill is the least certain."
        f" The plan would pass as it stands at {percent_text(shown)} confidence."
    )
