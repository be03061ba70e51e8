"""What options are made of, whatever the segment: the catalog column by column, machines, places. Built once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from planner.beliefs.model import Beliefs
from planner.catalog.schema import Catalog, Gpu, Offer
from planner.options.eligibility.exclusions import Needs
from planner.options.estimates.columns import ModelColumns, OfferColumns, model_columns, offer_columns
from planner.options.estimates.tuning import tuned_price_factors
from planner.options.placements.machines import (
    Machine,
    SetupChoice,
    allowed_machines,
    area_text,
    choose_setups,
    machine_place,
    machines_of,
)
from planner.options.table import Place
from planner.units import Bools, Floats, Ints
from planner.workload.schema import Assumptions


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """The catalog as options see it on one day."""

    catalog: Catalog
    beliefs: Beliefs
    today: date
    models: ModelColumns
    offers: OfferColumns
    offer_places: tuple[Place, ...]
    """Place of each offer, in the order of `offers`."""
    tuned_factor: Floats
    """(F,) price of a tuned model's tokens over the base's; nan where the offer's provider doesn't tune it."""
    available: Bools
    """(M,) whether a model can still be had: by an offer that has not retired, or as open weights."""
    devices: tuple[Gpu, ...]
    """Laptops, phones, boards and cards that a model could run on, one request at a time."""

    @property
    def seed(self) -> int:
        """Seed of all draws."""
        return self.beliefs.seed


@dataclass(frozen=True, slots=True, eq=False)
class Fleet:
    """Machines and the set-ups chosen on them, for a workload's rules and assumptions."""

    machines: tuple[Machine, ...]
    setups: tuple[SetupChoice, ...]
    setup_model: Ints
    """(P,) row of the model."""
    setup_machine: Ints
    """(P,) row of the machine."""
    places: tuple[Place, ...]
    """Place of each set-up."""
    allowed: Bools
    """(K,) machines that some segment may use."""


def build_world(catalog: Catalog, beliefs: Beliefs, today: date, months: int = 12) -> World:
    """Columns of a catalog, priced over so many months from a day; a fraction of a second, worth keeping."""
    models = model_columns(catalog)
    offers = offer_columns(catalog, models, today, months)
    names = {name: provider.name for name, provider in catalog.providers.items()}
    available = models.open_weights.copy()
    available[offers.model[offers.retires > today.toordinal()]] = True
    return World(
        catalog=catalog,
        beliefs=beliefs,
        today=today,
        models=models,
        offers=offers,
        offer_places=tuple(_offer_place(offer, names) for offer in offers.offers),
        tuned_factor=tuned_price_factors(catalog, offers.offers),
        available=available,
        devices=tuple(gpu for gpu in catalog.gpus.values() if gpu.kind not in {"datacenter", "workstation"}),
    )


def _offer_place(offer: Offer, names: dict[str, str]) -> Place:
    where = area_text(offer.area)
    if offer.region and offer.region.casefold() not in {"global", offer.area.casefold()}:
        where = f"{where} ({offer.region})"
    return Place(
        "api", f"{names.get(offer.provider, offer.provider)} · {where}", offer.provider, offer.area, offer.key, ""
    )


def build_fleet(world: World, assumptions: Assumptions, all_needs: Sequence[Needs]) -> Fleet:
    """Machines at the workload's prices, and the set-ups worth sizing under any of its segments' data rules."""
    machines = machines_of(world.catalog, assumptions)
    masks = {mask.tobytes(): mask for mask in (allowed_machines(machines, needs) for needs in all_needs)}
    setups = tuple(choose_setups(machines, world.models.models, list(masks.values())))
    allowed = np.logical_or.reduce(list(masks.values())) if masks else np.zeros(len(machines), dtype=np.bool_)
    names = {name: provider.name for name, provider in world.catalog.providers.items()}
    return Fleet(
        machines=machines,
        setups=setups,
        setup_model=np.array([choice.model for choice in setups], dtype=np.int64),
        setup_machine=np.array([choice.machine for choice in setups], dtype=np.int64),
        allowed=allowed,
        places=tuple(machine_place(machines[choice.machine], choice.precision, names) for choice in setups),
    )
