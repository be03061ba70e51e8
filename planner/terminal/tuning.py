"""When a tuned small model wins, as text for a terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from planner.planning.explain.tuning import TuningAnswer
from planner.report import format as shown
from planner.terminal.layout import bullets, headed, plain_table, show


def print_tuning(answer: TuningAnswer) -> None:
    """Print the answer to standard output."""
    show(render_tuning(answer))


def render_tuning(answer: TuningAnswer) -> RenderableType:
    """The answer, the tuned models beside the generalist, what has to be true, prices, what studies found."""
    parts: list[RenderableType] = [Text(answer.answer, style="bold")]
    if answer.ways:
        parts += headed("Beside the generalist", _ways(answer))
    parts += bullets("What would have to be true", answer.conditions)
    if answer.hosted:
        parts += headed("Hosted tuning (published prices; providers confirm where training stays)", _hosted(answer))
    parts += headed(
        "What studies found: tuned models of up to 15B beside a large one that was only asked", _wins(answer)
    )
    return Group(*parts)


def _ways(answer: TuningAnswer) -> Table:
    table = plain_table("Option", "Good answers", "USD a month, alone", "As good", "Cheaper and good enough", "From")
    if answer.generalist is not None and answer.generalist_quality and answer.generalist_cost_usd:
        cost = shown.money_interval(answer.generalist_cost_usd)
        table.add_row(f"{answer.generalist.label} (prompted)", shown.share(answer.generalist_quality), cost, "", "", "")
    for way in answer.ways:
        volume = "never" if way.break_even_requests is None else f"{shown.requests(way.break_even_requests)} a month"
        table.add_row(
            f"{way.option.label}, {way.option.place}",
            shown.share(way.quality),
            shown.money_interval(way.monthly_cost_usd),
            shown.percent(way.better),
            shown.percent(way.wins),
            volume,
        )
    return table


def _hosted(answer: TuningAnswer) -> Table:
    table = plain_table("Provider", "Models", "Method", "USD per million tokens", "Served", "Where")
    for row in answer.hosted:
        where = row.residency or ", ".join(row.areas) or "unknown"
        by_token = f"by the token, {row.tuned_tokens_factor:g} times the base"
        served = by_token if row.served == "by_token" else "dedicated machines"
        table.add_row(row.provider, row.models, row.method, f"{row.usd_per_mtok:g}", served, where)
    return table


def _wins(answer: TuningAnswer) -> Table:
    table = plain_table("Kind of task", "Rows", "Studies", "Reached the large one", "Median gap")
    for row in answer.published:
        name = Text(row.kind.replace("_", " "), style="bold" if row.kind == answer.kind else "")
        gap = f"{100.0 * row.median_gap:+.1f} points"
        table.add_row(name, f"{row.rows:,}", f"{row.studies:,}", shown.percent(row.reached), gap)
    return table
