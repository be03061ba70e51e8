"""What the user's own probes changed in the forecasts of times and of hidden reasoning: draws before and after.

Times are the 95th percentile over one model's requests at one provider, exp(1.645 s) times their median, s being the
log-sd over requests: to the first token of a prompt as long as the median one asked, hidden reasoning taken out, and
per token after it. Hidden reasoning is the mean number of tokens of an answer in a skill.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from planner.beliefs.evidence.measured import TimedAnswer
from planner.beliefs.latency.answer_lengths import reasoning_prior_id
from planner.beliefs.latency.own_times import split_times
from planner.beliefs.latency.speeds import LatencyBeliefs
from planner.beliefs.priors import prior_draws
from planner.catalog.schema import Catalog
from planner.units import SEED, Z95, Draws

What: TypeAlias = Literal["ttft", "tpot", "hidden"]


@dataclass(frozen=True, slots=True, eq=False)
class SpeedChange:
    """One forecast before and after measuring, and the answers that moved it."""

    what: What
    """ttft, tpot: 95th percentile, ms; hidden: mean reasoning tokens of an answer."""
    model: str
    where: str
    """The provider; of hidden reasoning the skill."""
    before: Draws
    """(S,)"""
    after: Draws
    """(S,)"""
    seen: tuple[float, ...]
    """Each accepted answer, in the same unit."""
    at_tokens: float
    """Prompt tokens that the forecast of the first token is for; 0 for the others."""


def time_changes(before: LatencyBeliefs, after: LatencyBeliefs, times: Sequence[TimedAnswer]) -> list[SpeedChange]:
    """First token and time per token of every model at a provider that was probed, not under load, and is forecast."""
    by_pair: dict[tuple[str, str], list[TimedAnswer]] = defaultdict(list)
    for one in times:
        if one.kind == "probe" and one.model in after.model_ids:
            by_pair[one.model, one.provider].append(one)
    found: list[SpeedChange] = []
    for (model, provider), answers in sorted(by_pair.items()):
        if (model, provider) not in after.places:
            continue
        prompt = float(np.median([one.input_tokens for one in answers]))
        firsts, tokens = _seen(answers)
        was, now = (_percentiles(latency, model, provider, prompt) for latency in (before, after))
        found.append(SpeedChange("ttft", model, provider, was[0], now[0], firsts, prompt))
        if tokens:
            found.append(SpeedChange("tpot", model, provider, was[1], now[1], tokens, 0.0))
    return found


def length_changes(
    before: Catalog, after: Catalog, times: Sequence[TimedAnswer], seed: int = SEED
) -> list[SpeedChange]:
    """Hidden reasoning of every model and skill for which measuring gave the catalog a prior of its own."""
    by_skill: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one in times:
        by_skill[one.model, one.skill].append(float(one.reasoning_tokens))
    found = []
    for (model, skill), tokens in sorted(by_skill.items()):
        was, now = reasoning_prior_id(before, model, skill), reasoning_prior_id(after, model, skill)
        if was != now:
            drawn = prior_draws(before, was, seed), prior_draws(after, now, seed)
            found.append(SpeedChange("hidden", model, skill, *drawn, tuple(tokens), 0.0))
    return found


def _percentiles(latency: LatencyBeliefs, model: str, provider: str, prompt: float) -> tuple[Draws, Draws]:
    """95th percentiles of the time to the first token at a prompt length and of the time per token, ms, (S,) each."""
    base, token = (times[0] for times in latency.at([model], [provider]))
    median = base + latency.ttft_ms_per_input_token * prompt
    ttft: Draws = median * np.exp(Z95 * latency.ttft_log_sd)
    tpot: Draws = token * np.exp(Z95 * latency.tpot_log_sd)
    return ttft, tpot


def _seen(answers: Sequence[TimedAnswer]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Time to the first token less hidden reasoning, and time per token where an answer has two of them, ms."""
    parts = [split_times(one, prefill_ms=0.0) for one in answers]
    return tuple(one.ttft_ms for one in parts), tuple(one.tpot_ms for one in parts if one.tpot_ms is not None)
