"""Electricity and carbon: of replicas from measured watts, of devices from their power, of APIs as a stated estimate."""

from collections.abc import Sequence

from planner.beliefs.cost import Extra
from planner.beliefs.devices import DeviceSizing
from planner.catalog.schema import Catalog, Gpu, Offer
from planner.units import SEED, Draws
from planner.workload.schema import Assumptions, Segment


def device_usage_usd(sizing: DeviceSizing, segment: Segment, assumptions: Assumptions, *, volume: float = 1.0) -> Draws:
    """Electricity of an on-device segment in a month, USD, shape (S,)."""
    raise NotImplementedError


def pool_carbon_kg_per_replica_month(
    catalog: Catalog, gpu: Gpu, gpus_per_replica: int, area: str, assumptions: Assumptions, seed: int = SEED
) -> Draws:
    """CO2-equivalent of one replica's electricity in a month, kg, shape (S,); an area of '' or 'global' takes the world's mix."""
    raise NotImplementedError


def api_carbon_kg(
    catalog: Catalog,
    offers: Sequence[Offer],
    segment: Segment,
    assumptions: Assumptions,
    *,
    volume: float = 1.0,
    extra: Extra = Extra(),
    seed: int = SEED,
) -> Draws:
    """CO2-equivalent of a segment by each offer in a month, kg, shape (N, S): a stated estimate with a wide range."""
    raise NotImplementedError


def device_carbon_kg(
    catalog: Catalog, sizing: DeviceSizing, segment: Segment, assumptions: Assumptions, *, volume: float = 1.0
) -> Draws:
    """CO2-equivalent of an on-device segment in a month, kg, shape (S,)."""
    raise NotImplementedError
