"""Joining the segments: pools and components numbered over the whole workload, each priced once."""

from dataclasses import dataclass, replace

import numpy as np

from planner.beliefs.cost.components import pool_usd_per_replica_month
from planner.beliefs.cost.energy import pool_carbon_kg_per_replica_month
from planner.beliefs.cost.lines import Factor, product
from planner.beliefs.techniques.outcomes import Outcomes
from planner.options.base import Base
from planner.options.cache import WORKLOAD, OptionsCache
from planner.options.context import Fleet, World
from planner.options.estimates.retrieval import Retrieval
from planner.options.placements.machines import pool_id
from planner.options.placements.parts import Part, component_of, depends_on_segment, in_contract
from planner.options.placements.placements import Found
from planner.options.table import AnchorUse, Component, Options, OptionTable, Pool
from planner.units import DRAW_COUNT, Ints
from planner.workload.schema import Assumptions, Segment, Workload


@dataclass(frozen=True, slots=True, eq=False)
class SegmentPart:
    """One segment's options before they are joined with the others'."""

    segment: Segment
    """At one request a month, without limits: what its components are priced by."""
    retrieval: Retrieval | None
    found: Found
    base: Base
    anchor: AnchorUse
    outcomes: Outcomes
    table: OptionTable
    """Pools and component sets numbered within the segment."""


def join_segments(
    world: World, fleet: Fleet, workload: Workload, parts: list[SegmentPart], kept: OptionsCache
) -> Options:
    """All segments' options: pools and components numbered over the whole workload, each once."""
    setups = list(dict.fromkeys(setup for part in parts for setup in part.base.pools))
    pool_number = {setup: number for number, setup in enumerate(setups)}
    first_user = {piece: part for part in reversed(parts) for piece in part.base.parts}
    pieces = list(dict.fromkeys(piece for part in parts for piece in part.base.parts))
    piece_number = {piece: number for number, piece in enumerate(pieces)}
    tables = tuple(_renumbered(part, pool_number, piece_number, kept) for part in parts)
    pools = _pools(world, fleet, workload, setups, parts, kept)
    spares = spare_components(pools)
    if spares:
        tables = tuple(with_spares(table, len(pieces)) for table in tables)
    return Options(
        tables=tables,
        components=(*(_component(world, workload, piece, first_user[piece], kept) for piece in pieces), *spares),
        pools=pools,
        exclusions=tuple(item for part in parts for item in (*part.found.exclusions, *part.base.rows.exclusions)),
        anchors=tuple(part.anchor for part in parts),
        outcomes=tuple(part.outcomes for part in parts),
        retirements=tuple(dict.fromkeys(item for part in parts for item in part.found.retirements)),
        least_machine_usd=_least_machine_usd(world, fleet, workload),
        day=world.today.isoformat(),
        first_party=frozenset((maker, each.id) for each in world.catalog.providers.values() for maker in each.makers),
    )


def spare_components(pools: tuple[Pool, ...]) -> tuple[Component, ...]:
    """The spare replicas of each pool as a component: paid once, as soon as anything runs on the pool."""
    return tuple(
        Component(
            id=f"spare_replica:{pool.id}",
            kind="spare_replica",
            label=f"{pool.spare_replicas} spare {'replica' if pool.spare_replicas == 1 else 'replicas'} of {pool.id}",
            monthly_usd=np.full(DRAW_COUNT, pool.spare_replicas * pool.usd_per_replica_month),
            people_usd=0.0,
            formula=product(Factor(pool.spare_replicas, "spare"), Factor(pool.usd_per_replica_month, "USD a replica")),
            about="beyond what the load needs, so that one may fail; among the replicas of its pool",
            source_ids=pool.source_ids,
        )
        for pool in pools
        if pool.spare_replicas > 0
    )


def with_spares(table: OptionTable, first: int) -> OptionTable:
    """The table with each pool's spare component, numbered from `first` on by pool, in the sets of its options."""
    pairs, row = np.unique(np.stack([table.component_set, table.pool], axis=1), axis=0, return_inverse=True)
    sets = tuple(
        table.component_sets[members] if pool < 0 else (*table.component_sets[members], first + pool)
        for members, pool in pairs.tolist()
    )
    return replace(table, component_sets=sets, component_set=row.reshape(-1).astype(np.int64))


def _renumbered(
    part: SegmentPart, pool_number: dict[int, int], piece_number: dict[Part, int], kept: OptionsCache
) -> OptionTable:
    """The table with pools and components numbered over the workload; the same object while the numbers stay."""
    pools = tuple(pool_number[setup] for setup in part.base.pools)
    pieces = tuple(piece_number[piece] for piece in part.base.parts)

    def renumber() -> OptionTable:
        lookup: Ints = np.array([*pools, -1], dtype=np.int64)
        sets = tuple(tuple(sorted(pieces[member] for member in members)) for members in part.base.part_sets)
        return replace(part.table, pool=lookup[part.table.pool], component_sets=sets)

    return kept.recall("joined", part.table.segment, (part.table, pools, pieces), renumber)


def _of_parts(assumptions: Assumptions) -> Assumptions:
    """The assumptions without those that change no price of a component or a machine."""
    return assumptions.model_copy(update={"frontier_price_factor": 1.0, "cache_hit_share": None, "retry_share": 0.0})


def _component(world: World, workload: Workload, piece: Part, user: SegmentPart, kept: OptionsCache) -> Component:
    """The priced component of a part, kept by its assumptions and, where it matters, its segment."""
    if piece.kind == "provider" and piece.subject in workload.providers_in_contract:
        return in_contract(world.catalog, piece)
    assumptions = _of_parts(workload.assumptions)
    segment = user.segment if depends_on_segment(piece) else None
    return kept.recall(
        "component",
        piece.id,
        (assumptions, segment, user.retrieval if piece.kind == "rag_index" else None),
        lambda: component_of(world.catalog, piece, user.segment, user.retrieval, assumptions, world.seed),
    )


def _pools(
    world: World, fleet: Fleet, workload: Workload, setups: list[int], parts: list[SegmentPart], kept: OptionsCache
) -> tuple[Pool, ...]:
    """Pools with the price of a replica at the workload's assumptions."""
    most = _most_replicas(parts, workload)
    key = (tuple(setups), _of_parts(workload.assumptions), fleet)

    def make() -> tuple[Pool, ...]:
        machine_usd = {
            number: _machine_month(world, fleet, number, workload.assumptions)
            for number in sorted({fleet.setups[setup].machine for setup in setups})
        }
        spare = workload.assumptions.spare_replicas
        return tuple(_pool(world, fleet, setup, machine_usd, spare) for setup in setups)

    priced = kept.recall("priced pools", WORKLOAD, key, make)
    needed = tuple(most[setup] for setup in setups)

    def sized() -> tuple[Pool, ...]:
        return tuple(replace(pool, max_replicas=count) for pool, count in zip(priced, needed, strict=True))

    return kept.recall("pools", WORKLOAD, (priced, needed), sized)


def _most_replicas(parts: list[SegmentPart], workload: Workload) -> dict[int, int]:
    """More replicas than any plan could need of each pool: all segments on it in their most loaded draws, and one."""
    most: dict[int, float] = {}
    for part in parts:
        pooled = np.flatnonzero(part.table.pool >= 0)
        if pooled.size == 0:
            continue
        peak = part.table.pool_load[pooled].max(axis=1)
        highest = np.zeros(len(part.base.pools))
        np.maximum.at(highest, part.table.pool[pooled], peak)
        for setup, load in zip(part.base.pools, highest, strict=True):
            most[setup] = most.get(setup, 0.0) + float(load)
    cap = workload.assumptions.gpu_utilisation_cap
    return {setup: int(np.ceil(load / cap)) + 1 for setup, load in most.items()}


def _machine_month(world: World, fleet: Fleet, number: int, assumptions: Assumptions) -> tuple[float, float]:
    """USD and kg CO2-equivalent of one replica on a machine in a month."""
    machine = fleet.machines[number]
    usd = pool_usd_per_replica_month(machine.price, machine.gpu, machine.gpus, assumptions, world.catalog)
    gpu = machine.gpu
    if gpu.tdp_w is None:
        # assumption: a board whose power isn't published draws as much as the hungriest one that is.
        gpu = replace(gpu, tdp_w=max((other.tdp_w or 0.0 for other in world.catalog.gpus.values()), default=0.0))
    carbon = pool_carbon_kg_per_replica_month(
        world.catalog, gpu, machine.gpus, machine.price.area, assumptions, world.seed
    )
    return usd, float(carbon.mean())


def _least_machine_usd(world: World, fleet: Fleet, workload: Workload) -> float:
    """The cheapest machine of all that some segment may use, at the workload's assumptions."""
    cheapest: dict[str, int] = {}
    for number in np.flatnonzero(fleet.allowed).tolist():
        kind = "owned" if fleet.machines[number].owned else "rented"
        if kind not in cheapest or fleet.machines[number].usd_per_month < fleet.machines[cheapest[kind]].usd_per_month:
            cheapest[kind] = number
    months = [_machine_month(world, fleet, number, workload.assumptions)[0] for number in cheapest.values()]
    return min(months, default=float("inf"))


def _pool(world: World, fleet: Fleet, setup: int, months: dict[int, tuple[float, float]], spare: int) -> Pool:
    """The pool at its price; how many replicas it may have at most moves with the volume and is filled in later."""
    choice = fleet.setups[setup]
    machine = fleet.machines[choice.machine]
    usd, carbon = months[choice.machine]
    how = (
        f"{machine.gpus} x {machine.gpu.name}, {machine.price.instance or 'own machine'}:"
        f" {usd:,.0f} USD a month for one replica ({machine.price.billing.replace('_', ' ')})"
    )
    return Pool(
        id=pool_id(choice, fleet.machines, world.models.models),
        model=world.models.ids[choice.model],
        gpu=machine.gpu.id,
        gpus_per_replica=machine.gpus,
        precision=choice.precision,
        provider=machine.provider,
        area=machine.price.area,
        usd_per_replica_month=usd,
        max_replicas=0,
        min_replicas=1,
        carbon_kg_per_replica_month=carbon,
        sizing=(how,),
        source_ids=(f"gpu:{machine.gpu.id}", f"gpu_price:{machine.price.provider}:{machine.price.instance}"),
        spare_replicas=spare,
    )
