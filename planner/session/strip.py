"""Along a slider: where each kind of request is served by which tool, and between which marks that changes."""

from collections.abc import Sequence

from planner.planning.what_if.sweep import SweepRow
from planner.report.charts import StripSpan, SwitchPoint


def strip_of(rows: Sequence[SweepRow], segments: Sequence[str]) -> tuple[list[StripSpan], list[SwitchPoint]]:
    """Spans of one tool, and the switches between them; marks without a plan leave a gap.

    A switch lies somewhere between two marks: its interval is the two marks, its place their middle.
    """
    spans = [span for number, name in enumerate(segments) for span in _spans(name, number, rows)]
    switches = [
        SwitchPoint(name, sum(row.switch_between) / 2, *row.switch_between)
        for name in segments
        for row in rows
        if row.switch_between and name in row.switches
    ]
    return spans, switches


def _spans(name: str, number: int, rows: Sequence[SweepRow]) -> list[StripSpan]:
    """Neighbouring marks with one tool joined; each mark reaches half way to the next."""
    spans: list[StripSpan] = []
    for at, row in enumerate(rows):
        if not row.feasible:
            continue
        label, tier = row.tools[number], row.tiers[number]
        start = (rows[max(at - 1, 0)].value + row.value) / 2
        end = (row.value + rows[min(at + 1, len(rows) - 1)].value) / 2
        last = spans[-1] if spans else None
        if last and last.label == label and last.tier == tier and last.end == start:
            spans[-1] = StripSpan(name, label, tier, last.start, end)
        else:
            spans.append(StripSpan(name, label, tier, start, end))
    return spans
