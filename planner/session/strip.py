"""Along a slider: where each kind of request is served by which tool, and between which marks that changes."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

from planner.planning.plan import OptionChoice, Outcome, Plan
from planner.report.charts import StripSpan, SwitchPoint

Marked: TypeAlias = tuple[float, Outcome]
"""Place of a mark on the slider (0 for the first) and the answer there."""
_Chosen: TypeAlias = tuple[float, OptionChoice | None]


def strip_of(answers: Sequence[Marked], segments: Sequence[str]) -> tuple[list[StripSpan], list[SwitchPoint]]:
    """Spans of one tool, and the switches between them; marks without a plan leave a gap.

    A switch lies somewhere between two marks: its interval is the two marks, its place their middle.
    """
    spans: list[StripSpan] = []
    switches: list[SwitchPoint] = []
    for name in segments:
        chosen = [(value, _choice(outcome, name)) for value, outcome in answers]
        spans += _spans(name, chosen)
        switches += _switches(name, chosen)
    return spans, switches


def _choice(outcome: Outcome, name: str) -> OptionChoice | None:
    if not isinstance(outcome, Plan):
        return None
    return next(segment.option for segment in outcome.segments if segment.name == name)


def _spans(name: str, chosen: Sequence[_Chosen]) -> list[StripSpan]:
    """Neighbouring marks with one tool joined; each mark reaches half way to the next."""
    spans: list[StripSpan] = []
    for number, (value, option) in enumerate(chosen):
        if option is None:
            continue
        start = value if number == 0 else (chosen[number - 1][0] + value) / 2
        end = value if number == len(chosen) - 1 else (value + chosen[number + 1][0]) / 2
        last = spans[-1] if spans else None
        if last and last.label == option.label and last.tier == option.tier and last.end == start:
            spans[-1] = StripSpan(name, last.label, last.tier, last.start, end)
        else:
            spans.append(StripSpan(name, option.label, option.tier, start, end))
    return spans


def _switches(name: str, chosen: Sequence[_Chosen]) -> list[SwitchPoint]:
    return [
        SwitchPoint(name, (low + high) / 2, low, high)
        for (low, before), (high, after) in pairwise(chosen)
        if before and after and before.label != after.label
    ]
