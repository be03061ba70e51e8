"""Calls, token spread and percentiles of one request."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.beliefs.requests import calls_of, sum_percentiles, token_log_sd
from planner.catalog.schema import Catalog
from planner.units import Z95, stream
from planner.workload.schema import Segment, TokenDistribution


@given(mean=st.floats(1.0, 1e5), ratio=st.floats(1.05, 3.5))
def test_the_log_normal_of_a_distribution_has_its_p95(mean: float, ratio: float) -> None:
    log_sd = token_log_sd(TokenDistribution(mean=mean, p95=mean * ratio))
    assert np.exp(Z95 * log_sd - log_sd**2 / 2.0) == pytest.approx(ratio, rel=1e-6)


def test_a_p95_that_no_log_normal_reaches_is_read_as_the_heaviest_tail() -> None:
    assert token_log_sd(TokenDistribution(mean=10.0, p95=1000.0)) == 1.5


def test_a_p95_equal_to_the_mean_has_no_spread() -> None:
    assert token_log_sd(TokenDistribution(mean=10.0, p95=10.0)) == pytest.approx(0.0, abs=1e-9)


def test_a_request_without_tools_is_one_call(catalog: Catalog, segment: Segment) -> None:
    calls = calls_of(catalog, segment)
    assert (calls.count, calls.input_tokens[0], calls.output_tokens[0], calls.repeated_tokens[0]) == (1, 800, 250, 0)


def test_each_tool_call_repeats_the_history_in_its_prompt(catalog: Catalog, segment: Segment) -> None:
    calls = calls_of(catalog, segment.model_copy(update={"tool_calls_per_request": 2.0}))
    assert np.all(calls.repeated_tokens >= 2 * 800)
    assert np.all(calls.input_tokens > calls.repeated_tokens + 800)


def test_history_is_half_of_the_fresh_prompt_in_a_conversation_of_three_turns(
    catalog: Catalog, segment: Segment
) -> None:
    calls = calls_of(catalog, segment.model_copy(update={"turns_per_conversation": 3.0}))
    assert calls.history_tokens == pytest.approx((800 - 300) / 2)


def test_percentiles_of_a_sum_of_two_log_normals_match_a_simulation(seed: int) -> None:
    rng = stream(seed, "sum of log-normals")
    one, other = rng.lognormal(1.0, 0.5, 200_000), rng.lognormal(0.3, 0.9, 200_000)
    mean, variance = np.array(one.mean() + other.mean()), np.array(one.var() + other.var())
    median, p95 = sum_percentiles(mean, variance)
    assert median == pytest.approx(np.median(one + other), rel=0.06)
    assert p95 == pytest.approx(np.quantile(one + other, 0.95), rel=0.06)
