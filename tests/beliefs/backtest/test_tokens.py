"""Back-tests of token counts, and anyone's own counts scored."""

from pathlib import Path

import numpy as np
import pytest

from planner.beliefs.backtest.tokens import (
    forecast_tokens_beside,
    store_token_predictions,
    token_figures,
    validate_tokens_against,
)
from planner.catalog import load_catalog
from planner.catalog.evidence.own_tokens import load_own_tokens
from planner.catalog.evidence.scores import load_aliases
from planner.catalog.evidence.token_spend import TokenSpend, load_token_spend
from planner.catalog.schema import Catalog
from planner.resources import catalogs_dir
from planner.units import SEED

MIDDLE = 3


@pytest.fixture(scope="module")
def full() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def rows(full: Catalog) -> tuple[TokenSpend, ...]:
    return load_token_spend(frozenset(full.models))


def test_models_held_out_of_known_benchmarks_lie_inside_their_intervals(
    full: Catalog, rows: tuple[TokenSpend, ...]
) -> None:
    models = sorted({row.model for row in rows})[::4]
    known, held = [r for r in rows if r.model not in models], [r for r in rows if r.model in models]
    figures = token_figures("model", [forecast_tokens_beside(full, known, held, SEED)])
    found = {row.group: row for row in figures if row.method == "ours"}
    for what in ("visible", "hidden"):
        assert 0.8 < (found[what].coverage_90 or 0.0) <= 1.0
    assert (found["visible"].median_abs_error or 1.0) < 0.4


def _ours(full: Catalog, tmp_path: Path, *lines: str) -> dict[str, np.ndarray]:
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["model,effort,skill,hidden_tokens", *lines]) + "\n")
    own = load_own_tokens(path, full, load_aliases(catalogs_dir() / "aliases.csv"))
    return dict(validate_tokens_against(full, own).ours)


def test_more_effort_takes_more_hidden_tokens_and_none_takes_none(full: Catalog, tmp_path: Path) -> None:
    lines = [f"gpt-5.2,{effort},math,5" for effort in ("none", "low", "medium", "high", "xhigh")]
    middles = _ours(full, tmp_path, *lines)["hidden"][:, MIDDLE].tolist()
    assert middles[0] == 0.0
    assert middles == sorted(middles)


def test_a_model_that_cannot_think_hides_nothing(full: Catalog, tmp_path: Path) -> None:
    assert np.all(_ours(full, tmp_path, "gpt-4o,high,math,5")["hidden"] == 0.0)


def test_the_forecast_reads_nothing_of_what_the_row_counted(full: Catalog, tmp_path: Path) -> None:
    one = _ours(full, tmp_path, "gpt-5.2,high,math,7")["hidden"]
    other = _ours(full, tmp_path, "gpt-5.2,high,math,70000")["hidden"]
    assert np.array_equal(one, other)


def test_predictions_have_a_line_for_each_row_and_quantity(full: Catalog, tmp_path: Path) -> None:
    path, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    path.write_text("model,effort,visible_tokens\ngpt-5.2,high,300\ngpt-4o,,200\n")
    own = load_own_tokens(path, full, load_aliases(catalogs_dir() / "aliases.csv"))
    store_token_predictions(out, own, validate_tokens_against(full, own))
    lines = [line.split(",") for line in out.read_text().splitlines()]
    assert lines[0][-5:] == ["quantity", "predicted", "low_90", "high_90", "known"]
    assert [line[3] for line in lines[1:]] == ["visible", "hidden", "output"] * 2
    assert lines[5][4:7] == ["0", "0", "0"]
