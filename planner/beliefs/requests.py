"""What one request of a segment looks like: model calls, tokens, how they spread, and percentiles of summed times."""

from dataclasses import dataclass
from math import log, sqrt
from typing import Final

import numpy as np

from planner.beliefs.priors import prior_draws
from planner.catalog.schema import Catalog
from planner.units import SEED, Z95, Draws
from planner.workload.schema import Segment, TokenDistribution

_USUAL_P95: Final = 2.2
"""95th percentile over the mean when a distribution states none (workload format)."""
_LARGEST_LOG_SD: Final = 1.5
"""A log-normal's p95 is at most 3.87 times its mean (at log-sd 1.645); heavier tails are read as this one."""


@dataclass(frozen=True, slots=True, eq=False)
class Calls:
    """Model calls of one mean request: 1 + tool calls, each later one with the history in its prompt."""

    count: float
    """Model calls of one request."""
    first_input_tokens: Draws
    """(S,) prompt of the first call, passages and examples included."""
    input_tokens: Draws
    """(S,) prompt tokens of all calls together."""
    output_tokens: Draws
    """(S,) visible output of all calls together: the answer and the tool calls."""
    repeated_tokens: Draws
    """(S,) prompt tokens that an earlier call of the same request held already."""
    prefix_tokens: float
    """Shared prefix of the first call, examples included."""
    history_tokens: float
    """Prompt tokens of the first call that an earlier turn of the conversation held already, mean."""


def calls_of(
    catalog: Catalog,
    segment: Segment,
    *,
    extra_input_tokens: Draws | float = 0.0,
    extra_prefix_tokens: float = 0.0,
    seed: int = SEED,
) -> Calls:
    """Model calls of one request.

    Call j of k + 1 has the first prompt plus j rounds of (tool call + tool result) in its own prompt. Of a
    conversation of T turns that grows evenly, (T - 1) / (T + 1) of a mean prompt was there in an earlier turn.
    """
    rounds = segment.tool_calls_per_request
    call = prior_draws(catalog, "tool.call_tokens", seed)
    result = prior_draws(catalog, "tool.result_tokens", seed)
    if segment.tool_result_tokens is not None:
        result = np.full_like(call, segment.tool_result_tokens)
    round_tokens = call + result
    first = segment.input_tokens.mean + extra_prefix_tokens + np.asarray(extra_input_tokens) + 0.0 * call
    turns = segment.turns_per_conversation
    return Calls(
        count=1.0 + rounds,
        first_input_tokens=first,
        input_tokens=(1.0 + rounds) * first + rounds * (rounds + 1.0) / 2.0 * round_tokens,
        output_tokens=segment.output_tokens.mean + rounds * call,
        repeated_tokens=rounds * first + rounds * max(rounds - 1.0, 0.0) / 2.0 * round_tokens,
        prefix_tokens=segment.shared_prefix_tokens + extra_prefix_tokens,
        history_tokens=(segment.input_tokens.mean - segment.shared_prefix_tokens) * (turns - 1.0) / (turns + 1.0),
    )


def token_log_sd(tokens: TokenDistribution) -> float:
    """Log-sd of the log-normal with the given mean and p95: ln(p95 / mean) = 1.645 s - s^2 / 2, smaller root.

    >>> round(token_log_sd(TokenDistribution(mean=100.0, p95=220.0)), 3)
    0.582
    """
    ratio = _USUAL_P95 if tokens.p95 is None else tokens.p95 / tokens.mean
    inside = Z95 * Z95 - 2.0 * log(max(ratio, 1.0))
    return min(Z95 - sqrt(inside), _LARGEST_LOG_SD) if inside > 0.0 else _LARGEST_LOG_SD


def squared_cv(log_sd: Draws | float) -> Draws:
    """Squared coefficient of variation of a log-normal."""
    return np.expm1(np.square(log_sd))


def sum_percentiles(mean: Draws, variance: Draws) -> tuple[Draws, Draws]:
    """Median and 95th percentile of a sum of independent positive times, taken as log-normal by its two moments.

    Fenton-Wilkinson approximation (Fenton 1960, IRE Trans. Commun. Syst. 8(1)).
    """
    log_variance = np.log1p(variance / np.maximum(np.square(mean), 1e-12))
    median = mean * np.exp(-log_variance / 2.0)
    return median, median * np.exp(Z95 * np.sqrt(log_variance))
