"""What a plan forecasts of each segment's rows in a log: bands, with the tolerance that is no drift."""

from dataclasses import dataclass
from math import inf
from typing import Final, Literal, TypeAlias

import numpy as np

from planner.beliefs.cost.api import few_shot_tokens, retrieved_tokens
from planner.beliefs.requests import Calls, calls_of
from planner.catalog.pricing import TokenUse, charge_usd
from planner.catalog.schema import Catalog, Offer
from planner.planning.plan import Plan, SegmentPlan
from planner.units import SECONDS_PER_MONTH, interval_of
from planner.workload.schema import Segment, Workload

Measure: TypeAlias = Literal[
    "requests a day",
    "input tokens",
    "output tokens",
    "price over the planned one",
    "cost a request, USD",
    "served by the planned tool",
    "escalated",
    "failed",
    "first token p95, ms",
    "whole answer p95, ms",
]
_VOLUME_TOLERANCE: Final = 0.25
_TOKEN_TOLERANCE: Final = 0.15
_PRICE_TOLERANCE: Final = 0.05
_COST_TOLERANCE: Final = 0.10
_OTHERS_SHARE: Final = 0.10
"""Share that stand-ins may serve before that is drift."""
_FAILED_SHARE: Final = 0.05
_DAYS_PER_MONTH: Final = SECONDS_PER_MONTH / 86_400.0
POOL_LINE: Final = "GPU pool"


@dataclass(frozen=True, slots=True)
class Band:
    """Values of a measure that are no drift."""

    measure: Measure
    expected: float
    low: float
    high: float
    why: str
    """Where the band comes from."""


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """Of one segment."""

    segment: str
    plan: SegmentPlan
    asked: Segment
    offer: Offer | None
    """Whose price a logged cost is held against; None for own machines."""
    bands: tuple[Band, ...]

    def band(self, measure: Measure) -> Band | None:
        """The band of a measure; None where the plan says nothing of it."""
        return next((band for band in self.bands if band.measure == measure), None)


def expected_of(plan: Plan, workload: Workload, catalog: Catalog) -> tuple[Expected, ...]:
    """Bands of every segment of the plan."""
    asked = {segment.name: segment for segment in workload.segments}
    offers = {(offer.provider, offer.area, offer.key): offer for offer in catalog.offers}
    found = []
    for told in plan.segments:
        if told.name in asked:
            option = told.option
            offer = offers.get((option.provider, option.area, option.offer_key))
            bands = _bands(plan, workload, catalog, told, asked[told.name], offer)
            found.append(Expected(told.name, told, asked[told.name], offer, bands))
    return tuple(found)


def _bands(
    plan: Plan, workload: Workload, catalog: Catalog, told: SegmentPlan, segment: Segment, offer: Offer | None
) -> tuple[Band, ...]:
    calls = _calls(catalog, told, segment, plan.seed)
    bands = [_volume(workload, segment, calls.count), *_tokens(calls), _price()]
    cost = _cost(told, calls, offer) if told.option.gate is None else None
    if cost is not None:
        bands.append(cost)
    bands += _shares(told)
    if calls.count == 1.0:
        bands += _times(told)
    return tuple(bands)


def _calls(catalog: Catalog, told: SegmentPlan, segment: Segment, seed: int) -> Calls:
    """Model calls of a request as the planned technique makes them: a log has a row a call."""
    technique = told.option.technique
    return calls_of(
        catalog,
        segment,
        extra_input_tokens=retrieved_tokens(catalog, seed) if "rag" in technique else 0.0,
        extra_prefix_tokens=few_shot_tokens(segment) if technique == "few_shot" else 0.0,
        seed=seed,
    )


def _volume(workload: Workload, segment: Segment, calls: float) -> Band:
    first = segment.requests_per_month * calls / _DAYS_PER_MONTH
    last = first * (1.0 + workload.growth_per_month) ** (workload.horizon_months - 1)
    low, high = min(first, last) * (1.0 - _VOLUME_TOLERANCE), max(first, last) * (1.0 + _VOLUME_TOLERANCE)
    return Band("requests a day", first, low, high, "the workload's requests, first to last month, +- 25 %")


def _tokens(calls: Calls) -> list[Band]:
    why = "the workload's mean and what the technique adds, +- 15 %"
    prompt = interval_of(np.asarray(calls.input_tokens, dtype=np.float64) / calls.count)
    answer = interval_of(np.asarray(calls.output_tokens, dtype=np.float64) / calls.count)
    less, more = 1.0 - _TOKEN_TOLERANCE, 1.0 + _TOKEN_TOLERANCE
    return [
        Band("input tokens", prompt.mean, prompt.low * less, prompt.high * more, why),
        Band("output tokens", answer.mean, answer.low * less, answer.high * more, why),
    ]


def _price() -> Band:
    why = "the catalog's price of the planned offer on the log's own tokens, +- 5 %"
    return Band("price over the planned one", 1.0, 1.0 - _PRICE_TOLERANCE, 1.0 + _PRICE_TOLERANCE, why)


def _cost(told: SegmentPlan, calls: Calls, offer: Offer | None) -> Band | None:
    """What a gateway books for a call: tokens and machines, without people, indexes and stores.

    The ends are the plan's own, and at least what the offer's price makes of the planned tokens with all that can be
    cached kept and nothing kept: how much a cache holds is the traffic's business, not a change of it.
    """
    metered = sum(
        part.monthly_usd
        for part in told.cost_parts
        if part.name == POOL_LINE or any(one.startswith("offer:") for one in part.evidence)
    )
    whole = told.monthly_cost_usd
    if metered <= 0.0 or whole.mean <= 0.0:
        return None
    usd = metered / told.requests_per_month / calls.count
    spread = max(whole.mean - whole.low, 0.0) / metered, max(whole.high - whole.mean, 0.0) / metered
    least, most = _cache_ends(calls, offer, usd)
    low = min(usd * max(1.0 - spread[0], 0.0), least) * (1.0 - _COST_TOLERANCE)
    high = max(usd * (1.0 + spread[1]), most) * (1.0 + _COST_TOLERANCE)
    why = "the plan's interval of what is paid by use, with and without a cache, +- 10 %"
    return Band("cost a request, USD", usd, low, high, why)


def _cache_ends(calls: Calls, offer: Offer | None, usd: float) -> tuple[float, float]:
    """USD a call with all that can be cached kept, and with nothing kept."""
    price = offer.price if offer else None
    if price is None:
        return usd, usd
    prompt = float(np.mean(calls.input_tokens)) / calls.count
    answer = float(np.mean(calls.output_tokens)) / calls.count
    kept = min(calls.prefix_tokens + calls.history_tokens + float(np.mean(calls.repeated_tokens)) / calls.count, prompt)
    return float(charge_usd(TokenUse(prompt, answer, kept), price)), float(charge_usd(TokenUse(prompt, answer), price))


def _shares(told: SegmentPlan) -> list[Band]:
    gate = told.option.gate
    if gate is None:
        why = "stand-ins may serve one in ten"
        return [
            Band("served by the planned tool", 1.0, 1.0 - _OTHERS_SHARE, inf, why),
            Band("failed", 0.0, -inf, _FAILED_SHARE, "one in twenty"),
        ]
    share = gate.escalation_share
    return [
        Band("escalated", share.mean, share.low, share.high, "the plan's interval of the gate"),
        Band("failed", 0.0, -inf, _FAILED_SHARE, "one in twenty"),
    ]


def _times(told: SegmentPlan) -> list[Band]:
    """Slower than the interval's upper end; faster is no drift: the plan speaks of the busiest hour."""
    ttft, total = told.ttft_p95_ms, told.total_p95_ms
    why = "the plan's interval at the busiest hour; faster is no drift"
    return [
        Band("first token p95, ms", ttft.mean, -inf, ttft.high, why),
        Band("whole answer p95, ms", total.mean, -inf, total.high, why),
    ]
