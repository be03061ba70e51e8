"""Token use times price: the one place that knows how a request is billed. Knows neither probing nor plans."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np

from planner.catalog.price import OffPeak, Price, PriceStep
from planner.units import TOKENS_PER_MTOK, Draws

_Level = TypeVar("_Level", Price, PriceStep)


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


def price_at(price: Price, when: datetime) -> Price:
    """The price that holds at a moment (aware): that of the off-peak hours while they last, the ordinary one else.

    >>> cheap = OffPeak(hours=((0, 60),), input_usd_per_mtok=1.0)
    >>> price = Price(2.0, 10.0, off_peak=cheap)
    >>> [price_at(price, datetime(2026, 11, 30, hour, 30, tzinfo=UTC)).input_usd_per_mtok for hour in (0, 1)]
    [1.0, 2.0]
    """
    if price.off_peak is None:
        return price
    at = when.astimezone(UTC)
    minute = (at.weekday() * 24 + at.hour) * 60 + at.minute
    share = float(any(start <= minute < end for start, end in price.off_peak.hours))
    return price_over_hours(price, share)


def price_over_hours(price: Price, off_peak_share: float | None = None) -> Price:
    """Mean price of requests of which a share falls into the off-peak hours; evenly over the week when not given.

    Batch prices and fees know no hours. A price without off-peak hours is returned as it is.
    """
    hours = price.off_peak
    if hours is None:
        return price
    share = hours.week_share if off_peak_share is None else off_peak_share
    plain = replace(price, off_peak=None)
    if share <= 0.0:
        return plain
    mixed = _mixed(plain, hours, share)
    return replace(mixed, steps=tuple(_mixed(step, hours, share) for step in price.steps))


def _mixed(level: _Level, hours: OffPeak, share: float) -> _Level:
    """One level with the mean of its rates and those of the off-peak hours."""
    rates = _rates(level)
    fresh = _or(hours.input_usd_per_mtok, rates.fresh)
    output = _or(hours.output_usd_per_mtok, rates.output)
    # litellm's way: a rate that the hours leave out stays the ordinary one; one that a level lacks follows another.
    cached = _or(hours.cached_input_usd_per_mtok, _or(level.cached_input_usd_per_mtok, fresh))
    written = _or(hours.cache_write_usd_per_mtok, _or(level.cache_write_usd_per_mtok, fresh))
    reasoning = _or(hours.reasoning_usd_per_mtok, _or(level.reasoning_usd_per_mtok, output))

    def mean(ordinary: float, cheaper: float) -> float:
        return ordinary + share * (cheaper - ordinary)

    return replace(
        level,
        input_usd_per_mtok=mean(rates.fresh, fresh),
        output_usd_per_mtok=mean(rates.output, output),
        cached_input_usd_per_mtok=mean(rates.cached, cached),
        cache_write_usd_per_mtok=mean(rates.written, written),
        reasoning_usd_per_mtok=mean(rates.reasoning, reasoning),
    )


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
