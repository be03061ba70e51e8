"""The parts that options need set up and kept up: what they are called, who shares them, what they cost."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.cost.components import (
    MonthlyCost,
    device_fleet_component_usd,
    fine_tune_component_usd,
    people_component_usd,
    provider_component_usd,
    rag_component_usd,
    self_hosted_stack_component_usd,
    vector_store_component_usd,
)
from planner.beliefs.cost.lines import Formula
from planner.catalog.schema import Catalog
from planner.options.estimates.retrieval import Retrieval
from planner.options.table import Component, ComponentKind
from planner.units import DRAW_COUNT
from planner.workload.schema import Assumptions, Segment

_OF_A_SEGMENT: Final = frozenset({"fine_tune", "rag_index", "few_shot", "gate"})
"""Kinds whose cost depends on the segment; the others are shared by all segments."""


@dataclass(frozen=True, slots=True)
class Part:
    """A component before it has a price. Two equal parts are one component, paid once."""

    kind: ComponentKind
    subject: str = ""
    """Provider, model, store or device."""
    segment: str = ""
    """Segment that it belongs to; '' when shared."""
    where: str = ""
    """Of a tuned model: provider that tunes and serves it; '' for own machines."""

    @property
    def id(self) -> str:
        """'provider:openai', 'fine_tune:meta/llama-3.1-8b:ticket-triage', 'self_hosted_stack'."""
        tuned_at = f"@{self.where}" if self.where else ""
        return ":".join(name for name in (self.kind, f"{self.subject}{tuned_at}", self.segment) if name)


def component_of(
    catalog: Catalog, part: Part, segment: Segment, retrieval: Retrieval | None, assumptions: Assumptions, seed: int
) -> Component:
    """The component with its cost; `segment` and `retrieval` are those of the segment that needs it."""
    cost = _cost_of(catalog, part, segment, retrieval, assumptions, seed)
    return Component(
        id=part.id,
        kind=part.kind,
        label=_label(catalog, part),
        monthly_usd=cost.monthly_usd,
        people_usd=cost.people_usd,
        formula=cost.formula,
        about=cost.about,
        source_ids=cost.source_ids,
    )


def in_contract(catalog: Catalog, part: Part) -> Component:
    """The contract with a provider that is in place already: it costs no new one."""
    about = "in place already (providers_in_contract)"
    return Component(part.id, part.kind, _label(catalog, part), np.zeros(DRAW_COUNT), 0.0, Formula(), about, ())


def depends_on_segment(part: Part) -> bool:
    """Whether the cost of a part changes with the segment's own figures."""
    return part.kind in _OF_A_SEGMENT


def _cost_of(
    catalog: Catalog, part: Part, segment: Segment, retrieval: Retrieval | None, assumptions: Assumptions, seed: int
) -> MonthlyCost:
    if part.kind in {"rag_index", "vector_store"}:
        return _search_cost(catalog, part, segment, retrieval, assumptions, seed)
    match part.kind:
        case "provider":
            cost = provider_component_usd(catalog, assumptions, seed)
        case "self_hosted_stack":
            cost = self_hosted_stack_component_usd(catalog, assumptions, seed)
        case "device_fleet":
            cost = device_fleet_component_usd(catalog, catalog.gpus[part.subject], assumptions, seed)
        case "fine_tune":
            model, provider = catalog.models[part.subject], part.where or None
            cost = fine_tune_component_usd(catalog, model, segment, assumptions, provider=provider, seed=seed)
        case "self_hosted_model" | "adapter_pool" | "few_shot" | "gate":
            cost = people_component_usd(catalog, part.kind, assumptions, seed)
        case "spare_replica":
            msg = f"{part.id} is priced with its pool"
            raise ValueError(msg)
    return cost


def _search_cost(
    catalog: Catalog, part: Part, segment: Segment, retrieval: Retrieval | None, assumptions: Assumptions, seed: int
) -> MonthlyCost:
    if retrieval is None:
        msg = f"{part.id} without a retrieval set-up"
        raise ValueError(msg)
    if part.kind == "rag_index":
        return rag_component_usd(catalog, segment, retrieval.embedder, retrieval.store, assumptions, seed)
    return vector_store_component_usd(catalog, retrieval.store, assumptions, seed)


_LABELS: Final[dict[ComponentKind, str]] = {
    "provider": "Contract with {subject}",
    "fine_tune": "{subject} tuned for {segment} {where}",
    "rag_index": "Search index of {segment}",
    "vector_store": "Vector store {subject}",
    "self_hosted_stack": "Serving stack for own machines",
    "self_hosted_model": "Own copy of {subject}",
    "adapter_pool": "Tuned adapters on {subject}",
    "few_shot": "Examples for {segment}",
    "gate": "Gate of {segment}",
    "device_fleet": "Roll-out on {subject}",
    "spare_replica": "Spare replica of {subject}",
}


def _label(catalog: Catalog, part: Part) -> str:
    """What a person reads: names instead of ids."""
    named = catalog.models.get(part.subject) or catalog.providers.get(part.subject) or catalog.gpus.get(part.subject)
    provider = catalog.providers.get(part.where)
    where = f"at {provider.name if provider else part.where}" if part.where else "on own machines"
    subject = named.name if named else part.subject
    return _LABELS[part.kind].format(subject=subject, segment=part.segment, where=where)
