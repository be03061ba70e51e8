"""Intervals are those of the usual definition, however they are worked out."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from planner.units import interval_of


@given(
    st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=300),
    st.floats(0.05, 0.99),
)
def test_an_interval_is_bit_for_bit_that_of_numpys_quantiles(draws: list[float], level: float) -> None:
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(draws, (tail, 1.0 - tail))
    found = interval_of(np.array(draws), level)
    assert (found.low, found.high) == (float(low), float(high))


def test_an_interval_with_an_unknown_draw_is_unknown() -> None:
    found = interval_of(np.array([1.0, math.nan, 2.0]))
    assert math.isnan(found.low)
    assert math.isnan(found.high)
