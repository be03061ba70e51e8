"""What the user's own probes changed in the forecasts of times and of hidden reasoning: draws before and after.

Times are the 95th percentile over one model's requests at one provider, exp(1.645 s) times their median, s being the
log-sd over requests: to the first token of a prompt as long as the median one asked, hidden reasoning taken out, and
per token after it. Hidden reasoning is the mean number of tokens of an answer in a skill.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from planner.beliefs.evidence.measured import TimedAnswer
from planner.beliefs.latency.answer_lengths import reasoning_prior_id
from planner.beliefs.latency.api_times import LatencyBeliefs
from planner.beliefs.priors import prior_draws
from planner.catalog.schema import Catalog
from planner.units import SEED, Z95, Draws

What: TypeAlias = Literal["ttft", "tpot", "hidden"]
_LEAST_LEFT: Final = 0.2
"""Part of a measured time to the first token that is never taken for hidden reasoning, as in learning from it."""


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
        if "measured:your probes" not in after.source_ids[after.model_ids.index(model)]:
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
    row = latency.model_ids.index(model)
    first, token = (offsets[0] for offsets in latency.factors.offsets([model], [provider]))
    median = latency.ttft_base_ms[row] + latency.ttft_ms_per_input_token[row] * prompt
    ttft: Draws = median * np.exp(first + Z95 * latency.ttft_log_sd)
    tpot: Draws = latency.tpot_ms[row] * np.exp(token + Z95 * latency.tpot_log_sd)
    return ttft, tpot


def _seen(answers: Sequence[TimedAnswer]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Time to the first token less hidden reasoning, and time per token where an answer has two of them, ms."""
    firsts, tokens = [], []
    for one in answers:
        visible, tpot = one.output_tokens - one.reasoning_tokens, 0.0
        if visible > 1 and one.total_ms > one.ttft_ms:
            tpot = (one.total_ms - one.ttft_ms) / (visible - 1)
            tokens.append(tpot)
        firsts.append(max(one.ttft_ms - tpot * one.reasoning_tokens, _LEAST_LEFT * one.ttft_ms))
    return tuple(firsts), tuple(tokens)
