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
from planner.options.base import (
    Asked,
    Base,
    Rows,
    build_base,
    build_rows,
    candidates_of,
    gather,
    overloaded_devices,
    price_factor,
)
from planner.options.cache import OptionsCache
from planner.options.cascade import choose_cascades
from planner.options.exclusions import Needs, needs_of
from planner.options.figures import CostsByShape, TimesByShape, costs_of, times_of
from planner.options.machines import pool_id
from planner.options.parts import Part, component_of, depends_on_segment
from planner.options.qualities import SegmentQualities, check_names, floor_of, qualities_of, quality_key
from planner.options.retrieval import Retrieval, choose_retrieval
from planner.options.rows import GROUNDED, shapes_needed
from planner.options.table import Component, Options, OptionTable, Pool
from planner.options.ways import API, Found, Ways, find_ways
from planner.options.world import Fleet, World, build_fleet, build_world
from planner.units import DRAW_COUNT, Draws, Ints
from planner.workload.schema import Assumptions, LatencyLimits, RelativeFloor, Segment, Workload

_WORKLOAD = "workload"
_MACHINE_ASSUMPTIONS = ("prefer_commitment", "amortise_months", "electricity_usd_per_kwh")
"""What the price of a machine depends on, beside the factor that all GPU prices share."""


@dataclass(frozen=True, slots=True, eq=False)
class _SegmentPart:
    """One segment's options before they are joined with the others'."""

    segment: Segment
    retrieval: Retrieval | None
    found: Found
    rows: Rows
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
    priced_by = {name: getattr(assumptions, name) for name in _MACHINE_ASSUMPTIONS}
    neutral = Assumptions(**priced_by)
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
    asked = Asked(unit, needs, neutral, retrieval, _named(segment))
    found, times, costs = _grounds(world, fleet, asked, qualities, workload.horizon_months, kept)
    rps = peak_requests_per_second(segment, volume)
    plain, cap = times.of["plain"], neutral.gpu_utilisation_cap
    overload = overloaded_devices(found.ways, plain, rps / workload.assumptions.device_count, cap)
    key: Hashable = (times, found, qualities, overload.tobytes())
    rows = kept.recall("rows", name, key, lambda: build_rows(world, found.ways, times, asked, qualities, overload))
    base = _base(world, fleet, asked, found, times, costs, rows, kept)
    scale = Scale(segment.requests_per_month * volume, rps, workload.assumptions.frontier_price_factor)
    scaled = kept.recall(
        "scaled", name, (base, costs, scale), lambda: _scaled(world, found.ways, times, costs, base, asked, scale)
    )
    floor = kept.recall("floor", name, (known_by, segment.quality_floor), lambda: _floor(world, segment, qualities))
    table = kept.recall(
        "table", name, (base, scaled, floor), lambda: _table(world, found.ways, base, asked, scaled, floor)
    )
    return _SegmentPart(unit, retrieval, found, rows, base, qualities, table)


@dataclass(frozen=True, slots=True)
class Scale:
    """What the base of a segment is scaled by."""

    requests: float
    """Requests in an average month of the horizon."""
    rps: float
    """Requests a second of the busiest hour."""
    frontier_factor: float
    """Price of frontier models by API over today's."""


@dataclass(frozen=True, slots=True, eq=False)
class _Scaled:
    usage_usd: Draws
    pool_load: Draws
    carbon_kg: Draws


@dataclass(frozen=True, slots=True, eq=False)
class _Floor:
    draws: Draws
    text: str


def _floor(world: World, segment: Segment, qualities: SegmentQualities) -> _Floor:
    return _Floor(*floor_of(world, segment, qualities))


def _grounds(
    world: World,
    fleet: Fleet,
    asked: Asked,
    qualities: SegmentQualities,
    horizon_months: int,
    kept: OptionsCache,
) -> tuple[Found, TimesByShape, CostsByShape]:
    """Ways of a segment with their times and costs, each kept by what it depends on."""
    segment, needs = asked.segment, asked.needs
    direct = qualities.direct.direct
    found = kept.recall(
        "ways",
        segment.name,
        (segment, needs, asked.named, horizon_months, fleet, qualities),
        lambda: find_ways(world, fleet, segment, needs, horizon_months, direct, asked.named),
    )
    needed = shapes_needed(qualities)
    shapes = tuple(shape for shape in needed if shape != "rag" or asked.retrieval is not None)
    cap = asked.assumptions.gpu_utilisation_cap
    times = kept.recall(
        "times",
        segment.name,
        (found, shapes, cap),
        lambda: times_of(world, fleet, found.ways, segment, shapes, cap),
    )
    costs = kept.recall(
        "costs",
        segment.name,
        (times, asked.assumptions),
        lambda: costs_of(world, found.ways, times, segment, asked.assumptions),
    )
    return found, times, costs


def _base(
    world: World,
    fleet: Fleet,
    asked: Asked,
    found: Found,
    times: TimesByShape,
    costs: CostsByShape,
    rows: Rows,
    kept: OptionsCache,
) -> Base:
    """Options but for their costs; those move it only where they move the choice of cascades."""
    name, ways = asked.segment.name, found.ways
    candidates = kept.recall(
        "candidates", name, (rows, costs, fleet), lambda: candidates_of(world, fleet, ways, times, costs, rows)
    )
    cascades = kept.recall("cascades", name, candidates, lambda: choose_cascades(candidates, asked.segment, world.seed))
    searched = None if asked.retrieval is None else asked.retrieval.store.id
    key = (rows, times, cascades.weak.tobytes(), cascades.strong.tobytes(), searched)
    return kept.recall("base", name, key, lambda: build_base(world, ways, times, asked, rows, candidates, cascades))


def _named(segment: Segment) -> frozenset[str]:
    """Models that the user named: they stay whatever outclasses them, so that a page can show them."""
    names = {segment.prefer, segment.today.model if segment.today else None}
    names |= {seen.model for seen in segment.observed}
    if isinstance(segment.quality_floor, RelativeFloor) and segment.quality_floor.of != "best":
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


def _table(world: World, ways: Ways, base: Base, asked: Asked, scaled: _Scaled, floor: _Floor) -> OptionTable:
    """The options of a segment, pools and component sets numbered within it."""
    columns = base.columns
    return OptionTable(
        segment=asked.segment.name,
        floor=floor.draws,
        floor_text=floor.text,
        model_ids=world.models.ids,
        places=ways.places,
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
        usage_usd=scaled.usage_usd,
        pool_load=scaled.pool_load,
        ttft_p95_ms=base.ttft_p95_ms,
        total_p95_ms=base.total_p95_ms,
        carbon_kg=scaled.carbon_kg,
    )


def _scaled(
    world: World, ways: Ways, times: TimesByShape, costs: CostsByShape, base: Base, asked: Asked, scale: Scale
) -> _Scaled:
    """Usage, load and carbon of all options at a volume and a price of frontier models."""
    made = _Scaled(
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
    """Replicas' worth of work at the busiest hour, (N, S); 0 without a pool."""
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
        exclusions=tuple(item for part in parts for item in (*part.found.exclusions, *part.rows.exclusions)),
        anchors=tuple(part.qualities.anchor for part in parts),
        retirements=tuple(dict.fromkeys(item for part in parts for item in part.found.retirements)),
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
