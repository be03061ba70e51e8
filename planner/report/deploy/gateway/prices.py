"""Prices as the gateway books them: the plan's own, so that its bill and the forecast speak of the same rates."""

from typing import Final

from planner.catalog.price import Price
from planner.planning.plan import Plan, PoolPlan
from planner.units import TOKENS_PER_MTOK
from planner.workload.schema import Workload

_STEPS: Final = {100_000: "100k", 128_000: "128k", 200_000: "200k", 272_000: "272k", 512_000: "512k"}
"""Thresholds of long prompts that litellm has names for."""
_RATES: Final = (
    ("input_cost_per_token", "input_usd_per_mtok"),
    ("output_cost_per_token", "output_usd_per_mtok"),
    ("cache_read_input_token_cost", "cached_input_usd_per_mtok"),
    ("cache_creation_input_token_cost", "cache_write_usd_per_mtok"),
    ("output_cost_per_reasoning_token", "reasoning_usd_per_mtok"),
    ("input_cost_per_token_batches", "batch_input_usd_per_mtok"),
    ("output_cost_per_token_batches", "batch_output_usd_per_mtok"),
)


def offer_prices(price: Price | None) -> dict[str, float]:
    """Litellm's price fields of an offer, USD a token; a class without a price of its own is left out."""
    if price is None:
        return {}
    found = {name: _per_token(value) for name, field in _RATES if (value := getattr(price, field)) is not None}
    for step in price.steps:
        size = _STEPS.get(round(step.above_input_tokens))
        if size is None:
            continue
        if step.input_usd_per_mtok is not None:
            found[f"input_cost_per_token_above_{size}_tokens"] = _per_token(step.input_usd_per_mtok)
        if step.output_usd_per_mtok is not None:
            found[f"output_cost_per_token_above_{size}_tokens"] = _per_token(step.output_usd_per_mtok)
    return found


def unnamed_steps(price: Price | None) -> tuple[int, ...]:
    """Thresholds, tokens, that litellm has no name for: their prices cannot be written."""
    sizes = (round(step.above_input_tokens) for step in (price.steps if price else ()))
    return tuple(size for size in sizes if size not in _STEPS)


def pool_prices(plan: Plan, workload: Workload, pool: PoolPlan) -> dict[str, float]:
    """One rate for every token of an own pool: its month's cost over the tokens that the plan sends it.

    An empty month costs as much, so the rate is true at the planned volume only; nothing where no token is planned.
    """
    tokens = 0.0
    for told in plan.segments:
        if told.name in pool.segments:
            segment = workload.segment(told.name)
            tokens += told.requests_per_month * (segment.input_tokens.mean + segment.output_tokens.mean)
    if tokens <= 0.0:
        return {}
    rate = float(f"{pool.monthly_cost_usd / tokens:.6g}")
    return {"input_cost_per_token": rate, "output_cost_per_token": rate}


def _per_token(usd_per_mtok: float) -> float:
    return float(f"{usd_per_mtok / TOKENS_PER_MTOK:.9g}")
