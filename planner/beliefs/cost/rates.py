"""USD per token of each kind: on each level of a long-context price, and averaged over the prompt lengths of requests.

The share of calls on a level, and of the prompt tokens in them, are the exact moments of the log-normal prompt length
above and below the threshold.
"""

from dataclasses import replace
from functools import lru_cache
from math import erf, log, sqrt
from typing import Final

import numpy as np

from planner.catalog.price import Price, PriceStep
from planner.catalog.pricing import TokenUse, batch_charge_usd, charge_usd
from planner.units import TOKENS_PER_MTOK, Floats

KINDS: Final = 5
"""Kinds of tokens with a rate of their own: fresh, cached, written, output, reasoning."""


@lru_cache(maxsize=8192)
def level_rates(price: Price, *, batch: bool) -> tuple[tuple[float, ...], ...]:
    """Per level of a price: threshold and USD per token of the five kinds, as `catalog.pricing` charges them."""
    charge = batch_charge_usd if batch else charge_usd
    levels = [(0.0, replace(price, steps=(), request_usd=0.0))]
    levels += [(step.above_input_tokens, _step_price(step)) for step in price.steps]
    one = TOKENS_PER_MTOK
    uses = (
        TokenUse(input_tokens=one, output_tokens=0.0),
        TokenUse(input_tokens=one, output_tokens=0.0, cached_input_tokens=one),
        TokenUse(input_tokens=one, output_tokens=0.0, cache_write_tokens=one),
        TokenUse(input_tokens=0.0, output_tokens=one),
        TokenUse(input_tokens=0.0, output_tokens=0.0, reasoning_tokens=one),
    )
    return tuple((above, *(float(charge(use, level)) / one for use in uses)) for above, level in levels)


@lru_cache(maxsize=16384)
def mean_rates(price: Price, prompt_tokens: float, log_sd: float, *, batch: bool) -> Floats:
    """USD per token of the five kinds, (5,), read-only: averaged over log-normal prompt lengths of this mean.

    Prompt tokens are weighted by where the tokens are (partial expectation), output by where the calls are.
    """
    levels = level_rates(price, batch=batch)
    rates = _over_levels(levels, prompt_tokens, log_sd) if len(levels) > 1 else np.array(levels[0][1:])
    rates.flags.writeable = False
    return rates


def _over_levels(levels: tuple[tuple[float, ...], ...], prompt_tokens: float, log_sd: float) -> Floats:
    rates = np.zeros(KINDS)
    edges = [level[0] for level in levels] + [float("inf")]
    for level, low, high in zip(levels, edges[:-1], edges[1:], strict=True):
        calls = _share_above(low, prompt_tokens, log_sd) - _share_above(high, prompt_tokens, log_sd)
        tokens = _tokens_above(low, prompt_tokens, log_sd) - _tokens_above(high, prompt_tokens, log_sd)
        rates += np.array(level[1:]) * np.array([tokens, tokens, tokens, calls, calls])
    return rates


def _step_price(step: PriceStep) -> Price:
    assert step.input_usd_per_mtok is not None
    assert step.output_usd_per_mtok is not None
    return Price(
        input_usd_per_mtok=step.input_usd_per_mtok,
        output_usd_per_mtok=step.output_usd_per_mtok,
        cached_input_usd_per_mtok=step.cached_input_usd_per_mtok,
        cache_write_usd_per_mtok=step.cache_write_usd_per_mtok,
        reasoning_usd_per_mtok=step.reasoning_usd_per_mtok,
        batch_input_usd_per_mtok=step.batch_input_usd_per_mtok,
        batch_output_usd_per_mtok=step.batch_output_usd_per_mtok,
        batch_cached_input_usd_per_mtok=step.batch_cached_input_usd_per_mtok,
        batch_cache_write_usd_per_mtok=step.batch_cache_write_usd_per_mtok,
    )


def _share_above(threshold: float, mean: float, log_sd: float) -> float:
    """Share of a log-normal's draws above a threshold."""
    return _upper(threshold, log(mean) - log_sd * log_sd / 2.0, log_sd)


def _tokens_above(threshold: float, mean: float, log_sd: float) -> float:
    """Share of a log-normal's total that lies in draws above a threshold."""
    return _upper(threshold, log(mean) + log_sd * log_sd / 2.0, log_sd)


def _upper(threshold: float, mu: float, log_sd: float) -> float:
    if threshold <= 0.0:
        return 1.0
    if threshold == float("inf"):
        return 0.0
    if log_sd <= 0.0:
        return float(log(threshold) < mu)
    return 0.5 * (1.0 - erf((log(threshold) - mu) / (log_sd * sqrt(2.0))))
