"""What a mean and a 95th percentile say about the whole."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.units import Z95
from planner.workload.distributions import Z99, context_p99, lognormal_of, p95_tokens, quantile_tokens
from planner.workload.load import parse_workload
from planner.workload.schema import Segment, TokenDistribution

means = st.floats(1.0, 1e6)
ratios = st.floats(1.0, 3.85)


def _segment(**fields: object) -> Segment:
    tokens = {"input_tokens": {"mean": 400, "p95": 900}, "output_tokens": {"mean": 10, "p95": 30}}
    return Segment.model_validate({"name": "a", "skill": "chat", "requests_per_month": 10, **tokens, **fields})


@given(means, ratios)
def test_the_lognormal_has_the_mean_and_the_p95_it_was_made_from(mean: float, ratio: float) -> None:
    mu, sigma = lognormal_of(TokenDistribution(mean=mean, p95=mean * ratio))
    assert math.exp(mu + sigma**2 / 2) == pytest.approx(mean)
    assert math.exp(mu + Z95 * sigma) == pytest.approx(mean * ratio)


@given(means, st.floats(3.9, 50.0))
def test_a_tail_no_lognormal_has_keeps_the_mean(mean: float, ratio: float) -> None:
    mu, sigma = lognormal_of(TokenDistribution(mean=mean, p95=min(mean * ratio, 1e7)))
    assert sigma == pytest.approx(Z95)
    assert math.exp(mu + sigma**2 / 2) == pytest.approx(mean)


@given(means)
def test_a_left_out_p95_is_2_2_means(mean: float) -> None:
    assert p95_tokens(TokenDistribution(mean=mean)) == pytest.approx(2.2 * mean)


@given(means, st.floats(1.0, 9.0))
def test_quantiles_rise_and_meet_the_stated_p95(mean: float, ratio: float) -> None:
    tokens = TokenDistribution(mean=mean, p95=mean * ratio)
    assert quantile_tokens(tokens, Z95) == pytest.approx(mean * ratio)
    assert quantile_tokens(tokens, Z99) >= quantile_tokens(tokens, Z95)


def test_the_p99_agrees_with_a_large_sample(seed: int) -> None:
    tokens = TokenDistribution(mean=420, p95=900)
    mu, sigma = lognormal_of(tokens)
    sample = np.random.default_rng(seed).lognormal(mu, sigma, 400_000)
    assert quantile_tokens(tokens, Z99) == pytest.approx(float(np.quantile(sample, 0.99)), rel=0.02)


def test_tokens_that_never_vary_have_no_tail() -> None:
    assert quantile_tokens(TokenDistribution(mean=50, p95=50), Z99) == pytest.approx(50)


def test_a_stated_context_is_taken_as_it_is() -> None:
    assert context_p99(_segment(context_p99_tokens=12_345)) == 12_345


def test_a_derived_context_covers_prompt_and_answer() -> None:
    segment = _segment()
    both = quantile_tokens(segment.input_tokens, Z99) + quantile_tokens(segment.output_tokens, Z99)
    assert context_p99(segment) == pytest.approx(both)
    assert context_p99(segment) > 900 + 30


def test_the_newcomers_workload_fits_any_window() -> None:
    text = "version: 1\nname: x\nsegments:\n  - {name: a, skill: chat, requests_per_month: 1, "
    text += "input_tokens: {mean: 420}, output_tokens: {mean: 12}}\n"
    assert context_p99(parse_workload(text).segments[0]) < 4096
