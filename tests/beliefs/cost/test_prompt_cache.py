"""Cache hits that follow from traffic, the least prefix by model, and whose tokens are counted."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.beliefs.cost.api import api_usage_usd, cost_lines
from planner.beliefs.cost.prompt_cache import found_share
from planner.beliefs.cost.token_counts import token_factors
from planner.catalog.price import OffPeak, Price
from planner.catalog.prompt_caches import prompt_cache
from planner.catalog.schema import Catalog, Offer
from planner.catalog.tokenizers import tokenizer_of
from planner.units import SEED, stream
from planner.workload.schema import Assumptions, Segment, Today, TokenDistribution

PLAIN = Assumptions(retry_share=0.0)


def _segment(**fields: object) -> Segment:
    tokens = TokenDistribution(mean=3000.0, p95=3200.0)
    base = Segment(
        name="s", skill="chat", requests_per_month=5e6, input_tokens=tokens, output_tokens=TokenDistribution(mean=50.0)
    )
    return base.model_copy(update={"shared_prefix_tokens": 2500.0, **fields})


def _offer(catalog: Catalog, key: str) -> Offer:
    return next(offer for offer in catalog.offers if offer.key == key and offer.model)


@pytest.mark.parametrize(
    ("hourly", "life_s", "share"), [(1.0, 300.0, 0.080), (12.0, 300.0, 0.632), (1.0, 3600.0, 0.632)]
)
def test_even_traffic_finds_an_entry_as_arrivals_at_random_do(hourly: float, life_s: float, share: float) -> None:
    assert found_share(hourly / 3600.0, life_s, 1.0) == pytest.approx(share, abs=1e-3)


def test_uneven_traffic_matches_a_simulation(seed: int) -> None:
    rng = stream(seed, "arrivals")
    hours = (np.arange(168) + 0.5) / 168.0
    rates = 6.0 * 3.0 * (1.0 - hours) ** 2  # an hour; the busiest is three times the mean of 6
    found = asked = 0
    for rate in rates:
        gaps = rng.exponential(1.0 / rate, max(int(rate * 3000), 1))
        found, asked = found + int(np.sum(gaps < 300.0 / 3600.0)), asked + gaps.size
    assert found_share(6.0 / 3600.0, 300.0, 3.0) == pytest.approx(found / asked, abs=0.01)


@given(st.floats(1e-7, 10.0), st.floats(1.0, 20.0), st.floats(60.0, 1e5))
def test_more_traffic_never_finds_less(rate: float, peak: float, life_s: float) -> None:
    few, many = found_share(rate, life_s, peak), found_share(2.0 * rate, life_s, peak)
    assert 0.0 <= few <= many + 1e-12
    assert many <= 1.0


def test_rare_requests_do_not_pay_for_writes_that_nobody_reads(catalog: Catalog) -> None:
    offer = _offer(catalog, "claude-sonnet-4-5")
    rare = _segment(requests_per_month=500.0)
    assert offer.price is not None
    by_hand = 500.0 * (3000.0 * offer.price.input_usd_per_mtok + 50.0 * offer.price.output_usd_per_mtok) / 1e6
    assert api_usage_usd(catalog, (offer,), rare, PLAIN).mean() == pytest.approx(by_hand)


def test_a_request_costs_less_the_more_there_are(catalog: Catalog) -> None:
    offer = _offer(catalog, "claude-sonnet-4-5")
    each = [api_usage_usd(catalog, (offer,), _segment(requests_per_month=n), PLAIN).mean() / n for n in (500, 5e4, 5e6)]
    assert each[0] > 1.2 * each[1] > 1.0 * each[2]


@pytest.mark.parametrize(
    ("key", "prefix", "caches"),
    [
        ("claude-haiku-4-5", 2500.0, False),
        ("claude-opus-4-5", 2500.0, False),
        ("claude-sonnet-4-5", 2500.0, True),
        ("gpt-5.4-mini", 2500.0, True),
        ("gpt-5.4-mini", 1000.0, False),
        ("gemini/gemini-3.8-flash", 2500.0, False),
        ("deepseek/deepseek-flash", 1000.0, True),
    ],
)
def test_a_prefix_below_the_models_least_is_not_cached(catalog: Catalog, key: str, prefix: float, caches: bool) -> None:
    lines = cost_lines(catalog, _offer(catalog, key), _segment(shared_prefix_tokens=prefix), PLAIN)
    assert ("cached input" in {line.name for line in lines}) == caches


def test_the_least_prefix_goes_by_family_and_the_life_by_provider() -> None:
    assert prompt_cache("bedrock", "anthropic/claude-opus-4.6").least_tokens == 4096
    assert prompt_cache("anthropic", "anthropic/claude-opus-4.7").least_tokens == 2048
    assert prompt_cache("anthropic", "anthropic/claude-opus-5").least_tokens == 512
    assert prompt_cache("deepseek", "deepseek/deepseek-v4-flash").life_s > prompt_cache("openai", None).life_s
    assert prompt_cache("nobody", None) == prompt_cache("somebody", "x/y")


def test_a_stated_share_comes_before_traffic(catalog: Catalog) -> None:
    offer = _offer(catalog, "claude-sonnet-4-5")
    rare, stated = _segment(requests_per_month=500.0), Assumptions(retry_share=0.0, cache_hit_share=0.9)
    assert api_usage_usd(catalog, (offer,), rare, stated).mean() < api_usage_usd(catalog, (offer,), rare, PLAIN).mean()


def test_rounds_of_a_loop_find_their_history_however_rare_the_requests(catalog: Catalog) -> None:
    offer = _offer(catalog, "claude-sonnet-4-5")
    loop = {"tool_calls_per_request": 8.0, "requests_per_month": 100.0, "tool_result_tokens": 2000.0}
    never, always = (
        api_usage_usd(catalog, (offer,), _segment(**loop, loop_cache_hit_share=share), PLAIN).mean()
        for share in (0.0, 1.0)
    )
    assert always < 0.6 * never


def test_a_tools_result_has_the_tokens_that_are_stated(catalog: Catalog) -> None:
    offer = replace(_offer(catalog, "gpt-5.4-mini"), price=Price(1.0, 0.0))
    usd = [
        api_usage_usd(catalog, (offer,), _segment(tool_calls_per_request=1.0, tool_result_tokens=n), PLAIN).mean()
        for n in (1000.0, 3000.0)
    ]
    assert usd[1] - usd[0] == pytest.approx(5e6 * 2000.0 / 1e6)


def test_newer_claude_counts_half_as_many_again(catalog: Catalog) -> None:
    factors = token_factors(_segment(), PLAIN, ["anthropic/claude-opus-4.8", "openai/gpt-5.4"], SEED)
    assert factors.mean(axis=1) == pytest.approx([1.53, 1.0])
    assert 0.08 < factors[0].std() / factors[0].mean() < 0.16
    lines = cost_lines(catalog, _offer(catalog, "claude-opus-4-8"), _segment(shared_prefix_tokens=0.0), PLAIN)
    assert f"{3000 * 1.53:,.0f} tokens" in lines[0].how


@pytest.mark.parametrize(
    ("stated", "model", "factor"),
    [
        ({"assumptions": "o200k_base"}, "anthropic/claude-sonnet-4.5", 1.18),
        ({"assumptions": "anthropic/claude-opus-5"}, "anthropic/claude-opus-4.7", 1.53 / 1.53),
        ({"today": "anthropic/claude-opus-5"}, "openai/gpt-5.4", 1 / 1.53),
        ({"today": "anthropic/claude-opus-5"}, "anthropic/claude-opus-5", 1.0),
        ({"samples": "s.jsonl"}, "anthropic/claude-haiku-4.5", 1.18),
        ({}, "anthropic/claude-haiku-4.5", 1.0),
        ({}, "google/gemini-3.8-flash", 1.0),
    ],
)
def test_who_counted_decides(stated: dict[str, str], model: str, factor: float) -> None:
    assumptions = PLAIN.model_copy(update={"tokens_counted_by": stated.get("assumptions")})
    segment = _segment(samples=stated.get("samples"))
    if "today" in stated:
        segment = segment.model_copy(update={"today": Today(model=stated["today"])})
    assert token_factors(segment, assumptions, [model], SEED).mean() == pytest.approx(factor, rel=1e-6)


@pytest.mark.parametrize(
    ("model", "vocabulary"),
    [
        ("openai/gpt-4", "cl100k_base"),
        ("openai/gpt-4-turbo", "cl100k_base"),
        ("openai/gpt-4o-mini", "o200k_base"),
        ("openai/gpt-4.1", "o200k_base"),
        ("openai/gpt-3.5-turbo", "cl100k_base"),
        ("openai/o4-mini", "o200k_base"),
        ("mistralai/mistral-7b", None),
        (None, None),
    ],
)
def test_a_family_is_told_from_one_with_a_longer_name(model: str | None, vocabulary: str | None) -> None:
    assert tokenizer_of(model).vocabulary == vocabulary


def test_evenly_spread_requests_pay_the_mean_of_the_hours(catalog: Catalog) -> None:
    hours = OffPeak(((0, 5040),), input_usd_per_mtok=0.5, output_usd_per_mtok=2.0)  # half the week at half the price
    offer = replace(_offer(catalog, "gpt-5.4-mini"), price=Price(1.0, 4.0, off_peak=hours))
    full = replace(offer, price=Price(1.0, 4.0))
    whole = api_usage_usd(catalog, (full,), _segment(), PLAIN).mean()
    assert api_usage_usd(catalog, (offer,), _segment(), PLAIN).mean() == pytest.approx(0.75 * whole)
    assert api_usage_usd(catalog, (offer,), _segment(batchable=True), PLAIN).mean() == pytest.approx(0.5 * whole)
    stated = Assumptions(retry_share=0.0, off_peak_share=0.0)
    assert api_usage_usd(catalog, (offer,), _segment(), stated).mean() == pytest.approx(whole)
