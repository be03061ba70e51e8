"""Step times fitted on published rows: held-out figures, widening for the new, and determinism."""

from collections.abc import Sequence

import numpy as np
import pytest

from planner.beliefs.serving_backtest import validate_serving
from planner.beliefs.step_fit import fit_steps, forecast_steps, step_rows, take
from planner.catalog.measurements import Measurement, load_measurements
from planner.catalog.schema import Catalog


@pytest.fixture(scope="module")
def dense() -> Sequence[Measurement]:
    """Tuned runs of the dense models: a quarter of the rows, so that the folds stay short."""
    models = {"meta/llama-3.1-8b", "meta/llama-3.1-70b", "qwen/qwen3-32b"}
    return [row for row in load_measurements() if row.mode == "closed loop" and row.model in models]


def test_held_out_set_ups_are_forecast_far_better_than_by_the_simple_ways(
    catalog: Catalog, dense: Sequence[Measurement]
) -> None:
    found = {row.method: row for row in validate_serving(catalog, 1, dense) if row.test == "group"}
    error = {name: row.median_abs_error or np.inf for name, row in found.items()}
    assert error["ours"] < 0.10
    assert error["ours"] < 0.5 * min(error["roofline"], error["two efficiency factors"])


def test_a_new_gpu_has_a_wider_interval_than_a_known_one(catalog: Catalog, dense: Sequence[Measurement]) -> None:
    rows = step_rows(dense, catalog)
    seconds = np.array([row.tpot_ms for row in dense]) / 1e3
    held = np.array([row.gpu == "h200-sxm" for row in dense])
    _, known = forecast_steps(fit_steps(rows, seconds), take(rows, held))
    _, new = forecast_steps(fit_steps(take(rows, ~held), seconds[~held]), take(rows, held))
    assert new.mean() > 1.5 * known.mean()


def test_every_measurement_joins_a_model_and_a_gpu_of_the_catalog(catalog: Catalog) -> None:
    rows = load_measurements()
    assert {row.model for row in rows} <= set(catalog.models)
    assert {row.gpu for row in rows} <= set(catalog.gpus)
