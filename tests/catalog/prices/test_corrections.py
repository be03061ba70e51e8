"""What the catalog says beside the price map: currency, batches, changes to come, and prices that cannot be."""

from dataclasses import replace
from datetime import date

import pytest

from planner.catalog import load_catalog
from planner.catalog.price import Price, PriceChange, PriceStep
from planner.catalog.prices.corrections import (
    BatchPrice,
    Currency,
    in_dollars,
    offer_over,
    price_factor,
    refuse_implausible,
    with_batch,
)
from planner.catalog.schema import Offer, Source

SOURCE = Source("assumption: made up for this test", date(2026, 12, 1))
HALF = BatchPrice("mistral", "any", 0.5, SOURCE)


def _offer(price: Price | None, provider: str = "mistral", model: str | None = "mistralai/x", key: str = "k") -> Offer:
    shipped = next(offer for offer in load_catalog().offers if offer.mode == "chat" and not offer.changes)
    return replace(shipped, price=price, provider=provider, model=model, key=key)


def test_a_batch_costs_what_the_provider_says_where_the_map_is_silent() -> None:
    step = PriceStep(200_000.0, 4.0, 16.0, None, None)
    price = with_batch(_offer(Price(2.0, 8.0, steps=(step,))), [HALF]).price
    assert price is not None
    assert (price.batch_input_usd_per_mtok, price.batch_output_usd_per_mtok) == (1.0, 4.0)
    assert (price.steps[0].batch_input_usd_per_mtok, price.steps[0].batch_output_usd_per_mtok) == (2.0, 8.0)


@pytest.mark.parametrize(
    "offer",
    [
        _offer(Price(2.0, 8.0, batch_input_usd_per_mtok=1.5, batch_output_usd_per_mtok=6.0)),
        _offer(Price(2.0, 8.0), provider="someone else"),
        _offer(None),
    ],
)
def test_what_the_map_states_or_nobody_says_stays(offer: Offer) -> None:
    assert with_batch(offer, [HALF]) == offer


def test_a_family_of_a_provider_alone_may_have_a_batch_price() -> None:
    rows = [BatchPrice("bedrock", "anthropic/", 0.5, SOURCE)]
    sold, not_sold = (
        with_batch(_offer(Price(2.0, 8.0), "bedrock", model), rows).price
        for model in ("anthropic/claude-x", "cohere/command")
    )
    assert sold is not None
    assert not_sold is not None
    assert (sold.batch_input_usd_per_mtok, not_sold.batch_input_usd_per_mtok) == (1.0, None)


def test_prices_in_another_currency_become_dollars_as_the_provider_rounds_them() -> None:
    euros = Currency("ovhcloud", "EUR", 1.105, 2, SOURCE)
    offer = in_dollars(_offer(Price(0.67, 0.13), provider="ovhcloud"), {"ovhcloud": euros})
    assert offer.price is not None
    assert (offer.price.input_usd_per_mtok, offer.price.output_usd_per_mtok) == (0.74, 0.14)
    assert "EUR" in offer.source.note


@pytest.mark.parametrize("rate", [0.0004, 900.0])
def test_a_price_that_nobody_ever_asked_is_not_used(rate: float) -> None:
    (offer,), (why,) = refuse_implausible([_offer(Price(rate, 2.0 * rate))])
    assert offer.price is None
    assert f"{rate:g}" in why
    assert "not used" in offer.source.note


def test_a_price_a_thousand_times_off_its_like_is_not_used() -> None:
    usual = [_offer(Price(0.2, 0.6), key=f"k{number}") for number in range(4)]
    offers, refused = refuse_implausible([*usual, _offer(Price(190.0, 600.0), key="off")])
    assert offers[-1].price is None
    assert refused[0].startswith("off: ")
    assert all(offer.price is not None for offer in offers[:-1])


def test_no_dear_or_cheap_price_of_today_is_lost() -> None:
    prices = {offer.key: offer.price for offer in load_catalog().offers}
    assert prices["o1-pro"] is not None
    assert prices["deepinfra/meta-llama/Llama-3.2-3B-Instruct"] is not None
    assert prices["azure_ai/jais-30b-chat"] is None


@pytest.mark.parametrize(
    ("day", "months", "factor"),
    [
        (date(2026, 12, 1), 12, 23 / 12),  # December at the old price, eleven months at twice
        (date(2026, 12, 1), 1, 1.0),
        (date(2027, 1, 1), 6, 2.0),
        (date(2026, 12, 31), 2, 1.5),
    ],
)
def test_a_price_that_doubles_counts_from_its_day_on(day: date, months: int, factor: float) -> None:
    assert price_factor([PriceChange(date(2027, 1, 1), 2.0)], day, months) == pytest.approx(factor)


def test_two_changes_follow_each_other() -> None:
    changes = [PriceChange(date(2027, 1, 1), 2.0), PriceChange(date(2027, 2, 1), 0.5)]
    assert price_factor(changes, date(2026, 12, 1), 3) == pytest.approx(4 / 3)


def test_an_offer_is_priced_over_its_months() -> None:
    offer = replace(_offer(Price(1.0, 4.0, 0.1)), changes=(PriceChange(date(2027, 1, 1), 2.0),))
    price = offer_over(offer, date(2026, 12, 1), 2).price
    assert price is not None
    assert (price.input_usd_per_mtok, price.output_usd_per_mtok, price.cached_input_usd_per_mtok) == (1.5, 6.0, 0.15)


def test_a_map_that_has_taken_a_change_in_is_not_changed_twice() -> None:
    changing = [offer for offer in load_catalog().offers if offer.changes]
    assert changing
    assert all(offer.model and offer.model.startswith("google/") for offer in changing)
