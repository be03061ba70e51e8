"""What scales with volume and the price of frontier models: usage, load and carbon of a segment's options."""

from dataclasses import dataclass

import numpy as np

from planner.beliefs.cost.api import retrieval_usage_usd
from planner.beliefs.cost.gates import gate_usage_usd
from planner.options.base import Asked, Base, gather, price_factor
from planner.options.context import World
from planner.options.estimates.figures import CostsByShape, TimesByShape
from planner.options.placements.placements import API, Ways
from planner.options.rows import GROUNDED
from planner.units import DRAW_COUNT, Draws


@dataclass(frozen=True, slots=True)
class Scale:
    """What the base of a segment is scaled by."""

    requests: float
    """Requests in an average month of the horizon."""
    rps: float
    """Requests a second that machines are sized for: of the busiest hour, of the mean one where answers may wait."""
    frontier_factor: float
    """Price of frontier models by API over today's."""


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """Columns of a segment's options at one scale, (N, S) each; nobody may write into them."""

    usage_usd: Draws
    pool_load: Draws
    carbon_kg: Draws


def scale_base(
    world: World, ways: Ways, times: TimesByShape, costs: CostsByShape, base: Base, asked: Asked, scale: Scale
) -> Scaled:
    """Usage, load and carbon of all options at a volume and a price of frontier models."""
    made = Scaled(
        _usage(world, ways, costs, base, asked, scale),
        _pool_load(ways, times, base, scale.rps),
        _carbon(costs, base, scale.requests),
    )
    for column in (made.usage_usd, made.pool_load, made.carbon_kg):
        column.flags.writeable = False
    return made


def _usage(world: World, ways: Ways, costs: CostsByShape, base: Base, asked: Asked, scale: Scale) -> Draws:
    """USD a month that grows with requests, (N, S): tokens, retrieval; for cascades both members and the gate."""
    rows, cascades = base.rows, base.cascades
    single = rows.way.size
    usage = np.empty((base.columns.model.size, DRAW_COUNT))
    by_shape = {shape: cost.usage_usd for shape, cost in costs.of.items()}
    gather(by_shape, rows.way, rows.technique, out=usage[:single])
    factor = scale.requests * price_factor(world, ways, rows.way, rows.technique)
    dearer = world.models.frontier[ways.model[rows.way]] & (ways.serving[rows.way] == API)
    usage[:single] *= np.where(dearer, scale.frontier_factor * factor, factor)[:, None]
    search = np.zeros(DRAW_COUNT)
    if asked.retrieval is not None:
        embedder, store = asked.retrieval.embedder, asked.retrieval.store
        search = scale.requests * retrieval_usage_usd(world.catalog, asked.segment, embedder, store, seed=world.seed)
        usage[:single][GROUNDED[rows.technique]] += search
    if cascades.weak.size:
        gate = scale.requests * gate_usage_usd(world.catalog, asked.segment, seed=world.seed)
        # Passages were found once, for the small model.
        found = np.where(GROUNDED[rows.technique[cascades.strong]][:, None], search, 0.0)
        usage[single:] = usage[cascades.weak] + cascades.share * (usage[cascades.strong] - found) + gate
    return usage


def _pool_load(ways: Ways, times: TimesByShape, base: Base, rps: float) -> Draws:
    """Replicas' worth of work at the hour that machines are sized for, (N, S); 0 without a pool."""
    rows, cascades = base.rows, base.cascades
    load = np.zeros((base.columns.model.size, DRAW_COUNT))
    pooled = np.flatnonzero(ways.setup[rows.way] >= 0)
    by_shape = {shape: timed.capacity_rps for shape, timed in times.of.items()}
    load[pooled] = rps / gather(by_shape, rows.way[pooled], rows.technique[pooled])
    if cascades.weak.size:
        load[rows.way.size :] = load[cascades.weak] + cascades.share * load[cascades.strong]
    return load


def _carbon(costs: CostsByShape, base: Base, requests: float) -> Draws:
    """CO2-equivalent a month, kg, (N, S), pools apart."""
    rows, cascades = base.rows, base.cascades
    single = rows.way.size
    carbon = np.empty((base.columns.model.size, DRAW_COUNT))
    by_shape = {shape: cost.carbon_kg for shape, cost in costs.of.items()}
    gather(by_shape, rows.way, rows.technique, out=carbon[:single])
    carbon[:single] *= requests
    carbon[single:] = carbon[cascades.weak] + cascades.share * carbon[cascades.strong]
    return carbon
