"""The catalog column by column: models, and the offers that could serve one. Built once, indexed ever after."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from planner.catalog.price import Price
from planner.catalog.prices.corrections import offer_over
from planner.catalog.pricing import price_over_hours
from planner.catalog.schema import Catalog, Model, Offer
from planner.units import Bools, Floats, Ints

MODALITIES: Final = ("text", "image", "audio", "video", "pdf")
NEVER: Final = date.max.toordinal()


@dataclass(frozen=True, slots=True, eq=False)
class ModelColumns:
    """Models in catalog order, M rows."""

    models: tuple[Model, ...]
    ids: tuple[str, ...]
    row: dict[str, int]
    """Row of each id."""
    context: Floats
    """(M,) tokens."""
    modalities: Ints
    """(M,) bit set over MODALITIES."""
    open_weights: Bools
    frontier: Bools
    total_params_b: Floats
    """(M,) billions; nan where the maker does not say."""
    sizeable: Bools
    """(M,) whether parameters, layers and KV cache are known."""


@dataclass(frozen=True, slots=True, eq=False)
class OfferColumns:
    """Priced chat offers joined to a model, F rows by model, provider, area and key; none that another `_dominates`."""

    offers: tuple[Offer, ...]
    model: Ints
    """(F,) row of the model."""
    provider: npt.NDArray[np.str_]
    area: npt.NDArray[np.str_]
    context: Floats
    """(F,) tokens: the offer's, never above the model's."""
    max_output: Floats
    """(F,) tokens; inf when not stated."""
    modalities: Ints
    tools: Bools
    retires: Ints
    """(F,) ordinal day; NEVER when none is stated."""
    resells: Bools


def modality_bits(names: Iterable[str]) -> int:
    """Bit set over MODALITIES; unknown names are left out."""
    bits = 0
    for name in names:
        if name in MODALITIES:
            bits |= 1 << MODALITIES.index(name)
    return bits


def readable_bits(names: Iterable[str]) -> int:
    """What a model can read: text always; PDFs too where it reads images, since pages can be sent as pictures."""
    bits = modality_bits(names) | modality_bits(("text",))
    return bits | modality_bits(("pdf",)) if bits & modality_bits(("image",)) else bits


def model_columns(catalog: Catalog) -> ModelColumns:
    """Columns of all models, in catalog order."""
    models = tuple(catalog.models.values())
    ids = tuple(catalog.models)
    return ModelColumns(
        models=models,
        ids=ids,
        row={name: number for number, name in enumerate(ids)},
        context=np.array([model.context_tokens for model in models], dtype=np.float64),
        modalities=np.array([readable_bits(model.modalities) for model in models], dtype=np.int64),
        open_weights=np.array([model.open_weights for model in models], dtype=np.bool_),
        frontier=np.array([model.model_class == "frontier" for model in models], dtype=np.bool_),
        total_params_b=np.array(
            [np.nan if model.total_params_b is None else model.total_params_b for model in models], dtype=np.float64
        ),
        sizeable=np.array(
            [None not in (model.total_params_b, model.layers, model.kv_bytes_per_token) for model in models],
            dtype=np.bool_,
        ),
    )


def _usable(catalog: Catalog, day: date, months: int) -> list[Offer]:
    """Offers of known models at a stated token price, the mean over the months to come, in a fixed order."""
    found = [
        offer_over(offer, day, months)
        for offer in catalog.offers
        if offer.model in catalog.models and offer.price is not None and offer.mode != "embedding"
    ]
    order = {name: number for number, name in enumerate(catalog.models)}
    found.sort(key=lambda offer: (order[offer.model or ""], offer.provider, offer.area, offer.key))
    return found


def offer_columns(catalog: Catalog, columns: ModelColumns, day: date, months: int) -> OfferColumns:
    """Columns of the offers that options are made of, priced over so many months from a day."""
    offers = _undominated(_usable(catalog, day, months))
    model = np.array([columns.row[offer.model or ""] for offer in offers], dtype=np.int64)
    stated = [np.inf if offer.context_tokens is None else offer.context_tokens for offer in offers]
    most = [np.inf if offer.max_output_tokens is None else offer.max_output_tokens for offer in offers]
    resells = {name: provider.resells for name, provider in catalog.providers.items()}
    return OfferColumns(
        offers=tuple(offers),
        model=model,
        provider=np.array([offer.provider for offer in offers], dtype=np.str_),
        area=np.array([offer.area for offer in offers], dtype=np.str_),
        context=np.minimum(np.array(stated, dtype=np.float64), columns.context[model]),
        max_output=np.array(most, dtype=np.float64),
        modalities=np.array([readable_bits(offer.modalities) for offer in offers], dtype=np.int64),
        tools=np.array([offer.supports_tools for offer in offers], dtype=np.bool_),
        retires=np.array(
            [NEVER if offer.retires is None else offer.retires.toordinal() for offer in offers], dtype=np.int64
        ),
        resells=np.array([resells.get(offer.provider, False) for offer in offers], dtype=np.bool_),
    )


def _token_prices(price: Price) -> tuple[float, ...]:
    """Every token class's price, USD per million, with the price that applies where a class has none of its own."""
    fresh, out = price.input_usd_per_mtok, price.output_usd_per_mtok
    cached = _or(price.cached_input_usd_per_mtok, fresh)
    batch_in = _or(price.batch_input_usd_per_mtok, fresh)
    return (
        fresh,
        out,
        cached,
        _or(price.cache_write_usd_per_mtok, fresh),
        _or(price.reasoning_usd_per_mtok, out),
        batch_in,
        _or(price.batch_output_usd_per_mtok, out),
        _or(price.batch_cached_input_usd_per_mtok, min(cached, batch_in)),
        _or(price.batch_cache_write_usd_per_mtok, batch_in),
        price.request_usd,
    )


def _or(value: float | None, instead: float) -> float:
    return instead if value is None else value


def _dominates(better: Offer, worse: Offer) -> bool:
    """Whether `worse` can never matter beside `better`: same model, provider and area, no cheaper in any token class.

    No limit may tell them apart in favour of `worse`: `better` retires no earlier, takes at least as much context and
    answer, reads at least as much and calls tools if the other does. Prices are compared in and out of cheaper hours.
    The same provider serves both, so they are equally fast as far as anyone publishes. Long-context steps must be the
    same or absent.
    """
    if better.price is None or worse.price is None:
        return False
    if better.price.steps and better.price.steps != worse.price.steps:
        return False
    ours, theirs = (
        (*_token_prices(price), *_token_prices(price_over_hours(price, 1.0))) for price in (better.price, worse.price)
    )
    if any(mine > other for mine, other in zip(ours, theirs, strict=True)):
        return False
    return _serves_as_much(better, worse)


def _serves_as_much(better: Offer, worse: Offer) -> bool:
    def at_least(mine: float | None, other: float | None) -> bool:
        return mine is None or (other is not None and mine >= other)

    return (
        (better.retires or date.max) >= (worse.retires or date.max)
        and at_least(better.context_tokens, worse.context_tokens)
        and at_least(better.max_output_tokens, worse.max_output_tokens)
        and set(better.modalities) >= set(worse.modalities)
        and better.supports_tools >= worse.supports_tools
        and better.supports_caching >= worse.supports_caching
    )


def _undominated(offers: Sequence[Offer]) -> list[Offer]:
    """Offers that can matter: of one model, provider and area those that no other dominates; of equals the first."""
    groups: dict[tuple[str | None, str, str], list[int]] = defaultdict(list)
    for number, offer in enumerate(offers):
        groups[offer.model, offer.provider, offer.area].append(number)
    return [
        offers[worse]
        for members in groups.values()
        for worse in members
        if not any(
            better != worse
            and _dominates(offers[better], offers[worse])
            and (better < worse or not _dominates(offers[worse], offers[better]))
            for better in members
        )
    ]
