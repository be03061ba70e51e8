"""Which limits of the workload a plan to compare with would not hold: as data, and in words."""

from collections.abc import Sequence
from typing import Final

from planner.options.table import Exclusion
from planner.planning.draw_shares import draws_needed
from planner.planning.limits import LIMIT_NAMES, PLAN_LIMITS
from planner.planning.plan import MissedLimit
from planner.planning.problem import Problem, SegmentPart
from planner.planning.solve.milp import Solution, carbon_kg_draws, cost_draws
from planner.planning.wording import listed

_SHOWN: Final = 2
"""Limits named one by one; the rest are counted."""
_SLACK: Final = 1e-9
"""Share of the limit: rounding is no breach."""


def segment_limits_missed(part: SegmentPart, row: int) -> tuple[MissedLimit, ...]:
    """A segment's limits that an option does not hold at the stated confidence."""
    held = part.held
    return tuple(
        MissedLimit(segment=part.segment.name, limit=path) for path in held.shares if not held.holds([path])[row]
    )


def rules_against(exclusions: Sequence[Exclusion], segment: str, model: str) -> tuple[MissedLimit, ...]:
    """The workload's rules that keep a model out of a segment; where none names it, those that keep every model out."""
    mine = [one for one in exclusions if one.segment == segment and one.model in {model, "*"}]
    own = [one for one in mine if one.model == model] or mine
    limits = dict.fromkeys(one.limit for one in own if one.limit in LIMIT_NAMES)
    return tuple(MissedLimit(segment=segment, limit=limit) for limit in limits)


def plan_limits_missed(problem: Problem, solution: Solution, models: int, providers: int) -> tuple[MissedLimit, ...]:
    """The limits over all segments that a plan of so many models and providers does not hold."""
    limits, needed = problem.workload.limits, draws_needed(problem.confidence)
    missed = {
        "monthly_budget_usd": limits.monthly_budget_usd is not None
        and int((cost_draws(problem, solution) <= limits.monthly_budget_usd * (1 + _SLACK)).sum()) < needed,
        "carbon_kg_per_month": limits.carbon_kg_per_month is not None
        and int((carbon_kg_draws(problem, solution) <= limits.carbon_kg_per_month * (1 + _SLACK)).sum()) < needed,
        "max_models": limits.max_models is not None and models > limits.max_models,
        "min_providers": limits.min_providers is not None and providers < limits.min_providers,
    }
    return tuple(MissedLimit(segment="", limit=f"limits.{name}") for name, broken in missed.items() if broken)


def limits_told(missed: Sequence[MissedLimit]) -> str:
    """How many limits, and which: a limit of several segments with their number.

    >>> floor = [MissedLimit(segment=name, limit="quality_floor") for name in "ab"]
    >>> limits_told(floor[:1])
    '1 limit: the quality floor of a'
    >>> limits_told([*floor, MissedLimit(segment="", limit="limits.max_models")])
    '3 limits: the quality floor of 2 segments and the number of models'
    """
    segments: dict[str, list[str]] = {}
    for one in missed:
        segments.setdefault(one.limit, []).append(one.segment)
    ranked = sorted(segments.items(), key=lambda pair: -len(pair[1]))
    left = sum(len(names) for _, names in ranked[_SHOWN:])
    kinds = [_kind_told(limit, names) for limit, names in ranked[:_SHOWN]]
    told = listed([*kinds, *([f"{left} more"] if left else [])])
    return f"{len(missed)} {'limit' if len(missed) == 1 else 'limits'}: {told}"


def _kind_told(limit: str, segments: Sequence[str]) -> str:
    name = PLAN_LIMITS[limit].words if limit in PLAN_LIMITS else LIMIT_NAMES.get(limit, limit)
    if not segments[0]:
        return name
    return f"{name} of {segments[0] if len(segments) == 1 else f'{len(segments)} segments'}"
