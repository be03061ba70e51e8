"""The latent-skill model on scores that were drawn from it: what it must recover, and how sure it may be."""

from dataclasses import replace

import numpy as np
import pytest

from planner.beliefs.quality.skill_model import Cells, SkillFit, fit_skill_model
from planner.units import Bools, Floats

MODELS, SKILLS, BENCHMARKS = 120, 4, 40


def _drawn(seed: int) -> tuple[Cells, Floats, Bools]:
    """Cells of a world with known abilities; returns them, the true logit table (V, J) and what was held out."""
    rng = np.random.default_rng(seed)
    facts = np.column_stack((np.ones(MODELS), rng.standard_normal(MODELS)))
    effects = np.vstack((np.zeros(SKILLS), [1.0, 0.3, -0.2, 0.1]))
    ability = facts @ effects + rng.standard_normal((MODELS, SKILLS)) * 0.6
    skill = rng.integers(1, SKILLS, BENCHMARKS)
    loading = np.zeros((BENCHMARKS, SKILLS))
    loading[:, 0] = 0.75
    loading[np.arange(BENCHMARKS), skill] = 0.6
    truth = rng.normal(0.5, 1.0, BENCHMARKS) + ability @ loading.T + rng.standard_normal((MODELS, BENCHMARKS)) * 0.25
    seen = rng.random((MODELS, BENCHMARKS)) < 0.3
    row, column = np.nonzero(seen)
    cells = Cells(
        variant=row,
        benchmark=column,
        z=truth[row, column] + rng.standard_normal(row.size) * 0.15,
        sampling=np.full(row.size, 0.15**2),
        model=np.arange(MODELS),
        effort=np.zeros(MODELS),
        facts=facts,
        fact_sd=np.array([2.0, 1.0]),
        family=np.arange(MODELS) // 4,
        skill=skill,
        method=np.full(BENCHMARKS, -1),
        skills=SKILLS,
    )
    return cells, truth, ~seen


def _forecast(fit: SkillFit) -> tuple[Floats, Floats]:
    mean = fit.mu + fit.scale * (fit.variant_mean @ fit.loading.T)
    spread = np.einsum("jk,vkl,jl->vj", fit.loading, fit.variant_covariance, fit.loading) + fit.odd_variance
    return mean, fit.scale * np.sqrt(spread)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_held_out_cells_are_forecast_better_than_by_row_and_column_means(seed: int) -> None:
    cells, truth, held = _drawn(seed)
    mean, _ = _forecast(fit_skill_model(cells))
    column = np.array([cells.z[cells.benchmark == j].mean() for j in range(BENCHMARKS)])
    gap = np.array([np.mean((cells.z - column[cells.benchmark])[cells.variant == i]) for i in range(MODELS)])
    simple = column + np.nan_to_num(gap)[:, None]
    ours = np.sqrt(np.mean((mean - truth)[held] ** 2))
    assert ours < 0.9 * np.sqrt(np.mean((simple - truth)[held] ** 2))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ninety_percent_intervals_cover_about_ninety_percent(seed: int) -> None:
    cells, truth, held = _drawn(seed)
    mean, spread = _forecast(fit_skill_model(cells))
    covered = np.mean(np.abs((truth - mean) / spread)[held] < 1.645)
    assert 0.84 < covered < 0.96


def test_a_model_without_scores_is_wider_than_one_with_many() -> None:
    cells, _, _ = _drawn(4)
    kept = cells.variant != 0
    without = replace(
        cells,
        variant=cells.variant[kept],
        benchmark=cells.benchmark[kept],
        z=cells.z[kept],
        sampling=cells.sampling[kept],
    )
    fit = fit_skill_model(without)
    assert np.trace(fit.ability_covariance[0]) > 1.5 * np.trace(fit.ability_covariance[1])


def test_the_effect_of_a_fact_is_found() -> None:
    cells, _, _ = _drawn(5)
    fit = fit_skill_model(cells)
    # A fact that lifts the general ability by one lifts every benchmark by its general loading, 0.75 logit and more.
    lifted = fit.scale * (fit.loading @ fit.effects[1])
    assert 0.5 < lifted.mean() < 1.0


def test_effort_of_a_thinking_variant_is_told_apart_from_the_model() -> None:
    cells, truth, _ = _drawn(6)
    rng = np.random.default_rng(0)
    row, column = np.nonzero(rng.random((MODELS, BENCHMARKS)) < 0.2)
    double = replace(
        cells,
        variant=np.concatenate((cells.variant, row + MODELS)),
        benchmark=np.concatenate((cells.benchmark, column)),
        z=np.concatenate((cells.z, truth[row, column] + 0.5)),
        sampling=np.concatenate((cells.sampling, np.full(row.size, 0.02))),
        model=np.concatenate((cells.model, np.arange(MODELS))),
        effort=np.concatenate((cells.effort, np.ones(MODELS))),
    )
    fit = fit_skill_model(double)
    lifted = np.mean(fit.scale * (fit.loading @ fit.effort_effect))
    assert 0.35 < lifted < 0.65


def test_the_same_cells_give_the_same_fit() -> None:
    cells, _, _ = _drawn(7)
    one, two = fit_skill_model(cells), fit_skill_model(cells)
    assert one.loading.tobytes() == two.loading.tobytes()
    assert one.ability_mean.tobytes() == two.ability_mean.tobytes()
