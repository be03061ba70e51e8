"""litellm's price map to offers: prices, steps, places, and entries that are broken."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from planner.catalog.prices.litellm_map import PriceMap, bundled_map, load_price_map, parse_price, scale_price
from planner.catalog.schema import Offer, Provider, Source
from planner.errors import InputError

SOURCE = Source("map", date(2026, 11, 24))
PROVIDERS = {
    name: Provider(name, name, area, resells=False, source=SOURCE)
    for name, area in (
        ("openai", "global"),
        ("anthropic", "global"),
        ("azure", "global"),
        ("azure_gov", "us"),
        ("bedrock", "unknown"),
        ("bedrock_gov", "us"),
        ("vertex_ai", "global"),
        ("mistral", "eu"),
        ("xai", "global"),
        ("fireworks_ai", "unknown"),
        ("perplexity", "unknown"),
    )
}


def entry(provider: str = "openai", **fields: Any) -> dict[str, Any]:
    plain = {"mode": "chat", "input_cost_per_token": 2e-6, "output_cost_per_token": 1e-5, "max_input_tokens": 1000}
    return {**plain, "litellm_provider": provider, **fields}


def read(tmp_path: Path, entries: dict[str, Any], joins: dict[str, str] | None = None) -> PriceMap:
    path = tmp_path / "map.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    return load_price_map(path, PROVIDERS, joins or {}, SOURCE)


def offers_of(tmp_path: Path, key: str, provider: str, **fields: Any) -> tuple[Offer, ...]:
    return read(tmp_path, {key: entry(provider, **fields)}).offers


def test_prices_become_usd_per_million_tokens(tmp_path: Path) -> None:
    (offer,) = offers_of(
        tmp_path, "m", "openai", cache_read_input_token_cost=2e-7, input_cost_per_token_batches=1e-6, max_tokens=7
    )
    assert offer.price is not None
    assert (offer.price.input_usd_per_mtok, offer.price.output_usd_per_mtok) == (2.0, 10.0)
    assert (offer.price.cached_input_usd_per_mtok, offer.price.batch_input_usd_per_mtok) == (0.2, 1.0)
    assert offer.context_tokens == 1000


def test_a_step_states_every_price_that_holds_above_it() -> None:
    price = parse_price(
        entry(
            cache_read_input_token_cost=2e-7,
            input_cost_per_token_above_200k_tokens=4e-6,
            output_cost_per_token_above_500k_tokens=2e-5,
        )
    )
    assert price is not None
    first, second = price.steps
    assert (first.above_input_tokens, first.input_usd_per_mtok, first.output_usd_per_mtok) == (200_000.0, 4.0, 10.0)
    assert (second.above_input_tokens, second.input_usd_per_mtok, second.output_usd_per_mtok) == (500_000.0, 4.0, 20.0)
    assert second.cached_input_usd_per_mtok == 0.2


def test_priority_and_flex_tiers_are_no_steps() -> None:
    price = parse_price(entry(input_cost_per_token_above_272k_tokens_priority=9e-6))
    assert price is not None
    assert price.steps == ()


def test_xai_bills_the_upper_step_from_the_threshold_on() -> None:
    price = parse_price(entry("xai", input_cost_per_token_above_200k_tokens=4e-6))
    assert price is not None
    assert price.steps[0].above_input_tokens == 199_999.0


def test_a_tier_list_becomes_a_base_price_and_steps() -> None:
    tiers = [
        {"range": [32_000, 128_000], "input_cost_per_token": 2.4e-6, "output_cost_per_token": 1.2e-5},
        {"range": [0, 32_000], "input_cost_per_token": 1.2e-6, "output_cost_per_token": 6e-6},
    ]
    price = parse_price({"mode": "chat", "litellm_provider": "x", "tiered_pricing": tiers})
    assert price is not None
    assert (price.input_usd_per_mtok, price.output_usd_per_mtok) == (1.2, 6.0)
    assert [(step.above_input_tokens, step.input_usd_per_mtok) for step in price.steps] == [(32_000.0, 2.4)]


@pytest.mark.parametrize(
    "fields",
    [
        {"input_cost_per_token": 0.0, "output_cost_per_token": 0},
        {"input_cost_per_token": None},
        {"output_cost_per_token": None},
    ],
)
def test_free_and_half_stated_prices_are_no_prices(fields: dict[str, Any]) -> None:
    assert parse_price(entry(**fields)) is None


def test_an_embedding_needs_no_output_price() -> None:
    price = parse_price({"mode": "embedding", "litellm_provider": "openai", "input_cost_per_token": 2e-8})
    assert price is not None
    assert (price.input_usd_per_mtok, price.output_usd_per_mtok) == (0.02, 0.0)


def test_a_cache_write_priced_at_nothing_costs_what_input_costs() -> None:
    price = parse_price(entry(cache_creation_input_token_cost=0.0))
    assert price is not None
    assert price.cache_write_usd_per_mtok is None


def test_fireworks_cached_input_costs_half_where_the_map_is_silent() -> None:
    price = parse_price(entry("fireworks_ai"))
    assert price is not None
    assert price.cached_input_usd_per_mtok == 1.0


def test_a_search_model_carries_its_fee_per_request() -> None:
    price = parse_price(entry("perplexity", search_context_cost_per_query={"search_context_size_low": 0.005}))
    assert price is not None
    assert price.request_usd == 0.005


def test_scaling_leaves_fees_and_unknown_prices_alone() -> None:
    price = parse_price(entry(input_cost_per_token_above_200k_tokens=4e-6, input_cost_per_request=0.01))
    assert price is not None
    dearer = scale_price(price, 1.1)
    assert (dearer.input_usd_per_mtok, dearer.steps[0].input_usd_per_mtok) == (2.2, 4.4)
    assert (dearer.request_usd, dearer.cached_input_usd_per_mtok) == (0.01, None)


def places(offers: tuple[Offer, ...]) -> list[tuple[str, str, str]]:
    return [(offer.provider, offer.region, offer.area) for offer in offers]


@pytest.mark.parametrize(
    ("key", "provider", "expected"),
    [
        ("eu.anthropic.claude-haiku-5-5", "bedrock", ("bedrock", "eu", "eu")),
        ("global.anthropic.claude-haiku-5-5", "bedrock", ("bedrock", "global", "global")),
        ("apac.anthropic.claude-haiku-5-5", "bedrock", ("bedrock", "apac", "apac")),
        ("anthropic.claude-haiku-5-5", "bedrock", ("bedrock", "unknown", "unknown")),
        ("us.moonshotai.kimi-k3", "bedrock", ("bedrock", "us", "us")),
        ("in.moonshotai.kimi-k3", "bedrock", ("bedrock", "in", "in")),
        ("bedrock/eu-west-2/minimax.minimax-m2.5", "bedrock", ("bedrock", "eu-west-2", "uk")),
        ("bedrock/eu-north-1/deepseek.v3.2", "bedrock", ("bedrock", "eu-north-1", "eu")),
        ("bedrock/sa-east-1/meta.llama3-8b-instruct-v1:0", "bedrock", ("bedrock", "sa-east-1", "br")),
        ("bedrock/ap-southeast-3/deepseek.v3.2", "bedrock", ("bedrock", "ap-southeast-3", "apac")),
        ("bedrock/us-gov-west-1/amazon.nova-lite-v1:0", "bedrock", ("bedrock_gov", "us-gov-west-1", "us")),
        ("us-gov.anthropic.claude-opus-5", "bedrock", ("bedrock_gov", "us-gov", "us")),
        ("azure/eu/gpt-5-2025-08-07", "azure", ("azure", "eu", "eu")),
        ("azure/us/o3", "azure", ("azure", "us", "us")),
        ("azure/global-standard/gpt-4o", "azure", ("azure", "global-standard", "global")),
        ("azure/gpt-4o", "azure", ("azure", "global", "global")),
        ("azure/us-gov/o3-mini", "azure", ("azure_gov", "us-gov", "us")),
        ("mistral/mistral-large-4", "mistral", ("mistral", "eu", "eu")),
        ("gpt-4o", "openai", ("openai", "global", "global")),
    ],
)
def test_the_key_tells_the_place(tmp_path: Path, key: str, provider: str, expected: tuple[str, str, str]) -> None:
    assert places(offers_of(tmp_path, key, provider)) == [expected]


def test_openai_sells_regional_processing_at_its_uplift(tmp_path: Path) -> None:
    offers = offers_of(tmp_path, "gpt-6-sol", "openai", regional_processing_uplift_multiplier_eu=1.1)
    assert places(offers) == [("openai", "global", "global"), ("openai", "eu", "eu")]
    assert [offer.price.input_usd_per_mtok for offer in offers if offer.price] == [2.0, 2.2]


def test_vertex_sells_the_eu_and_the_us_at_its_uplift(tmp_path: Path) -> None:
    offers = offers_of(tmp_path, "vertex_ai/x", "vertex_ai", regional_endpoint_uplift_multiplier=1.1)
    assert [offer.area for offer in offers] == ["global", "eu", "us"]


def test_vertex_entries_with_listed_regions_are_sold_there_only(tmp_path: Path) -> None:
    offers = offers_of(tmp_path, "vertex_ai/x", "vertex_ai", supported_regions=["us-central1", "europe-west4"])
    assert [(offer.region, offer.area) for offer in offers] == [("us-central1", "us"), ("europe-west4", "eu")]


def test_anthropic_sells_us_inference_at_its_uplift(tmp_path: Path) -> None:
    offers = offers_of(tmp_path, "claude-x", "anthropic", provider_specific_entry={"us": 1.1, "fast": 2.0})
    assert [offer.area for offer in offers] == ["global", "us"]


def test_a_reviewed_join_names_the_model_and_nothing_else_does(tmp_path: Path) -> None:
    prices = read(tmp_path, {"a": entry(), "b": entry()}, {"a": "maker/a"})
    assert [(offer.key, offer.model) for offer in prices.offers] == [("a", "maker/a"), ("b", None)]


@pytest.mark.parametrize(
    "broken",
    [
        "text",
        ["list"],
        {**entry(), "input_cost_per_token": "two"},
        entry(input_cost_per_token=-1e-6),
        entry(input_cost_per_token=float("nan")),
        entry(input_cost_per_token=True),
        entry(max_input_tokens="many"),
        entry(max_input_tokens=-5),
        entry(deprecation_date="soon"),
        entry("nobody knows"),
        entry(tiered_pricing=[{"input_cost_per_token": 1e-6}]),
        entry(tiered_pricing=[3]),
        entry(provider_specific_entry=7, litellm_provider="anthropic"),
    ],
)
def test_a_broken_entry_is_skipped_with_a_reason(tmp_path: Path, broken: Any) -> None:
    prices = read(tmp_path, {"broken": broken, "fine": entry()})
    assert [offer.key for offer in prices.offers] == ["fine"]
    assert len(prices.skipped) == 1
    assert prices.skipped[0].startswith("broken: ")


def test_other_modes_are_left_out_unsaid(tmp_path: Path) -> None:
    prices = read(tmp_path, {"image": entry(mode="image_generation"), "fine": entry()})
    assert [offer.key for offer in prices.offers] == ["fine"]
    assert prices.skipped == ()


@pytest.mark.parametrize("text", ["{", "[1, 2]", '"x"'])
def test_a_file_that_is_no_map_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "map.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"^map\.json: ") as caught:
        load_price_map(path, PROVIDERS, {}, SOURCE)
    assert "\n" not in str(caught.value)


def test_the_bundled_map_is_found_without_importing_litellm() -> None:
    assert bundled_map().is_file()
