"""How much of a prompt a provider's cache holds when a request arrives, and what is written to it for later.

An entry lives so many seconds after its last use. Requests that share a prefix arrive at a rate r; the next one finds
the entry with 1 - exp(-r life). The rate is not even: over the hours of a week, ordered by traffic, it is taken as
r p (1 - u)^(p - 1) with p the busiest hour over the mean, and hours count by their requests. What else makes a cache
miss (eviction, several hosts) is the prior of a steady stream.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.priors import prior_draws
from planner.beliefs.requests import Calls
from planner.catalog.pricing import TokenUse
from planner.catalog.prompt_caches import PromptCache
from planner.catalog.schema import Catalog
from planner.units import DRAW_COUNT, SECONDS_PER_MONTH, SEED, Draws
from planner.workload.schema import Assumptions, Segment

_HOURS: Final = (np.arange(168) + 0.5) / 168.0
_LONG_LIFE_S: Final = 3600.0
"""From this life on the turns of a conversation are found as without expiry ('cache_hit.long_ttl')."""


@dataclass(frozen=True, slots=True, eq=False)
class CacheHit:
    """Shares read from a prompt cache, (S,) each."""

    prefix: Draws
    """Of the shared prefix."""
    history: Draws
    """Of the conversation's earlier turns."""
    loop: Draws
    """Of what an earlier call of the same request held."""


def found_share(requests_per_s: float, life_s: float, peak_to_mean: float) -> float:
    """Share of requests that arrive while an entry which lives `life_s` after its last use is still there.

    >>> round(found_share(0.96 / 3600.0, 300.0, 1.0), 3), round(found_share(100.0, 300.0, 3.0), 3)
    (0.077, 1.0)
    """
    rates = peak_to_mean * (1.0 - _HOURS) ** (peak_to_mean - 1.0)
    weights = rates / rates.sum()
    return min(float(np.sum(weights * -np.expm1(-requests_per_s * life_s * rates))), 1.0)


def cache_hit(
    catalog: Catalog,
    assumptions: Assumptions,
    segment: Segment,
    cache: PromptCache,
    seed: int = SEED,
) -> CacheHit:
    """Cache shares of a segment at one provider: as the workload states them, else by traffic and priors.

    Traffic is that of the first month. Rounds of one request follow each other within seconds: traffic decides nothing
    there, and `loop_cache_hit_share` comes first.
    """
    given = assumptions.cache_hit_share
    steady = prior_draws(catalog, "cache_hit.shared_prefix", seed)
    rate = segment.requests_per_month / SECONDS_PER_MONTH
    found = found_share(rate, cache.life_s, segment.peak_to_mean)
    history = "cache_hit.long_ttl" if cache.life_s >= _LONG_LIFE_S else "cache_hit.chat"
    loop = given if segment.loop_cache_hit_share is None else segment.loop_cache_hit_share
    return CacheHit(
        prefix=steady * found if given is None else np.full(DRAW_COUNT, given),
        history=prior_draws(catalog, history, seed),
        loop=steady if loop is None else np.full(DRAW_COUNT, loop),
    )


def token_use(
    calls: Calls, hit: CacheHit, reasoning: Draws | float, *, cached: bool, least_tokens: float = 1024.0
) -> TokenUse:
    """Mean tokens of one request over all its model calls, before retries.

    Args:
        calls: Model calls of the request.
        hit: Cache shares.
        reasoning: Hidden tokens per model call, number, (S,) or (N, S).
        cached: False: no prompt cache is used. What is new in a prompt is written to the cache where a later turn or
            call will read it. Prompts whose leading part is shorter than `least_tokens` are not cached either way.
        least_tokens: Shortest prefix that the provider keeps, in the tokens that `calls` counts.
    """
    leading = calls.prefix_tokens + calls.history_tokens
    first = leading if cached and leading >= least_tokens else 0.0
    share = first / leading if leading > 0.0 else 0.0
    reread = calls.repeated_tokens * float(cached and float(np.mean(calls.first_input_tokens)) >= least_tokens)
    read = share * (hit.prefix * calls.prefix_tokens + hit.history * calls.history_tokens) + hit.loop * reread
    missed = share * leading + reread - read
    read_later = calls.history_tokens * share > 0.0 or bool(np.any(reread > 0.0))
    new = np.maximum(calls.input_tokens - leading - reread, 0.0) * float(read_later)
    return TokenUse(
        input_tokens=calls.input_tokens,
        output_tokens=calls.output_tokens,
        cached_input_tokens=read,
        cache_write_tokens=missed + new,
        reasoning_tokens=calls.count * reasoning,
    )
