"""Quantiles from count tables are numpy's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.logs.profile.spread import spread_of


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=300), st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.99, 1.0]))
def test_a_quantile_is_that_of_the_requests_themselves(tokens: list[int], share: float) -> None:
    values, counts = np.unique(np.array(tokens, dtype=np.float64), return_counts=True)
    assert spread_of(values, counts).quantile(share) == pytest.approx(np.quantile(tokens, share), rel=1e-12, abs=1e-12)


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=200))
def test_mean_and_histogram_count_every_request_once(tokens: list[int]) -> None:
    spread = spread_of(np.array(tokens, dtype=np.float64), np.ones(len(tokens), dtype=np.int64))
    edges, counts = spread.histogram()
    assert spread.mean == pytest.approx(np.mean(tokens))
    assert counts.sum() == len(tokens) == spread.n
    assert (np.diff(edges) > 0).all()
