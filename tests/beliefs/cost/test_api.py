"""Usage cost: golden examples by hand, lines that add up, and what must be monotone."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.beliefs.cost.api import (
    Extra,
    api_bill,
    api_usage_usd,
    bill_lines,
    few_shot_tokens,
    retrieval_usage_usd,
    retrieved_tokens,
    volume_factor,
)
from planner.beliefs.cost.gates import gate_usage_usd
from planner.beliefs.cost.prompt_cache import cache_hit, token_use
from planner.beliefs.requests import calls_of, token_log_sd
from planner.catalog.price import Price, PriceStep
from planner.catalog.pricing import TokenUse, charge_usd
from planner.catalog.prompt_caches import prompt_cache
from planner.catalog.schema import Catalog, Embedder, Offer, Source, VectorStore
from planner.units import DRAW_COUNT, stream
from planner.workload.schema import Assumptions, Segment, TokenDistribution, Workload

SOURCE = Source("assumption: a made-up price for this test", date(2026, 11, 24))
NO_RETRIES = Assumptions(retry_share=0.0)


def _plain_model(catalog: Catalog, kind: str = "none") -> str:
    return next(m.id for m in catalog.models.values() if m.reasoning == kind and m.model_class == "small")


def _offer(model: str, price: Price) -> Offer:
    return Offer(
        key="test/offer",
        model=model,
        mode="chat",
        provider="test",
        region="global",
        area="eu",
        price=price,
        context_tokens=128_000,
        max_output_tokens=8000,
        modalities=("text",),
        retires=None,
        supports_json_schema=True,
        supports_tools=True,
        supports_caching=True,
        supports_reasoning=False,
        source=SOURCE,
    )


def _usd(catalog: Catalog, price: Price, segment: Segment, assumptions: Assumptions = NO_RETRIES) -> np.ndarray:
    return api_usage_usd(catalog, (_offer(_plain_model(catalog), price),), segment, assumptions)[0]


def test_uncached_tokens_cost_what_the_hand_says(catalog: Catalog, segment: Segment) -> None:
    # 1,000,000 x (800 x 0.10 + 250 x 0.40) / 1,000,000 USD = 180 USD; 300 shared tokens are too few to be cached
    assert _usd(catalog, Price(0.10, 0.40, 0.01), segment) == pytest.approx(180.0)


def test_retries_are_paid_for(catalog: Catalog, segment: Segment) -> None:
    usd = _usd(catalog, Price(0.10, 0.40), segment, Assumptions(retry_share=0.05))
    assert usd == pytest.approx(180.0 * 1.05)


def test_a_request_fee_is_paid_for_every_request(catalog: Catalog, segment: Segment) -> None:
    assert _usd(catalog, Price(0.10, 0.40, request_usd=0.001), segment) == pytest.approx(180.0 + 1000.0)


def test_cached_prefix_costs_what_the_hand_says(catalog: Catalog, segment: Segment) -> None:
    long = segment.model_copy(
        update={"input_tokens": TokenDistribution(mean=4000, p95=8000), "shared_prefix_tokens": 2000.0}
    )
    usd = _usd(catalog, Price(1.0, 4.0, 0.1), long, Assumptions(retry_share=0.0, cache_hit_share=0.5))
    # (4,000 - 1,000) x 1 + 1,000 x 0.1 + 250 x 4 = 4,100 USD for a million requests
    assert usd == pytest.approx(4100.0)


def test_cache_writes_cost_what_the_hand_says(catalog: Catalog, segment: Segment) -> None:
    long = segment.model_copy(
        update={"input_tokens": TokenDistribution(mean=4000, p95=8000), "shared_prefix_tokens": 2000.0}
    )
    price = Price(1.0, 4.0, 0.1, cache_write_usd_per_mtok=1.25)
    usd = _usd(catalog, price, long, Assumptions(retry_share=0.0, cache_hit_share=0.5))
    # 2,000 fresh x 1 + 1,000 read x 0.1 + 1,000 written x 1.25 + 250 x 4 = 4,350 USD
    assert usd == pytest.approx(4350.0)


def test_a_cache_that_would_cost_more_than_it_saves_is_not_used(catalog: Catalog, segment: Segment) -> None:
    long = segment.model_copy(
        update={"input_tokens": TokenDistribution(mean=4000, p95=8000), "shared_prefix_tokens": 2000.0}
    )
    price = Price(1.0, 4.0, 0.1, cache_write_usd_per_mtok=1.25)
    usd = _usd(catalog, price, long, Assumptions(retry_share=0.0, cache_hit_share=0.05))
    assert usd == pytest.approx(4000.0 + 1000.0)


def test_batch_prices_apply_to_batchable_segments(catalog: Catalog, segment: Segment) -> None:
    price = Price(0.10, 0.40, batch_input_usd_per_mtok=0.05, batch_output_usd_per_mtok=0.20)
    assert _usd(catalog, price, segment.model_copy(update={"batchable": True})) == pytest.approx(90.0)


def test_tool_calls_cost_a_call_each_with_the_history_in_the_prompt(catalog: Catalog, segment: Segment) -> None:
    once = _usd(catalog, Price(0.10, 0.40), segment)
    twice = _usd(catalog, Price(0.10, 0.40), segment.model_copy(update={"tool_calls_per_request": 1.0}))
    calls = calls_of(catalog, segment.model_copy(update={"tool_calls_per_request": 1.0}))
    call = calls.output_tokens - 250.0
    result = calls.input_tokens - 1600.0 - call
    by_hand = 800 * 0.10 + (call + result) * 0.10 + call * 0.40
    assert twice - once == pytest.approx(by_hand)


def test_a_frontier_price_factor_moves_frontier_models_only(catalog: Catalog, segment: Segment) -> None:
    ids = [next(m.id for m in catalog.models.values() if m.model_class == kind) for kind in ("small", "frontier")]
    offers = [_offer(model, Price(1.0, 4.0)) for model in ids]
    plain = api_usage_usd(catalog, offers, segment, NO_RETRIES)
    dearer = api_usage_usd(catalog, offers, segment, Assumptions(retry_share=0.0, frontier_price_factor=2.0))
    assert np.allclose(dearer, plain * np.array([[1.0], [2.0]]))


def test_hidden_reasoning_is_billed_as_output(catalog: Catalog, segment: Segment) -> None:
    model = next(m.id for m in catalog.models.values() if m.reasoning == "always")
    silent = replace(catalog, models={**catalog.models, model: replace(catalog.models[model], reasoning="none")})
    offer = _offer(model, Price(1.0, 4.0))
    thinks, answers = (api_usage_usd(c, (offer,), segment, NO_RETRIES) for c in (catalog, silent))
    hit = cache_hit(catalog, NO_RETRIES, segment, prompt_cache("test", model))
    hidden = token_use(calls_of(catalog, segment), hit, 1.0, cached=False).reasoning_tokens
    assert hidden == 1.0
    assert np.all(thinks > answers)


STEPS = (PriceStep(200_000.0, 2.0, 6.0, None, None),)


def test_long_context_prices_match_a_simulation_of_prompt_lengths(
    catalog: Catalog, segment: Segment, seed: int
) -> None:
    tokens = TokenDistribution(mean=120_000, p95=300_000)
    long = segment.model_copy(update={"input_tokens": tokens, "shared_prefix_tokens": 0.0})
    price = Price(1.0, 4.0, steps=STEPS)
    log_sd = token_log_sd(tokens)
    lengths = stream(seed, "prompt lengths").lognormal(np.log(120_000) - log_sd**2 / 2, log_sd, 1_000_000)
    truth = np.mean(charge_usd(TokenUse(input_tokens=lengths, output_tokens=250.0), price)) * 1e6
    assert _usd(catalog, price, long) == pytest.approx(truth, rel=0.01)


def test_short_prompts_never_reach_a_long_context_price(catalog: Catalog, segment: Segment) -> None:
    with_steps, without = (_usd(catalog, Price(1.0, 4.0, steps=steps), segment) for steps in (STEPS, ()))
    assert with_steps == pytest.approx(without)


def _real_offers(catalog: Catalog) -> list[Offer]:
    return [offer for offer in catalog.offers if offer.model and offer.price and offer.mode != "embedding"]


@pytest.mark.parametrize("tools", [0.0, 3.0])
def test_the_lines_of_a_bill_add_up_to_it_draw_by_draw(catalog: Catalog, segment: Segment, tools: float) -> None:
    busy = segment.model_copy(update={"tool_calls_per_request": tools, "turns_per_conversation": 4.0})
    extra = Extra(input_tokens=retrieved_tokens(catalog), prefix_tokens=few_shot_tokens(segment))
    offers = _real_offers(catalog)[::60]
    whole = api_usage_usd(catalog, offers, busy, Assumptions(), volume=1.3, extra=extra, price_factor=1.5)
    bill = api_bill(catalog, offers, busy, Assumptions(), extra=extra)
    for row, offer in enumerate(offers):
        lines = bill_lines(bill, row, 1.3, 1.5)
        assert np.allclose(np.sum([line.monthly_usd for line in lines], axis=0), whole[row], rtol=1e-9), offer.key
        for line in lines:
            assert line.formula.usd == pytest.approx(line.monthly_usd.mean(), rel=2e-3), (offer.key, line.formula.text)


def test_no_line_of_a_bill_is_negative(catalog: Catalog, segment: Segment) -> None:
    busy = segment.model_copy(update={"tool_calls_per_request": 2.0, "turns_per_conversation": 4.0})
    offers = _real_offers(catalog)[::60]
    bill = api_bill(catalog, offers, busy, Assumptions())
    for row in range(len(offers)):
        assert all(np.all(line.monthly_usd >= -1e-9) for line in bill_lines(bill, row))


def test_a_line_tells_its_arithmetic(catalog: Catalog, segment: Segment) -> None:
    bill = api_bill(catalog, (_offer(_plain_model(catalog), Price(0.10, 0.40)),), segment, NO_RETRIES)
    assert bill_lines(bill, 0)[0].formula.text == "1,000,000 requests x 800 tokens x 0.1 USD per 1M"


def test_every_offer_of_the_catalog_gets_a_finite_bill(catalog: Catalog, segment: Segment) -> None:
    assert np.all(np.isfinite(api_usage_usd(catalog, _real_offers(catalog), segment, Assumptions())))


PRICES = st.builds(
    Price,
    input_usd_per_mtok=st.floats(0.01, 30.0),
    output_usd_per_mtok=st.floats(0.01, 100.0),
    cached_input_usd_per_mtok=st.one_of(st.none(), st.floats(0.001, 5.0)),
    cache_write_usd_per_mtok=st.one_of(st.none(), st.floats(0.01, 40.0)),
)


@settings(deadline=None)
@given(price=PRICES, prefix=st.floats(0, 3000), more=st.floats(1.0, 5.0))
def test_more_requests_never_cost_less(catalog: Catalog, price: Price, prefix: float, more: float) -> None:
    few, many = (_segment(prefix, requests) for requests in (1e5, 1e5 * more))
    assert np.all(_usd(catalog, price, many) >= _usd(catalog, price, few))


@settings(deadline=None)
@given(price=PRICES, prefix=st.floats(0, 3000), dearer=st.floats(1.0, 5.0))
def test_a_dearer_price_never_costs_less(catalog: Catalog, price: Price, prefix: float, dearer: float) -> None:
    up = replace(
        price,
        input_usd_per_mtok=price.input_usd_per_mtok * dearer,
        output_usd_per_mtok=price.output_usd_per_mtok * dearer,
    )
    segment = _segment(prefix, 1e5)
    cheap, dear = _usd(catalog, price, segment), _usd(catalog, up, segment)
    assert dear.mean() >= cheap.mean() * (1 - 1e-9)


@settings(deadline=None)
@given(price=PRICES, hits=st.floats(0.0, 0.9), more=st.floats(0.0, 0.1))
def test_more_cache_hits_never_cost_more_where_reading_is_cheaper(
    catalog: Catalog, price: Price, hits: float, more: float
) -> None:
    cheap = replace(price, cached_input_usd_per_mtok=price.input_usd_per_mtok * 0.1, cache_write_usd_per_mtok=None)
    few, many = (
        _usd(catalog, cheap, _segment(2000.0, 1e5), Assumptions(cache_hit_share=share)) for share in (hits, hits + more)
    )
    assert np.all(many <= few * (1 + 1e-9))


def _segment(prefix: float, requests: float) -> Segment:
    return Segment(
        name="drawn",
        skill="extraction",
        requests_per_month=requests,
        input_tokens=TokenDistribution(mean=4000, p95=9000),
        output_tokens=TokenDistribution(mean=200, p95=400),
        shared_prefix_tokens=prefix,
    )


def test_tokens_read_and_written_never_exceed_the_prompt(catalog: Catalog, segment: Segment) -> None:
    for turns, tools in ((1.0, 0.0), (6.0, 0.0), (1.0, 5.0), (6.0, 5.0)):
        busy = segment.model_copy(update={"turns_per_conversation": turns, "tool_calls_per_request": tools})
        calls = calls_of(catalog, busy, extra_input_tokens=retrieved_tokens(catalog))
        use = token_use(calls, cache_hit(catalog, Assumptions(), busy, prompt_cache("test", None)), 0.0, cached=True)
        assert np.all(use.cached_input_tokens + use.cache_write_tokens <= use.input_tokens * (1 + 1e-9))


def test_volume_is_the_average_month_of_the_horizon(segment: Segment) -> None:
    workload = Workload(version=1, name="w", segments=(segment,), growth_per_month=0.1, horizon_months=3)
    assert volume_factor(workload) == pytest.approx((1 + 1.1 + 1.21) / 3)


def test_few_shot_examples_are_as_long_as_the_requests(segment: Segment) -> None:
    assert few_shot_tokens(segment) == 5 * (500 + 250)


def test_few_shot_examples_number_what_the_prior_says(catalog: Catalog, segment: Segment) -> None:
    assert catalog.priors["few_shot.examples"].a * (500 + 250) == few_shot_tokens(segment)


def test_retrieval_costs_query_embeddings_and_look_ups(catalog: Catalog, segment: Segment) -> None:
    embedder = Embedder("e", "m", "k", False, "x", 0.02, 1024, 8192, None, 0, SOURCE)
    store = VectorStore("s", "S", "managed", 50.0, 0.3, 4.0, 8.0, 1.0, True, SOURCE)
    usd = retrieval_usage_usd(catalog, segment, embedder, store)
    # about 60 query tokens x 0.02 USD per 1M x 1,000,000 = 1.2 USD and 4 USD for a million look-ups
    assert np.median(usd) == pytest.approx(4.0 + 1.2, rel=0.1)


def test_a_gate_costs_a_few_dollars_for_a_million_requests(catalog: Catalog, segment: Segment) -> None:
    assert gate_usage_usd(catalog, segment).shape == (DRAW_COUNT,)
    assert np.median(gate_usage_usd(catalog, segment)) == pytest.approx(4.0, rel=0.2)


def test_no_offers_make_an_empty_table(catalog: Catalog, segment: Segment) -> None:
    assert api_usage_usd(catalog, (), segment, Assumptions()).shape == (0, DRAW_COUNT)
