"""How long a segment's requests take by API: hidden reasoning, prompts, answers, cascades."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.beliefs.latency.api_times import api_latency, cascade_p95_ms, reasoning_tokens, retrieval_ms
from planner.beliefs.latency.speeds import LatencyBeliefs, fit_latency
from planner.catalog.schema import Catalog
from planner.units import stream
from planner.workload.schema import Segment, TokenDistribution


@pytest.fixture(scope="module")
def latency(catalog: Catalog) -> LatencyBeliefs:
    return fit_latency(catalog)


def _ids_by_reasoning(catalog: Catalog, kind: str) -> str:
    return next(model.id for model in catalog.models.values() if model.reasoning == kind)


def test_p95_is_never_below_the_median(catalog: Catalog, latency: LatencyBeliefs, segment: Segment) -> None:
    answer = api_latency(latency, catalog, latency.model_ids, segment)
    assert np.all(answer.ttft_p95_ms >= answer.ttft_p50_ms)
    assert np.all(answer.total_p95_ms >= answer.total_p50_ms)


def test_the_whole_answer_takes_at_least_the_first_token(
    catalog: Catalog, latency: LatencyBeliefs, segment: Segment
) -> None:
    answer = api_latency(latency, catalog, latency.model_ids, segment)
    assert np.all(answer.total_p95_ms >= answer.ttft_p95_ms * 0.999)


@pytest.mark.parametrize(
    "change",
    [
        {"output_tokens": TokenDistribution(mean=500, p95=1200)},
        {"input_tokens": TokenDistribution(mean=8000, p95=20000)},
        {"tool_calls_per_request": 3.0},
    ],
    ids=["longer answers", "longer prompts", "tool calls"],
)
def test_more_work_never_makes_an_answer_faster(
    catalog: Catalog, latency: LatencyBeliefs, segment: Segment, change: dict[str, object]
) -> None:
    less = api_latency(latency, catalog, latency.model_ids, segment)
    more = api_latency(latency, catalog, latency.model_ids, segment.model_copy(update=change))
    assert np.all(more.total_p95_ms > less.total_p95_ms)


def test_retrieval_comes_before_the_first_token(catalog: Catalog, latency: LatencyBeliefs, segment: Segment) -> None:
    ids = latency.model_ids[:3]
    plain = api_latency(latency, catalog, ids, segment)
    grounded = api_latency(latency, catalog, ids, segment, before_ms=retrieval_ms(catalog), extra_input_tokens=1500.0)
    assert np.all(grounded.ttft_p50_ms > plain.ttft_p50_ms)


def test_only_models_that_reason_have_hidden_tokens(catalog: Catalog, segment: Segment) -> None:
    ids = (_ids_by_reasoning(catalog, "none"), _ids_by_reasoning(catalog, "always"))
    none, always = reasoning_tokens(catalog, ids, segment)
    assert np.all(none == 0.0)
    assert np.all(always > 0.0)


def test_a_model_that_may_think_is_billed_for_it_only_where_thinking_pays(catalog: Catalog, segment: Segment) -> None:
    ids = (_ids_by_reasoning(catalog, "optional"),)
    chat, math = (reasoning_tokens(catalog, ids, segment.model_copy(update={"skill": s})) for s in ("chat", "math"))
    assert np.all(chat == 0.0)
    assert np.all(math > 0.0)


def test_hidden_reasoning_delays_the_first_visible_token(
    catalog: Catalog, latency: LatencyBeliefs, segment: Segment
) -> None:
    model = _ids_by_reasoning(catalog, "always")
    plain = replace(catalog, models={**catalog.models, model: replace(catalog.models[model], reasoning="none")})
    thinks = api_latency(latency, catalog, (model,), segment).ttft_p50_ms
    answers = api_latency(latency, plain, (model,), segment).ttft_p50_ms
    assert np.all(thinks > answers)


def test_a_cascade_that_never_escalates_is_as_fast_as_its_small_model() -> None:
    weak, strong, never = np.full((1, 4), 100.0), np.full((1, 4), 900.0), np.zeros((1, 4))
    assert cascade_p95_ms(weak, 2 * weak, strong, 2 * strong, never) == pytest.approx(2 * weak, rel=0.01)


def test_a_cascades_p95_matches_a_simulation(seed: int) -> None:
    rng = stream(seed, "cascade")
    weak, strong = 100.0 * rng.lognormal(0.0, 0.4, 200_000), 800.0 * rng.lognormal(0.0, 0.5, 200_000)
    truth = np.quantile(weak + strong * (rng.random(200_000) < 0.3), 0.95)
    ends = [np.array([[np.quantile(x, q)]]) for x in (weak, strong) for q in (0.5, 0.95)]
    assert cascade_p95_ms(*ends, np.array([[0.3]]))[0, 0] == pytest.approx(truth, rel=0.03)


@given(low=st.floats(0.0, 0.9), more=st.floats(0.0, 0.1))
def test_escalating_more_never_makes_a_cascade_faster(low: float, more: float) -> None:
    times = [np.full((1, 1), x) for x in (100.0, 250.0, 900.0, 2000.0)]
    shares = (np.full((1, 1), low), np.full((1, 1), low + more))
    fewer, many = (cascade_p95_ms(*times, share)[0, 0] for share in shares)
    assert many >= fewer * 0.999
