"""The tables of technique measurements: sourced, plausible, small, and refused in one line when they are not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from planner.catalog.evidence.techniques import TechniqueTables, load_techniques
from planner.errors import InputError
from planner.resources import catalogs_dir

SHIPPED = catalogs_dir() / "techniques"


@pytest.fixture(scope="module")
def tables() -> TechniqueTables:
    return load_techniques()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped tables to spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "techniques"))


def _spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_source_has_an_address_a_licence_note_and_a_date(tables: TechniqueTables) -> None:
    for source in tables.sources.values():
        assert source.source.url.strip()
        assert source.licence.strip()
        assert source.source.date.year == 2026


def test_every_source_is_used(tables: TechniqueTables) -> None:
    groups = (tables.tuned, tables.labels, tables.rag, tables.recall, tables.pairs, tables.routers, tables.joint)
    more = (tables.quantised, tables.sizes, tables.caching, tables.curves, tables.facts)
    used = {row.source_id for rows in (*groups, *more) for row in rows}
    assert used == set(tables.sources)


def test_a_row_whose_source_is_unknown_is_refused_in_one_line(folder: Path) -> None:
    _spoil(folder / "rag.csv", "self-rag,", "hearsay,")
    with pytest.raises(InputError) as caught:
        load_techniques(folder)
    told = str(caught.value)
    assert "\n" not in told
    assert "techniques/rag.csv" in told
    assert "hearsay" in told


def test_a_source_without_a_date_is_refused(folder: Path) -> None:
    _spoil(folder / "sources.csv", "none stated,2026-11-24,", "none stated,,")
    with pytest.raises(InputError, match=r"sources\.csv"):
        load_techniques(folder)


def test_a_share_in_per_cent_is_refused(folder: Path) -> None:
    _spoil(folder / "sizes.csv", "0.861", "86.1")
    with pytest.raises(InputError, match=r"row 1: score.*86\.1"):
        load_techniques(folder)


def test_an_unknown_kind_of_task_is_refused(folder: Path) -> None:
    _spoil(folder / "tuned_levels.csv", "extraction", "poetry")
    with pytest.raises(InputError, match="poetry"):
        load_techniques(folder)


def test_a_missing_table_is_told_by_name(folder: Path) -> None:
    (folder / "routers.csv").unlink()
    with pytest.raises(InputError, match=r"routers\.csv"):
        load_techniques(folder)


def test_joint_counts_add_up_to_the_questions_asked(tables: TechniqueTables) -> None:
    for dataset, questions in (("MMLU", 14_042), ("GSM8K", 1_319)):
        rows = [row for row in tables.joint if row.dataset == dataset]
        assert sum(row.both + row.only_weak + row.only_strong + row.neither for row in rows) == questions


def test_joint_counts_agree_with_the_accuracies_of_the_pair(tables: TechniqueTables) -> None:
    for pair in (pair for pair in tables.pairs if pair.source_id == "routellm-answers"):
        rows = [row for row in tables.joint if row.dataset == pair.dataset]
        right = sum(row.both + row.only_strong for row in rows)
        assert right / pair.questions == pytest.approx(pair.strong_accuracy, abs=1e-4)


def test_no_model_and_benchmark_comes_twice_in_one_series(tables: TechniqueTables) -> None:
    cells = [(row.family, row.stage, row.model, row.benchmark) for row in tables.sizes]
    assert len(cells) == len(set(cells))


def test_a_doubtful_row_says_why(tables: TechniqueTables) -> None:
    doubted = {row.task for row in tables.tuned if row.doubt}
    assert doubted == {"gsm8k", "drop", "reuters", "covid"}


def test_the_tables_stay_small() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 400_000


def test_loading_the_catalog_does_not_load_the_tables() -> None:
    code = (
        "import sys; from planner.catalog import load_catalog; load_catalog();"
        "print('planner.catalog.evidence.techniques' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
