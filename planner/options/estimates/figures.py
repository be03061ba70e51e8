"""What a request costs and how long it takes by each way, for each shape of request that the techniques make of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from planner.beliefs.cost.api import ApiBill, Extra, api_bill, few_shot_tokens, monthly_usd, retrieved_tokens
from planner.beliefs.cost.energy import api_carbon_kg, device_carbon_kg, device_usage_usd
from planner.beliefs.latency.api_times import api_latency, retrieval_ms
from planner.beliefs.serving.devices import DeviceSizing, device_serving
from planner.beliefs.serving.sizing import Precision, time_replicas
from planner.beliefs.techniques.transforms import TECHNIQUES, Technique
from planner.catalog.schema import Catalog, Offer
from planner.options.context import Fleet, World
from planner.options.placements.machines import setup_of
from planner.options.placements.placements import API, DEVICE, POOL, Ways
from planner.units import DRAW_COUNT, Bools, Draws, Ints
from planner.workload.schema import Assumptions, Segment

Shape: TypeAlias = Literal["plain", "few_shot", "rag"]
_SHAPES: Final[dict[Technique, Shape]] = {
    "direct": "plain",
    "few_shot": "few_shot",
    "fine_tune": "plain",
    "rag": "rag",
    "rag+fine_tune": "rag",
}
_LONG_PASSAGES: Final = 0.95
"""Quantile of the retrieved tokens that has to fit into the context."""


def shape_of(technique: int) -> Shape:
    """Shape of a technique's requests; `technique` is an index into TECHNIQUES."""
    return _SHAPES[TECHNIQUES[technique]]


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """How long one shape of request takes by every way; W rows in the order of the ways."""

    fits: Bools
    """(W,) False: too large for the memory with this much context; its times are nan."""
    why: dict[int, str]
    """Why a way doesn't fit, by row."""
    devices: dict[int, DeviceSizing]
    """Sizing of each device way that fits, by row."""
    capacity_rps: Draws
    """(W, S) requests a second that keep one replica wholly busy; inf for APIs and devices."""
    ttft_p50_ms: Draws
    ttft_p95_ms: Draws
    total_p50_ms: Draws
    total_p95_ms: Draws


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """What one request of a shape costs by every way; W rows in the order of the ways."""

    usage_usd: Draws
    """(W, S) tokens or electricity of one request; 0 for pools, which are paid for by the replica."""
    carbon_kg: Draws
    """(W, S) of one request; 0 for pools."""
    bill: ApiBill | None
    """What `usage_usd` of the APIs was priced by; None without any."""
    bill_row: Ints
    """(W,) row of the bill; -1 for pools and devices."""


@dataclass(frozen=True, slots=True, eq=False)
class TimesByShape:
    """Times of each shape that some technique needs."""

    of: dict[Shape, Times]


@dataclass(frozen=True, slots=True, eq=False)
class CostsByShape:
    """Costs of each shape that some technique needs."""

    of: dict[Shape, Costs]


@dataclass(frozen=True, slots=True, eq=False)
class Added:
    """What a shape adds to a plain request."""

    extra: Extra
    latency_tokens: Draws | float
    """Tokens added to each prompt, number or (S,)."""
    sizing_tokens: float
    """Their mean, for sizing memory."""
    context_tokens: float
    """What has to fit into the context beside the plain request."""
    before_ms: Draws | float
    """Time before the model is asked."""


def added_by(catalog: Catalog, segment: Segment, shape: Shape, seed: int) -> Added:
    """What a shape adds to the segment's plain requests."""
    if shape == "rag":
        passages = retrieved_tokens(catalog, seed)
        return Added(
            extra=Extra(input_tokens=passages),
            latency_tokens=passages,
            sizing_tokens=float(passages.mean()),
            context_tokens=float(np.quantile(passages, _LONG_PASSAGES)),
            before_ms=retrieval_ms(catalog, seed),
        )
    tokens = few_shot_tokens(segment) if shape == "few_shot" else 0.0
    return Added(Extra(prefix_tokens=tokens), tokens, tokens, tokens, 0.0)


def times_of(
    world: World, fleet: Fleet, ways: Ways, segment: Segment, shapes: tuple[Shape, ...], utilisation_cap: float
) -> TimesByShape:
    """Time of one request of each shape by every way; nothing in it depends on prices, volume or cache hits."""
    found: dict[Shape, Times] = {}
    for shape in shapes:
        size = (ways.model.size, DRAW_COUNT)
        times = Times(
            fits=np.ones(ways.model.size, dtype=np.bool_),
            why={},
            devices={},
            capacity_rps=np.full(size, np.inf),
            ttft_p50_ms=np.full(size, np.nan),
            ttft_p95_ms=np.full(size, np.nan),
            total_p50_ms=np.full(size, np.nan),
            total_p95_ms=np.full(size, np.nan),
        )
        added = added_by(world.catalog, segment, shape, world.seed)
        _time_apis(times, world, ways, segment, added)
        _time_pools(times, world, fleet, ways, segment, added, utilisation_cap)
        _time_devices(times, world, ways, segment, added)
        found[shape] = times
    return TimesByShape(found)


def costs_of(
    world: World,
    ways: Ways,
    times: TimesByShape,
    segment: Segment,
    assumptions: Assumptions,
    carbon: Mapping[Shape, Draws],
) -> CostsByShape:
    """Cost of one request of each shape by every way, `carbon_of` beside it.

    `segment` has one request a month and `assumptions` no price factors, so that the costs serve any volume and price
    scenario; both scale afterwards.
    """
    found: dict[Shape, Costs] = {}
    rows, offers = _api_offers(world, ways)
    bill_row = np.full(ways.model.size, -1, dtype=np.int64)
    bill_row[rows] = np.arange(rows.size)
    for shape, timed in times.of.items():
        usage, bill = np.zeros((ways.model.size, DRAW_COUNT)), None
        extra = added_by(world.catalog, segment, shape, world.seed).extra
        if offers:
            bill = api_bill(world.catalog, offers, segment, assumptions, extra=extra, seed=world.seed)
            usage[rows] = monthly_usd(bill)
        for row, sizing in timed.devices.items():
            usage[row] = device_usage_usd(sizing, segment, assumptions)
        found[shape] = Costs(usage, carbon[shape], bill, bill_row)
    return CostsByShape(found)


def carbon_of(
    world: World, ways: Ways, times: TimesByShape, segment: Segment, assumptions: Assumptions
) -> dict[Shape, Draws]:
    """CO2-equivalent of one request of each shape by every way, kg, (W, S); nothing in it depends on cache hits."""
    found: dict[Shape, Draws] = {}
    rows, offers = _api_offers(world, ways)
    for shape, timed in times.of.items():
        carbon = np.zeros((ways.model.size, DRAW_COUNT))
        extra = added_by(world.catalog, segment, shape, world.seed).extra
        if offers:
            carbon[rows] = api_carbon_kg(world.catalog, offers, segment, assumptions, extra=extra, seed=world.seed)
        for row, sizing in timed.devices.items():
            carbon[row] = device_carbon_kg(world.catalog, sizing, segment, assumptions, seed=world.seed)
        found[shape] = carbon
    return found


def _api_offers(world: World, ways: Ways) -> tuple[Ints, list[Offer]]:
    """Rows of the API ways, and the offer of each."""
    rows = ways.rows(API)
    return rows, [world.offers.offers[int(row)] for row in ways.offer[rows]]


def _time_apis(times: Times, world: World, ways: Ways, segment: Segment, added: Added) -> None:
    rows = ways.rows(API)
    if rows.size == 0:
        return
    sold_by = [world.offers.offers[int(offer)].provider for offer in ways.offer[rows]]
    pairs = list(zip((world.models.ids[int(model)] for model in ways.model[rows]), sold_by, strict=True))
    where = {pair: place for place, pair in enumerate(dict.fromkeys(pairs))}
    position = np.array([where[pair] for pair in pairs], dtype=np.int64)
    latency = api_latency(
        world.beliefs.latency,
        world.catalog,
        tuple(model for model, _ in where),
        segment,
        providers=tuple(provider for _, provider in where),
        extra_input_tokens=added.latency_tokens,
        before_ms=added.before_ms,
        seed=world.seed,
    )
    times.ttft_p50_ms[rows] = latency.ttft_p50_ms[position]
    times.ttft_p95_ms[rows] = latency.ttft_p95_ms[position]
    times.total_p50_ms[rows] = latency.total_p50_ms[position]
    times.total_p95_ms[rows] = latency.total_p95_ms[position]


def _time_pools(
    times: Times, world: World, fleet: Fleet, ways: Ways, segment: Segment, added: Added, utilisation_cap: float
) -> None:
    rows = ways.rows(POOL)
    if rows.size == 0:
        return
    # Machines of one kind at several places are one set-up: size it once.
    setups = [setup_of(fleet.setups[int(row)], fleet.machines, world.models.models) for row in ways.setup[rows]]
    keys = [(setup.model.id, setup.gpu.id, setup.gpus_per_replica, setup.precision) for setup in setups]
    unique = dict(zip(keys, setups, strict=True))
    timed = time_replicas(
        world.catalog,
        list(unique.values()),
        segment,
        utilisation_cap=utilisation_cap,
        extra_input_tokens=added.sizing_tokens,
        before_ms=added.before_ms,
        seed=world.seed,
    )
    number = {key: place for place, key in enumerate(unique)}
    sized = np.array([number[key] for key in keys], dtype=np.int64)
    fits = np.isin(sized, timed.rows)
    for row in np.flatnonzero(~fits).tolist():
        _does_not_fit(times, int(rows[row]), timed.why[int(sized[row])])
    into, taken = rows[fits], np.searchsorted(timed.rows, sized[fits])
    times.capacity_rps[into] = timed.capacity_rps[taken]
    times.ttft_p50_ms[into] = timed.ttft_p50_ms[taken]
    times.ttft_p95_ms[into] = timed.ttft_p95_ms[taken]
    times.total_p50_ms[into] = timed.total_p50_ms[taken]
    times.total_p95_ms[into] = timed.total_p95_ms[taken]


def _time_devices(times: Times, world: World, ways: Ways, segment: Segment, added: Added) -> None:
    for row in ways.rows(DEVICE).tolist():
        precision: Precision = "int4" if ways.bits[row] == 4 else "fp8"
        sizing = device_serving(
            world.catalog,
            world.models.models[int(ways.model[row])],
            world.devices[int(ways.device[row])],
            precision,
            segment,
            extra_input_tokens=added.sizing_tokens,
            before_ms=added.before_ms,
            seed=world.seed,
        )
        if isinstance(sizing, str):
            _does_not_fit(times, row, sizing)
        else:
            times.devices[row] = sizing
            times.ttft_p50_ms[row] = sizing.ttft_p50_ms
            times.ttft_p95_ms[row] = sizing.ttft_p95_ms
            times.total_p50_ms[row] = sizing.total_p50_ms
            times.total_p95_ms[row] = sizing.total_p95_ms


def _does_not_fit(times: Times, row: int, reason: str) -> None:
    times.fits[row] = False
    sentence = reason if reason.endswith(".") else f"{reason}."
    times.why[row] = sentence[:1].upper() + sentence[1:]
