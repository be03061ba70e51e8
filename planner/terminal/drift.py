"""Drift as text for a terminal: the answer, what is outside, what probably changed, days as a small chart."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from planner.planning.drift.drift import Drift
from planner.planning.drift.judge import Finding
from planner.report.format import number
from planner.terminal.layout import bullets, headed, plain_table, show

_BARS = "▁▂▃▄▅▆▇█"


def print_drift(drift: Drift) -> None:
    """Print it to standard output."""
    show(render_drift(drift))


def render_drift(drift: Drift) -> RenderableType:
    """Everything that was found."""
    found = drift.drifted
    judged = sum(finding.state != "not judged" for finding in drift.findings)
    what = f"{len(found)} of {judged} measures left the plan" if found else f"All {judged} measures are as planned"
    span = f"{drift.days} days from {drift.first_day}" if drift.first_day else "no days are told"
    first = Text(f"{what}: {drift.source}, {span}.", style="bold red" if found else "bold green")
    parts: list[RenderableType] = [first, Text()]
    if found:
        parts += [_table(found, days=True)]
    parts += bullets("What probably changed", drift.causes)
    if drift.plan_anew:
        command = " ".join(f"--set {change}" for change in drift.plan_anew)
        parts += bullets("Plan anew with what the log shows", [f"planner plan WORKLOAD {command}"])
    inside = [finding for finding in drift.findings if finding.state == "inside"]
    if inside:
        parts += headed("As planned", _table(inside, days=False))
    parts += bullets("Not judged", _unjudged(drift.findings))
    parts += bullets("Counted out", _left(drift), style="yellow")
    return Group(*parts)


def _table(findings: Sequence[Finding], *, days: bool) -> RenderableType:
    table = plain_table("Segment", "Measure", "Planned", "Seen", "Requests", *(["By day"] if days else []))
    for one in findings:
        row = [one.segment, one.measure, _band(one), _seen(one), f"{one.n:,}"]
        table.add_row(*(Text(cell) for cell in row), *([Text(_chart(one))] if days else []))
    return table


def _band(one: Finding) -> str:
    low, high = (None if value is None else number(value) for value in (one.low, one.high))
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"{low} to {high}"


def _seen(one: Finding) -> str:
    if one.seen is None:
        return ""
    low, high = (number(value) if value is not None else "?" for value in (one.seen_low, one.seen_high))
    return f"{number(one.seen)} ({low} to {high})"


def _chart(one: Finding) -> str:
    values = [day.value for day in one.days][-40:]
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    return "".join(_BARS[int((value - low) / span * (len(_BARS) - 1))] for value in values)


def _unjudged(findings: Sequence[Finding]) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for one in findings:
        if one.state == "not judged":
            reasons.setdefault(one.why, []).append(f"{one.measure} of {one.segment}")
    return [
        f"{', '.join(names[:4])}{f' and {len(names) - 4} more' if len(names) > 4 else ''}: {why}"
        for why, names in reasons.items()
    ]


def _left(drift: Drift) -> list[str]:
    found = [
        f"{count:,} requests of {name or '(no name)'}: no segment of the plan" for name, count in drift.unmatched[:8]
    ]
    found += [f"{count:,} rows: {kind}" for kind, count in drift.left_out]
    if drift.silent:
        found.append(f"no request of {', '.join(drift.silent)}")
    return found
