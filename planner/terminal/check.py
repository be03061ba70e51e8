"""A check of an accepted plan as text for a terminal."""

from rich.console import Group, RenderableType
from rich.text import Text

from planner.planning.accepted.check import Check
from planner.report.format import money
from planner.terminal.layout import bullets, plain_table, show

_STYLES = {"unchanged": "green", "within": "green", "over": "red", "broken": "red", "infeasible": "red"}


def print_check(check: Check) -> None:
    """Print it to standard output."""
    show(render_check(check))


def render_check(check: Check) -> RenderableType:
    """The answer, the segments beside each other, what is not held, what differs."""
    table = plain_table("Segment", "Accepted", "Same tools now", "Planned anew", "Tool when planned anew")
    for one in check.segments:
        other = "the same" if one.anew == one.accepted else one.anew or ""
        state = "" if one.state == "kept" else f" ({one.state})"
        usd = (one.accepted_usd, one.again_usd, one.anew_usd)
        table.add_row(Text(f"{one.name}{state}"), *(_usd(each) for each in usd), Text(other))
    table.add_row("The bill", *(_usd(each) for each in check.bills_usd), "")
    table.add_row("Total cost", money(check.accepted_usd), _usd(check.again_usd), _usd(check.anew_usd), "")
    parts: list[RenderableType] = [Text(check.text, style=f"bold {_STYLES[check.verdict]}"), Text(), table]
    parts += bullets("Not held", check.misses, style="yellow")
    parts += bullets("What differs", check.changes)
    return Group(*parts)


def _usd(usd: float | None) -> str:
    return "" if usd is None else money(usd)
