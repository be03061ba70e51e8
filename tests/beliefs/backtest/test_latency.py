"""Back-tests of API speeds, and anyone's own rows scored."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from planner.beliefs.backtest.latency import WAYS, figure_rows, forecast_beside, representatives
from planner.beliefs.backtest.latency_against import store_latency_predictions, unseen_rows, validate_latency_against
from planner.catalog import load_catalog
from planner.catalog.evidence.own_speeds import load_own_speeds
from planner.catalog.evidence.scores import load_aliases
from planner.catalog.schema import Catalog
from planner.catalog.source import Source
from planner.catalog.speeds import ApiSpeed
from planner.resources import catalogs_dir
from planner.units import SEED


@pytest.fixture(scope="module")
def full() -> Catalog:
    return load_catalog()


def _of(catalog: Catalog, source: str) -> list[ApiSpeed]:
    return [row for row in catalog.speeds if row.source_id == source]


def test_a_source_held_out_is_forecast_better_than_by_medians_and_inside_its_intervals(full: Catalog) -> None:
    held = _of(full, "cipher982")
    known = [row for row in full.speeds if row.source_id != "cipher982"]
    tested = forecast_beside(full, known, held, WAYS, SEED)
    rows = {(row.method, row.group): row for row in figure_rows(full, "source", "", [tested], in_groups=False)}
    ours = rows["ours", "ttft"]
    assert ours.median_abs_error is not None
    assert ours.n == 113
    assert ours.coverage_90 is not None
    assert 0.8 < ours.coverage_90 < 0.99
    assert ours.median_abs_error < min(rows[name, "ttft"].median_abs_error or 0.0 for name in WAYS)


def test_what_a_row_measured_is_not_read_when_it_is_forecast(full: Catalog) -> None:
    row = _of(full, "coder543")[0]
    twice = [row, replace(row, ttft_ms=9 * (row.ttft_ms or 1.0), tokens_per_s=1.0)]
    tested = forecast_beside(full, _of(full, "cipher982"), twice, {}, SEED)
    assert np.array_equal(tested.ours["ttft"][0], tested.ours["ttft"][1])


def test_thinking_longer_starts_later(full: Catalog) -> None:
    row = replace(_of(full, "coder543")[0], model="anthropic/claude-opus-4.6", output_tokens=None)
    efforts = [replace(row, effort=effort) for effort in ("none", "low", "high")]
    middles = forecast_beside(full, full.speeds, efforts, {}, SEED).ours["ttft"][:, 3]
    assert middles[0] < middles[1] < middles[2]


def test_a_longer_prompt_and_a_farther_client_start_later(full: Catalog) -> None:
    row = _of(full, "coder543")[0]
    cases = [row, replace(row, prompt_tokens=100_000.0), replace(row, region="asia")]
    middles = forecast_beside(full, full.speeds, cases, {}, SEED).ours["ttft"][:, 3]
    assert middles[0] < min(middles[1], middles[2])


def test_shipped_rows_that_a_file_repeats_are_not_known(full: Catalog) -> None:
    some, other = _of(full, "llmperf"), _of(full, "coder543")
    kept = unseen_rows([*some, *other], some[:1])
    assert some[0] not in kept
    assert set(kept) >= set(other)
    whole = unseen_rows([*some, *other], some[: len(some) // 2])
    assert not set(whole) & set(some)


def test_one_row_stands_for_a_source_that_repeats_itself() -> None:
    plain = ApiSpeed(
        *("s", "openai/gpt-4o", "gpt-4o", "openai", None, None, None, None, 100.0, None, None, None, None, None),
        *("visible", "median", 1.0, Source("made up", date(2026, 1, 1))),
    )
    rows = [replace(plain, ttft_ms=value) for value in (100.0, 300.0, 200.0)]
    assert [row.ttft_ms for row in representatives(rows)] == [200.0]


def test_predictions_have_a_line_for_each_row_and_quantity(full: Catalog, tmp_path: Path) -> None:
    path, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    path.write_text("model,host,ttft_ms,tokens_per_s\ngpt-4o,openai,500,60\ngpt-oss-120b,groq,300,400\n")
    own = load_own_speeds(path, full, load_aliases(catalogs_dir() / "aliases.csv"))
    result = validate_latency_against(full, own)
    store_latency_predictions(out, own, result.tested)
    lines = [line.split(",") for line in out.read_text().splitlines()]
    assert lines[0][-5:] == ["quantity", "predicted", "low_90", "high_90", "known"]
    assert [line[4] for line in lines[1:]] == ["ttft", "tpot", "total"] * 2
    for line in lines[1:]:
        low, middle, high = float(line[6]), float(line[5]), float(line[7])
        assert 0.0 < low < middle < high
    assert {line[-1] for line in lines[1:]} == {"0"}
