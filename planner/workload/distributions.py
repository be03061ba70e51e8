"""Token distributions: what a mean and a 95th percentile say about the whole, by a log-normal matched to both."""

import math
from typing import Final

from planner.units import Z95
from planner.workload.schema import Segment, TokenDistribution

DEFAULT_P95_RATIO: Final = 2.2
"""95th percentile over the mean when no one gave one: a log-normal with log-sd 0.58."""
Z99: Final = 2.3263478740408408
"""99th percentile of the standard normal distribution."""


def p95_tokens(distribution: TokenDistribution) -> float:
    """95th percentile in tokens: as given, else 2.2 times the mean.

    >>> round(p95_tokens(TokenDistribution(mean=100.0)), 6)
    220.0
    """
    if distribution.p95 is not None:
        return distribution.p95
    return DEFAULT_P95_RATIO * distribution.mean


def lognormal_of(distribution: TokenDistribution) -> tuple[float, float]:
    """Parameters (mu, sigma) of the log-normal with the given mean and 95th percentile; natural log of tokens.

    mean = exp(mu + sigma^2 / 2) and p95 = exp(mu + z sigma), z = 1.645, give sigma = z - sqrt(z^2 - 2 ln(p95 / mean)).
    No log-normal has a p95 above exp(z^2 / 2) = 3.87 times its mean; beyond that sigma stays at z and the mean is
    kept, because bills follow the mean. `quantile_tokens` then scales from the stated p95, not from this fit.

    >>> mu, sigma = lognormal_of(TokenDistribution(mean=420.0, p95=900.0))
    >>> round(math.exp(mu + sigma**2 / 2), 6), round(math.exp(mu + Z95 * sigma), 6)
    (420.0, 900.0)
    """
    log_ratio = math.log(p95_tokens(distribution) / distribution.mean)
    sigma = Z95 - math.sqrt(max(Z95**2 - 2.0 * log_ratio, 0.0))
    return math.log(distribution.mean) - sigma**2 / 2.0, sigma


def quantile_tokens(distribution: TokenDistribution, z: float) -> float:
    """Quantile in tokens at the standard normal score z, from the stated p95 outwards: p95 x exp(sigma (z - 1.645))."""
    _, sigma = lognormal_of(distribution)
    return p95_tokens(distribution) * math.exp(sigma * (z - Z95))


def context_p99(segment: Segment) -> float:
    """99th percentile of prompt plus answer, tokens: as given, else the sum of both 99th percentiles.

    The sum is exact when long prompts get long answers and errs towards more context when they don't: a model whose
    window is too small fails outright, one whose window is too large costs nothing.
    """
    if segment.context_p99_tokens is not None:
        return segment.context_p99_tokens
    return quantile_tokens(segment.input_tokens, Z99) + quantile_tokens(segment.output_tokens, Z99)
