"""What a cascade's gate costs by the request."""

from planner.beliefs.cost.lines import CostLine, Factor, product
from planner.beliefs.priors import prior_draws
from planner.catalog.schema import Catalog
from planner.units import SEED, Draws
from planner.workload.schema import Segment


def gate_usage_usd(catalog: Catalog, segment: Segment, *, volume: float = 1.0, seed: int = SEED) -> Draws:
    """What a cascade's gate costs by the request in a month, shape (S,)."""
    return segment.requests_per_month * volume / 1e6 * prior_draws(catalog, "gate.usd_per_million_requests", seed)


def gate_line(catalog: Catalog, segment: Segment, *, volume: float = 1.0, seed: int = SEED) -> CostLine:
    """The same as a line."""
    usd = gate_usage_usd(catalog, segment, volume=volume, seed=seed)
    each = float(prior_draws(catalog, "gate.usd_per_million_requests", seed).mean())
    calls = Factor(segment.requests_per_month * volume, "gate calls")
    formula = product(calls, Factor(each, "USD per 1M", 1e-6))
    return CostLine("gate", usd, "assumed", formula, ("prior:gate.usd_per_million_requests",))
