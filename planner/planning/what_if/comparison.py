"""What-if: the plan before and after some changes, difference by difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from planner.beliefs.model import Beliefs
from planner.catalog.schema import Catalog
from planner.options.cache import OptionsCache
from planner.planning.choose import Detail, Planned, plan_bundle
from planner.planning.explain.shares import split_bill
from planner.planning.plan import Figure, OptionChoice, Plan
from planner.planning.solve.milp import Solution, cost_draws
from planner.planning.what_if.changes import Change, apply_changes
from planner.planning.wording import figure_of


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
    """Plan now against plan before; without differences when either is a conflict."""

    before: Planned
    after: Planned
    cost_usd: Figure | None
    """After minus before, draw by draw, USD a month."""
    segments: tuple[SegmentChange, ...]
    tools_added: tuple[str, ...]


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
    changed = apply_changes(before.problem.workload, changes)
    after = plan_bundle(changed, catalog, beliefs, today, cache, detail)
    old, new = before.solution, after.solution
    if old is None or new is None or not isinstance(before.outcome, Plan) or not isinstance(after.outcome, Plan):
        return Comparison(before, after, None, (), ())
    had = {segment.option.label for segment in before.outcome.segments}
    have = dict.fromkeys(segment.option.label for segment in after.outcome.segments)
    return Comparison(
        before=before,
        after=after,
        cost_usd=figure_of(cost_draws(after.problem, new) - cost_draws(before.problem, old)),
        segments=_segment_changes(before, after, old, new),
        tools_added=tuple(tool for tool in have if tool not in had),
    )


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
