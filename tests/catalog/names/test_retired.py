"""A retired entry says since when, who still serves the model, and what follows."""

from dataclasses import replace
from datetime import date

from planner.catalog.load import load_catalog
from planner.catalog.names.retired import follower, on_sale, retired_entry

CATALOG = load_catalog()
TODAY = date(2026, 12, 1)


def _entries(key: str) -> list:  # type: ignore[type-arg]
    return [offer for offer in CATALOG.offers if offer.key == key]


def test_the_last_day_the_other_provider_and_the_line_are_told() -> None:
    found = retired_entry(CATALOG, _entries("claude-sonnet-4-5-20250929"), TODAY)
    assert found is not None
    assert found.found() == "a model that anthropic retired on 2026-11-30"
    assert found.followed_by is not None
    assert found.followed_by.id.startswith("anthropic/claude-sonnet-")
    assert all(
        offer.retires is None or offer.retires >= TODAY
        for key in found.still_sold_as
        for offer in _entries(key)
        if offer.model == "anthropic/claude-sonnet-4.5"
    )
    assert found.still_sold_as[0] in found.allowed()


def test_what_is_on_sale_is_not_retired_and_the_last_day_still_counts() -> None:
    (entry,) = [offer for offer in _entries("o3-mini") if offer.provider == "openai"]
    assert entry.retires is not None
    assert retired_entry(CATALOG, [entry], entry.retires) is None
    assert on_sale([entry], entry.retires) == [entry]
    assert retired_entry(CATALOG, [], TODAY) is None


def test_nothing_follows_a_model_whose_maker_sells_nothing_newer() -> None:
    (entry,) = [offer for offer in _entries("o3-mini") if offer.provider == "openai"]
    alone = replace(CATALOG, offers=(entry,))
    found = retired_entry(alone, [entry], TODAY)
    assert found is not None
    assert found.allowed() == "a model that is on sale; `planner models` lists them"
    assert follower(alone, CATALOG.models["openai/o3-mini"], []) is None


def test_an_open_model_is_not_followed_by_a_closed_one() -> None:
    after = follower(CATALOG, CATALOG.models["openai/gpt-oss-20b"], CATALOG.offers)
    assert after is None or after.open_weights
