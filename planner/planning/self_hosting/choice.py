"""What can be compared on own machines, and what to look at first: models, GPUs, prices and offers for a segment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from planner.beliefs.cost.api import api_usage_usd
from planner.beliefs.serving.sizing import Precision, Setup, size_replicas, why_not_sized
from planner.catalog.schema import Catalog, Gpu, GpuPrice, Model, Offer
from planner.options.context import World
from planner.options.eligibility.exclusions import api_rules, areas_within, needs_of, own_rules, passing
from planner.planning.plan import Plan, PoolPlan
from planner.units import HOURS_PER_MONTH
from planner.workload.schema import Assumptions, Segment

_CLASS_8B: Final = "meta/llama-3.1-8b"
_SMALL_B: Final = 16.0
_SERVERS: Final = frozenset({"datacenter", "workstation", "consumer"})
_COUNTS: Final = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What a choice is made from: the catalog as options see it, and what has been measured anywhere."""

    world: World
    gpus: frozenset[str]
    """GPUs on which some published measurement of the speed exists."""
    models: frozenset[str]
    """Models of which one exists."""


@dataclass(frozen=True, slots=True)
class GpuChoice:
    """So many GPUs of a kind for one replica."""

    gpu: str
    count: int

    @property
    def key(self) -> str:
        """'1x l40s', as the address has it."""
        return f"{self.count}x {self.gpu}"


def own_models(catalog: Catalog) -> tuple[Model, ...]:
    """Open models whose memory and speed can be sized, small ones first."""
    models = [
        model
        for model in catalog.models.values()
        if model.open_weights and model.total_params_b is not None and None not in (model.layers, model.hidden)
        if model.kv_bytes_per_token is not None
    ]
    return tuple(sorted(models, key=lambda model: (model.total_params_b or 0.0, model.id)))


def usual_model(known: Known, segment: Segment, plan: Plan | None) -> str:
    """What to look at first: the model that the plan runs itself here, else a small one that may serve the segment."""
    for part in plan.segments if plan is not None else ():
        if part.name == segment.name and part.option.serving == "self_hosted":
            return part.option.model
    world = known.world
    free = passing(own_rules(world.models, needs_of(segment, may_own=True)))
    if free[world.models.row[_CLASS_8B]]:
        return _CLASS_8B
    small = [model for model in own_models(world.catalog) if free[world.models.row[model.id]]]
    eight = [model for model in small if 6.0 <= (model.total_params_b or 0.0) <= _SMALL_B] or small
    newest = max(eight, key=lambda model: (model.id in known.models, model.released or date.min), default=None)
    return newest.id if newest is not None else _CLASS_8B


def plan_pool(segment: Segment, model: str, plan: Plan | None) -> PoolPlan | None:
    """The pool on which the plan runs this model for the segment, if it does."""
    for pool in plan.pools if plan is not None else ():
        if pool.model == model and segment.name in pool.segments:
            return pool
    return None


def fitting_gpus(catalog: Catalog, model: Model, precision: Precision, segment: Segment) -> tuple[GpuChoice, ...]:
    """GPUs, and how many for one replica, on which a model fits; the two smallest counts of each kind."""
    setups = [
        Setup(model, gpu, count, precision)
        for gpu in catalog.gpus.values()
        if gpu.kind in _SERVERS and (rent_rows(catalog, gpu.id) or gpu.id in catalog.servers)
        for count in _COUNTS
        if count <= _largest(catalog, gpu)
    ]
    setups = [setup for setup in setups if why_not_sized(setup) is None]
    sized = size_replicas(catalog, setups, segment)
    found: dict[str, list[GpuChoice]] = {}
    for setup, sizing in zip(setups, sized, strict=True):
        if not isinstance(sizing, str):
            found.setdefault(setup.gpu.id, []).append(GpuChoice(setup.gpu.id, setup.gpus_per_replica))
    return tuple(choice for choices in found.values() for choice in choices[:2])


def _largest(catalog: Catalog, gpu: Gpu) -> int:
    server = catalog.servers.get(gpu.id)
    rows = [row.gpus for row in rent_rows(catalog, gpu.id)]
    return max([*rows, server.gpus if server else 0], default=0)


def rent_rows(catalog: Catalog, gpu: str) -> tuple[GpuPrice, ...]:
    """What an hour of a GPU costs to rent, cheapest first."""
    rows = [row for row in catalog.gpu_prices if row.gpu == gpu and row.billing != "owned"]
    return tuple(sorted(rows, key=lambda row: (row.usd_per_gpu_hour, row.provider, row.instance, row.region)))


def allowed_rent(catalog: Catalog, gpu: str, count: int, segments: Sequence[Segment]) -> tuple[GpuPrice, ...]:
    """Rows on which a replica fits and which the data rules of all segments allow; cheapest instance first."""
    rows = [row for row in rent_rows(catalog, gpu) if row.gpus >= count or row.gpus == _most_gpus(catalog, gpu)]
    for segment in segments:
        needs = needs_of(segment)
        if needs.premises_only:
            return ()
        rows = [row for row in rows if needs.areas is None or row.area in areas_within(sorted(needs.areas))]
        rows = [row for row in rows if needs.providers is None or row.provider in needs.providers]
    return tuple(sorted(rows, key=lambda row: (row.usd_per_gpu_hour * _rented_gpus(row, count), row.gpus)))


def _most_gpus(catalog: Catalog, gpu: str) -> int:
    return max((row.gpus for row in rent_rows(catalog, gpu)), default=0)


def _rented_gpus(row: GpuPrice, count: int) -> int:
    """GPUs that one replica makes one rent."""
    return -(-count // row.gpus) * row.gpus


def usual_gpu(
    known: Known, model: Model, precision: Precision, segments: Sequence[Segment], choices: Sequence[GpuChoice]
) -> GpuChoice | None:
    """The choice with the lowest price of a request when full, rentable and measured ones first; None without any."""
    catalog = known.world.catalog
    best: tuple[tuple[bool, bool, float], GpuChoice] | None = None
    setups = [Setup(model, catalog.gpus[choice.gpu], choice.count, precision) for choice in choices]
    for choice, sizing in zip(choices, size_replicas(catalog, setups, segments[0]), strict=True):
        usd = _month_usd(catalog, choice, segments)
        if isinstance(sizing, str) or usd is None:
            continue
        rented = bool(allowed_rent(catalog, choice.gpu, choice.count, segments))
        rank = (not rented, choice.gpu not in known.gpus, usd / float(np.mean(sizing.capacity_rps)))
        if best is None or rank < best[0]:
            best = (rank, choice)
    return best[1] if best else (choices[0] if choices else None)


def _month_usd(catalog: Catalog, choice: GpuChoice, segments: Sequence[Segment]) -> float | None:
    """Cheapest month of one replica there, rented on demand or owned; None where neither is possible."""
    rows = [row for row in allowed_rent(catalog, choice.gpu, choice.count, segments) if row.billing == "on_demand"]
    if rows:
        return rows[0].usd_per_gpu_hour * _rented_gpus(rows[0], choice.count) * HOURS_PER_MONTH
    owned = [row for row in catalog.gpu_prices if row.gpu == choice.gpu and row.billing == "owned"]
    return min((row.usd_per_gpu_hour * choice.count * HOURS_PER_MONTH for row in owned), default=None)


def offers_for(world: World, segments: Sequence[Segment]) -> tuple[tuple[Offer, ...], bool]:
    """Offers that may serve all segments, and True; where no API may, those that could by their abilities, and False.

    Cheapest first, by the first segment's requests.
    """
    allowed = _passing_offers(world, segments)
    if allowed:
        return _by_cost(world.catalog, allowed, segments[0]), True
    free = [anywhere(segment) for segment in segments]
    return _by_cost(world.catalog, _passing_offers(world, free), segments[0]), False


def _passing_offers(world: World, segments: Sequence[Segment]) -> list[Offer]:
    masks = [passing(api_rules(world.offers, world.models, needs_of(segment), world.today)) for segment in segments]
    return [world.offers.offers[int(row)] for row in np.flatnonzero(np.logical_and.reduce(masks))]


def anywhere(segment: Segment) -> Segment:
    """The segment as if its data might go anywhere."""
    return segment.model_copy(update={"data": type(segment.data)()})


def _by_cost(catalog: Catalog, offers: list[Offer], segment: Segment) -> tuple[Offer, ...]:
    usd = api_usage_usd(catalog, offers, segment, Assumptions(), volume=1.0).mean(axis=1)
    order = np.argsort(usd, kind="stable")
    return tuple(offers[int(row)] for row in order)


def usual_offer(
    catalog: Catalog,
    segments: Sequence[Segment],
    offers: Sequence[Offer],
    plan: Plan | None,
    model: str,
    *,
    allowed: bool,
) -> Offer:
    """The plan's own offer for the first segment; else today's model's, else the cheapest mid-sized model's.

    Where no API is allowed, the same model's: what keeping the data at home costs.
    """
    same = [offer for offer in offers if offer.model == model]
    if same and not allowed:
        return same[0]
    keys = {offer.key: offer for offer in offers}
    for part in plan.segments if plan is not None else ():
        if part.name == segments[0].name and part.option.offer_key in keys:
            return keys[part.option.offer_key]
    named = segments[0].today.model if segments[0].today else segments[0].prefer
    for offer in offers:
        if offer.model == named:
            return offer
    mid = [offer for offer in offers if catalog.models[offer.model or ""].model_class == "mid"]
    return (mid or list(offers))[0]
