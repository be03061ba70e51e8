"""Three ways to decide beside each other: safe, measured first, tried first."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from planner.beliefs.model import Beliefs
from planner.catalog.schema import Catalog
from planner.options.cache import OptionsCache
from planner.planning.certainty.cliffs import find_cliffs
from planner.planning.certainty.curve import certainty_curve, total_usd
from planner.planning.certainty.next_probe import ProbeIdea, rank_probes
from planner.planning.certainty.records import Certainty, MeasuredFirst, Trial, TryFirst
from planner.planning.choose import Answer, Planned, plan_workload
from planner.planning.plan import Outcome, Plan, SegmentPlan
from planner.workload.schema import Workload

_LIKELY: Final = 0.75
"""Least chance with which something is worth beginning with."""
_CHEAPER: Final = 0.9
"""What it must cost at most, of the safe tool."""
_TRIAL_ITEMS: Final = 100


def what_doubt_costs(workload: Workload, plan: Plan, ideas: Sequence[ProbeIdea], answer: Answer) -> Certainty:
    """Curve, cliffs, measuring first and trying first, all by the same `answer`, which plans quickly."""
    curve = certainty_curve(workload, answer)
    return Certainty(
        curve=curve,
        cliffs=find_cliffs(workload, plan, answer),
        measured_first=measured_first(workload, plan, ideas),
        try_first=try_first(workload, plan, answer),
    )


def measured_first(workload: Workload, plan: Plan, ideas: Sequence[ProbeIdea]) -> MeasuredFirst | None:
    """Probes whose worth over the horizon is above their cost and above materiality, greedily, one a kind of request.

    What a probe saves is its expected saving over simulated answers (`rank_probes`), not what perfect knowledge would
    save. Kinds of request are looked at one by one, so probes of different kinds add up.
    """
    months = workload.horizon_months
    best: dict[str, ProbeIdea] = {}
    for idea in ideas:
        net = idea.saves_usd * months - idea.costs_usd
        if idea.saves_usd <= plan.totals.materiality_usd or net <= 0.0:
            continue
        kept = best.get(idea.segment)
        if kept is None or net > kept.saves_usd * months - kept.costs_usd:
            best[idea.segment] = idea
    if not best:
        return None
    chosen = sorted(best.values(), key=lambda idea: -idea.saves_usd)
    cost = sum(idea.costs_usd for idea in chosen)
    expected = total_usd(plan) - sum(idea.saves_usd for idea in chosen) + cost / months
    hour = workload.assumptions.engineer_hour_usd
    hours = sum(idea.labels_usd for idea in chosen) / hour if hour > 0.0 else 0.0
    return MeasuredFirst(tuple(idea.text for idea in chosen), cost, hours, expected)


def try_first(workload: Workload, plan: Plan, answer: Answer) -> TryFirst | None:
    """Begin with what is cheaper and likely to hold; the safe tool where a test says that it does not.

    The cheaper tools are those of the plan at a confidence of three in four. A trial costs its own month where it
    fails, once over the horizon, beside the safe tool.
    """
    bold = answer(workload.model_copy(update={"confidence": _LIKELY}))
    if not isinstance(bold, Plan):
        return None
    months, trials, saved = workload.horizon_months, [], 0.0
    for safe, first in zip(plan.segments, bold.segments, strict=True):
        before, begun = safe.monthly_cost_usd.mean, first.monthly_cost_usd.mean
        if safe.option.label == first.option.label or begun > _CHEAPER * before:
            continue
        chance = min(first.meets.values(), default=1.0)
        saved += chance * (before - begun) - (1.0 - chance) * begun / months
        trials.append(_trial(safe, first, chance))
    expected = total_usd(plan) - saved
    return TryFirst(tuple(trials), expected) if trials and saved > plan.totals.materiality_usd else None


def _trial(safe: SegmentPlan, first: SegmentPlan, chance: float) -> Trial:
    test = f"judge {_TRIAL_ITEMS} of its answers in the first weeks"
    if min(first.meets, key=first.meets.__getitem__, default="").startswith("latency"):
        test = "time its answers at the busiest hour in the first week"
    return Trial(safe.name, first.option.label, test, safe.option.label, chance)


def add_certainty(planned: Planned, catalog: Catalog, beliefs: Beliefs, today: date, cache: OptionsCache) -> Outcome:
    """The answer with what doubt costs beside it; a conflict as it is.

    Args:
        planned: The answer, in full.
        catalog: What exists.
        beliefs: What is known.
        today: Day that the plan is made for.
        cache: The options that the answer was chosen from.
    """
    plan, workload = planned.outcome, planned.problem.workload
    if not isinstance(plan, Plan):
        return plan

    def answer(asked: Workload) -> Outcome:
        return plan_workload(asked, catalog, beliefs, today, cache, "quick")

    found = what_doubt_costs(workload, plan, rank_probes(planned, catalog, beliefs), answer)
    return plan.model_copy(
        update={
            "certainty": found.curve,
            "cliffs": found.cliffs,
            "measured_first": found.measured_first,
            "try_first": found.try_first,
        }
    )
