"""What the user's own probes say of how fast APIs answer.

A model's median TTFT (prompt and hidden reasoning taken out) and median TPOT are log-normal beliefs. n accepted answers
of one model say what the median was on that day: their mean log has variance s^2 / n + d^2, with s the spread over
requests and d how far a day's median strays from the usual one (prior 'api_spread.session_log_sd'). The belief is the
normal posterior; its draws keep their order, so common random numbers stay common. Answers under load say how an API
fares at that rate, not what it does for others, and are left out.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from planner.beliefs.latency import LatencyBeliefs
from planner.beliefs.measured import TimedAnswer
from planner.beliefs.priors import prior_draws
from planner.catalog.schema import Catalog
from planner.units import SEED, Draws, Floats

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
    """Beliefs after accepted answers of APIs; models that were not asked stay as they were."""
    by_model: dict[str, list[TimedAnswer]] = defaultdict(list)
    for one in times:
        if one.kind == "probe" and one.provider in catalog.providers and one.model in latency.model_ids:
            by_model[one.model].append(one)
    if not by_model:
        return latency
    base, tpot, sources = latency.ttft_base_ms.copy(), latency.tpot_ms.copy(), list(latency.source_ids)
    session = float(prior_draws(catalog, "api_spread.session_log_sd", seed).mean())
    for model, answers in by_model.items():
        row = latency.model_ids.index(model)
        seen = _seen(answers, float(np.median(latency.ttft_ms_per_input_token[row])), float(np.median(tpot[row])))
        base[row] = _moved(base[row], seen.ttft, float(latency.ttft_log_sd.mean()), session)
        tpot[row] = _moved(tpot[row], seen.tpot, float(latency.tpot_log_sd.mean()), session)
        sources[row] = ("measured:your probes", *sources[row])
    return replace(latency, ttft_base_ms=base, tpot_ms=tpot, source_ids=tuple(sources))


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


def _moved(draws: Draws, logs: Floats, request_sd: float, session_sd: float) -> Draws:
    """Draws (S,) of a median after the logs (n,) of single answers."""
    if logs.size == 0:
        return draws
    before = np.log(draws)
    mean, variance = float(before.mean()), float(before.var())
    noise = request_sd**2 / logs.size + session_sd**2
    # The median of the logs: one stuck answer among fifty must not move it.
    told = float(np.median(logs))
    left = variance * noise / (variance + noise)
    centre = (mean * noise + told * variance) / (variance + noise)
    return np.asarray(np.exp(centre + (before - mean) * np.sqrt(left / variance)))
