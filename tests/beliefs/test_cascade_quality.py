"""The binormal gate: its closed form against a simulation, and its edges."""

import numpy as np
import pytest
from scipy.special import ndtri

from planner.beliefs.techniques.gate import cascade_quality


def _simulated(weak: float, strong: float, auc: float, share: float, phi: float) -> float:
    rng = np.random.default_rng(3)
    n = 400_000
    both = weak * strong + phi * np.sqrt(weak * (1 - weak) * strong * (1 - strong))
    weak_right = rng.random(n) < weak
    given = np.where(weak_right, both / weak, (strong - both) / (1 - weak))
    strong_right = rng.random(n) < given
    score = rng.standard_normal(n) + np.sqrt(2.0) * ndtri(auc) * ~weak_right
    passed = score > np.quantile(score, 1.0 - share)
    return float(np.mean(np.where(passed, strong_right, weak_right)))


@pytest.mark.parametrize(
    ("weak", "strong", "auc", "share"), [(0.7, 0.9, 0.65, 0.3), (0.5, 0.8, 0.8, 0.5), (0.9, 0.95, 0.55, 0.1)]
)
def test_the_formula_agrees_with_a_simulation(weak: float, strong: float, auc: float, share: float) -> None:
    got = cascade_quality(np.array([[weak]]), np.array([[strong]]), np.array([auc]), np.array([[share]]), 0.3)
    assert got[0, 0] == pytest.approx(_simulated(weak, strong, auc, share, 0.3), abs=0.004)


def test_a_gate_that_knows_nothing_mixes_the_two_in_proportion() -> None:
    share = np.array([[0.25]])
    got = cascade_quality(np.array([[0.6]]), np.array([[0.9]]), np.array([0.5]), share, 0.4)
    assert got[0, 0] == pytest.approx(0.75 * 0.6 + 0.25 * 0.9, abs=1e-5)


def test_a_better_gate_never_lowers_quality() -> None:
    weak, strong, share = np.array([[0.6]]), np.array([[0.85]]), np.array([[0.3]])
    quality = [cascade_quality(weak, strong, np.array([auc]), share, 0.3)[0, 0] for auc in np.linspace(0.5, 0.95, 10)]
    assert np.all(np.diff(quality) > 0.0)


def test_passing_everything_on_gives_the_strong_model() -> None:
    got = cascade_quality(np.array([[0.6]]), np.array([[0.9]]), np.array([0.7]), np.array([[1.0 - 1e-9]]), 0.4)
    assert got[0, 0] == pytest.approx(0.9, abs=1e-4)
