"""Robust lines through facts of several sources."""

import numpy as np
import pytest

from planner.beliefs.techniques.published.lines import Pull, fit_coefficients, fit_line, weighted_quantile
from planner.units import Z95


def _columns(x: np.ndarray) -> dict[str, np.ndarray]:
    return {"one": np.ones_like(x), "slope": x}


FREE = {"one": Pull(1e-6), "slope": Pull(1e-6)}


def test_a_clean_line_is_found() -> None:
    x = np.linspace(-2.0, 2.0, 40)
    found = fit_coefficients(_columns(x), 0.5 + 0.7 * x, np.ones(40), FREE)
    assert found == pytest.approx({"one": 0.5, "slope": 0.7}, abs=1e-4)


def test_one_wild_row_hardly_moves_the_line() -> None:
    x = np.linspace(-2.0, 2.0, 40)
    y = 0.5 + 0.7 * x
    y[3] += 50.0
    found = fit_coefficients(_columns(x), y, np.ones(40), FREE)
    assert found["one"] == pytest.approx(0.5, abs=0.05)
    assert found["slope"] == pytest.approx(0.7, abs=0.05)


def test_without_evidence_a_coefficient_stays_at_its_centre() -> None:
    x = np.zeros(10)
    found = fit_coefficients(_columns(x), np.full(10, 2.0), np.ones(10), {**FREE, "slope": Pull(1.0, 0.6)})
    assert found["slope"] == pytest.approx(0.6)


def test_more_evidence_pulls_further_from_the_centre() -> None:
    slopes = []
    for rows in (4, 40, 400):
        x = np.linspace(-2.0, 2.0, rows)
        pulls = {**FREE, "slope": Pull(5.0, 0.0)}
        slopes.append(fit_coefficients(_columns(x), x, np.ones(rows), pulls)["slope"])
    assert slopes == sorted(slopes)
    assert slopes[-1] == pytest.approx(1.0, abs=0.03)


def test_a_source_of_many_rows_does_not_outvote_the_others() -> None:
    target = np.concatenate([np.zeros(500), np.ones(8)])
    groups = ["big"] * 500 + [f"small {n}" for n in range(8)]
    line = fit_line({"one": np.ones(508)}, target, groups, {"one": Pull(1e-6)})
    assert line.coefficients["one"] > 0.4


def test_the_spread_is_that_of_a_source_left_out() -> None:
    rng = np.random.default_rng(3)
    centres = rng.normal(0.0, 0.5, 60)
    target = np.repeat(centres, 20) + rng.normal(0.0, 0.05, 1200)
    groups = [f"source {n // 20}" for n in range(1200)]
    line = fit_line({"one": np.ones(1200)}, target, groups, {"one": Pull(1e-6)})
    assert line.sd == pytest.approx(0.5, rel=0.25)


def test_the_quantile_weighs_its_values() -> None:
    values = np.array([1.0, 2.0, 3.0])
    assert weighted_quantile(values, np.array([1.0, 1.0, 8.0]), 0.5) == 3.0
    assert weighted_quantile(values, np.array([8.0, 1.0, 1.0]), 0.5) == 1.0
    assert pytest.approx(1.645, abs=1e-3) == Z95
