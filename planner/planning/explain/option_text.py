"""Options as a person reads them, and what a segment's money goes to, line by line."""

from dataclasses import dataclass

import numpy as np

from planner.beliefs.cost.api import (
    CostLine,
    Extra,
    cost_lines,
    few_shot_tokens,
    gate_usage_usd,
    retrieved_tokens,
    volume_factor,
)
from planner.beliefs.techniques.transforms import gate_auc
from planner.catalog.schema import Catalog, Offer
from planner.options.cascade import STRONG_TECHNIQUE
from planner.options.table import TECHNIQUES, TIERS, OptionTable
from planner.planning.explain.shares import SegmentBill
from planner.planning.plan import CostPart, GateChoice, OptionChoice
from planner.planning.problem import Problem
from planner.planning.wording import figure_of, percent_text, rounded_text, steady, usd_text
from planner.units import SEED
from planner.workload.schema import Segment

_GATE_KIND = "the small model's own confidence in its answer"


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What telling looks up."""

    catalog: Catalog
    seed: int
    offers: dict[str, Offer]


def facts_of(catalog: Catalog, seed: int = SEED) -> Facts:
    """Index the catalog's offers by key."""
    return Facts(catalog, seed, {offer.key: offer for offer in catalog.offers})


def model_name(catalog: Catalog, model: str) -> str:
    """Name as people write it; the id when the catalog doesn't know the model."""
    known = catalog.models.get(model)
    return known.name if known else model


def choice_of(problem: Problem, facts: Facts, number: int, row: int) -> OptionChoice:
    """One row of a segment's table as a choice."""
    table = problem.parts[number].table
    place = table.places[table.place[row]]
    model = table.model_ids[table.model[row]]
    pool = int(table.pool[row])
    return OptionChoice(
        tier=TIERS[table.tier[row]],
        model=model,
        model_name=model_name(facts.catalog, model),
        technique=TECHNIQUES[table.technique[row]],
        serving=place.serving,
        place=place.label,
        provider=place.provider,
        area=place.area,
        offer_key=place.offer_key,
        pool=problem.options.pools[pool].id if pool >= 0 else "",
        gate=_gate_of(problem, problem.parts[number].segment, facts, table, row),
    )


def _gate_of(problem: Problem, segment: Segment, facts: Facts, table: OptionTable, row: int) -> GateChoice | None:
    if table.strong_model[row] < 0:
        return None
    strong = table.places[table.strong_place[row]]
    tuned = "fine_tune" in TECHNIQUES[table.technique[row]]
    auc = gate_auc(facts.catalog, tuned=tuned, labelled_examples=segment.training.labelled_examples, seed=facts.seed)
    return GateChoice(
        kind=_GATE_KIND,
        escalation_share=figure_of(table.escalation_share[row]),
        strong_model=table.model_ids[table.strong_model[row]],
        strong_place=strong.label,
        auc=steady(float(auc.mean())),
        strong_provider=strong.provider,
        strong_area=strong.area,
        strong_offer_key=strong.offer_key,
        strong_pool=problem.options.pools[int(table.pool[row])].id if strong.serving == "self_hosted" else "",
    )


def cost_parts(problem: Problem, facts: Facts, number: int, row: int, bill: SegmentBill) -> tuple[CostPart, ...]:
    """A segment's monthly cost in lines that sum to its mean."""
    usage = _usage_parts(problem, facts, number, row)
    rest = float(bill.usage_usd.mean()) - sum(part.monthly_usd for part in usage)
    if abs(rest) > 1e-9 * max(1.0, abs(float(bill.usage_usd.mean()))):
        usage.append(_rest(problem, number, row, rest, bill, first=not usage))
    return (*usage, *_pool_part(problem, number, row, bill), *_component_parts(problem, bill))


def _rest(problem: Problem, number: int, row: int, usd: float, bill: SegmentBill, *, first: bool) -> CostPart:
    """What the token lines leave: retrieval queries, electricity of devices, tokens of tuned models."""
    table = problem.parts[number].table
    technique, serving = TECHNIQUES[table.technique[row]], table.places[table.place[row]].serving
    if serving == "on_device":
        name, how = "electricity of devices", "energy of each answer at the assumed price of electricity"
    elif serving == "api" and "fine_tune" in technique:
        name, how = "tokens of the tuned model", "the base model's tokens at the tuning provider's factor"
    elif "rag" in technique:
        name, how = "retrieval", "query embeddings and the store's price per query"
    else:
        name, how = ("usage", "what grows with requests") if first else ("rest", "what the lines above leave")
    # The index, the tuned model or the devices that this usage belongs to name the prices and priors behind it.
    components = [problem.options.components[index] for index in bill.components]
    evidence = tuple(dict.fromkeys(source for component in components for source in component.source_ids))
    return CostPart(name=name, monthly_usd=usd, number_class="fitted", evidence=evidence, how=how)


def _pool_part(problem: Problem, number: int, row: int, bill: SegmentBill) -> list[CostPart]:
    index = int(problem.parts[number].table.pool[row])
    if index < 0:
        return []
    pool = problem.options.pools[index]
    how = f"{percent_text(bill.pool_share)} of the load of {pool.id}, {usd_text(pool.usd_per_replica_month)} a replica"
    return [
        CostPart(
            name="GPU pool", monthly_usd=bill.pool_usd, number_class="published", evidence=pool.source_ids, how=how
        )
    ]


def _component_parts(problem: Problem, bill: SegmentBill) -> list[CostPart]:
    parts = []
    for index, draws in zip(bill.components, bill.component_usd, strict=True):
        component = problem.options.components[index]
        share = float(draws.mean()) / max(float(problem.component_usd[index]), 1e-12)
        shared = "" if share > 0.999 else f"{percent_text(share)} of it, shared: "
        parts.append(
            CostPart(
                name=component.label,
                monthly_usd=float(draws.mean()),
                number_class="assumed" if component.people_usd > 0.0 else "published",
                evidence=component.source_ids,
                how=f"{shared}{component.note}",
            )
        )
    return parts


def _usage_parts(problem: Problem, facts: Facts, number: int, row: int) -> list[CostPart]:
    """Token lines of the option's offers; empty when nothing is bought by the token."""
    table = problem.parts[number].table
    place = table.places[table.place[row]]
    technique = TECHNIQUES[table.technique[row]]
    lines = _lines(problem, facts, number, place.offer_key, technique)
    parts = [_part(line, "", 1.0) for line in lines]
    if table.strong_model[row] >= 0:
        strong = table.places[table.strong_place[row]]
        share = float(table.escalation_share[row].mean())
        passed_on = _lines(problem, facts, number, strong.offer_key, STRONG_TECHNIQUE[technique])
        weighted = [
            (line, float((line.monthly_usd * table.escalation_share[row]).mean() / max(line.monthly_usd.mean(), 1e-12)))
            for line in passed_on
        ]
        parts += [_part(line, f"escalations ({percent_text(share)}): ", weight) for line, weight in weighted]
        parts += _gate_part(problem, facts, number)
    return parts


def _gate_part(problem: Problem, facts: Facts, number: int) -> list[CostPart]:
    segment, volume = problem.parts[number].segment, volume_factor(problem.workload)
    usd = float(gate_usage_usd(facts.catalog, segment, volume=volume, seed=facts.seed).mean())
    how = f"{rounded_text(segment.requests_per_month * volume)} gate calls"
    return [CostPart(name="gate", monthly_usd=usd, number_class="assumed", how=how)] if usd else []


def _lines(problem: Problem, facts: Facts, number: int, key: str, technique: str) -> tuple[CostLine, ...]:
    offer = facts.offers.get(key)
    if offer is None or "fine_tune" in technique:
        # A tuned model's price factor belongs to its tuning provider; its usage is told as one line.
        return ()
    segment = problem.parts[number].segment
    extra = Extra(
        input_tokens=retrieved_tokens(facts.catalog, facts.seed) if technique == "rag" else 0.0,
        prefix_tokens=few_shot_tokens(segment) if technique == "few_shot" else 0.0,
    )
    return cost_lines(
        facts.catalog,
        offer,
        segment,
        problem.workload.assumptions,
        volume=volume_factor(problem.workload),
        extra=extra,
        seed=facts.seed,
    )


def _part(line: CostLine, prefix: str, weight: float) -> CostPart:
    return CostPart(
        name=f"{prefix}{line.name}",
        monthly_usd=float(np.mean(line.monthly_usd)) * weight,
        number_class=line.number_class,
        evidence=line.source_ids,
        how=line.how,
    )
