"""What a request costs and how long it takes by each way, for each shape of request that the techniques make of it."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from planner.beliefs.cost import Extra, api_usage_usd, few_shot_tokens, retrieved_tokens
from planner.beliefs.devices import DeviceSizing, device_serving
from planner.beliefs.energy import api_carbon_kg, device_carbon_kg, device_usage_usd
from planner.beliefs.latency import api_latency, retrieval_ms
from planner.beliefs.serving import PoolSizing, Precision, size_replicas
from planner.beliefs.techniques import TECHNIQUES, Technique
from planner.catalog.schema import Catalog
from planner.options.machines import setup_of
from planner.options.ways import API, DEVICE, POOL, Ways
from planner.options.world import Fleet, World
from planner.units import DRAW_COUNT, Bools, Draws
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
class Figures:
    """One shape of request by every way; W rows in the order of the ways. Money and carbon are for one request."""

    fits: Bools
    """(W,) False: too large for the memory with this much context; its other columns are nan."""
    why: dict[int, str]
    """Why a way doesn't fit, by row."""
    usage_usd: Draws
    """(W, S) tokens or electricity of one request; 0 for pools, which are paid for by the replica."""
    carbon_kg: Draws
    """(W, S) of one request; 0 for pools."""
    capacity_rps: Draws
    """(W, S) requests a second that keep one replica wholly busy; inf for APIs and devices."""
    ttft_p50_ms: Draws
    ttft_p95_ms: Draws
    total_p50_ms: Draws
    total_p95_ms: Draws


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


def figures_of(
    world: World, fleet: Fleet, ways: Ways, segment: Segment, assumptions: Assumptions, shape: Shape
) -> Figures:
    """Cost and time of one request of a shape by every way.

    `segment` has one request a month and `assumptions` no price factors, so that figures serve any volume and price
    scenario; both scale afterwards.
    """
    added = added_by(world.catalog, segment, shape, world.seed)
    size = (ways.model.size, DRAW_COUNT)
    figures = Figures(
        fits=np.ones(ways.model.size, dtype=np.bool_),
        why={},
        usage_usd=np.zeros(size),
        carbon_kg=np.zeros(size),
        capacity_rps=np.full(size, np.inf),
        ttft_p50_ms=np.full(size, np.nan),
        ttft_p95_ms=np.full(size, np.nan),
        total_p50_ms=np.full(size, np.nan),
        total_p95_ms=np.full(size, np.nan),
    )
    _fill_api(figures, world, ways, segment, assumptions, added)
    _fill_pools(figures, world, fleet, ways, segment, assumptions, added)
    _fill_devices(figures, world, ways, segment, assumptions, added)
    return figures


def _fill_api(
    figures: Figures, world: World, ways: Ways, segment: Segment, assumptions: Assumptions, added: Added
) -> None:
    rows = ways.rows(API)
    if rows.size == 0:
        return
    offers = [world.offers.offers[int(row)] for row in ways.offer[rows]]
    models, position = np.unique(ways.model[rows], return_inverse=True)
    catalog, seed = world.catalog, world.seed
    latency = api_latency(
        world.beliefs.latency,
        catalog,
        tuple(world.models.ids[int(model)] for model in models),
        segment,
        extra_input_tokens=added.latency_tokens,
        before_ms=added.before_ms,
        seed=seed,
    )
    figures.usage_usd[rows] = api_usage_usd(catalog, offers, segment, assumptions, extra=added.extra, seed=seed)
    figures.carbon_kg[rows] = api_carbon_kg(catalog, offers, segment, assumptions, extra=added.extra, seed=seed)
    figures.ttft_p50_ms[rows] = latency.ttft_p50_ms[position]
    figures.ttft_p95_ms[rows] = latency.ttft_p95_ms[position]
    figures.total_p50_ms[rows] = latency.total_p50_ms[position]
    figures.total_p95_ms[rows] = latency.total_p95_ms[position]


def _fill_pools(
    figures: Figures,
    world: World,
    fleet: Fleet,
    ways: Ways,
    segment: Segment,
    assumptions: Assumptions,
    added: Added,
) -> None:
    rows = ways.rows(POOL)
    if rows.size == 0:
        return
    # Machines of one kind at several places are one set-up: size it once.
    setups = [setup_of(fleet.setups[int(row)], fleet.machines, world.models.models) for row in ways.setup[rows]]
    unique = list(dict.fromkeys((s.model.id, s.gpu.id, s.gpus_per_replica, s.precision) for s in setups))
    first = {(s.model.id, s.gpu.id, s.gpus_per_replica, s.precision): s for s in reversed(setups)}
    sized = size_replicas(
        world.catalog,
        [first[key] for key in unique],
        segment,
        utilisation_cap=assumptions.gpu_utilisation_cap,
        extra_input_tokens=added.sizing_tokens,
        before_ms=added.before_ms,
        seed=world.seed,
    )
    by_key = dict(zip(unique, sized, strict=True))
    for row, setup in zip(rows, setups, strict=True):
        found = by_key[setup.model.id, setup.gpu.id, setup.gpus_per_replica, setup.precision]
        if isinstance(found, str):
            figures.fits[row] = False
            figures.why[int(row)] = found
        else:
            figures.capacity_rps[row] = found.capacity_rps
            _fill_times(figures, int(row), found)


def _fill_devices(
    figures: Figures, world: World, ways: Ways, segment: Segment, assumptions: Assumptions, added: Added
) -> None:
    for row in ways.rows(DEVICE):
        model, device = world.models.models[int(ways.model[row])], world.devices[int(ways.device[row])]
        precision: Precision = "int4" if ways.bits[row] == 4 else "fp8"
        sizing = device_serving(
            world.catalog,
            model,
            device,
            precision,
            segment,
            extra_input_tokens=added.sizing_tokens,
            before_ms=added.before_ms,
            seed=world.seed,
        )
        if isinstance(sizing, str):
            figures.fits[row] = False
            figures.why[int(row)] = sizing
            continue
        figures.usage_usd[row] = device_usage_usd(sizing, segment, assumptions)
        figures.carbon_kg[row] = device_carbon_kg(world.catalog, sizing, segment, assumptions)
        _fill_times(figures, int(row), sizing)


def _fill_times(figures: Figures, row: int, sizing: PoolSizing | DeviceSizing) -> None:
    figures.ttft_p50_ms[row] = sizing.ttft_p50_ms
    figures.ttft_p95_ms[row] = sizing.ttft_p95_ms
    figures.total_p50_ms[row] = sizing.total_p50_ms
    figures.total_p95_ms[row] = sizing.total_p95_ms
