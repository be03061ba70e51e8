"""Options as a person reads them, and what a segment's money goes to, line by line."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from planner.beliefs.cost.lines import CostLine, Factor, product
from planner.beliefs.techniques.gate import gate_auc
from planner.catalog.schema import Catalog, Offer
from planner.options.table import TECHNIQUES, TIERS, OptionTable
from planner.planning.explain.shares import SegmentBill
from planner.planning.plan import CostPart, GateChoice, OptionChoice
from planner.planning.problem import Problem
from planner.planning.wording import figure_of, percent_text, steady
from planner.units import SEED, Draws

_GATE_KIND = "the small model's own confidence in its answer"


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What telling looks up."""

    catalog: Catalog
    seed: int
    offers: Mapping[tuple[str, str], Offer]
    """By key and area: a key recurs by area with other prices."""


def facts_of(catalog: Catalog, seed: int = SEED) -> Facts:
    """Index the catalog's offers by key."""
    return Facts(catalog, seed, {(offer.key, offer.area): offer for offer in catalog.offers})


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
    known = facts.catalog.models.get(model)
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
        licence=known.licence if known else "",
        licence_kind=known.licence_kind if known else "",
        gate=_gate_of(problem, facts, table, row),
    )


def _gate_of(problem: Problem, facts: Facts, table: OptionTable, row: int) -> GateChoice | None:
    if table.strong_model[row] < 0:
        return None
    strong = table.places[table.strong_place[row]]
    tuned = "fine_tune" in TECHNIQUES[table.technique[row]]
    auc = gate_auc(facts.catalog, tuned=tuned, weak=_weak_quality(table, row), seed=facts.seed)
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


def _weak_quality(table: OptionTable, row: int) -> Draws | None:
    """Quality of a cascade's weak model by itself, where it is an option too."""
    alone = (table.strong_model < 0) & (table.model == table.model[row]) & (table.technique == table.technique[row])
    rows = np.flatnonzero(alone & (table.place == table.place[row]))
    return table.quality[rows[0]] if rows.size else None


def cost_parts(problem: Problem, number: int, row: int, bill: SegmentBill) -> tuple[CostPart, ...]:
    """A segment's monthly cost in lines that sum to its mean: the very lines that priced the option."""
    lines = problem.parts[number].table.lines(row)
    return (*map(_part, lines), *_pool_part(problem, number, row, bill), *_component_parts(problem, bill))


def _pool_part(problem: Problem, number: int, row: int, bill: SegmentBill) -> list[CostPart]:
    index = int(problem.parts[number].table.pool[row])
    if index < 0:
        return []
    pool = problem.options.pools[index]
    replicas = bill.pool_usd / (bill.pool_share * pool.usd_per_replica_month)
    formula = product(
        Factor(replicas, "replicas" if replicas > 1.0 else "replica"),
        Factor(pool.usd_per_replica_month, "USD"),
        Factor(bill.pool_share * 100.0, f"% of the load of {pool.id}", 1e-2),
    )
    return [
        CostPart(
            name="GPU pool",
            monthly_usd=bill.pool_usd,
            number_class="published",
            evidence=pool.source_ids,
            how=formula.text,
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


def _part(line: CostLine) -> CostPart:
    return CostPart(
        name=line.name,
        monthly_usd=float(np.mean(line.monthly_usd)),
        number_class=line.number_class,
        evidence=line.source_ids,
        how=line.formula.text,
    )
