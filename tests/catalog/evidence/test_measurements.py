"""Serving measurements: each row with its source, or refused in one line."""

import shutil
from pathlib import Path

import pytest

from planner.catalog.evidence.measurements import load_measurements
from planner.errors import InputError
from planner.resources import catalogs_dir


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in ("measurements.csv", "sources.csv"):
        shutil.copy(catalogs_dir() / "serving" / name, tmp_path / name)
    return tmp_path / "measurements.csv"


def _first_row(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")


def test_thousands_of_settings_are_read() -> None:
    assert len(load_measurements()) > 4000


def test_a_row_of_an_unknown_source_is_refused(copied: Path) -> None:
    _first_row(copied, "\naiconfigurator,", "\nhearsay,")
    with pytest.raises(InputError, match=r"row 1: source_id.*hearsay.*sources\.csv"):
        load_measurements(copied)


def test_a_source_without_a_date_is_refused(copied: Path) -> None:
    _first_row(copied.with_name("sources.csv"), ",2026-11-23,", ",,")
    with pytest.raises(InputError, match=r"sources\.csv.*date"):
        load_measurements(copied)


def test_a_figure_that_is_not_positive_is_refused(copied: Path) -> None:
    _first_row(copied, ",208.45,", ",-1,")
    with pytest.raises(InputError, match="row 1: ttft_ms"):
        load_measurements(copied)
