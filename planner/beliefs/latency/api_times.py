"""How fast APIs answer: time to first token and time per output token of every curated model, as draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from planner.beliefs.latency.answer_lengths import reasoning_prior_id
from planner.beliefs.latency.providers import PROVIDER_PRIORS, ProviderFactors, provider_factors
from planner.beliefs.priors import model_draws, prior_draws
from planner.beliefs.quality.cells import planned_effort
from planner.beliefs.requests import Calls, calls_of, squared_cv, sum_percentiles, token_log_sd
from planner.catalog.schema import Catalog, Model, Offer, Speed
from planner.units import MS_PER_S, SEED, Z95, Bools, Draws, Floats, Ints, normal_draws
from planner.workload.schema import Segment

_RIDGE: Final[dict[Literal["ttft", "tpot"], float]] = {"ttft": 2.0, "tpot": 40.0}
"""Prior rows' worth of pull towards zero on the regression's slopes, by eight-fold cross-validation on 67 published
speeds: class and price tell TTFT (median error 0.36 in logs against 0.62 of a constant), hardly TPOT (0.27 to 0.29)."""
_FEWEST: Final = 12
"""Models with a published speed below which no regression is made."""
_PROMPT_OF_SPEEDS: Final = 1000.0
"""Prompt tokens behind a published TTFT (assumption: publishers measure with prompts of about this length)."""
_BISECTIONS: Final = 12
"""Halvings of the log range; leaves a relative error below 1e-3 of a time's range."""


@dataclass(frozen=True, slots=True, eq=False)
class LatencyBeliefs:
    """API speed of every curated model (M rows, catalog order): medians over requests, uncertain by draw.

    TTFT of a request = (ttft_base_ms + ttft_ms_per_input_token x input) x exp(ttft_log_sd x z), TPOT likewise.
    """

    model_ids: tuple[str, ...]
    """All models of the catalog, in catalog order."""
    ttft_base_ms: Draws
    """(M, S) median time to first visible token of an empty prompt, milliseconds; hidden reasoning not included."""
    ttft_ms_per_input_token: Draws
    """(M, S) milliseconds per prompt token."""
    tpot_ms: Draws
    """(M, S) median milliseconds per output token."""
    ttft_log_sd: Draws
    """(S,) log-sd of TTFT over the requests of one model."""
    tpot_log_sd: Draws
    """(S,) log-sd of TPOT over the requests of one model."""
    published: Bools
    """(M,) True where a published speed of the model stands behind the row; False: regression on class and price."""
    factors: ProviderFactors
    """How a provider other than the model's first party differs."""
    source_ids: tuple[tuple[str, ...], ...]
    """Per model: ids of speeds and priors behind the row ('speed:openai/gpt-5.5', 'prior:api_spread.ttft_log_sd')."""


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


@dataclass(frozen=True, slots=True)
class _Known:
    """Published speed of one model: medians over its rows, logs; nan when not stated."""

    log_ttft: float
    log_tpot: float


def fit_latency(catalog: Catalog, seed: int = SEED) -> LatencyBeliefs:
    """Fit API speeds to catalog.speeds; models without a published speed get a regression on class, kind and price.

    A published median carries the log-sd of ageing ('api_drift.speed_log_sd'); a predicted one the residual of a
    ridge regression of log speed as well. With fewer than 12 published speeds the named priors stand in.
    """
    model_ids = tuple(catalog.models)
    known = _known_speeds(catalog.speeds)
    features = _features(catalog)
    drift = _spread(catalog, "api_drift.speed_log_sd", seed)
    ttft = _log_rows(catalog, model_ids, features, {m: k.log_ttft for m, k in known.items()}, "ttft", seed)
    tpot = _log_rows(catalog, model_ids, features, {m: k.log_tpot for m, k in known.items()}, "tpot", seed)
    prefill = prior_draws(catalog, "api_prefill_ms_per_ktok", seed) / 1000.0
    at_prompt = np.exp(ttft + drift * model_draws(seed, ("latency", "ttft drift"), model_ids))
    base = np.maximum(at_prompt - prefill * _PROMPT_OF_SPEEDS, 0.3 * at_prompt)
    return LatencyBeliefs(
        model_ids=model_ids,
        ttft_base_ms=base,
        ttft_ms_per_input_token=np.broadcast_to(prefill, base.shape),
        tpot_ms=np.exp(tpot + drift * model_draws(seed, ("latency", "tpot drift"), model_ids)),
        ttft_log_sd=_spread(catalog, "api_spread.ttft_log_sd", seed),
        tpot_log_sd=_spread(catalog, "api_spread.tpot_log_sd", seed),
        published=np.array([m in known and np.isfinite(known[m].log_tpot) for m in model_ids], dtype=np.bool_),
        factors=provider_factors(catalog, seed),
        source_ids=tuple(_sources(m, known) for m in model_ids),
    )


def _sources(model: str, known: dict[str, _Known]) -> tuple[str, ...]:
    own = ("prior:api_spread.ttft_log_sd", "prior:api_spread.tpot_log_sd", "prior:api_drift.speed_log_sd")
    spreads = (*own, *PROVIDER_PRIORS)
    return (f"speed:{model}", *spreads) if model in known else ("speed:regression", *spreads)


def _spread(catalog: Catalog, prior_id: str, seed: int) -> Draws:
    return np.abs(prior_draws(catalog, prior_id, seed))


def _known_speeds(speeds: Sequence[Speed]) -> dict[str, _Known]:
    """Median of the published log speeds of each model."""
    ttfts: dict[str, list[float]] = {}
    tpots: dict[str, list[float]] = {}
    for speed in speeds:
        ttfts.setdefault(speed.model, []).append(np.nan if not speed.ttft_ms else float(np.log(speed.ttft_ms)))
        tpot = np.nan if not speed.tokens_per_s else float(np.log(MS_PER_S / speed.tokens_per_s))
        tpots.setdefault(speed.model, []).append(tpot)
    return {model: _Known(_median(ttfts[model]), _median(tpots[model])) for model in ttfts}


def _median(values: list[float]) -> float:
    stated = [value for value in values if np.isfinite(value)]
    return float(np.median(stated)) if stated else float("nan")


def _features(catalog: Catalog) -> Floats:
    """(M, F): 1, class dummies, thinks always, open weights, log of the median output price, log active parameters."""
    prices = _output_prices(catalog.offers)
    rows = [_feature_row(model, prices.get(model.id)) for model in catalog.models.values()]
    return np.array(rows, dtype=np.float64).reshape(len(rows), 8)


def _feature_row(model: Model, output_usd: float | None) -> list[float]:
    params = model.active_params_b
    return [
        1.0,
        float(model.model_class == "mid"),
        float(model.model_class == "frontier"),
        float(model.reasoning == "always"),
        float(model.reasoning == "optional"),
        float(model.open_weights),
        0.0 if not output_usd else float(np.log(output_usd)),
        0.0 if not params else float(np.log(params / 10.0)),
    ]


def _output_prices(offers: Sequence[Offer]) -> dict[str, float]:
    """Median output price of each joined model, USD per million tokens."""
    prices: dict[str, list[float]] = {}
    for offer in offers:
        if offer.model is not None and offer.price is not None and offer.price.output_usd_per_mtok > 0.0:
            prices.setdefault(offer.model, []).append(offer.price.output_usd_per_mtok)
    return {model: float(np.median(values)) for model, values in prices.items()}


def _log_rows(
    catalog: Catalog,
    model_ids: tuple[str, ...],
    features: Floats,
    known: dict[str, float],
    what: Literal["ttft", "tpot"],
    seed: int,
) -> Draws:
    """(M, S) log of a median time: the published one where there is one, else the regression with its residual."""
    truth = np.array([known.get(model, np.nan) for model in model_ids], dtype=np.float64)
    has = np.isfinite(truth)
    noise = model_draws(seed, ("latency", f"{what} unknown"), model_ids)
    if has.sum() < _FEWEST:
        predicted = _unknown_log(catalog, what, noise, seed)
    else:
        mean, sd = _ridge(features, truth, has, _RIDGE[what])
        floor = float(prior_draws(catalog, "api_fit.residual_floor", seed)[0])
        predicted = mean[:, None] + np.maximum(sd, floor)[:, None] * noise
    rows: Draws = np.where(has[:, None], np.nan_to_num(truth)[:, None], predicted)
    return rows


def _unknown_log(catalog: Catalog, what: Literal["ttft", "tpot"], noise: Draws, seed: int) -> Draws:
    """The named prior of a model about which nothing is published, its spread drawn per model."""
    prior = catalog.priors["api_ttft.unknown_ms" if what == "ttft" else "api_tps.unknown"]
    median = prior.a if what == "ttft" else MS_PER_S / prior.a
    common = 0.3 * normal_draws(seed, "latency", what, "common")
    rows: Draws = np.log(median) + prior.b * noise + common
    return rows


def _ridge(features: Floats, truth: Floats, has: Bools, pull: float) -> tuple[Floats, Floats]:
    """Mean and predictive sd of ridge regression rows, (M,) each; the intercept is not shrunk."""
    x, y = features[has], truth[has]
    penalty = pull * np.eye(x.shape[1])
    penalty[0, 0] = 1e-9
    inverse = np.asarray(np.linalg.inv(x.T @ x + penalty), dtype=np.float64)
    slopes = inverse @ (x.T @ y)
    residual = y - x @ slopes
    variance = float(residual @ residual) / max(len(y) - x.shape[1], 3)
    leverage = np.einsum("mf,fg,mg->m", features, inverse, features)
    return features @ slopes, np.sqrt(variance * (1.0 + leverage))


def reasoning_tokens(catalog: Catalog, model_ids: Sequence[str], segment: Segment, seed: int = SEED) -> Draws:
    """Mean hidden reasoning tokens per model call, shape (N, S) in the order of `model_ids`; 0 where none is planned.

    The effort is the one that quality is read at (`planned_effort`): models that always think do so at medium effort,
    models that may think do so where it pays (reasoning, math, coding, agentic work) and not elsewhere. Where a model's
    tokens were measured, its own figure stands (answer_lengths.py).
    """
    thinks = [
        planned_effort(catalog.models[model], segment.skill, segment.hidden_reasoning) > 0.0 for model in model_ids
    ]
    tokens = [prior_draws(catalog, reasoning_prior_id(catalog, model, segment.skill), seed) for model in model_ids]
    return np.array(thinks, dtype=np.float64)[:, None] * np.array(tokens).reshape(len(thinks), -1)


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
    where = {model: row for row, model in enumerate(latency.model_ids)}
    rows = np.array([where[model] for model in model_ids], dtype=np.int64)
    calls = calls_of(catalog, segment, extra_input_tokens=extra_input_tokens, seed=seed)
    offsets = None if providers is None else latency.factors.offsets(model_ids, providers)
    times = _api_times(latency, rows, segment, calls, reasoning_tokens(catalog, model_ids, segment, seed), offsets)
    ttft_p50, ttft_p95, total_p50, total_p95 = answer_percentiles(
        times, catalog, segment, calls, before_ms=before_ms, seed=seed
    )
    return ApiLatency(tuple(model_ids), ttft_p50, ttft_p95, total_p50, total_p95)


def _api_times(
    latency: LatencyBeliefs,
    rows: Ints,
    segment: Segment,
    calls: Calls,
    reasoning: Draws,
    offsets: tuple[Draws, Draws] | None,
) -> CallTimes:
    """Mean TTFT and TPOT of N models at the mean prompt of a call, with their spread over requests."""
    slower_first, slower_token = (1.0, 1.0) if offsets is None else (np.exp(offset) for offset in offsets)
    prompt = latency.ttft_ms_per_input_token[rows] * (calls.input_tokens / calls.count) * slower_first
    median = latency.ttft_base_ms[rows] * slower_first + prompt
    ttft = median * np.exp(np.square(latency.ttft_log_sd) / 2.0)
    longer = np.square(prompt) * squared_cv(token_log_sd(segment.input_tokens))
    return CallTimes(
        ttft_ms=ttft,
        ttft_variance=np.square(ttft) * squared_cv(latency.ttft_log_sd) + longer,
        tpot_ms=latency.tpot_ms[rows] * slower_token * np.exp(np.square(latency.tpot_log_sd) / 2.0),
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
