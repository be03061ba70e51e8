"""Shares of draws, and the bounds that hold in a share of them."""

import math
from typing import Final

import numpy as np

from planner.units import DRAW_COUNT, Bools, Draws, Floats

_SLACK: Final = 1e-9


def share_of_draws(held: Bools) -> Floats:
    """Share of true along the last axis, shape (N,) of (N, S)."""
    return np.asarray(held.mean(axis=-1), dtype=np.float64)


def draws_needed(confidence: float, count: int = DRAW_COUNT) -> int:
    """Fewest draws in which a limit must hold: the least k with k / count >= confidence.

    >>> draws_needed(0.9, 256), draws_needed(0.5, 256)
    (231, 128)
    """
    return math.ceil(confidence * count - _SLACK)


def upper_at(draws: Draws, confidence: float) -> Floats:
    """Least bound that holds in at least `confidence` of the draws, along the last axis."""
    needed = draws_needed(confidence, draws.shape[-1])
    return np.asarray(np.partition(draws, needed - 1, axis=-1)[..., needed - 1], dtype=np.float64)


def lower_at(draws: Draws, confidence: float) -> Floats:
    """Greatest bound that is reached in at least `confidence` of the draws, along the last axis."""
    return np.asarray(-upper_at(-draws, confidence), dtype=np.float64)
