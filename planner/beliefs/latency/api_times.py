"""How long a segment's requests take by API: the model's speed where it is sold, its hidden reasoning, its answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.latency.answer_lengths import reasoning_prior_id
from planner.beliefs.latency.speeds import LatencyBeliefs
from planner.beliefs.latency.tokens.factors import hidden_factor
from planner.beliefs.latency.tokens.fit import EFFORT_LOG
from planner.beliefs.priors import prior_draws
from planner.beliefs.quality.cells import planned_effort
from planner.beliefs.requests import Calls, calls_of, squared_cv, sum_percentiles, token_log_sd
from planner.catalog.schema import Catalog
from planner.units import SEED, Z95, Draws
from planner.workload.schema import Segment

_OF_TASKS: Final = 0.83
"""Part of a skill's log-sd of hidden tokens (0.9) that lies between tasks, not models: the root of 0.9^2 - 0.5^2."""
_BISECTIONS: Final = 12
"""Halvings of the log range; leaves a relative error below 1e-3 of a time's range."""


@dataclass(frozen=True, slots=True, eq=False)
class ApiLatency:
    """Latency of N models asked by API on one segment, draws last."""

    model_ids: tuple[str, ...]
    ttft_p50_ms: Draws
    """(N, S) median over requests of the time to the first visible token."""
    ttft_p95_ms: Draws
    """(N, S) 95th percentile over requests of the time to the first visible token, reasoning included."""
    total_p50_ms: Draws
    """(N, S)"""
    total_p95_ms: Draws
    """(N, S) 95th percentile over requests of the time to the whole answer, tool rounds included."""


def reasoning_tokens(catalog: Catalog, model_ids: Sequence[str], segment: Segment, seed: int = SEED) -> Draws:
    """Mean hidden reasoning tokens per model call, shape (N, S) in the order of `model_ids`; 0 where none is planned.

    The effort is the one that quality is read at (`planned_effort`): as the segment states it; else models that always
    think do so at medium effort, models that may think do so where it pays (reasoning, math, coding, agentic work) and
    not elsewhere. Tokens are the skill's, times what the effort and the model add; where a model's tokens were measured
    by the user, that figure stands (answer_lengths.py).
    """
    found = [_hidden_of(catalog, model, segment, seed) for model in model_ids]
    return np.array(found, dtype=np.float64).reshape(len(model_ids), -1)


def _hidden_of(catalog: Catalog, model: str, segment: Segment, seed: int) -> Draws:
    """(S,) of one model."""
    prior = catalog.priors[reasoning_prior_id(catalog, model, segment.skill)]
    drawn = prior_draws(catalog, prior.id, seed)
    if planned_effort(catalog.models[model], segment.skill, segment.thinking) <= 0.0:
        return np.zeros_like(drawn)
    by_effort = float(np.exp(EFFORT_LOG[segment.reasoning_effort or "medium"]))
    factor = hidden_factor(catalog, model, seed)
    if factor is None or prior.number_class == "measured":
        return drawn * by_effort
    # What models differ by is in the factor now: the skill's own spread is that of its tasks.
    return np.asarray(prior.a * (drawn / prior.a) ** _OF_TASKS * factor * by_effort, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class CallTimes:
    """Mean times of one model call over requests, ms, and how they spread (squared coefficients of variation)."""

    ttft_ms: Draws
    """Before any output token, mean; (N, S)."""
    ttft_variance: Draws
    tpot_ms: Draws
    """Mean."""
    tpot_cv2: Draws
    reasoning: Draws
    """Hidden tokens of one call, mean; (N, S)."""


def answer_percentiles(
    times: CallTimes, catalog: Catalog, segment: Segment, calls: Calls, *, before_ms: Draws | float, seed: int
) -> tuple[Draws, Draws, Draws, Draws]:
    """TTFT p50 and p95, total p50 and p95 of a request, ms, from the times of its model calls.

    TTFT: what comes before, the first call's prefill and its hidden reasoning. Total: TTFT, the visible tokens, and per
    tool call one more call (prefill, reasoning, the call's own tokens) and the tool's run. Hidden and visible lengths
    vary between requests; the parts are taken as independent.
    """
    before = np.asarray(before_ms, dtype=np.float64)
    thinking = times.reasoning * times.tpot_ms
    hidden_sd = float(prior_draws(catalog, "reasoning.request_log_sd", seed)[0])
    thinking_variance = np.square(thinking) * _product_cv2(squared_cv(hidden_sd), times.tpot_cv2)
    first = before + times.ttft_ms + thinking
    first_variance = times.ttft_variance + thinking_variance
    rounds = segment.tool_calls_per_request
    tool = prior_draws(catalog, "tool.run_ms", seed)
    visible = calls.output_tokens * times.tpot_ms
    answer_cv2 = _product_cv2(squared_cv(token_log_sd(segment.output_tokens)), times.tpot_cv2)
    total = first + visible + rounds * (times.ttft_ms + thinking + tool)
    variance = first_variance * (1.0 + rounds) + np.square(visible) * answer_cv2 + rounds * np.square(tool)
    return (*sum_percentiles(first, first_variance), *sum_percentiles(total, variance))


def _product_cv2(one: Draws | float, other: Draws | float) -> Draws:
    """Squared coefficient of variation of a product of independent variables."""
    return (1.0 + np.asarray(one)) * (1.0 + np.asarray(other)) - 1.0


def api_latency(
    latency: LatencyBeliefs,
    catalog: Catalog,
    model_ids: Sequence[str],
    segment: Segment,
    *,
    providers: Sequence[str] | None = None,
    extra_input_tokens: Draws | float = 0.0,
    before_ms: Draws | float = 0.0,
    seed: int = SEED,
) -> ApiLatency:
    """Median and 95th percentile over the segment's requests of TTFT and of total time, shape (N, S).

    Args:
        latency: Fitted speeds.
        catalog: Facts and priors.
        model_ids: Models asked (one row for each model at a provider is enough).
        segment: Its tokens, tool calls and skill.
        providers: Who serves each of them; None: each model's first party.
        extra_input_tokens: Tokens that a technique adds to each prompt (passages, examples), number or (S,).
        before_ms: Time spent before the first model call (retrieval, see `retrieval_ms`), number or (S,).
        seed: Seed of the draws.
    """
    calls = calls_of(catalog, segment, extra_input_tokens=extra_input_tokens, seed=seed)
    reasoning = reasoning_tokens(catalog, model_ids, segment, seed)
    times = _api_times(latency, latency.at(model_ids, providers), segment, calls, reasoning)
    ttft_p50, ttft_p95, total_p50, total_p95 = answer_percentiles(
        times, catalog, segment, calls, before_ms=before_ms, seed=seed
    )
    return ApiLatency(tuple(model_ids), ttft_p50, ttft_p95, total_p50, total_p95)


def _api_times(
    latency: LatencyBeliefs, medians: tuple[Draws, Draws], segment: Segment, calls: Calls, reasoning: Draws
) -> CallTimes:
    """Mean TTFT and TPOT of N models at the mean prompt of a call, with their spread over requests."""
    base, tpot = medians
    prompt = latency.ttft_ms_per_input_token * (calls.input_tokens / calls.count)
    ttft = (base + prompt) * np.exp(np.square(latency.ttft_log_sd) / 2.0)
    longer = np.square(prompt) * squared_cv(token_log_sd(segment.input_tokens))
    return CallTimes(
        ttft_ms=ttft,
        ttft_variance=np.square(ttft) * squared_cv(latency.ttft_log_sd) + longer,
        tpot_ms=tpot * np.exp(np.square(latency.tpot_log_sd) / 2.0),
        tpot_cv2=squared_cv(latency.tpot_log_sd),
        reasoning=reasoning,
    )


def retrieval_ms(catalog: Catalog, seed: int = SEED) -> Draws:
    """Time to embed a query and search the index before the model is asked, milliseconds, shape (S,)."""
    return prior_draws(catalog, "rag.retrieval_ms", seed)


def cascade_p95_ms(weak_p50: Draws, weak_p95: Draws, strong_p50: Draws, strong_p95: Draws, share: Draws) -> Draws:
    """95th percentile of a cascade's time: weak alone on 1 - share of requests, weak then strong on the rest; (N, S).

    Both times are log-normal by median and p95; the sum is log-normal by its moments; the mixture's percentile is
    found by bisection. The share and the times broadcast.
    """
    weak_mean, weak_variance = _moments(weak_p50, weak_p95)
    strong_mean, strong_variance = _moments(strong_p50, strong_p95)
    both_p50, both_p95 = sum_percentiles(weak_mean + strong_mean, weak_variance + strong_variance)
    weak_mu, weak_sd = np.log(weak_p50), np.maximum(np.log(weak_p95 / weak_p50) / Z95, 1e-6)
    both_mu, both_sd = np.log(both_p50), np.maximum(np.log(both_p95 / both_p50) / Z95, 1e-6)
    low, high = np.minimum(np.log(weak_p95), np.log(both_p95)), np.maximum(np.log(weak_p95), np.log(both_p95))
    low, high = low + 0.0 * share, high + 0.0 * share
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2.0
        below = (1.0 - share) * _normal_cdf((middle - weak_mu) / weak_sd)
        below += share * _normal_cdf((middle - both_mu) / both_sd)
        low, high = np.where(below < 0.95, middle, low), np.where(below < 0.95, high, middle)
    return np.exp((low + high) / 2.0)


def _moments(p50: Draws, p95: Draws) -> tuple[Draws, Draws]:
    """Mean and variance of the log-normal with this median and p95."""
    log_sd = np.log(p95 / p50) / Z95
    mean = p50 * np.exp(np.square(log_sd) / 2.0)
    return mean, np.square(mean) * squared_cv(log_sd)


def _normal_cdf(z: Draws) -> Draws:
    """Standard normal distribution function, error below 2e-4 (Page 1977, Applied Statistics 26(1)): fast, no scipy."""
    return 1.0 / (1.0 + np.exp(-np.clip(z * (1.5976 + 0.07056 * np.square(z)), -500.0, 500.0)))
