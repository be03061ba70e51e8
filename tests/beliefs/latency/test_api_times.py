"""API speed: published medians, the regression behind the others, percentiles over requests."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.beliefs.latency.api_times import (
    LatencyBeliefs,
    api_latency,
    cascade_p95_ms,
    fit_latency,
    reasoning_tokens,
    retrieval_ms,
)
from planner.catalog.schema import Catalog, Source, Speed
from planner.units import DRAW_COUNT, stream
from planner.workload.schema import Segment, TokenDistribution

SOURCE = Source("assumption: a made-up speed for this test", date(2026, 11, 24))


@pytest.fixture(scope="module")
def latency(catalog: Catalog) -> LatencyBeliefs:
    return fit_latency(catalog)


def _ids_by_reasoning(catalog: Catalog, kind: str) -> str:
    return next(model.id for model in catalog.models.values() if model.reasoning == kind)


def test_every_model_of_the_catalog_has_a_row(catalog: Catalog, latency: LatencyBeliefs) -> None:
    assert latency.model_ids == tuple(catalog.models)
    assert latency.tpot_ms.shape == (len(catalog.models), DRAW_COUNT)


def test_all_speeds_are_positive_and_finite(latency: LatencyBeliefs) -> None:
    for draws in (latency.ttft_base_ms, latency.tpot_ms, latency.ttft_ms_per_input_token):
        assert np.all(np.isfinite(draws))
        assert np.all(draws > 0.0)


def test_the_same_seed_gives_the_same_draws(catalog: Catalog, latency: LatencyBeliefs) -> None:
    assert np.array_equal(fit_latency(catalog).tpot_ms, latency.tpot_ms)


def test_a_published_speed_lies_in_the_middle_of_its_draws(catalog: Catalog) -> None:
    model = next(iter(catalog.models))
    fitted = fit_latency(replace(catalog, speeds=(Speed(model, "", 1500.0, 50.0, SOURCE),)))
    assert np.median(fitted.tpot_ms[0]) == pytest.approx(20.0, rel=0.1)
    assert np.median(fitted.ttft_base_ms[0] + 1000 * fitted.ttft_ms_per_input_token[0]) == pytest.approx(
        1500.0, rel=0.1
    )


def test_a_model_without_a_published_speed_has_the_wider_interval(catalog: Catalog) -> None:
    known, unknown = list(catalog.models)[:2]
    fitted = fit_latency(replace(catalog, speeds=(Speed(known, "", 1500.0, 50.0, SOURCE),)))
    assert fitted.published.tolist()[:2] == [True, False]
    assert np.log(fitted.tpot_ms[1]).std() > 1.5 * np.log(fitted.tpot_ms[0]).std(), unknown


def test_half_of_the_published_speeds_predict_the_other_half_within_their_intervals(catalog: Catalog) -> None:
    speeds = [speed for speed in catalog.speeds if speed.tokens_per_s]
    if len(speeds) < 40:
        pytest.skip("too few published speeds to hold some out")
    fitted = fit_latency(replace(catalog, speeds=tuple(speeds[::2])))
    rows = {model: row for row, model in enumerate(fitted.model_ids)}
    held_out = [speed for speed in speeds[1::2] if not fitted.published[rows[speed.model]]]
    low, high = np.quantile(fitted.tpot_ms, (0.05, 0.95), axis=1)
    inside = [low[rows[s.model]] <= 1000.0 / (s.tokens_per_s or 1.0) <= high[rows[s.model]] for s in held_out]
    assert np.mean(inside) >= 0.75


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
