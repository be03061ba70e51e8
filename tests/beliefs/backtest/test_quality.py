"""Back-tests: nothing held out may be known, and the figures are what they say."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from planner.beliefs.backtest.quality import (
    FORWARD_CUTS,
    Forecast,
    forecasts,
    score_forecast,
    split_cells,
    split_forward,
    split_new_benchmark,
    split_new_model,
)
from planner.beliefs.backtest.simple_ways import SIMPLE_WAYS, column_mean, low_rank, nearest_models, row_and_column
from planner.beliefs.quality.cells import Frame, build_frame
from planner.catalog import load_catalog
from planner.catalog.schema import Catalog


@lru_cache(maxsize=1)
def _frame() -> tuple[Catalog, Frame]:
    catalog = load_catalog()
    return catalog, build_frame(catalog)


def _tasks(catalog: Catalog, frame: Frame) -> np.ndarray:
    names = np.array([catalog.benchmarks[name].task or name for name in frame.benchmarks])
    return names[frame.cells.benchmark]


def test_a_held_out_task_of_a_model_is_known_through_no_other_row() -> None:
    catalog, frame = _frame()
    model = frame.cells.model[frame.cells.variant].astype(str)
    pair = np.char.add(np.char.add(model, "|"), _tasks(catalog, frame))
    for split in split_cells(frame, catalog, 1):
        assert not set(pair[split.known]) & set(pair[split.asked])


def test_the_five_folds_ask_every_cell_once() -> None:
    catalog, frame = _frame()
    asked = np.sum([split.asked for split in split_cells(frame, catalog, 1)], axis=0)
    assert np.all(asked == 1)


@pytest.mark.parametrize("scores", [1, 2, 4])
def test_a_new_model_is_known_by_so_many_scores_of_one_variant(scores: int) -> None:
    _, frame = _frame()
    model = frame.cells.model[frame.cells.variant]
    for split in split_new_model(frame, 1, scores):
        for name in np.unique(model[split.asked]):
            assert np.sum(split.known & (model == name)) == scores


def test_a_new_benchmark_is_known_by_at_most_eight_variants() -> None:
    _, frame = _frame()
    for split in split_new_benchmark(frame, 1):
        column = frame.cells.benchmark
        held = np.unique(column[split.asked])
        assert max(np.sum(split.known & (column == name)) for name in held) <= 8


@pytest.mark.parametrize("cut", FORWARD_CUTS)
def test_the_forward_test_knows_no_score_of_a_later_model(cut: object) -> None:
    catalog, frame = _frame()
    (split,) = split_forward(frame, catalog, cut, 1, 0)  # type: ignore[arg-type]  # parametrised as object
    model = frame.cells.model[frame.cells.variant]
    known = {frame.models[k] for k in np.unique(model[split.known])}
    assert not any(name in catalog.models and (catalog.models[name].released or cut) > cut for name in known)


def test_ours_beats_row_and_column_on_one_real_fold() -> None:
    catalog, frame = _frame()
    split = next(split_cells(frame, catalog, 1))
    by_way = forecasts(frame, [split], {"row + column": SIMPLE_WAYS["row + column"]})
    errors = {name: np.sqrt(np.mean((part.mean - frame.cells.z[part.cell]) ** 2)) for name, part in by_way.items()}
    assert errors["ours"] < 0.85 * errors["row + column"]


def test_ninety_percent_intervals_cover_about_ninety_percent_of_a_real_fold() -> None:
    catalog, frame = _frame()
    split = next(split_cells(frame, catalog, 1))
    ours = forecasts(frame, [split], {})["ours"]
    inside = np.abs(ours.mean - frame.cells.z[ours.cell]) <= 1.645 * ours.spread
    assert 0.87 <= np.mean(inside) <= 0.94


def test_figures_of_a_forecast_agree_with_a_hand_count() -> None:
    forecast = Forecast(np.arange(4), np.array([0.0, 0.0, 1.0, 1.0]), np.array([1.0, 1.0, 1.0, 1.0]))
    truth = np.array([0.5, -1.0, 3.0, 1.0])
    row = score_forecast(
        "cells", "ours", "all", forecast, truth=truth, benchmark=np.zeros(4, dtype=np.int64), points=np.full(4, 100.0)
    )
    assert row.rmse_logit == pytest.approx(np.sqrt((0.25 + 1.0 + 4.0) / 4.0))
    assert row.bias == pytest.approx(-0.375)
    assert (row.coverage_50, row.coverage_80, row.coverage_90) == (0.5, 0.75, 0.75)
    assert row.width_90 == pytest.approx(2.0 * 1.6448536)


def test_the_simple_ways_recover_an_additive_table() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(0, 1, 60)[:, None] + rng.normal(0, 0.3, 20)
    table = np.where(rng.random(truth.shape) < 0.5, truth, np.nan)
    held = np.isnan(table)
    for way in (row_and_column, nearest_models, low_rank):
        assert np.sqrt(np.mean((way(table) - truth)[held] ** 2)) < 0.25
    assert np.sqrt(np.mean((column_mean(table) - truth)[held] ** 2)) > 0.7


def test_facts_do_not_carry_scores() -> None:
    """Facts are fixed before the folds: they may not change when scores do."""
    catalog, frame = _frame()
    shuffled = replace(catalog.evidence, score=np.full(len(catalog.evidence), 0.5))
    again = build_frame(replace(catalog, evidence=shuffled))
    assert np.array_equal(frame.cells.facts, again.cells.facts)
