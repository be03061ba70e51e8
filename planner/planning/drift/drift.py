"""Drift of a plan in a log: findings, what probably changed, and what to plan anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from planner.catalog.schema import Catalog
from planner.logs import Log
from planner.planning.drift.expected import expected_of
from planner.planning.drift.judge import FALSE_ALARMS, Finding, judge
from planner.planning.drift.served import served_of
from planner.planning.plan import Plan
from planner.workload.load import check_workload

_SHAPE: Final = ("requests a day", "input tokens", "output tokens")


@dataclass(frozen=True, slots=True)
class Drift:
    """The answer."""

    source: str
    grouped_by: str
    first_day: str
    days: int
    findings: tuple[Finding, ...]
    silent: tuple[str, ...]
    """Segments of the plan of which the log has no request."""
    unmatched: tuple[tuple[str, int], ...]
    """Names of the log that are no segment, with their requests."""
    left_out: tuple[tuple[str, int], ...]
    causes: tuple[str, ...]
    """What probably changed, one sentence each."""
    plan_anew: tuple[str, ...]
    """Changes for `planner plan --set`."""
    false_alarms: float
    told: tuple[str, ...]

    @property
    def drifted(self) -> tuple[Finding, ...]:
        """Measures outside their band, or that jumped within the log."""
        return tuple(finding for finding in self.findings if finding.state in {"outside", "jumped"})


def find_drift(plan: Plan, catalog: Catalog, log: Log) -> Drift:
    """Hold a log against a plan.

    Raises:
        InputError: No row of the log belongs to a segment of the plan, or the log cannot be read.
    """
    workload = check_workload(plan.workload, "the plan's workload")
    served = served_of(log, [segment.name for segment in plan.segments])
    findings = judge(served, expected_of(plan, workload, catalog), catalog)
    there = {part.segment for part in served.segments}
    drifted = [finding for finding in findings if finding.state in {"outside", "jumped"}]
    return Drift(
        source=served.source,
        grouped_by=served.grouped_by,
        first_day=served.first_day,
        days=served.days,
        findings=findings,
        silent=tuple(segment.name for segment in plan.segments if segment.name not in there),
        unmatched=served.unmatched,
        left_out=served.left_out,
        causes=_causes(plan, drifted),
        plan_anew=_plan_anew(drifted),
        false_alarms=FALSE_ALARMS,
        told=(*served.told, "quality is not judged: a log of requests holds no judgement"),
    )


def _causes(plan: Plan, drifted: Sequence[Finding]) -> tuple[str, ...]:
    tools = {segment.name: segment.option for segment in plan.segments}
    by_segment: dict[str, dict[str, Finding]] = {}
    for finding in drifted:
        by_segment.setdefault(finding.segment, {})[finding.measure] = finding
    found = []
    for name, measures in by_segment.items():
        tool = f"{tools[name].model_name} at {tools[name].place}"
        found += [f"{name}: {text}" for text in _segment_causes(measures, tool)]
    return tuple(found)


def _segment_causes(measures: dict[str, Finding], tool: str) -> list[str]:
    found = [*_price_causes(measures, tool), *_shape_causes(measures, tool), *_time_causes(measures, tool)]
    told = {
        "served by the planned tool": f"stand-ins serve more than planned: {tool} fails, is limited, or was replaced.",
        "escalated": "the gate passes on another share than planned: its threshold, or harder requests.",
        "failed": "requests fail, stand-ins included.",
    }
    found += [text for measure, text in told.items() if measure in measures]
    if not found and "cost a request, USD" in measures:
        found.append("a request costs something else than planned, and neither its price nor its lengths tell why.")
    return found


def _price_causes(measures: dict[str, Finding], tool: str) -> list[str]:
    price = measures.get("price over the planned one")
    if price is None or price.seen is None:
        return []
    return [f"the price of {tool} changed: {price.seen:.2f} times the planned one{_since(price)}."]


def _shape_causes(measures: dict[str, Finding], tool: str) -> list[str]:
    found = []
    for finding in (measures[name] for name in _SHAPE if name in measures):
        if finding.seen is not None and finding.expected:
            times = f"{finding.seen / finding.expected:.2f} times the planned {finding.measure}"
            found.append(f"traffic has another shape: {times}{_since(finding)}.")
    if "output tokens" in measures and "input tokens" not in measures:
        found.append(f"answers changed while prompts did not: perhaps another version of {tool}.")
    return found


def _time_causes(measures: dict[str, Finding], tool: str) -> list[str]:
    longer = " (longer prompts or answers explain a part)" if any(name in measures for name in _SHAPE[1:]) else ""
    return [
        f"{tool} is slower: {name.split(',')[0]} is {measures[name].seen:,.0f} ms{longer}{_since(measures[name])}."
        for name in ("first token p95, ms", "whole answer p95, ms")
        if name in measures and measures[name].seen is not None
    ]


def _since(finding: Finding) -> str:
    return "" if finding.jump_day is None else f", from day {finding.jump_day + 1} of the log"


def _plan_anew(drifted: Sequence[Finding]) -> tuple[str, ...]:
    """What the log shows in place of what the workload says; prices come with `planner models refresh`."""
    fields = {"requests a day": "requests_per_month", "input tokens": "input_tokens", "output tokens": "output_tokens"}
    found = []
    for finding in drifted:
        field = fields.get(finding.measure)
        if field is not None and finding.seen is not None and finding.expected:
            found.append(f"segments.{finding.segment}.{field}=x{finding.seen / finding.expected:.3g}")
    return tuple(found)
