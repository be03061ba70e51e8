"""Looking models up: the table, one model, and the names that people misspell."""

from datetime import date

import pytest

from planner.catalog import load_catalog
from planner.catalog.browse import list_models, show_model
from planner.catalog.names import find_model
from planner.errors import InputError

TODAY = date(2026, 11, 24)
CATALOG = load_catalog()


def test_the_table_has_every_model_once() -> None:
    rows = list_models(CATALOG, TODAY)
    assert [row.id for row in rows] == list(CATALOG.models)


def test_a_row_shows_the_cheapest_offer_that_is_no_resellers() -> None:
    row = next(row for row in list_models(CATALOG, TODAY) if row.id == "anthropic/claude-haiku-5.5")
    prices = [
        3 * offer.price.input_usd_per_mtok + offer.price.output_usd_per_mtok
        for offer in CATALOG.offers
        if offer.model == row.id and offer.price and not CATALOG.providers[offer.provider].resells
    ]
    assert row.input_usd_per_mtok is not None
    assert row.output_usd_per_mtok is not None
    assert 3 * row.input_usd_per_mtok + row.output_usd_per_mtok == min(prices)


def test_a_retired_offer_is_no_offer() -> None:
    before = next(row for row in list_models(CATALOG, date(2025, 1, 1)) if row.id == "openai/gpt-4")
    after = next(row for row in list_models(CATALOG, TODAY) if row.id == "openai/gpt-4")
    assert before.offers > 0
    assert (after.offers, after.input_usd_per_mtok) == (0, None)


def test_a_skill_leaves_the_models_that_were_measured_on_it() -> None:
    rows = list_models(CATALOG, TODAY, "classification")
    assert rows
    assert all(row.evidence_rows for row in rows)
    assert [row.evidence_rows for row in rows] == sorted((row.evidence_rows for row in rows), reverse=True)


def test_an_unknown_skill_is_one_line() -> None:
    with pytest.raises(InputError, match="one of agentic, chat"):
        list_models(CATALOG, TODAY, "juggling")


def test_one_model_comes_with_its_offers_scores_and_sources() -> None:
    details = show_model(CATALOG, "openai/gpt-4o")
    assert details.model.name == "GPT-4o"
    assert {offer.model for offer in details.offers} == {"openai/gpt-4o"}
    assert [offer.provider for offer in details.offers] == sorted(offer.provider for offer in details.offers)
    assert len(details.evidence) == len(CATALOG.evidence.rows_of("openai/gpt-4o"))
    assert details.model.source in details.sources


@pytest.mark.parametrize("name", ["openai/gpt-4o", "gpt-4o", " GPT-4o "])
def test_a_model_is_found_without_its_maker(name: str) -> None:
    assert find_model(CATALOG, name).id == "openai/gpt-4o"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("gpt-4oo", "openai/gpt-4o"),
        ("claude-3.5-sonet", "anthropic/claude-3.5-sonnet"),
        ("meta/lama-3.1-8b", "meta/llama-3.1-8b"),
        ("deepseek-v32", "deepseek/deepseek-v3.2"),
    ],
)
def test_a_misspelt_name_is_told_what_was_meant(name: str, meant: str) -> None:
    with pytest.raises(InputError, match="did you mean") as caught:
        find_model(CATALOG, name)
    assert meant in str(caught.value)


def test_a_name_like_no_other_points_to_the_list() -> None:
    with pytest.raises(InputError, match="planner models"):
        find_model(CATALOG, "qqqqqqqq")
