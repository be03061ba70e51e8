"""What stands behind a line of a bill beside tokens and price, in a few words."""

import numpy as np

from planner.beliefs.cost.prompt_cache import CacheHit
from planner.catalog.prompt_caches import prompt_cache
from planner.catalog.schema import Offer
from planner.units import HOURS_PER_MONTH, Draws
from planner.workload.schema import Assumptions, Segment


def line_notes(
    offer: Offer, segment: Segment, assumptions: Assumptions, factor: Draws, hit: CacheHit
) -> dict[str, str]:
    """Notes by the name of the line; each starts with a comma."""
    every = _counted(factor) + _hours(offer, segment, assumptions)
    text = every + _batch(offer, segment)
    read = _found(offer, segment, assumptions, hit) + every
    return {"input tokens": text, "output tokens": text, "cached input": read, "cache writes": read}


def _counted(factor: Draws) -> str:
    times = float(np.mean(factor))
    return "" if bool(np.all(factor == 1.0)) else f", its tokenizer counting {times:.2f} times the tokens stated"


def _hours(offer: Offer, segment: Segment, assumptions: Assumptions) -> str:
    hours = offer.price.off_peak if offer.price is not None else None
    if hours is None:
        return ""
    if segment.batchable:
        return ", sent in its cheaper hours"
    share = hours.week_share if assumptions.off_peak_share is None else assumptions.off_peak_share
    return f", {share:.0%} in its cheaper hours".replace("%", " %")


def _batch(offer: Offer, segment: Segment) -> str:
    if not segment.batchable or offer.price is None or offer.price.batch_input_usd_per_mtok is not None:
        return ""
    return "" if offer.price.off_peak is not None else ", no batch price is known of it"


def _found(offer: Offer, segment: Segment, assumptions: Assumptions, hit: CacheHit) -> str:
    share = f"{float(np.mean(hit.prefix)):.0%}".replace("%", " %")
    if assumptions.cache_hit_share is not None:
        return f", {share} of the prefix found as stated"
    minutes = prompt_cache(offer.provider, offer.model).life_s / 60.0
    hourly = segment.requests_per_month / HOURS_PER_MONTH
    return f", {share} of the prefix found at {hourly:,.3g} requests an hour and {minutes:g} minutes of life"
