"""Answers short enough to be read whole: what a caller asked, with intervals, and where the rest is to be had."""

from dataclasses import asdict
from typing import Any, Final

from planner.catalog.browse import ModelDetails
from planner.library import PricedOffer
from planner.options.eligibility.exclusions import why_not
from planner.planning.certainty.next_probe import ProbeIdea
from planner.planning.choose import Planned
from planner.planning.plan import Conflict, Figure, NamedModel, Outcome, Plan, SegmentPlan
from planner.planning.what_if.comparison import Comparison

_OFFERS: Final = 40
_SCORES: Final = 40
_REASONS: Final = 20


def tell_outcome(outcome: Outcome) -> dict[str, Any]:
    """A plan or a conflict."""
    if isinstance(outcome, Conflict):
        limits = [limit.model_dump() for limit in outcome.limits]
        return {"status": "infeasible", "answer": outcome.text, "limits": limits, "probe": outcome.probe}
    totals = outcome.totals
    return {
        "status": outcome.status,
        "answer": outcome.answer,
        "monthly_cost_usd": _figure(totals.monthly_cost_usd),
        "quality": _figure(totals.quality),
        "requests_per_month": totals.requests_per_month,
        "carbon_kg_per_month": _figure(totals.carbon_kg_per_month),
        "segments": [_segment(segment) for segment in outcome.segments],
        "first_steps": [step.text for step in outcome.first_steps],
        "warnings": list(outcome.warnings),
        **_origin(outcome),
    }


def tell_comparison(comparison: Comparison) -> dict[str, Any]:
    """A plan before and after changes."""
    return {
        "before": _brief(comparison.before.outcome),
        "after": _brief(comparison.after.outcome),
        "cost_change_usd": None if comparison.cost_usd is None else _figure(comparison.cost_usd),
        "segments": [
            {
                "name": one.name,
                "before": one.before.label,
                "after": one.after.label,
                "tool_changes": one.tools_changed,
                "cost_change_usd": _figure(one.cost_usd),
            }
            for one in comparison.segments
        ],
    }


def tell_why_not(planned: Planned, segment: str, model: str) -> dict[str, Any]:
    """Why a model does not serve a segment: rules that keep it out, or what it would cost and miss."""
    outcome = planned.outcome
    told: dict[str, Any] = {"segment": segment, "model": model, "serves_it": False}
    if isinstance(outcome, Plan):
        mine = next(one for one in outcome.segments if one.name == segment)
        told |= {"chosen": mine.option.label, "serves_it": mine.option.model == model}
        told["beside_the_plan"] = [_named(named) for named in mine.named if named.model == model]
    rules = why_not(planned.problem.options, segment, model)
    told["kept_out"] = [
        {"limit": one.limit, "where": one.place or one.serving, "reason": one.reason} for one in rules[:_REASONS]
    ]
    return told


def tell_prices(offers: tuple[PricedOffer, ...]) -> dict[str, Any]:
    """What one request costs, cheapest offer first."""
    return {"offers": [asdict(offer) for offer in offers[:_OFFERS]], "left_out": max(len(offers) - _OFFERS, 0)}


def tell_probes(ideas: tuple[ProbeIdea, ...], count: int) -> dict[str, Any]:
    """What to measure next, best first."""
    rows = [
        {
            "segment": idea.segment,
            "model": idea.model,
            "samples": idea.items,
            "tool_changes_in_share": idea.change_share,
            "worth_usd_per_month": idea.worth_usd,
            "costs_usd": idea.costs_usd,
            "text": idea.text,
        }
        for idea in ideas[:count]
    ]
    return {"probes": rows, "left_out": max(len(ideas) - count, 0)}


def tell_model(details: ModelDetails) -> dict[str, Any]:
    """One model: facts, offers, scores, each with its source."""
    return {
        "model": asdict(details.model),
        "offers": [asdict(offer) for offer in details.offers[:_OFFERS]],
        "scores": [asdict(row) for row in details.evidence[:_SCORES]],
        "left_out": {
            "offers": max(len(details.offers) - _OFFERS, 0),
            "scores": max(len(details.evidence) - _SCORES, 0),
        },
    }


def _segment(segment: SegmentPlan) -> dict[str, Any]:
    runner_up = segment.runner_up
    return {
        "name": segment.name,
        "tool": segment.option.label,
        "model": segment.option.model,
        "technique": segment.option.technique,
        "where": segment.option.place,
        "monthly_cost_usd": _figure(segment.monthly_cost_usd),
        "quality": _figure(segment.quality),
        "total_p95_ms": _figure(segment.total_p95_ms),
        "holds_limits_in_share_of_draws": segment.meets,
        "why": segment.why,
        "runner_up": None
        if runner_up is None
        else {"tool": runner_up.option.label, "extra_cost_usd": runner_up.extra_cost_usd},
    }


def _brief(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Conflict):
        return {"status": "infeasible", "answer": outcome.text}
    cost, quality = _figure(outcome.totals.monthly_cost_usd), _figure(outcome.totals.quality)
    return {"status": outcome.status, "answer": outcome.answer, "monthly_cost_usd": cost, "quality": quality}


def _named(named: NamedModel) -> dict[str, Any]:
    cost, quality = named.monthly_cost_usd, named.quality
    return {
        "fits": named.fits,
        "reason": named.reason,
        "monthly_cost_usd": None if cost is None else _figure(cost),
        "quality": None if quality is None else _figure(quality),
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "mean": figure.mean,
        "low": figure.low,
        "high": figure.high,
        "level": figure.level,
        "class": figure.number_class,
    }


def _origin(plan: Plan) -> dict[str, Any]:
    return {
        "workload_hash": plan.workload_hash,
        "catalog": f"{plan.catalog_version} of {plan.catalog_date}",
        "seed": plan.seed,
        "more": "planner plan WORKLOAD --json prints all of it, with the evidence of each number",
    }
