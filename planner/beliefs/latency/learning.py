"""What the user's own probes say of how fast APIs answer.

A model's median TTFT (prompt and hidden reasoning taken out) and median TPOT are log-normal beliefs. n accepted answers
of one model say what the median was on that day: their mean log has variance s^2 / n + d^2, with s the spread over
requests and d how far a day's median strays from the usual one (prior 'api_spread.session_log_sd'). Of a model at a
provider it is the sum of the model's own, the provider's and their common part (latency_providers.py). Answers under
load say how an API fares at that rate, not what it does for others, and are left out.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from planner.beliefs.evidence.measured import TimedAnswer
from planner.beliefs.latency.api_times import LatencyBeliefs
from planner.beliefs.latency.providers import Offset, ProviderFactors
from planner.beliefs.priors import prior_draws
from planner.catalog.schema import Catalog
from planner.units import SEED, Draws, Floats, normal_draws

_LEAST_LEFT: Final = 0.2
"""Part of a measured TTFT that is always taken for the network and the queue, however long prompt and reasoning."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Logs of one model's answers."""

    ttft: Floats
    """Time to the first token less prompt and hidden reasoning, ms, logs."""
    tpot: Floats
    """Answers of one token have none."""


def learn_latency(
    latency: LatencyBeliefs, catalog: Catalog, times: Sequence[TimedAnswer], seed: int = SEED
) -> LatencyBeliefs:
    """Beliefs after accepted answers of APIs: of the models asked, and of the providers that served them.

    What is seen at a model's first party is the model's own; elsewhere it is shared out between the model, the provider
    and the two together, so that several models seen slow at one provider slow its other models too.
    """
    by_pair: dict[tuple[str, str], list[TimedAnswer]] = defaultdict(list)
    for one in times:
        if one.kind == "probe" and one.provider in catalog.providers and one.model in latency.model_ids:
            by_pair[one.model, one.provider].append(one)
    if not by_pair:
        return latency
    session = float(prior_draws(catalog, "api_spread.session_log_sd", seed).mean())
    seen = {pair: _seen_at(latency, pair, answers) for pair, answers in by_pair.items()}
    base, tpot, sources = latency.ttft_base_ms.copy(), latency.tpot_ms.copy(), list(latency.source_ids)
    first = _conditioned(latency, "ttft", {pair: one.ttft for pair, one in seen.items()}, session, seed)
    token = _conditioned(latency, "tpot", {pair: one.tpot for pair, one in seen.items()}, session, seed)
    for model in dict.fromkeys(model for model, _ in by_pair):
        row = latency.model_ids.index(model)
        base[row] = np.exp(first.models.get(model, np.log(base[row])))
        tpot[row] = np.exp(token.models.get(model, np.log(tpot[row])))
        sources[row] = ("measured:your probes", *sources[row])
    factors = _learnt_factors(latency.factors, first, token)
    return replace(latency, ttft_base_ms=base, tpot_ms=tpot, factors=factors, source_ids=tuple(sources))


@dataclass(frozen=True, slots=True, eq=False)
class _Learnt:
    """Draws of logs (S,) after what was seen."""

    models: dict[str, Draws]
    providers: dict[str, Draws]
    pairs: dict[tuple[str, str], Draws]


def _conditioned(
    latency: LatencyBeliefs,
    what: Literal["ttft", "tpot"],
    seen: dict[tuple[str, str], Floats],
    session_sd: float,
    seed: int,
) -> _Learnt:
    """Model, provider and pair as one normal vector, given each pair's median log; draws are moved by Matheron's rule.

    x + V H' (H V H' + R)^-1 (y + e - H x), e a draw of the noise R: exact for normal beliefs, and common random numbers
    stay common.
    """
    told = {pair: logs for pair, logs in seen.items() if logs.size}
    if not told:
        return _Learnt({}, {}, {})
    rows = latency.ttft_base_ms if what == "ttft" else latency.tpot_ms
    request_sd = float((latency.ttft_log_sd if what == "ttft" else latency.tpot_log_sd).mean())
    sums = _sums_of(latency, rows, what, list(told))
    parts, before = sums.parts, sums.drawn
    noise = np.array([request_sd**2 / logs.size + session_sd**2 for logs in told.values()])
    # The median of the logs: one stuck answer among fifty must not move it.
    middle = np.array([float(np.median(logs)) for logs in told.values()])
    errors = np.array([normal_draws(seed, "latency learning", what, *pair) for pair in told]) * np.sqrt(noise)[:, None]
    weighed = sums.variance[:, None] * parts.T
    gain = np.linalg.solve(parts @ weighed + np.diag(noise), weighed.T).T
    after = before + gain @ (middle[:, None] + errors - parts @ before)
    ends = len(sums.models), len(sums.models) + len(sums.providers)
    return _Learnt(
        dict(zip(sums.models, after[: ends[0]], strict=True)),
        dict(zip(sums.providers, after[ends[0] : ends[1]], strict=True)),
        dict(zip(sums.away, after[ends[1] :], strict=True)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """What was seen as sums of unknowns: models, providers, pairs away from home, in this order; D together."""

    models: list[str]
    providers: list[str]
    away: list[tuple[str, str]]
    drawn: Draws
    """(D, S) logs before."""
    variance: Floats
    """(D,)"""
    parts: Floats
    """(K, D) of K pairs seen."""


def _sums_of(latency: LatencyBeliefs, rows: Draws, what: Literal["ttft", "tpot"], told: list[tuple[str, str]]) -> _Sums:
    factors, which = latency.factors, 0 if what == "ttft" else 1
    away = [pair for pair in told if not factors.is_home(*pair)]
    models = list(dict.fromkeys(model for model, _ in told))
    providers = list(dict.fromkeys(provider for _, provider in away))
    drawn = [np.log(rows[latency.model_ids.index(model)]) for model in models]
    variance = [float(draws.var()) for draws in drawn]
    drawn += [getattr(factors.provider(provider), what) for provider in providers]
    drawn += [getattr(factors.pair(*pair), what) for pair in away]
    variance += [factors.provider_sd[which] ** 2] * len(providers) + [factors.pair_sd[which] ** 2] * len(away)
    parts = np.zeros((len(told), len(drawn)))
    for number, (model, provider) in enumerate(told):
        parts[number, models.index(model)] = 1.0
        if (model, provider) in away:
            parts[number, len(models) + providers.index(provider)] = factors.scale(model)
            parts[number, len(models) + len(providers) + away.index((model, provider))] = factors.scale(model)
    return _Sums(models, providers, away, np.array(drawn), np.array(variance), parts)


def _learnt_factors(factors: ProviderFactors, first: _Learnt, token: _Learnt) -> ProviderFactors:
    providers = {
        name: Offset(
            first.providers.get(name, factors.provider(name).ttft),
            token.providers.get(name, factors.provider(name).tpot),
        )
        for name in (*first.providers, *token.providers)
    }
    pairs = {
        pair: Offset(first.pairs.get(pair, factors.pair(*pair).ttft), token.pairs.get(pair, factors.pair(*pair).tpot))
        for pair in (*first.pairs, *token.pairs)
    }
    return replace(factors, providers=MappingProxyType(providers), pairs=MappingProxyType(pairs))


def _seen_at(latency: LatencyBeliefs, pair: tuple[str, str], answers: Sequence[TimedAnswer]) -> _Seen:
    row = latency.model_ids.index(pair[0])
    return _seen(
        answers, float(np.median(latency.ttft_ms_per_input_token[row])), float(np.median(latency.tpot_ms[row]))
    )


def _seen(answers: Sequence[TimedAnswer], prefill_ms: float, usual_tpot_ms: float) -> _Seen:
    tpots, firsts = [], []
    for one in answers:
        tpot = usual_tpot_ms
        visible = one.output_tokens - one.reasoning_tokens
        if visible > 1 and one.total_ms > one.ttft_ms:
            tpot = (one.total_ms - one.ttft_ms) / (visible - 1)
            tpots.append(tpot)
        hidden = prefill_ms * one.input_tokens + tpot * one.reasoning_tokens
        firsts.append(max(one.ttft_ms - hidden, _LEAST_LEFT * one.ttft_ms))
    return _Seen(np.log(np.maximum(firsts, 1e-3)), np.log(np.array(tpots)) if tpots else np.zeros(0))
