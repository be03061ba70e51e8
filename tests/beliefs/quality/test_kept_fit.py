"""The kept fit is a copy: the same numbers as a fit made anew, and never trusted when damaged."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from planner.beliefs.quality import kept_fit
from planner.beliefs.quality.kept_fit import recall_skill_fit
from planner.beliefs.quality.skill_model import Cells, SkillFit, fit_skill_model


@pytest.fixture
def cells() -> Cells:
    rng = np.random.default_rng(5)
    variant, benchmark = (grid.ravel() for grid in np.meshgrid(np.arange(9), np.arange(6), indexing="ij"))
    return Cells(
        variant=variant,
        benchmark=benchmark,
        z=rng.normal(size=variant.size),
        sampling=np.full(variant.size, 0.05),
        model=np.arange(9) // 2,
        effort=rng.uniform(size=9),
        facts=np.column_stack([np.ones(5), rng.normal(size=5)]),
        fact_sd=np.array([1.0, 0.5]),
        family=np.array([0, 0, 1, 1, 2]),
        skill=np.array([1, 1, 2, 2, 1, 2]),
        method=np.full(6, -1),
        skills=3,
    )


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[Cells]:
    """Scores that were fitted anew, one entry a fit."""
    asked: list[Cells] = []

    def fit(cells: Cells) -> SkillFit:
        asked.append(cells)
        return fit_skill_model(cells)

    monkeypatch.setattr(kept_fit, "fit_skill_model", fit)
    return asked


def _same(one: SkillFit, other: SkillFit) -> bool:
    return all(
        np.asarray(getattr(one, field.name)).tobytes() == np.asarray(getattr(other, field.name)).tobytes()
        for field in fields(SkillFit)
    )


def test_a_kept_fit_is_bit_for_bit_the_one_that_was_made(cells: Cells, tmp_path: Path, fitted: list[Cells]) -> None:
    made, read = recall_skill_fit(cells, tmp_path), recall_skill_fit(cells, tmp_path)
    assert len(fitted) == 1
    assert _same(made, read)
    assert isinstance(read.tau2, float)


def test_one_other_score_is_fitted_anew(cells: Cells, tmp_path: Path, fitted: list[Cells]) -> None:
    recall_skill_fit(cells, tmp_path)
    z = cells.z.copy()
    z[7] = np.nextafter(z[7], 2.0)
    recall_skill_fit(replace(cells, z=z), tmp_path)
    assert len(fitted) == 2


@pytest.mark.parametrize("damage", ["empty", "half", "bits", "text"])
def test_a_damaged_file_is_fitted_anew(cells: Cells, tmp_path: Path, fitted: list[Cells], damage: str) -> None:
    made = recall_skill_fit(cells, tmp_path)
    (file,) = (tmp_path / "fits").iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    spoilt = {"empty": b"", "half": file.read_bytes()[: len(content) // 2], "bits": bytes(content), "text": b"a fit"}
    file.write_bytes(spoilt[damage])
    assert _same(recall_skill_fit(cells, tmp_path), made)
    assert len(fitted) == 2
    assert _same(recall_skill_fit(cells, tmp_path), made)
    assert len(fitted) == 2


def test_a_folder_that_cannot_be_written_is_no_obstacle(cells: Cells, tmp_path: Path, fitted: list[Cells]) -> None:
    (tmp_path / "fits").write_text("a file where the folder should be", encoding="utf-8")
    assert _same(recall_skill_fit(cells, tmp_path), recall_skill_fit(cells, None))
    assert len(fitted) == 2


def test_a_few_fits_stay_and_no_half_file(cells: Cells, tmp_path: Path) -> None:
    for shift in range(5):
        recall_skill_fit(replace(cells, z=cells.z + shift), tmp_path)
    names = [path.name for path in (tmp_path / "fits").iterdir()]
    assert len(names) == 3
    assert all(name.endswith(".npz") for name in names)
