"""Times fitted on published rows: held-out figures, widening for the new, no leak between settings, determinism."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from planner.beliefs.backtest.quality import ValidationRow
from planner.beliefs.backtest.serving import Evidence, evidence_of, roofline, validate_serving
from planner.beliefs.serving.fit import fit_rows, fit_settings, forecast_serving
from planner.beliefs.serving.rows import Served, served_of
from planner.catalog.evidence.measurements import load_measurements
from planner.catalog.schema import Catalog


@pytest.fixture(scope="module")
def dense(catalog: Catalog) -> Sequence[Served]:
    """Tuned runs of the dense models: a quarter of the rows, so that the folds stay short."""
    models = {"meta/llama-3.1-8b", "meta/llama-3.1-70b"}
    return served_of([row for row in load_measurements() if row.mode == "closed loop" and row.model in models], catalog)


@pytest.fixture(scope="module")
def evidence(dense: Sequence[Served]) -> Evidence:
    """The same as arrays."""
    return evidence_of(dense)


@pytest.mark.parametrize(("quantity", "largest"), [("tpot", 0.10), ("throughput", 0.10), ("ttft", 0.30)])
def test_held_out_set_ups_are_forecast_far_better_than_by_the_simple_ways(
    catalog: Catalog, dense: Sequence[Served], quantity: str, largest: float
) -> None:
    found = validate_serving(catalog, 1, dense)
    error = {
        row.method: row.median_abs_error or np.inf for row in found if (row.test, row.group) == ("group", quantity)
    }
    assert error["ours"] < largest
    assert error["ours"] < 0.5 * min(error["roofline"], error["two efficiency factors"])


def _spreads(evidence: Evidence, held: np.ndarray) -> tuple[float, float]:
    """Mean log-sd of the held settings' steps: by a fit that has seen them, and by one that has not."""
    asked = evidence.take(held)
    seen = forecast_serving(fit_rows(evidence.rows, evidence.steps, evidence.firsts), asked.rows, asked.served)
    known = evidence.take(~held)
    unseen = forecast_serving(fit_rows(known.rows, known.steps, known.firsts), asked.rows, asked.served)
    return float(seen.tpot_sd.mean()), float(unseen.tpot_sd.mean())


@pytest.mark.parametrize(("field", "value"), [("gpu", "h200-sxm"), ("model", "meta/llama-3.1-8b")])
def test_a_new_gpu_or_model_has_a_wider_interval_than_a_known_one(evidence: Evidence, field: str, value: str) -> None:
    seen, unseen = _spreads(evidence, np.array([getattr(one.measured, field) == value for one in evidence.served]))
    assert unseen > 1.5 * seen


def test_the_same_settings_in_another_order_give_the_same_forecasts(dense: Sequence[Served]) -> None:
    asked = evidence_of(dense[:40])
    turned = fit_settings(list(reversed(dense)))
    one, other = (forecast_serving(fit, asked.rows, asked.served) for fit in (fit_settings(dense), turned))
    assert np.allclose(one.tpot, other.tpot, atol=1e-6)


def test_a_setting_that_was_read_is_forecast_close_to_its_figure(dense: Sequence[Served]) -> None:
    asked = evidence_of(dense)
    found = forecast_serving(fit_settings(dense), asked.rows, asked.served)
    assert float(np.median(np.abs(found.tpot - asked.truth.tpot))) < 0.04


def test_the_roofline_is_faster_than_nearly_every_measured_step(evidence: Evidence) -> None:
    forecast = roofline(evidence, evidence)
    assert float(np.mean(forecast.tpot < evidence.truth.tpot)) > 0.97


def test_a_sequence_cannot_be_served_where_the_cache_is_full(dense: Sequence[Served]) -> None:
    crowded = [one for one in dense if one.measured.batch >= 64 and (one.measured.input_tokens or 0) >= 8000]
    rows = evidence_of(crowded).rows
    assert np.all(rows.batch <= np.array([one.measured.batch for one in crowded]))
    assert np.any(rows.waiting > 0.0)


def test_every_measurement_joins_a_model_and_a_gpu_of_the_catalog(catalog: Catalog) -> None:
    rows = load_measurements()
    assert {row.model for row in rows} <= set(catalog.models)
    assert {row.gpu for row in rows} <= set(catalog.gpus)


@pytest.fixture(scope="module")
def figures(catalog: Catalog) -> dict[tuple[str, str, str], ValidationRow]:
    """The whole back-test, by test, quantity and way."""
    return {(row.test, row.group, row.method): row for row in validate_serving(catalog)}


@pytest.mark.parametrize(
    ("test", "quantity", "largest"),
    [
        ("group", "tpot", 0.09),
        ("gpu", "tpot", 0.14),
        ("model", "tpot", 0.18),
        ("engine", "tpot", 0.18),
        ("group", "throughput", 0.09),
        ("gpu", "throughput", 0.14),
        ("model", "throughput", 0.18),
        ("group", "ttft", 0.29),
        ("gpu", "ttft", 0.42),
        ("model", "ttft", 0.44),
    ],
)
def test_held_out_errors_stay_below_what_a_trial_reached(
    figures: dict[tuple[str, str, str], ValidationRow], test: str, quantity: str, largest: float
) -> None:
    ours, plain = (figures[test, quantity, way].median_abs_error or np.inf for way in ("ours", "roofline"))
    assert ours < largest
    assert ours < 0.5 * plain


@pytest.mark.parametrize("test", ["group", "gpu", "model", "engine"])
def test_ninety_percent_intervals_of_a_step_hold_about_ninety_percent(
    figures: dict[tuple[str, str, str], ValidationRow], test: str
) -> None:
    assert 0.87 <= (figures[test, "tpot", "ours"].coverage_90 or 0.0) <= 0.9305


def test_a_catalog_without_some_of_the_measured_models_is_fitted_on_the_others(catalog: Catalog) -> None:
    fewer = {name: model for name, model in catalog.models.items() if name != "meta/llama-3.1-8b"}
    served = served_of(load_measurements(), replace(catalog, models=fewer))
    assert served
    assert all(one.measured.model != "meta/llama-3.1-8b" for one in served)
