"""Own machines against an API as text for a terminal: the answer, paths, sizing, times, commands, the replay."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from planner.report.format import milliseconds, milliseconds_interval, money, number, percent, share
from planner.report.serving.answer import ServingTold, TraceTold
from planner.report.serving.times import TIMES_HEADING
from planner.terminal.layout import bullets, headed, plain_table, show


def print_serving(told: ServingTold) -> None:
    """Print to standard output."""
    show(render_serving(told))


def render_serving(told: ServingTold) -> RenderableType:
    """Top down: the answer, what is not shown, what it costs, how it is sized, how fast, how to check it."""
    parts: list[RenderableType] = [Text(told.answer, style="bold")]
    parts += bullets("Not verified", told.not_verified, style="yellow")
    parts += bullets("Beside it", told.notes)
    parts += headed("At the planned volume", _paths(told))
    parts += headed("Sizing, line by line", _sizing(told))
    parts += headed(TIMES_HEADING, _times(told))
    if told.replay is not None:
        parts += [Text(), Text(told.replay.answer, style="bold"), Text(told.replay.trace, style="dim")]
        parts += headed("Your trace, replayed", _replay(told.replay))
    parts += headed("Check it yourself", Group(*(Text(command) for command in told.load_test)))
    return Group(*parts)


def _paths(told: ServingTold) -> Table:
    table = plain_table("Path", "USD a month", "USD per 1,000", "Machines", "Idle", "Waiting")
    for row in told.paths:
        mean, low, high = (float(row[name] or 0.0) for name in ("USD a month", "USD a month, low", "USD a month, high"))
        idle = row["idle share of paid hours"]
        table.add_row(
            str(row["path"]),
            f"{money(mean)} ({number(low)} to {number(high)})",
            number(float(row["USD per 1,000"] or 0.0)),
            str(row["machines"]),
            "" if idle is None else percent(float(idle)),
            str(row["waiting"]),
        )
    return table


def _sizing(told: ServingTold) -> Table:
    table = plain_table("", "")
    table.show_header = False
    for line in told.sizing:
        table.add_row(Text(line.name, style="dim"), line.how)
    return table


def _times(told: ServingTold) -> Table:
    table = plain_table("Segment", "", "", "")
    table.show_header = False
    for row in told.times:
        value = share(row.figure) if row.unit == "share" else milliseconds_interval(row.figure)
        table.add_row(row.segment, row.what, value, Text(row.limit, style="dim"))
    return table


def _replay(replay: TraceTold) -> Table:
    table = plain_table("Rate", "Time", "", "Replayed", "Fast to slow speeds", "Formula", "Limit")
    for row in replay.rows:
        formula, limit = ("" if one is None else milliseconds(one) for one in (row.formula_ms, row.limit_ms))
        spread = f"{milliseconds(row.fast_ms)} to {milliseconds(row.slow_ms)}"
        table.add_row(row.rate, row.what, row.percentile, milliseconds(row.replayed_ms), spread, formula, limit)
    return table
