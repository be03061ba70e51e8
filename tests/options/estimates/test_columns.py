from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from planner.catalog.price import Price, PriceStep
from planner.catalog.schema import Catalog
from planner.options.estimates.columns import modality_bits, model_columns, offer_columns, readable_bits
from tests.options.conftest import offer_of


def keys_left(catalog: Catalog, *offers: Any) -> list[str]:
    small = replace(catalog, offers=offers)
    return [offer.key for offer in offer_columns(small, model_columns(small), date(2026, 11, 24), 12).offers]


def test_an_offer_dearer_in_every_token_class_is_left_out(catalog: Catalog) -> None:
    cheap, dear = offer_of(key="cheap"), offer_of(key="dear", price=(1.5, 2.0))
    assert keys_left(catalog, dear, cheap) == ["cheap"]


def test_an_offer_cheaper_in_one_token_class_stays(catalog: Catalog) -> None:
    assert keys_left(catalog, offer_of(key="a", price=(1.0, 2.0)), offer_of(key="b", price=(2.0, 1.0))) == ["a", "b"]


def test_of_two_equal_offers_the_first_key_stays(catalog: Catalog) -> None:
    assert keys_left(catalog, offer_of(key="b"), offer_of(key="a")) == ["a"]


@pytest.mark.parametrize(
    "better_in",
    [
        {"area": "us"},
        {"provider": "bedrock"},
        {"context_tokens": 16_000},
        {"max_output_tokens": 8_000},
        {"modalities": ("text", "image")},
        {"model": "mistralai/mistral-small-2506"},
    ],
)
def test_a_dearer_offer_that_some_limit_could_ask_for_stays(catalog: Catalog, better_in: Any) -> None:
    assert keys_left(catalog, offer_of(key="a"), offer_of(key="b", price=(9.0, 9.0), **better_in)) in (
        ["a", "b"],
        ["b", "a"],
    )


def test_a_dearer_offer_that_lives_longer_stays(catalog: Catalog) -> None:
    ending = offer_of(key="a", retires=date(2027, 1, 1))
    assert keys_left(catalog, ending, offer_of(key="b", price=(9.0, 9.0))) == ["a", "b"]


def test_a_long_context_step_keeps_an_offer_from_replacing_a_dearer_one(catalog: Catalog) -> None:
    step = PriceStep(200_000, 9.0, 9.0, None, None)
    stepped = offer_of(key="a", price=Price(1.0, 2.0, steps=(step,)))
    assert keys_left(catalog, stepped, offer_of(key="b", price=(1.1, 2.1))) == ["a", "b"]


@pytest.mark.parametrize("change", [{"model": None}, {"price": None}, {"mode": "embedding"}, {"model": "no/such"}])
def test_offers_without_model_or_price_and_embedders_are_no_options(catalog: Catalog, change: Any) -> None:
    assert keys_left(catalog, offer_of(**change)) == []


def test_an_offer_takes_no_more_context_than_its_model(catalog: Catalog) -> None:
    small = replace(catalog, offers=(offer_of(context_tokens=10_000_000),))
    columns = model_columns(small)
    assert (
        offer_columns(small, columns, date(2026, 11, 24), 12).context[0]
        == catalog.models["meta/llama-3.1-8b"].context_tokens
    )


def test_a_reader_of_images_reads_pdfs_as_pictures() -> None:
    assert readable_bits(["text", "image"]) == modality_bits(["text", "image", "pdf"])
