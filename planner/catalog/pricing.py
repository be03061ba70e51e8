"""Token use times price: the one place that knows how a request is billed. Knows neither probing nor plans."""

from dataclasses import dataclass

import numpy as np

from planner.catalog.schema import Price, PriceStep
from planner.units import TOKENS_PER_MTOK, Draws


@dataclass(frozen=True, slots=True)
class TokenUse:
    """Tokens of one request; cached and written tokens are part of input, reasoning comes on top of output."""

    input_tokens: float | Draws
    output_tokens: float | Draws
    cached_input_tokens: float | Draws = 0.0
    cache_write_tokens: float | Draws = 0.0
    reasoning_tokens: float | Draws = 0.0


@dataclass(frozen=True, slots=True)
class _Rates:
    """What each kind of token costs on one level of a price, USD per million; missing prices filled in."""

    fresh: float
    cached: float
    written: float
    output: float
    reasoning: float


def charge_usd(use: TokenUse, price: Price) -> float | Draws:
    """Price of one request in USD, before retries.

    The step whose threshold the input exceeds prices the whole request: input, cached input, cache writes, output and
    reasoning alike. A cached or written token without a price of its own costs what fresh input costs on that level, a
    reasoning token what output costs. Numbers give a number, arrays (any shapes that broadcast) an array.

    >>> price = Price(input_usd_per_mtok=2.0, output_usd_per_mtok=10.0, cached_input_usd_per_mtok=0.2)
    >>> charge_usd(TokenUse(input_tokens=1000, output_tokens=100, cached_input_tokens=500), price)
    0.0021
    """
    return _charge(use, price, batch=False)


def batch_charge_usd(use: TokenUse, price: Price) -> float | Draws:
    """Price of one request in USD when it may wait in a batch; the ordinary charge where no batch price is stated.

    Reasoning is billed as batch output; a cached or written token without a batch price of its own as batch input.
    """
    if price.batch_input_usd_per_mtok is None or price.batch_output_usd_per_mtok is None:
        return charge_usd(use, price)
    return _charge(use, price, batch=True)


def _charge(use: TokenUse, price: Price, *, batch: bool) -> float | Draws:
    rates = _batch_rates if batch else _rates
    charge = _at(use, rates(price))
    for step in price.steps:
        charge = np.where(np.asarray(use.input_tokens) > step.above_input_tokens, _at(use, rates(step)), charge)
    total: Draws = np.asarray(charge / TOKENS_PER_MTOK + price.request_usd, dtype=np.float64)
    return float(total) if total.ndim == 0 else total


def _at(use: TokenUse, rates: _Rates) -> float | Draws:
    """Millionths of a dollar at one level's rates."""
    fresh_tokens = use.input_tokens - use.cached_input_tokens - use.cache_write_tokens
    return (
        fresh_tokens * rates.fresh
        + use.cached_input_tokens * rates.cached
        + use.cache_write_tokens * rates.written
        + use.output_tokens * rates.output
        + use.reasoning_tokens * rates.reasoning
    )


def _rates(level: Price | PriceStep) -> _Rates:
    fresh, output = _stated(level.input_usd_per_mtok), _stated(level.output_usd_per_mtok)
    return _Rates(
        fresh=fresh,
        cached=_or(level.cached_input_usd_per_mtok, fresh),
        written=_or(level.cache_write_usd_per_mtok, fresh),
        output=output,
        reasoning=_or(level.reasoning_usd_per_mtok, output),
    )


def _batch_rates(level: Price | PriceStep) -> _Rates:
    fresh, output = _stated(level.batch_input_usd_per_mtok), _stated(level.batch_output_usd_per_mtok)
    return _Rates(
        fresh=fresh,
        cached=_or(level.batch_cached_input_usd_per_mtok, fresh),
        written=_or(level.batch_cache_write_usd_per_mtok, fresh),
        output=output,
        reasoning=output,
    )


def _stated(rate: float | None) -> float:
    """A rate that every level of a price states (the map's reader sees to it)."""
    assert rate is not None
    return rate


def _or(rate: float | None, otherwise: float) -> float:
    return otherwise if rate is None else rate
