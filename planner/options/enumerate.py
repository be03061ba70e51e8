"""Every allowed way to serve every segment, with what is believed of its cost, time and quality."""

from collections.abc import Hashable
from datetime import date
from typing import Final

import numpy as np

from planner.beliefs.cost.api import volume_factor
from planner.beliefs.evidence.measured import measured_on
from planner.beliefs.model import Beliefs
from planner.beliefs.serving.sizing import sized_requests_per_second
from planner.catalog.schema import Catalog
from planner.options.base import Asked, Base, Rows, build_base, build_rows, candidates_of, overloaded_devices
from planner.options.cache import WORKLOAD, OptionsCache
from planner.options.cascade import choose_cascades
from planner.options.context import Fleet, World, build_fleet, build_world
from planner.options.eligibility.exclusions import Needs, needs_of
from planner.options.estimates.bills import Usage
from planner.options.estimates.figures import CostsByShape, TimesByShape, carbon_of, costs_of, times_of
from planner.options.estimates.qualities import (
    Floor,
    SegmentQualities,
    floor_of,
    qualities_of,
    quality_key,
)
from planner.options.estimates.retrieval import Retrieval, choose_retrieval
from planner.options.estimates.scale import Scale, Scaled, scale_base
from planner.options.join import SegmentPart, join_segments
from planner.options.names import resolve_names
from planner.options.placements.placements import Found, find_ways
from planner.options.rows import shapes_needed
from planner.options.table import Doubts, Options, OptionTable
from planner.workload.schema import Assumptions, LatencyLimits, RelativeFloor, Segment, Workload

_MACHINE_ASSUMPTIONS: Final = ("prefer_commitment", "amortise_months", "electricity_usd_per_kwh")
"""What the price of a machine depends on, beside the factor that all GPU prices share."""


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
    workload = resolve_names(workload, catalog)
    kept = OptionsCache() if cache is None else cache
    months = workload.horizon_months if any(offer.changes for offer in catalog.offers) else 0
    kept.bind(catalog, beliefs, today, months)
    world = kept.recall("world", WORKLOAD, None, lambda: build_world(catalog, beliefs, today, workload.horizon_months))
    may_own = workload.assumptions.prefer_commitment == "owned" or any(
        not segment.data.may_leave_premises for segment in workload.segments
    )
    needs = [needs_of(segment, may_own=may_own) for segment in workload.segments]
    fleet = _fleet(world, workload.assumptions, needs, kept)
    parts = [
        _segment_part(world, fleet, workload, segment, need, kept)
        for segment, need in zip(workload.segments, needs, strict=True)
    ]
    return join_segments(world, fleet, workload, parts, kept)


def _neutral(assumptions: Assumptions) -> Assumptions:
    """Assumptions without what only scales, prices components, or is counted elsewhere."""
    return assumptions.model_copy(
        update={
            "gpu_price_factor": 1.0,
            "frontier_price_factor": 1.0,
            "engineer_hour_usd": 0.0,
            "include_people": False,
            "spare_replicas": 0,
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
    return kept.recall("fleet", WORKLOAD, key, lambda: build_fleet(world, neutral, list(rules.values())))


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
) -> SegmentPart:
    name = segment.name
    volume = volume_factor(workload)
    known_by = quality_key(segment)
    measured = measured_on(world.beliefs.measured, workload.name, segment)
    by = (known_by, workload.name)
    qualities = kept.recall("quality", name, by, lambda: qualities_of(world, known_by, measured))
    neutral = _neutral(workload.assumptions)
    retrieval = _retrieval(world, segment, needs, workload.assumptions, kept)
    unit = _unit(segment)
    asked = Asked(unit, needs, neutral, retrieval, _named(segment))
    found, times, costs = _grounds(world, fleet, asked, qualities, workload.horizon_months, kept)
    rps = sized_requests_per_second(segment, volume)
    plain, cap = times.of["plain"], neutral.gpu_utilisation_cap
    overload = overloaded_devices(found.ways, plain, rps / workload.assumptions.device_count, cap)
    key: Hashable = (times, found, qualities, overload.tobytes())
    rows = kept.recall("rows", name, key, lambda: build_rows(world, found.ways, times, asked, qualities, overload))
    base = _base(world, fleet, asked, found, times, costs, rows, kept)
    scale = Scale(segment.requests_per_month * volume, rps, workload.assumptions.frontier_price_factor)
    scaled = kept.recall(
        "scaled", name, (base, costs, scale), lambda: scale_base(world, found.ways, times, costs, base, asked, scale)
    )
    allowed = np.zeros(len(world.models.ids), dtype=np.bool_)
    allowed[found.ways.model[rows.way]] = True
    floor_key = (qualities, segment.quality_floor, allowed.tobytes())
    floor = kept.recall("floor", name, floor_key, lambda: floor_of(world, segment, qualities, allowed))
    usage = Usage(world, found.ways, times, costs, base, asked, scale)
    table = kept.recall("table", name, (base, scaled, floor), lambda: _table(usage, scaled, qualities, floor))
    return SegmentPart(unit, retrieval, found, base, qualities.anchor, qualities.outcomes, table)


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
    plain = asked.assumptions.model_copy(update={"cache_hit_share": None})
    carbon = kept.recall(
        "carbon", segment.name, (times, plain), lambda: carbon_of(world, found.ways, times, segment, plain)
    )
    costs = kept.recall(
        "costs",
        segment.name,
        (times, asked.assumptions),
        lambda: costs_of(world, found.ways, times, segment, asked.assumptions, carbon),
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


def _table(usage: Usage, scaled: Scaled, qualities: SegmentQualities, floor: Floor) -> OptionTable:
    """The options of a segment, pools and component sets numbered within it."""
    base = usage.base
    columns = base.columns
    direct = qualities.direct
    doubts = None
    if direct.own_noise is not None and direct.difficulty_noise is not None:
        doubts = Doubts(direct.own_noise, direct.difficulty_noise)
    return OptionTable(
        segment=usage.asked.segment.name,
        floor=floor.draws,
        floor_text=floor.text,
        floor_model=floor.model,
        model_ids=usage.world.models.ids,
        places=usage.ways.places,
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
        lines=usage,
        doubts=doubts,
    )
