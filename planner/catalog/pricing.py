"""Token use times price: the one place that knows how a request is billed. Knows neither probing nor plans."""

from dataclasses import dataclass

import numpy as np

from planner.catalog.schema import Price
from planner.units import TOKENS_PER_MTOK, Draws


@dataclass(frozen=True, slots=True)
class TokenUse:
    """Tokens of one request; cached and cache-write tokens are part of input, reasoning tokens come on top of output."""

    input_tokens: float | Draws
    output_tokens: float | Draws
    cached_input_tokens: float | Draws = 0.0
    cache_write_tokens: float | Draws = 0.0
    reasoning_tokens: float | Draws = 0.0
