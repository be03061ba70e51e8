"""The options of a segment before volume and prices: what is worked out once, and scaled ever after."""

from dataclasses import dataclass

import numpy as np

from planner.beliefs.priors import prior_draws
from planner.beliefs.techniques.transforms import TECHNIQUES
from planner.options.cascade import (
    Candidates,
    Cascades,
    MemberTimes,
    quality_of_cascades,
    times_of_cascades,
)
from planner.options.context import Fleet, World
from planner.options.eligibility.exclusions import Needs
from planner.options.estimates.figures import CostsByShape, Shape, Times, TimesByShape, shape_of
from planner.options.estimates.qualities import SegmentQualities, row_quality
from planner.options.estimates.retrieval import Retrieval
from planner.options.placements.parts import Part
from planner.options.placements.placements import API, DEVICE, POOL, Ways
from planner.options.placements.tiers import tier_of
from planner.options.rows import (
    GROUNDED,
    TUNED,
    in_order,
    technique_exclusions,
    unfit_exclusions,
    valid_rows,
)
from planner.options.table import Exclusion
from planner.units import DRAW_COUNT, MS_PER_S, SECONDS_PER_MONTH, Bools, Draws, Floats, Ints
from planner.workload.schema import Assumptions, Segment


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What the base of a segment is worked out from; nothing in it knows volume, limits or price factors."""

    segment: Segment
    needs: Needs
    assumptions: Assumptions
    retrieval: Retrieval | None
    named: frozenset[str]
    """Models that the user named (today, prefer, the floor's): never left out for a better one."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Index columns of all options, cascades after the others; N rows."""

    model: Ints
    technique: Ints
    tier: Ints
    place: Ints
    """(N,) way."""
    strong_model: Ints
    strong_place: Ints
    pool: Ints
    """(N,) index into Base.pools; -1 without one."""
    part_set: Ints
    """(N,) index into Base.part_sets."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Single-model options of a segment, ordered by technique, then way; R rows."""

    way: Ints
    technique: Ints
    quality: Draws
    """(R, S)"""
    exclusions: tuple[Exclusion, ...]
    """Why other ways and techniques are out, beyond what the segment's rules say."""


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """Options of a segment but for their costs; N rows, of which the last C are cascades."""

    rows: Rows
    cascades: Cascades
    columns: Columns
    pools: tuple[int, ...]
    """Rows of the fleet's set-ups that options run on."""
    parts: tuple[Part, ...]
    part_sets: tuple[tuple[int, ...], ...]
    quality: Draws
    ttft_p95_ms: Draws
    total_p95_ms: Draws
    escalation_share: Draws
    gate_threshold: Floats


def overloaded_devices(ways: Ways, plain: Times, device_rps: float, cap: float) -> Bools:
    """(W,) devices that would be busier than `cap` when each gets `device_rps` requests a second."""
    busy = device_rps * plain.total_p50_ms.mean(axis=1) / MS_PER_S
    overload: Bools = (ways.serving == DEVICE) & plain.fits & (busy > cap)
    return overload


def build_rows(
    world: World, ways: Ways, times: TimesByShape, asked: Asked, qualities: SegmentQualities, overload: Bools
) -> Rows:
    """Every way combined with every technique that it can take; `overload` (W,) are devices that can't keep up."""
    valid = valid_rows(world, ways, times, qualities, asked.segment, asked.needs) & ~overload
    way, technique = in_order(valid)
    return Rows(
        way=way,
        technique=technique,
        quality=row_quality(world, ways, qualities, way, technique, asked.segment),
        exclusions=(
            *unfit_exclusions(world, ways, times.of["plain"], asked.segment.name),
            *_overload_exclusions(world, ways, overload, asked),
            *technique_exclusions(world, ways, valid, qualities, asked.segment),
        ),
    )


def build_base(
    world: World, ways: Ways, times: TimesByShape, asked: Asked, rows: Rows, candidates: Candidates, cascades: Cascades
) -> Base:
    """The single-model options with the cascades below them."""
    joined = quality_of_cascades(world, candidates, cascades)
    ttft, total = _times(world, times, rows, cascades)
    columns, pools, parts, part_sets = _columns(world, ways, rows.way, rows.technique, cascades, asked)
    single = rows.way.size
    return Base(
        rows=rows,
        cascades=cascades,
        columns=columns,
        pools=pools,
        parts=parts,
        part_sets=part_sets,
        quality=_frozen(np.concatenate([rows.quality, joined])),
        ttft_p95_ms=_frozen(ttft),
        total_p95_ms=_frozen(total),
        escalation_share=_frozen(_below_zeros(single, cascades.share)),
        gate_threshold=np.concatenate([np.zeros(single), cascades.threshold]),
    )


def _frozen(draws: Draws) -> Draws:
    draws.flags.writeable = False
    return draws


def _below_zeros(single: int, share: Draws) -> Draws:
    column = np.zeros((single + share.shape[0], DRAW_COUNT))
    column[single:] = share
    return column


def _overload_exclusions(world: World, ways: Ways, overload: Bools, asked: Asked) -> tuple[Exclusion, ...]:
    possible = np.unique(ways.model[(ways.serving == DEVICE) & ~overload])
    reason = "No device would keep up with its share of the requests in the busiest hour."
    return tuple(
        Exclusion(asked.segment.name, world.models.ids[int(model)], "on_device", "", "assumptions.device_count", reason)
        for model in np.setdiff1d(ways.model[overload], possible)
    )


def price_factor(world: World, ways: Ways, way: Ints, technique: Ints) -> Floats:
    """(N,) price of a row's tokens over the offer's: above 1 where an API serves a tuned model."""
    tuned_api = TUNED[technique] & (ways.serving[way] == API)
    factor = np.ones(way.size)
    factor[tuned_api] = world.tuned_factor[ways.offer[way[tuned_api]]]
    return factor


def candidates_of(
    world: World, fleet: Fleet, ways: Ways, times: TimesByShape, costs: CostsByShape, rows: Rows
) -> Candidates:
    """What the choice of cascade members looks at; pools are taken as wholly busy, so that it knows no volume."""
    way, technique = rows.way, rows.technique
    usd = np.zeros(way.size)
    replica_usd = np.array([machine.usd_per_month for machine in fleet.machines])
    for number in np.unique(technique):
        found = np.flatnonzero(technique == number)
        shape = shape_of(number)
        usd[found] = costs.of[shape].usage_usd.mean(axis=1)[way[found]]
        pooled = found[ways.serving[way[found]] == POOL]
        capacity = times.of[shape].capacity_rps[way[pooled]].mean(axis=1)
        setup = ways.setup[way[pooled]]
        usd[pooled] += replica_usd[fleet.setup_machine[setup]] / (capacity * SECONDS_PER_MONTH)
    return Candidates(
        model=ways.model[way],
        technique=technique,
        serving=ways.serving[way],
        frontier=world.models.frontier[ways.model[way]],
        usd=usd * price_factor(world, ways, way, technique),
        quality=rows.quality,
    )


def gather(by_shape: dict[Shape, Draws], way: Ints, technique: Ints, out: Draws | None = None) -> Draws:
    """A column kept by shape and way, for rows (way, technique), shape (N, S); fastest with techniques in order."""
    target = np.empty((way.size, DRAW_COUNT)) if out is None else out
    for number in np.unique(technique):
        rows = np.flatnonzero(technique == number)
        source = by_shape[shape_of(number)]
        if rows.size and rows[-1] - rows[0] + 1 == rows.size:
            np.take(source, way[rows], axis=0, out=target[rows[0] : rows[-1] + 1], mode="clip")
        else:
            target[rows] = source[way[rows]]
    return target


def _times(world: World, times: TimesByShape, rows: Rows, cascades: Cascades) -> tuple[Draws, Draws]:
    """TTFT and total p95 of all options, (N, S) each, milliseconds."""
    single, size = rows.way.size, rows.way.size + cascades.weak.size
    ttft_p50 = {shape: timed.ttft_p50_ms for shape, timed in times.of.items()}
    ttft_p95 = {shape: timed.ttft_p95_ms for shape, timed in times.of.items()}
    total_p50 = {shape: timed.total_p50_ms for shape, timed in times.of.items()}
    total_p95 = {shape: timed.total_p95_ms for shape, timed in times.of.items()}
    ttft, total = np.empty((size, DRAW_COUNT)), np.empty((size, DRAW_COUNT))
    gather(ttft_p95, rows.way, rows.technique, out=ttft[:single])
    gather(total_p95, rows.way, rows.technique, out=total[:single])
    if cascades.weak.size == 0:
        return ttft, total

    def of(members: Ints, column: dict[Shape, Draws]) -> Draws:
        return gather(column, rows.way[members], rows.technique[members])

    gate_ms = prior_draws(world.catalog, "gate.latency_ms", world.seed)
    members = MemberTimes(
        weak_total_p50_ms=of(cascades.weak, total_p50) + gate_ms,
        weak_total_p95_ms=of(cascades.weak, total_p95) + gate_ms,
        strong_ttft_p50_ms=of(cascades.strong, ttft_p50),
        strong_ttft_p95_ms=of(cascades.strong, ttft_p95),
        strong_total_p50_ms=of(cascades.strong, total_p50),
        strong_total_p95_ms=of(cascades.strong, total_p95),
    )
    ttft[single:], total[single:] = times_of_cascades(members, cascades.share)
    return ttft, total


def _columns(
    world: World, ways: Ways, way: Ints, technique: Ints, cascades: Cascades, asked: Asked
) -> tuple[Columns, tuple[int, ...], tuple[Part, ...], tuple[tuple[int, ...], ...]]:
    """Index columns of all options, with the pools and parts that they point into."""
    weak, strong = cascades.weak, cascades.strong
    model = ways.model[way]
    setup = ways.setup[way]
    all_setups = np.concatenate([setup, np.maximum(setup[weak], setup[strong])])
    pools, pool = np.unique(all_setups, return_inverse=True)
    if pools.size and pools[0] == -1:
        pools, pool = pools[1:], pool - 1
    small = np.array([item.model_class == "small" for item in world.models.models], dtype=np.bool_)
    tier = tier_of(technique, small[model], world.models.frontier[model], asked.segment.skill)
    parts, sets, part_set = _part_sets(world, ways, way, technique, cascades, asked)
    none = np.full(way.size, -1, dtype=np.int64)

    def both(single: Ints, cascaded: Ints) -> Ints:
        return np.concatenate([single, cascaded])

    columns = Columns(
        model=both(model, model[weak]),
        technique=both(technique, technique[weak]),
        tier=both(tier, tier[weak]),
        place=both(way, way[weak]),
        strong_model=both(none, model[strong]),
        strong_place=both(none, way[strong]),
        pool=pool.astype(np.int64),
        part_set=part_set,
    )
    return columns, tuple(int(row) for row in pools), parts, sets


def _part_sets(
    world: World, ways: Ways, way: Ints, technique: Ints, cascades: Cascades, asked: Asked
) -> tuple[tuple[Part, ...], tuple[tuple[int, ...], ...], Ints]:
    """Distinct sets of parts and each option's; looped over distinct (model, provider or device, technique) only."""
    where = _where_codes(ways)
    code = (where[way] * len(world.models.ids) + ways.model[way]) * len(TECHNIQUES) + technique
    _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    number: dict[Part, int] = {}
    sets: dict[tuple[int, ...], int] = {}

    def keep(needed: list[Part]) -> int:
        members = tuple(sorted({number.setdefault(part, len(number)) for part in needed}))
        return sets.setdefault(members, len(sets))

    needed = [_parts_of(world, ways, int(way[row]), int(technique[row]), asked) for row in first]
    of_code = np.array([keep(parts) for parts in needed], dtype=np.int64)
    single = of_code[inverse] if way.size else np.empty(0, dtype=np.int64)
    gate = Part("gate", segment=asked.segment.name)
    pair_code = cascades.weak * max(way.size, 1) + cascades.strong
    _, heads, pair_of = np.unique(pair_code, return_index=True, return_inverse=True)
    of_pair = np.array(
        [keep([*needed[inverse[cascades.weak[row]]], *needed[inverse[cascades.strong[row]]], gate]) for row in heads],
        dtype=np.int64,
    )
    cascaded = of_pair[pair_of] if heads.size else np.empty(0, dtype=np.int64)
    return tuple(number), tuple(sets), np.concatenate([single, cascaded])


def _where_codes(ways: Ways) -> Ints:
    """(W,) the same number for ways that need the same contract, stack or roll-out."""
    names = [f"{place.serving}:{place.provider if place.serving == 'api' else ''}" for place in ways.places]
    names = [
        f"{name}:{device}" if device >= 0 else name for name, device in zip(names, ways.device.tolist(), strict=True)
    ]
    known: dict[str, int] = {}
    return np.array([known.setdefault(name, len(known)) for name in names], dtype=np.int64)


def _parts_of(world: World, ways: Ways, way: int, technique: int, asked: Asked) -> list[Part]:
    """Parts that one single-model option needs."""
    serving, place = int(ways.serving[way]), ways.places[way]
    model, segment = world.models.ids[int(ways.model[way])], asked.segment.name
    tuned = bool(TUNED[technique])
    if serving == API:
        parts = [Part("provider", place.provider)]
    elif serving == POOL:
        parts = [Part("self_hosted_stack"), Part("self_hosted_model", model)]
        parts += [Part("adapter_pool", model)] if tuned else []
    else:
        parts = [Part("device_fleet", world.devices[int(ways.device[way])].id)]
    if tuned:
        parts.append(Part("fine_tune", model, segment, place.provider if serving == API else ""))
    if TECHNIQUES[technique] == "few_shot":
        parts.append(Part("few_shot", segment=segment))
    if GROUNDED[technique] and asked.retrieval is not None:
        parts += [Part("rag_index", segment=segment), Part("vector_store", asked.retrieval.store.id)]
    return parts
