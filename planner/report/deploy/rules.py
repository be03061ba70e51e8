"""Whether a tool may stand in for a segment: the planner's own rules, asked for one offer or machine at a time."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from planner.catalog.schema import Catalog, Offer
from planner.options.eligibility.exclusions import Rule, api_rules, needs_of, own_rules
from planner.options.estimates.columns import ModelColumns, model_columns, offer_columns
from planner.options.placements.machines import OWN, place_allowed
from planner.workload.schema import Segment


@dataclass(frozen=True, slots=True, eq=False)
class Rulebook:
    """What asking takes: made once for a plan."""

    catalog: Catalog
    columns: ModelColumns
    day: date

    @classmethod
    def of(cls, catalog: Catalog, day: date) -> "Rulebook":
        """Rules of a catalog on a day."""
        return cls(catalog, model_columns(catalog), day)


def against_offer(book: Rulebook, offer: Offer, segment: Segment) -> str:
    """Why an API offer may not serve a segment, one sentence; '' when it may."""
    one = offer_columns(replace(book.catalog, offers=(offer,)), book.columns, book.day, 1)
    if not one.offers:
        return "The catalog states no price for it, or does not know its model."
    return _first(api_rules(one, book.columns, needs_of(segment), book.day), 0)


def against_machine(book: Rulebook, model: str, provider: str, area: str, segment: Segment) -> str:
    """Why a model on machines of a provider may not serve a segment, one sentence; '' when it may."""
    needs = needs_of(segment, may_own=True)
    if not place_allowed(provider, area, needs, owned=provider == OWN):
        return f"Machines of {provider} in {area} are outside its data rules."
    if model not in book.columns.row:
        return "The catalog does not know its model."
    return _first(own_rules(book.columns, needs), book.columns.row[model])


def _first(rules: tuple[Rule, ...], row: int) -> str:
    """Sentence of the first rule that a row fails."""
    return next((rule.tell(np.array([row])) for rule in rules if bool(rule.fails[row])), "")
