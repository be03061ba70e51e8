"""What may go wrong, the largest first: each with what it would cost a month, where that can be said, and its cure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from planner.planning.plan import Plan, SegmentPlan
from planner.planning.wording import listed
from planner.report.document import Table, Text, plain, strong
from planner.report.format import money, number, percent
from planner.report.picture_data import workload_of

_UNSTATED: Final = frozenset({"unknown", "global", ""})
_SENSITIVE: Final = frozenset({"personal", "confidential"})
_CONCENTRATED: Final = 0.5
"""Share of the bill at one provider from which that is a risk of its own."""
_OPEN: Final = frozenset({"permissive"})


@dataclass(frozen=True, slots=True)
class Risk:
    """One risk."""

    name: str
    text: str
    helps: str
    usd_per_month: float | None
    """What it would cost; None: it cannot be said in money."""
    weight: int = 0
    """Risks that are no matter of money come first by this."""


def risks_of(plan: Plan) -> tuple[Risk, ...]:
    """All risks that the plan's own figures show, the largest first."""
    found = [
        *_place(plan),
        *_concentration(plan),
        *_retirements(plan),
        *_quality(plan),
        *_bill(plan),
        *_licences(plan),
        *_machines(plan),
    ]
    return tuple(sorted(found, key=lambda risk: (-risk.weight, -(risk.usd_per_month or 0.0))))


def risk_table(risks: tuple[Risk, ...]) -> Table:
    """Risks as rows."""
    rows: list[tuple[Text, ...]] = [
        (
            strong(risk.name),
            plain(risk.text),
            plain("" if risk.usd_per_month is None else money(risk.usd_per_month)),
            plain(risk.helps),
        )
        for risk in risks
    ]
    return Table(("Risk", "What may happen", "USD a month", "What helps"), tuple(rows), (2,), (1.2, 3.6, 1.0, 2.6))


def _place(plan: Plan) -> Iterator[Risk]:
    """Sensitive data at places that nobody states."""
    data = {segment.name: segment.data for segment in workload_of(plan).segments}
    open_ended = [
        part.name
        for part in plan.segments
        if part.option.serving == "api"
        and part.option.area in _UNSTATED
        and part.name in data
        and data[part.name].sensitivity in _SENSITIVE
    ]
    if open_ended:
        yield Risk(
            "Place of data",
            f"Sensitive data of {', '.join(open_ended)} is processed where no one states the place.",
            "State a residency for it, and plan again.",
            None,
            weight=2,
        )


def _concentration(plan: Plan) -> Iterator[Risk]:
    total = sum(part.monthly_cost_usd.mean for part in plan.segments)
    by_provider: dict[str, list[SegmentPlan]] = {}
    for part in plan.segments:
        if part.option.serving == "api":
            by_provider.setdefault(part.option.provider, []).append(part)
    for provider, parts in by_provider.items():
        share = sum(part.monthly_cost_usd.mean for part in parts) / total if total > 0.0 else 0.0
        if share < _CONCENTRATED:
            continue
        extra = [part.runner_up.extra_cost_usd for part in parts if part.runner_up is not None]
        text = f"{percent(share)} of the bill goes to {parts[0].option.place.split(' · ')[0]} ({provider})."
        if len(extra) == len(parts):
            text += " Moving all of it to each segment's runner-up costs what is named here."
        moved = sum(extra) if len(extra) == len(parts) else None
        yield Risk("One provider", text, "Keep stand-ins ready: `planner export` writes them.", moved)


def _retirements(plan: Plan) -> Iterator[Risk]:
    for ending in plan.retirements:
        successor = f" {ending.successor} would follow." if ending.successor else " Nothing else fits today."
        yield Risk(
            "Retirement",
            f"{ending.model_name} ({ending.offer_key}) ends on {ending.retires}: {listed(ending.segments)}.{successor}",
            "Test the successor before that day.",
            ending.extra_cost_usd,
            weight=0 if ending.successor else 1,
        )


def _quality(plan: Plan) -> Iterator[Risk]:
    """The segment whose quality is least known, weighed by what its wrong answers cost."""
    error_usd = {segment.name: segment.error_cost_usd for segment in workload_of(plan).segments}
    worst: tuple[float, SegmentPlan] | None = None
    for part in plan.segments:
        doubt = (part.quality.mean - part.quality.low) * part.requests_per_month * error_usd.get(part.name, 0.0)
        if worst is None or doubt > worst[0]:
            worst = (doubt, part)
    if worst is None:
        return
    doubt, part = worst
    if doubt <= 0.0:
        part = max(plan.segments, key=lambda one: one.quality.high - one.quality.low)
    below = number(100.0 * (part.quality.mean - part.quality.low), 2)
    known = part.anchor.split(":")[0].rstrip(".")
    yield Risk(
        "Quality",
        f"{part.name} may answer {below} points worse than forecast: its difficulty is {known}.",
        "Measure it on your own samples: `planner probe next`.",
        doubt or None,
    )


def _bill(plan: Plan) -> Iterator[Risk]:
    cost = plan.totals.monthly_cost_usd
    if cost.high > cost.mean:
        yield Risk(
            "Bill",
            f"At the upper end of its interval the bill is {money(cost.high)} instead of {money(cost.mean)}.",
            "Compare the gateway's log with the plan: `planner drift`.",
            cost.high - cost.mean,
        )


def _licences(plan: Plan) -> Iterator[Risk]:
    """Licences of weights that are run oneself and that ask for more than a notice."""
    bound = {
        part.option.model_name: part.option.licence
        for part in plan.segments
        if part.option.serving != "api" and part.option.licence_kind not in {*_OPEN, ""}
    }
    for name, licence in bound.items():
        yield Risk("Licence", f"{name} is under {licence}, which limits its use.", "Have the licence read.", None, 1)


def _machines(plan: Plan) -> Iterator[Risk]:
    for pool in plan.pools:
        if pool.replicas == 1:
            yield Risk(
                "Own machines",
                f"{pool.model} runs on one replica: when it stops, {', '.join(pool.segments)} wait for a stand-in.",
                "Plan a spare: --set assumptions.spare_replicas=1.",
                pool.monthly_cost_usd,
            )
