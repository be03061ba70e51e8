"""Every allowed way to serve every segment, with what is believed of its cost, time and quality."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from planner.beliefs.components import pool_usd_per_replica_month
from planner.beliefs.cost import gate_usage_usd, retrieval_usage_usd, volume_factor
from planner.beliefs.energy import pool_carbon_kg_per_replica_month
from planner.beliefs.model import Beliefs
from planner.beliefs.serving import peak_requests_per_second
from planner.catalog.schema import Catalog
from planner.options.base import Asked, Base, build_base, gather, lay_grounds, overloaded_devices, price_factor
from planner.options.cache import OptionsCache
from planner.options.exclusions import Needs, needs_of
from planner.options.machines import pool_id
from planner.options.parts import Part, component_of, depends_on_segment
from planner.options.qualities import SegmentQualities, check_names, floor_of, qualities_of, quality_key
from planner.options.retrieval import Retrieval, choose_retrieval
from planner.options.rows import GROUNDED
from planner.options.table import Component, Options, OptionTable, Pool
from planner.options.ways import API
from planner.options.world import Fleet, World, build_fleet, build_world
from planner.units import DRAW_COUNT, Draws, Ints
from planner.workload.schema import Assumptions, LatencyLimits, RelativeFloor, Segment, Workload

_WORKLOAD = "workload"


@dataclass(frozen=True, slots=True, eq=False)
class _SegmentPart:
    """One segment's options before they are joined with the others'."""

    segment: Segment
    retrieval: Retrieval | None
    base: Base
    qualities: SegmentQualities
    table: OptionTable
    """Pools and component sets numbered within the segment."""


def enumerate_options(
    workload: Workload, catalog: Catalog, beliefs: Beliefs, today: date, cache: OptionsCache | None = None
) -> Options:
    """Every allowed option of every segment: model x technique x serving, cascades included.

    Left out because they can never matter: offers that the same provider undercuts in the same area with nothing to
    tell them apart; machines dearer than another of the same kind at the same provider and area. Left out to keep the
    table short: GPU set-ups beyond three for each model, precision and data rule; own copies of models that a lighter
    one outclasses; cascades beyond the best few pairs.

    Args:
        workload: What is asked.
        catalog: What exists.
        beliefs: What is known; fitted on the same catalog.
        today: Offers that retire by this day are out.
        cache: Parts of earlier calls. With it, tables whose segment and prices did not change are the same objects,
            and a change of volume or of a price factor only scales arrays.

    Raises:
        InputError: The workload names a model, provider or device that the catalog lacks.
    """
    check_names(workload, catalog)
    kept = OptionsCache() if cache is None else cache
    kept.bind(catalog, beliefs, today)
    world = kept.recall("world", _WORKLOAD, None, lambda: build_world(catalog, beliefs, today))
    may_own = workload.assumptions.prefer_commitment == "owned" or any(
        not segment.data.may_leave_premises for segment in workload.segments
    )
    needs = [needs_of(segment, may_own=may_own) for segment in workload.segments]
    fleet = _fleet(world, workload.assumptions, needs, kept)
    parts = [_segment_part(world, fleet, workload, segment, need, kept) for segment, need in _zip(workload, needs)]
    return _join(world, fleet, workload, parts, kept)


def _zip(workload: Workload, needs: list[Needs]) -> list[tuple[Segment, Needs]]:
    return list(zip(workload.segments, needs, strict=True))


def _neutral(assumptions: Assumptions) -> Assumptions:
    """Assumptions without what only scales, prices components, or is counted elsewhere."""
    return assumptions.model_copy(
        update={
            "gpu_price_factor": 1.0,
            "frontier_price_factor": 1.0,
            "engineer_hour_usd": 0.0,
            "include_people": False,
            "device_count": 1,
            "devices_exist": True,
        }
    )


def _fleet(world: World, assumptions: Assumptions, needs: list[Needs], kept: OptionsCache) -> Fleet:
    """Set-ups for the distinct data rules of the workload."""
    rules = {(need.areas, need.premises_only, need.may_own, need.providers): need for need in needs}
    neutral = _neutral(assumptions)
    key = (frozenset(rules), neutral)
    return kept.recall("fleet", _WORKLOAD, key, lambda: build_fleet(world, neutral, list(rules.values())))


def _unit(segment: Segment) -> Segment:
    """The segment at one request a month, without limits and whatever else no figure of an option depends on."""
    return segment.model_copy(
        update={
            "requests_per_month": 1.0,
            "peak_to_mean": 1.0,
            "quality_floor": None,
            "latency": LatencyLimits(),
            "samples": None,
            "error_cost_usd": 0.0,
            "today": None,
            "prefer": None,
        }
    )


def _segment_part(
    world: World, fleet: Fleet, workload: Workload, segment: Segment, needs: Needs, kept: OptionsCache
) -> _SegmentPart:
    name = segment.name
    volume = volume_factor(workload)
    known_by = quality_key(segment)
    qualities = kept.recall("quality", name, known_by, lambda: qualities_of(world, known_by))
    neutral = _neutral(workload.assumptions)
    retrieval = _retrieval(world, segment, needs, workload.assumptions, kept)
    unit = _unit(segment)
    asked = Asked(unit, needs, neutral, workload.horizon_months, retrieval, _named(segment))
    searched = None if retrieval is None else (retrieval.embedder.id, retrieval.store.id)
    key: Hashable = (unit, needs, neutral, workload.horizon_months, searched, asked.named, fleet)
    grounds = kept.recall("grounds", name, key, lambda: lay_grounds(world, fleet, asked, qualities))
    rps = peak_requests_per_second(segment, volume)
    overload = overloaded_devices(grounds, rps / workload.assumptions.device_count, neutral.gpu_utilisation_cap)
    base = kept.recall(
        "base",
        name,
        (grounds, overload.tobytes()),
        lambda: build_base(world, fleet, asked, qualities, grounds, overload),
    )
    floor = kept.recall("floor", name, (known_by, segment.quality_floor), lambda: floor_of(world, segment, qualities))
    factor = workload.assumptions.frontier_price_factor
    table_key = (base, floor[1], floor[0].tobytes(), segment.requests_per_month * volume, rps, factor)
    table = kept.recall(
        "table",
        name,
        table_key,
        lambda: _table(world, base, asked, floor, requests=segment.requests_per_month * volume, rps=rps, factor=factor),
    )
    return _SegmentPart(unit, retrieval, base, qualities, table)


def _named(segment: Segment) -> frozenset[str]:
    """Models that the user named: they stay whatever outclasses them, so that a page can show them."""
    names = {segment.prefer, segment.today.model if segment.today else None}
    names |= {seen.model for seen in segment.observed}
    if isinstance(segment.quality_floor, RelativeFloor):
        names.add(segment.quality_floor.of)
    return frozenset(name for name in names if name is not None)


def _retrieval(
    world: World, segment: Segment, needs: Needs, assumptions: Assumptions, kept: OptionsCache
) -> Retrieval | None:
    if segment.knowledge.corpus_tokens <= 0.0:
        return None
    plain = assumptions.model_copy(update={"gpu_price_factor": 1.0, "frontier_price_factor": 1.0})
    asked = segment.model_copy(update={"quality_floor": None, "latency": LatencyLimits(), "today": None})
    return kept.recall(
        "retrieval",
        segment.name,
        (asked, plain),
        lambda: choose_retrieval(world.catalog, asked, needs, plain, world.seed),
    )


def _table(
    world: World, base: Base, asked: Asked, floor: tuple[Draws, str], *, requests: float, rps: float, factor: float
) -> OptionTable:
    """The base scaled to a volume and a price of frontier models."""
    columns = base.columns
    return OptionTable(
        segment=asked.segment.name,
        floor=floor[0],
        floor_text=floor[1],
        model_ids=world.models.ids,
        places=base.ways.places,
        model=columns.model,
        technique=columns.technique,
        tier=columns.tier,
        place=columns.place,
        strong_model=columns.strong_model,
        strong_place=columns.strong_place,
        pool=columns.pool,
        component_set=columns.part_set,
        component_sets=base.part_sets,
        escalation_share=base.escalation_share,
        gate_threshold=base.gate_threshold,
        quality=base.quality,
        usage_usd=_usage(world, base, asked, requests, factor),
        pool_load=_pool_load(base, rps),
        ttft_p95_ms=base.ttft_p95_ms,
        total_p95_ms=base.total_p95_ms,
        carbon_kg=_carbon(base, requests),
    )


def _usage(world: World, base: Base, asked: Asked, requests: float, factor: float) -> Draws:
    """USD a month that grows with requests, (N, S): tokens, retrieval; for cascades both members and the gate."""
    single, ways = base.way.size, base.ways
    usage = np.empty((base.columns.model.size, DRAW_COUNT))
    gather(base.figures, "usage_usd", base.way, base.technique, out=usage[:single])
    scale = requests * price_factor(world, ways, base.way, base.technique)
    dearer = world.models.frontier[ways.model[base.way]] & (ways.serving[base.way] == API)
    usage[:single] *= np.where(dearer, factor * scale, scale)[:, None]
    search = np.zeros(DRAW_COUNT)
    if asked.retrieval is not None:
        search = requests * retrieval_usage_usd(
            world.catalog, asked.segment, asked.retrieval.embedder, asked.retrieval.store, seed=world.seed
        )
        usage[:single][GROUNDED[base.technique]] += search
    cascades = base.cascades
    if cascades.weak.size:
        gate = requests * gate_usage_usd(world.catalog, asked.segment, seed=world.seed)
        # Passages were found once, for the small model.
        found = np.where(GROUNDED[base.technique[cascades.strong]][:, None], search, 0.0)
        usage[single:] = usage[cascades.weak] + cascades.share * (usage[cascades.strong] - found) + gate
    usage.flags.writeable = False
    return usage


def _pool_load(base: Base, rps: float) -> Draws:
    """Replicas' worth of work at the busiest hour, (N, S); 0 without a pool."""
    load = np.zeros((base.columns.model.size, DRAW_COUNT))
    rows = np.flatnonzero(base.ways.setup[base.way] >= 0)
    load[rows] = rps / gather(base.figures, "capacity_rps", base.way[rows], base.technique[rows])
    cascades = base.cascades
    if cascades.weak.size:
        load[base.way.size :] = load[cascades.weak] + cascades.share * load[cascades.strong]
    load.flags.writeable = False
    return load


def _carbon(base: Base, requests: float) -> Draws:
    """CO2-equivalent a month, kg, (N, S), pools apart."""
    single = base.way.size
    carbon = np.empty((base.columns.model.size, DRAW_COUNT))
    gather(base.figures, "carbon_kg", base.way, base.technique, out=carbon[:single])
    carbon[:single] *= requests
    cascades = base.cascades
    carbon[single:] = carbon[cascades.weak] + cascades.share * carbon[cascades.strong]
    carbon.flags.writeable = False
    return carbon


def _join(world: World, fleet: Fleet, workload: Workload, parts: list[_SegmentPart], kept: OptionsCache) -> Options:
    """All segments' options: pools and components numbered over the whole workload, each once."""
    setups = list(dict.fromkeys(setup for part in parts for setup in part.base.pools))
    pool_number = {setup: number for number, setup in enumerate(setups)}
    first_user = {piece: part for part in reversed(parts) for piece in part.base.parts}
    pieces = list(dict.fromkeys(piece for part in parts for piece in part.base.parts))
    piece_number = {piece: number for number, piece in enumerate(pieces)}
    tables = tuple(_renumbered(part, pool_number, piece_number, kept) for part in parts)
    return Options(
        tables=tables,
        components=tuple(_component(world, workload, piece, first_user[piece], kept) for piece in pieces),
        pools=_pools(world, fleet, workload, setups, parts, kept),
        exclusions=tuple(item for part in parts for item in part.base.exclusions),
        anchors=tuple(part.qualities.anchor for part in parts),
        retirements=tuple(dict.fromkeys(item for part in parts for item in part.base.retirements)),
    )


def _renumbered(
    part: _SegmentPart, pool_number: dict[int, int], piece_number: dict[Part, int], kept: OptionsCache
) -> OptionTable:
    """The table with pools and components numbered over the workload; the same object while the numbers stay."""
    pools = tuple(pool_number[setup] for setup in part.base.pools)
    pieces = tuple(piece_number[piece] for piece in part.base.parts)

    def renumber() -> OptionTable:
        lookup: Ints = np.array([*pools, -1], dtype=np.int64)
        sets = tuple(tuple(sorted(pieces[member] for member in members)) for members in part.base.part_sets)
        return replace(part.table, pool=lookup[part.table.pool], component_sets=sets)

    return kept.recall("joined", part.table.segment, (part.table, pools, pieces), renumber)


def _component(world: World, workload: Workload, piece: Part, user: _SegmentPart, kept: OptionsCache) -> Component:
    """The priced component of a part, kept by its assumptions and, where it matters, its segment."""
    assumptions = workload.assumptions.model_copy(update={"frontier_price_factor": 1.0})
    segment = user.segment if depends_on_segment(piece) else None
    return kept.recall(
        "component",
        piece.id,
        (assumptions, segment, user.retrieval if piece.kind == "rag_index" else None),
        lambda: component_of(world.catalog, piece, user.segment, user.retrieval, assumptions, world.seed),
    )


def _pools(
    world: World, fleet: Fleet, workload: Workload, setups: list[int], parts: list[_SegmentPart], kept: OptionsCache
) -> tuple[Pool, ...]:
    """Pools with the price of a replica at the workload's assumptions."""
    most = _most_replicas(parts, workload)
    key = (tuple(setups), workload.assumptions, fleet, tuple(most[setup] for setup in setups))

    def make() -> tuple[Pool, ...]:
        machine_usd = {
            number: _machine_month(world, fleet, number, workload.assumptions)
            for number in sorted({fleet.setups[setup].machine for setup in setups})
        }
        return tuple(_pool(world, fleet, setup, machine_usd, most[setup]) for setup in setups)

    return kept.recall("pools", _WORKLOAD, key, make)


def _most_replicas(parts: list[_SegmentPart], workload: Workload) -> dict[int, int]:
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


def _pool(world: World, fleet: Fleet, setup: int, months: dict[int, tuple[float, float]], most: int) -> Pool:
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
        max_replicas=most,
        min_replicas=1,
        carbon_kg_per_replica_month=carbon,
        sizing=(how,),
        source_ids=(f"gpu:{machine.gpu.id}", f"gpu_price:{machine.price.provider}:{machine.price.instance}"),
    )
