"""Own replicas: the step model against published measurements, memory, queueing, and what must be monotone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.beliefs.serving.draws import speeds_of
from planner.beliefs.serving.load import Load, rates_of
from planner.beliefs.serving.roofline import Precision, Setup
from planner.beliefs.serving.sizing import (
    PoolSizing,
    peak_requests_per_second,
    size_replica,
    size_replicas,
    time_replicas,
)
from planner.catalog.schema import Catalog
from planner.units import DRAW_COUNT, Draws, Interval, interval_of
from planner.workload.schema import Segment, TokenDistribution

# ml-energy/leaderboard@0cd52da, chat, bf16, vLLM: model, GPUs, mean answer, batch, output tokens/s, median gap ms.
# Prompt lengths are not published; 200 tokens are assumed, as in the study that the priors come from.
MEASURED = [
    ("meta/llama-3.1-8b", 1, 395, 8, 1070, 7.3),
    ("meta/llama-3.1-8b", 1, 395, 64, 5147, 11.5),
    ("meta/llama-3.1-8b", 1, 395, 256, 9010, 26.1),
    ("meta/llama-3.1-70b", 4, 352, 8, 470, 16.6),
    ("meta/llama-3.1-70b", 4, 352, 64, 2511, 22.4),
    ("meta/llama-3.1-70b", 4, 352, 256, 4915, 39.8),
]


def _setup(catalog: Catalog, model: str, gpu: str, gpus: int, precision: Precision = "bf16") -> Setup:
    return Setup(catalog.models[model], catalog.gpus[gpu], gpus, precision)


def _sized(answer: PoolSizing | str) -> PoolSizing:
    assert isinstance(answer, PoolSizing), answer
    return answer


def _step(catalog: Catalog, setup: Setup, batch: int, context: float) -> Draws:
    return speeds_of(catalog, [setup]).step(np.full(DRAW_COUNT, context)).seconds(batch)[0]


def _throughput(catalog: Catalog, setup: Setup, batch: int, prompt: int, answer: int) -> Interval:
    step = _step(catalog, setup, batch, prompt + answer / 2)
    prefill = speeds_of(catalog, [setup]).prefill_seconds(np.full(DRAW_COUNT, float(prompt)))[0]
    return interval_of(batch / (step + batch / answer * prefill))


@pytest.mark.parametrize(("model", "gpus", "answer", "batch", "tokens_per_s", "gap_ms"), MEASURED)
def test_measured_throughput_lies_in_the_interval(
    catalog: Catalog, model: str, gpus: int, answer: int, batch: int, tokens_per_s: float, gap_ms: float
) -> None:
    setup = _setup(catalog, model, "h100-sxm", gpus)
    found = _throughput(catalog, setup, batch, 200, answer)
    assert found.low < tokens_per_s < found.high
    assert found.mean == pytest.approx(tokens_per_s, rel=0.35), gap_ms


@pytest.mark.parametrize(("model", "gpus", "answer", "batch", "tokens_per_s", "gap_ms"), MEASURED)
def test_measured_gap_between_tokens_lies_in_the_interval(
    catalog: Catalog, model: str, gpus: int, answer: int, batch: int, tokens_per_s: float, gap_ms: float
) -> None:
    found = interval_of(_step(catalog, _setup(catalog, model, "h100-sxm", gpus), batch, 200 + answer / 2) * 1000)
    assert found.low < gap_ms < found.high, tokens_per_s


@pytest.mark.parametrize(("gpu", "tokens_per_s"), [("l40s", 1642), ("h100-sxm", 5777)])
def test_mlperf_offline_throughput_lies_in_the_interval(catalog: Catalog, gpu: str, tokens_per_s: float) -> None:
    # MLPerf Inference v5.1, Llama-3.1-8B, per GPU. Its CNN/DailyMail prompts are taken as 780 tokens, answers as 128.
    found = _throughput(catalog, _setup(catalog, "meta/llama-3.1-8b", gpu, 1, "fp8"), 256, 780, 128)
    assert found.low < tokens_per_s < found.high


def test_weights_that_do_not_fit_are_refused_with_the_reason(catalog: Catalog, segment: Segment) -> None:
    reason = size_replica(catalog, _setup(catalog, "meta/llama-3.1-70b", "h100-sxm", 1), segment)
    assert isinstance(reason, str)
    assert "141 GB" in reason


def test_a_context_beyond_the_cache_is_refused_with_the_reason(catalog: Catalog, segment: Segment) -> None:
    long = segment.model_copy(update={"context_p99_tokens": 120_000.0})
    reason = size_replica(catalog, _setup(catalog, "meta/llama-3.1-8b", "l4", 1), long)
    assert isinstance(reason, str)
    assert "GB of cache" in reason


def test_a_closed_model_is_refused_with_the_reason(catalog: Catalog, segment: Segment) -> None:
    closed = next(model.id for model in catalog.models.values() if not model.open_weights)
    reason = size_replica(catalog, _setup(catalog, closed, "h100-sxm", 1), segment)
    assert isinstance(reason, str)
    assert "no open weights" in reason


def test_an_unknown_cache_size_is_refused_and_not_taken_as_none(catalog: Catalog, segment: Segment) -> None:
    setup = _setup(catalog, "meta/llama-3.1-8b", "h100-sxm", 1)
    unknown = replace(setup, model=replace(setup.model, kv_bytes_per_token=None))
    assert isinstance(size_replica(catalog, unknown, segment), str)


def test_one_set_up_has_the_numbers_it_has_among_many(catalog: Catalog, segment: Segment) -> None:
    setups = [_setup(catalog, "meta/llama-3.1-8b", gpu, 1, "fp8") for gpu in ("l4", "h100-sxm", "l40s")]
    together = _sized(size_replicas(catalog, setups, segment)[1])
    alone = _sized(size_replica(catalog, setups[1], segment))
    assert np.allclose(together.total_p95_ms, alone.total_p95_ms, rtol=1e-12)


def test_the_sizing_tells_memory_cache_batch_step_prompt_throughput_and_queue(
    catalog: Catalog, segment: Segment
) -> None:
    lines = _sized(size_replica(catalog, _setup(catalog, "meta/llama-3.1-8b", "l40s", 1), segment)).sizing
    starts = [line.split(":")[0] for line in lines]
    assert starts == [
        "weights",
        "memory",
        "cache per token",
        "cache per sequence",
        "batch",
        "decode step",
        "prefill",
        "throughput when full",
        "utilisation",
        "queue",
        "latency at the cap",
    ]


def test_every_source_of_a_sizing_is_in_the_catalog(catalog: Catalog, segment: Segment) -> None:
    ids = _sized(size_replica(catalog, _setup(catalog, "meta/llama-3.1-8b", "l40s", 1), segment)).source_ids
    priors = [name.removeprefix("prior:") for name in ids if name.startswith("prior:")]
    assert priors
    assert set(priors) <= set(catalog.priors)


def test_the_batch_at_the_cap_solves_its_own_equation_for_a_mixture_of_experts(catalog: Catalog) -> None:
    speeds = speeds_of(catalog, [_setup(catalog, "openai/gpt-oss-120b", "h100-sxm", 2, "int4")])
    tokens = np.full(DRAW_COUNT, 700.0)
    load = Load(tokens, tokens + 200.0, np.full((1, DRAW_COUNT), 800.0), 1.0, 0.4, 0.4, np.ones(DRAW_COUNT))
    rates = rates_of(speeds, load, np.array([[128.0]]), 0.6)
    assert np.allclose(rates.batch, np.maximum(rates.calls * 800.0 * rates.step, 1.0), rtol=0.02)


def test_times_as_columns_are_those_of_the_sizings(catalog: Catalog, segment: Segment) -> None:
    asked = (
        ("meta/llama-3.1-8b", "l40s", 1),
        ("meta/llama-3.1-405b", "l40s", 1),
        ("openai/gpt-oss-120b", "h100-sxm", 2),
    )
    setups = [_setup(catalog, *one) for one in asked]
    columns, sizings = time_replicas(catalog, setups, segment), size_replicas(catalog, setups, segment)
    assert columns.why == {row: sizing for row, sizing in enumerate(sizings) if isinstance(sizing, str)}
    assert columns.why
    for at, row in enumerate(columns.rows):
        sizing = _sized(sizings[int(row)])
        for name in ("capacity_rps", "ttft_p50_ms", "ttft_p95_ms", "total_p50_ms", "total_p95_ms"):
            assert np.array_equal(getattr(columns, name)[at], getattr(sizing, name))


def test_set_ups_of_which_none_fits_have_no_times(catalog: Catalog, segment: Segment) -> None:
    columns = time_replicas(catalog, [_setup(catalog, "meta/llama-3.1-405b", "l40s", 1)], segment)
    assert list(columns.why) == [0]
    assert columns.capacity_rps.shape == (0, DRAW_COUNT)


def test_what_a_step_shares_is_worked_out_once_for_all_contexts(catalog: Catalog) -> None:
    speeds = speeds_of(catalog, [_setup(catalog, "openai/gpt-oss-120b", "h100-sxm", 2, "int4")])
    short, long = speeds.step(np.zeros(1)), speeds.step(np.full(1, 8000.0))
    assert short.fixed is long.fixed
    assert np.all(long.per_sequence > short.per_sequence)


def test_no_draw_reads_memory_faster_than_the_gpu_can(catalog: Catalog) -> None:
    setup = _setup(catalog, "meta/llama-3.1-8b", "l40s", 1)
    ideal = 2.0 * (setup.model.total_params_b or 0.0) / setup.gpu.bandwidth_gb_s
    assert np.all(_step(catalog, setup, 1, 100.0) >= ideal)


def test_a_gpu_and_model_that_nobody_measured_have_wider_intervals(catalog: Catalog) -> None:
    known = speeds_of(catalog, [_setup(catalog, "meta/llama-3.1-70b", "h100-sxm", 4)])
    new = speeds_of(catalog, [_setup(catalog, "qwen/qwen2-72b", "rtx-pro-6000", 4)])
    assert np.log(new.step_factor).std() > np.log(known.step_factor).std()


def test_a_gpu_of_a_maker_that_current_sources_never_measured_has_a_wider_interval(catalog: Catalog) -> None:
    nvidia = speeds_of(catalog, [_setup(catalog, "meta/llama-3.1-8b", "h100-nvl", 1, "fp8")])
    amd = speeds_of(catalog, [_setup(catalog, "meta/llama-3.1-8b", "mi355x", 1, "fp8")])
    assert np.log(amd.step_factor).std() > np.log(nvidia.step_factor).std()


def _decode_ms(catalog: Catalog, gpus: int, batch: float, context: float, model: str) -> np.ndarray:
    """Of one machine with more or fewer GPUs, so that what a set-up has of its own stays."""
    few = speeds_of(catalog, [_setup(catalog, model, "h100-sxm", 4)])
    speeds = speeds_of(catalog, [_setup(catalog, model, "h100-sxm", gpus)])
    speeds = replace(speeds, step_factor=few.step_factor)
    return speeds.step(np.full(DRAW_COUNT, context)).seconds(batch)[0] * 1000


@settings(deadline=None)
@given(batch=st.integers(1, 256), more=st.integers(0, 200), context=st.integers(100, 8000))
def test_a_larger_batch_never_makes_a_step_faster(catalog: Catalog, batch: int, more: int, context: int) -> None:
    for model in ("meta/llama-3.1-8b", "openai/gpt-oss-120b"):
        fewer, many = (_decode_ms(catalog, 2, b, context, model) for b in (batch, batch + more))
        assert np.all(many >= fewer)


@settings(deadline=None)
@given(batch=st.integers(1, 256), context=st.integers(100, 8000))
def test_more_gpus_never_make_a_large_models_decode_slower(catalog: Catalog, batch: int, context: int) -> None:
    four, eight = (_decode_ms(catalog, gpus, batch, context, "meta/llama-3.1-70b") for gpus in (4, 8))
    assert np.all(eight <= four)


@settings(deadline=None)
@given(low=st.floats(0.2, 0.6), more=st.floats(0.01, 0.3))
def test_a_higher_utilisation_cap_never_shortens_the_wait(catalog: Catalog, low: float, more: float) -> None:
    busy = Segment(
        name="busy",
        skill="summarization",
        requests_per_month=1e6,
        input_tokens=TokenDistribution(mean=3000, p95=9000),
        output_tokens=TokenDistribution(mean=200, p95=500),
    )
    setup = _setup(catalog, "meta/llama-3.1-8b", "l40s", 1, "fp8")
    calm, full = (
        _sized(size_replica(catalog, setup, busy, utilisation_cap=cap)).ttft_p95_ms for cap in (low, low + more)
    )
    assert np.all(full >= calm * 0.999)


def test_longer_answers_lower_the_capacity(catalog: Catalog, segment: Segment) -> None:
    setup = _setup(catalog, "meta/llama-3.1-8b", "l40s", 1)
    longer = segment.model_copy(update={"output_tokens": TokenDistribution(mean=500, p95=1200)})
    short, long = (_sized(size_replica(catalog, setup, part)).capacity_rps for part in (segment, longer))
    assert np.all(long < short)


def test_peak_rate_is_the_mean_rate_times_the_peak(segment: Segment) -> None:
    # 1,000,000 requests over 730 hours, three times the mean in the busiest hour, twice the volume
    assert peak_requests_per_second(segment, 2.0) == pytest.approx(1e6 / (730 * 3600) * 3 * 2)
