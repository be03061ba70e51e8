"""A plan or a conflict as text for a terminal: a sentence, a table, what it rests on, what to do first."""

from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from planner.planning.plan import Conflict, Outcome, Plan, SegmentPlan
from planner.planning.what_if.sweep import SweepRow
from planner.report import format as shown
from planner.report.certainty_text import cliff_lines, curve_lines, ways_lines
from planner.report.months import month_note
from planner.report.picture_data import workload_of
from planner.terminal.layout import bullets, headed, plain_table, show

_FIRST_ASSUMPTIONS: Final = 5
_TIER_STYLES: Final = {"specialist": "green", "grounded": "cyan", "generalist": "yellow", "frontier": "magenta"}


def print_outcome(outcome: Outcome, *, front: bool = False) -> None:
    """Print a plan or a conflict to standard output; `front` adds the cost-quality front."""
    show(render_plan(outcome, front=front) if isinstance(outcome, Plan) else render_conflict(outcome))


def print_certainty(plan: Plan) -> None:
    """Print what doubt costs to standard output."""
    parts: list[RenderableType] = []
    parts += bullets("Three ways to decide", [f"{way}: {text}" for way, text in ways_lines(plan)])
    parts += bullets("What certainty costs", curve_lines(plan))
    parts += bullets("Limits that cost most", cliff_lines(plan))
    show(Group(*parts))


def print_sweep(path: str, rows: Sequence[SweepRow]) -> None:
    """Print plans along one input to standard output."""
    show(render_sweep(path, rows))


def render_plan(plan: Plan, *, front: bool = False) -> RenderableType:
    """Everything a plan tells, top down: the answer, the tools, what to compare with, what to do first."""
    note = Text(month_note(workload_of(plan)), style="dim")
    parts: list[RenderableType] = [Text(plan.answer, style="bold"), note, Text(), _segments_table(plan)]
    if plan.baselines:
        parts += headed("Beside it", _baselines_table(plan))
    if plan.pools:
        parts += headed("Own machines", _pools_table(plan))
    if plan.fixed_costs:
        parts += headed("Paid once, however many segments use it", _fixed_table(plan))
    if front and plan.front:
        parts += headed("Other plans on the cost-quality front", _front_table(plan))
    parts += bullets("Answers from documents", _from_documents(plan))
    parts += bullets("What to do first", [step.text for step in plan.first_steps])
    parts += bullets("Assumed, because the workload does not say (--json lists all)", _assumptions(plan))
    parts += bullets("Warnings", plan.warnings, style="yellow")
    return Group(*parts, Text(), Text(_footer(plan), style="dim"))


def _from_documents(plan: Plan) -> list[str]:
    """Where the questions of each segment that searches documents end."""
    return [f"{one.name}: {one.retrieval.text}" for one in plan.segments if one.retrieval is not None]


def render_conflict(conflict: Conflict) -> RenderableType:
    """The smallest set of limits that cannot hold together, and what to relax by how much."""
    table = plain_table("Limit", "Asked", "Best reachable", "Relax to")
    for limit in conflict.limits:
        table.add_row(limit.limit, limit.value, limit.best_reachable, limit.relax_to or "does not help alone")
    parts: list[RenderableType] = [Text(conflict.text, style="bold"), Text(), table]
    if conflict.accept_confidence is not None:
        share = shown.percent(conflict.accept_confidence)
        accept = f"Accept a confidence of {share}: --set confidence={conflict.accept_confidence:.2f}"
        parts += bullets("Either", [part for part in (conflict.probe, accept) if part])
    return Group(*parts)


def render_sweep(path: str, rows: Sequence[SweepRow]) -> RenderableType:
    """Plans along one input: cost, quality, and where the tools change."""
    table = plain_table(path, "USD a month", "Good answers", "What changes")
    for row in rows:
        cost = shown.money_interval(row.monthly_cost_usd) if row.monthly_cost_usd else "no plan"
        quality = shown.share(row.quality) if row.quality else ""
        table.add_row(shown.number(row.value, 4), cost, quality, row.text)
    return table


def _segments_table(plan: Plan) -> Table:
    table = plain_table("Segment", "Tool", "Where it runs", "USD a month", "Good answers", "p95 to the end")
    for segment in plan.segments:
        table.add_row(*_segment_row(segment))
    total = plan.totals
    cells = (shown.money_interval(total.monthly_cost_usd), shown.share(total.quality), "")
    table.add_section()
    table.add_row(Text("all", style="bold"), _count(total.models, "model"), _count(total.providers, "provider"), *cells)
    return table


def _segment_row(segment: SegmentPlan) -> tuple[RenderableType, ...]:
    option = segment.option
    tool = Text(option.label).append(f"\n{option.tier}", style=_TIER_STYLES[option.tier])
    place = option.place if option.gate is None else f"{option.place}\nthen {option.gate.strong_place}"
    # The floor's own words are too long for a column; its figure, in the same unit as the quality, is what compares.
    floor = f"floor {shown.percent(segment.quality_floor)}"
    quality = Text(shown.share(segment.quality)).append(f"\n{floor}", style="dim")
    cost = Text(shown.money_interval(segment.monthly_cost_usd)).append(
        f"\n{shown.per_1000(segment.cost_per_request_usd.mean)}", style="dim"
    )
    name = Text(segment.name).append(f"\n{shown.requests(segment.requests_per_month)} requests", style="dim")
    return name, tool, place, cost, quality, shown.milliseconds_interval(segment.total_p95_ms)


def _baselines_table(plan: Plan) -> Table:
    table = plain_table("Instead", "USD a month", "Good answers", "This plan saves", "")
    for line in plan.baselines:
        cost = shown.money_interval(line.monthly_cost_usd) if line.monthly_cost_usd else "-"
        quality = shown.share(line.quality) if line.quality else "-"
        saving = shown.money_interval(line.saving_usd) if line.saving_usd else "-"
        note = line.note if line.note or line.fits else "does not hold every limit"
        table.add_row(line.label, cost, quality, saving, Text(note, style="dim"))
    return table


def _pools_table(plan: Plan) -> Table:
    table = plain_table("Machines", "Model", "Where", "Busy at peak", "USD a month", "For")
    for pool in plan.pools:
        machines = f"{pool.replicas} x {pool.gpus_per_replica} {pool.gpu}"
        busy = shown.percent(pool.utilisation.mean)
        where = f"{pool.provider} {pool.area}".strip()
        cost = shown.money(pool.monthly_cost_usd)
        table.add_row(machines, f"{pool.model} ({pool.precision})", where, busy, cost, ", ".join(pool.segments))
    return table


def _fixed_table(plan: Plan) -> Table:
    table = plain_table("Component", "USD a month", "For")
    for cost in plan.fixed_costs:
        table.add_row(cost.label, shown.money_interval(cost.monthly_cost_usd), ", ".join(cost.segments))
    return table


def _front_table(plan: Plan) -> Table:
    table = plain_table("", "USD a month", "Good answers", "Models")
    for point in plan.front:
        mark = "this plan" if point.chosen else ""
        cost = shown.money_interval(point.monthly_cost_usd)
        table.add_row(mark, cost, shown.share(point.quality), ", ".join(point.models))
    return table


def _assumptions(plan: Plan) -> list[str]:
    lines = [f"{item.path} = {item.value}: {item.reason}" for item in plan.assumptions[:_FIRST_ASSUMPTIONS]]
    more = len(plan.assumptions) - len(lines)
    return [*lines, f"and {more} more"] if more > 0 else lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _footer(plan: Plan) -> str:
    proof = "proven optimal" if plan.status == "optimal" else f"within {shown.percent(plan.mip_gap)} of the optimum"
    if plan.status == "optimal" and plan.proof == "best_of_considered":
        proof = f"best of {sum(segment.options_considered for segment in plan.segments):,} ways considered"
    level = shown.percent(plan.totals.monthly_cost_usd.level)
    return (
        f"{proof}; intervals hold {level}; workload {plan.workload_hash[:12]}, catalog {plan.catalog_version}"
        f" of {plan.catalog_date}, seed {plan.seed}"
    )
