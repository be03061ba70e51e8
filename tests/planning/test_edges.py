"""Shares near an edge: exact where the margin is linear in what moves it, closer than counting where it is not."""

import numpy as np
import pytest
from scipy.special import ndtr

from planner.planning.edges import closed_form
from planner.units import normal_rows


@pytest.mark.parametrize("seed", range(4))
def test_a_margin_that_is_linear_in_normals_is_integrated_exactly(seed: int) -> None:
    moved_by = normal_rows(seed, "edges", rows=3)[None, :, :]
    slopes = np.array([0.7, -0.4, 0.2])
    margin = 0.9 + np.tensordot(slopes, moved_by[0], axes=1)[None, :]
    assert closed_form(margin, moved_by)[0] == pytest.approx(float(ndtr(0.9 / np.linalg.norm(slopes))), abs=1e-4)


def test_a_bent_margin_is_told_closer_than_by_counting() -> None:
    """Over many seeds the error against a million draws is well below that of counting the same 256."""
    exact = np.random.default_rng(0).standard_normal((2, 1_000_000))
    truth = float(np.mean(0.8 + 0.6 * exact[0] + 0.1 * exact[0] ** 2 + 0.3 * exact[1] >= 0.0))
    counted, told = [], []
    for seed in range(40):
        draws = normal_rows(seed, "bent", rows=2)
        margin = (0.8 + 0.6 * draws[0] + 0.1 * draws[0] ** 2 + 0.3 * draws[1])[None, :]
        counted.append(float((margin >= 0.0).mean()) - truth)
        told.append(float(closed_form(margin, draws[None])[0]) - truth)
    assert np.std(told) < 0.8 * np.std(counted)
    assert abs(np.mean(told)) < 0.005
