"""What the price map gets wrong or leaves out, as facts of the catalog: currency, batches, changes to come, bounds.

Applied to the map's offers in this order, each by its own file; an entry that states the thing itself is left alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import prod
from pathlib import Path
from statistics import median
from typing import Final, TypeVar

from planner.catalog.files import check_range, index_rows, load_csv_rows, parse_rows
from planner.catalog.price import Price, PriceChange, PriceStep
from planner.catalog.prices.litellm_map import scale_price
from planner.catalog.schema import Offer, Source
from planner.catalog.tokenizers import is_of_family

_Level = TypeVar("_Level", Price, PriceStep)
_ANY: Final = "any"
_INPUT_USD_PER_MTOK: Final = (0.002, 200.0)
"""Below: a thousand times too cheap for the smallest model sold (0.01). Above: o1-pro, the dearest ever, has 150."""
_OUTPUT_USD_PER_MTOK: Final = (0.002, 1000.0)
_EMBEDDING_USD_PER_MTOK: Final = (0.0005, 5.0)
_TIMES_OFF: Final = 30.0
"""No two providers' prices of one open model lie further apart; a price per thousand tokens is off a thousandfold."""
_FEWEST: Final = 4
"""Offers of one model from which on their median tells."""


@dataclass(frozen=True, slots=True)
class BatchPrice:
    """What a batch costs at a provider over its ordinary price, where the map does not say."""

    provider: str
    family: str
    """Canonical model family (tokenizers.py), or 'any'."""
    share: float
    source: Source


@dataclass(frozen=True, slots=True)
class Currency:
    """The currency in which the map's prices of a provider really are."""

    provider: str
    currency: str
    usd_per_unit: float
    decimals: int
    """Of the provider's own dollar list."""
    source: Source


@dataclass(frozen=True, slots=True)
class AnnouncedChange:
    """A price that changes on a day, at every provider that sells the model at the maker's price."""

    model: str
    starts: date
    factor: float
    old_input_usd_per_mtok: float
    """The price before: a map that no longer has it has taken the change in."""
    source: Source


def correct_offers(folder: Path, offers: Sequence[Offer]) -> tuple[tuple[Offer, ...], tuple[str, ...]]:
    """The offers with what the files of a folder say, and one line for each price that was refused.

    Raises:
        InputError: A file is missing or wrong.
    """
    currencies = load_currencies(folder / "currencies.csv")
    batches = load_batch_prices(folder / "batch_prices.csv")
    changes = load_price_changes(folder / "price_changes.csv")
    plausible, refused = refuse_implausible([in_dollars(offer, currencies) for offer in offers])
    sold = [with_batch(offer, batches) for offer in plausible]
    return tuple(_with_changes(sold, changes)), refused


def load_currencies(path: Path) -> Mapping[str, Currency]:
    """Currencies by provider."""
    rows = index_rows(path, parse_rows(path, load_csv_rows(path), Currency, "provider"), "provider")
    for row in rows.values():
        check_range(path.name, f"{row.provider}.usd_per_unit", row.usd_per_unit, 1e-5, 1e3)
    return rows


def load_batch_prices(path: Path) -> tuple[BatchPrice, ...]:
    """Batch prices, in file order."""
    rows = parse_rows(path, load_csv_rows(path), BatchPrice, "provider")
    for row in rows:
        check_range(path.name, f"{row.provider} {row.family}.share", row.share, 0.01, 1.0)
    return rows


def load_price_changes(path: Path) -> tuple[AnnouncedChange, ...]:
    """Announced changes, in file order."""
    rows = parse_rows(path, load_csv_rows(path), AnnouncedChange, "model")
    for row in rows:
        check_range(path.name, f"{row.model}.factor", row.factor, 0.01, 100.0)
    return rows


def in_dollars(offer: Offer, currencies: Mapping[str, Currency]) -> Offer:
    """The offer with its token prices in dollars, rounded as the provider's own dollar list is."""
    currency = currencies.get(offer.provider)
    if currency is None or offer.price is None:
        return offer
    price = scale_price(offer.price, currency.usd_per_unit, currency.decimals)
    return replace(offer, price=price, source=_noted(offer.source, f"{currency.currency} in the map"))


def with_batch(offer: Offer, batches: Iterable[BatchPrice]) -> Offer:
    """The offer with a batch price where the map states none and the provider sells one."""
    if offer.price is None or offer.price.batch_input_usd_per_mtok is not None or offer.mode == "embedding":
        return offer
    sold = [
        row
        for row in batches
        if row.provider == offer.provider and (row.family == _ANY or is_of_family(row.family, offer.model or ""))
    ]
    if not sold:
        return offer
    row = max(sold, key=lambda one: len(one.family) if one.family != _ANY else 0)
    price = replace(
        _in_batch(offer.price, row.share), steps=tuple(_in_batch(step, row.share) for step in offer.price.steps)
    )
    return replace(offer, price=price, source=_noted(offer.source, f"batch price: {row.source.url}"))


def _in_batch(level: _Level, share: float) -> _Level:
    """The level with batch prices; a cached or written token has none of its own there."""
    given, returned = level.input_usd_per_mtok, level.output_usd_per_mtok
    if given is None or returned is None:
        return level
    return replace(level, batch_input_usd_per_mtok=given * share, batch_output_usd_per_mtok=returned * share)


def refuse_implausible(offers: Sequence[Offer]) -> tuple[tuple[Offer, ...], tuple[str, ...]]:
    """The offers without prices that cannot be, and why, one line each.

    A price is refused when it lies outside all that was ever asked for a token, or many times off the median of the
    other offers of the same model.
    """
    by_model: dict[str, list[float]] = {}
    for offer in offers:
        if offer.model is not None and offer.price is not None:
            by_model.setdefault(offer.model, []).append(_blend(offer.price))
    usual = {model: median(prices) for model, prices in by_model.items() if len(prices) >= _FEWEST}
    kept: list[Offer] = []
    refused: list[str] = []
    for offer in offers:
        why = _implausible(offer, usual.get(offer.model or ""))
        kept.append(offer if why is None else replace(offer, price=None, source=_noted(offer.source, why)))
        if why is not None:
            refused.append(f"{offer.key}: {why}")
    return tuple(kept), tuple(dict.fromkeys(refused))


def _blend(price: Price) -> float:
    """Three tokens of input for one of output."""
    return 0.75 * price.input_usd_per_mtok + 0.25 * price.output_usd_per_mtok


def _implausible(offer: Offer, usual: float | None) -> str | None:
    price = offer.price
    if price is None:
        return None
    if offer.mode == "embedding":
        checks = [("input", price.input_usd_per_mtok, _EMBEDDING_USD_PER_MTOK)]
    else:
        checks = [
            ("input", price.input_usd_per_mtok, _INPUT_USD_PER_MTOK),
            ("output", price.output_usd_per_mtok, _OUTPUT_USD_PER_MTOK),
        ]
    for name, rate, (low, high) in checks:
        if rate > 0.0 and not low <= rate <= high:
            return f"{rate:,g} USD per 1M {name} tokens lies outside {low:g} to {high:g}: not used"
    if usual is not None and not 1.0 / _TIMES_OFF <= _blend(price) / max(usual, 1e-9) <= _TIMES_OFF:
        rate = price.input_usd_per_mtok
        return f"{rate:g} USD per 1M is over {_TIMES_OFF:g} times off the model's other prices: not used"
    return None


def _with_changes(offers: Sequence[Offer], changes: Sequence[AnnouncedChange]) -> list[Offer]:
    """The offers with the changes that are still to come for their entry."""
    least: dict[str, float] = {}
    for offer in offers:
        if offer.price is not None:
            least[offer.key] = min(offer.price.input_usd_per_mtok, least.get(offer.key, float("inf")))
    return [_with_change(offer, least.get(offer.key), changes) for offer in offers]


def _with_change(offer: Offer, least_usd: float | None, changes: Sequence[AnnouncedChange]) -> Offer:
    coming = tuple(
        PriceChange(change.starts, change.factor)
        for change in changes
        if change.model == offer.model and least_usd == change.old_input_usd_per_mtok
    )
    return replace(offer, changes=tuple(sorted(coming, key=lambda one: one.starts))) if coming else offer


def price_factor(changes: Sequence[PriceChange], day: date, months: int) -> float:
    """Mean factor on today's map price over so many months from a day, each month at the price of its first day.

    >>> price_factor([PriceChange(date(2027, 1, 1), 2.0)], date(2026, 11, 15), 4)
    1.5
    """
    starts = [_month_later(day, ahead) for ahead in range(months)]
    factors = [prod(change.factor for change in changes if change.starts <= start) for start in starts]
    return sum(factors) / len(factors)


def _month_later(day: date, ahead: int) -> date:
    month = day.month - 1 + ahead
    return date(day.year + month // 12, month % 12 + 1, min(day.day, 28))


def offer_over(offer: Offer, day: date, months: int) -> Offer:
    """The offer at its mean price over so many months from a day; itself where none of it changes."""
    factor = price_factor(offer.changes, day, months) if offer.changes else 1.0
    return offer if factor == 1.0 or offer.price is None else replace(offer, price=scale_price(offer.price, factor))


def _noted(source: Source, note: str) -> Source:
    return replace(source, note=f"{source.note}; {note}".lstrip("; "))
