"""Scoring a user's own measurements: no leak, the file's units, new models and devices, the command line."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from planner.beliefs.backtest.serving_against import (
    shipped_sources,
    store_serving_predictions,
    validate_serving_against,
)
from planner.catalog.evidence.measurements import Measurement, load_measurements
from planner.catalog.evidence.own_measurements import OwnMeasurements, load_own_measurements
from planner.catalog.schema import Catalog
from planner.cli import main

HEADER = (
    "model,gpu,n_gpu,engine,precision,mode,concurrency_or_batch,input_tokens,output_tokens,ttft_ms,tpot_ms,source,notes"
)


def _row(row: Measurement, source: str, factor: float = 1.0) -> str:
    ttft, tpot = row.ttft_ms or 0.0, factor * (row.tpot_ms or 0.0)
    notes = f"tp={row.gpus} adp=1.0"
    engine = f"{row.engine} {row.version}"
    lengths = f"{row.batch:g},{row.input_tokens:g},{row.output_tokens:g}"
    return f"{row.model},{row.gpu},{row.gpus},{engine},{row.precision},agg,{lengths},{ttft},{tpot},{source},{notes}"


@pytest.fixture(scope="module")
def shipped() -> Sequence[Measurement]:
    """Tuned runs of one model on one GPU."""
    return [
        row
        for row in load_measurements()
        if row.source_id == "aiconfigurator" and row.model == "meta/llama-3.1-8b" and row.gpu == "h100-sxm"
    ]


def _own(folder: Path, catalog: Catalog, rows: Sequence[str]) -> OwnMeasurements:
    path = folder / "rows.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return load_own_measurements(path, catalog, shipped_sources())


def test_shipped_rows_are_forecast_without_reading_their_figures(
    tmp_path: Path, catalog: Catalog, shipped: Sequence[Measurement]
) -> None:
    source = "ai-dynamo/aiconfigurator silicon_sample.csv"
    true = validate_serving_against(catalog, _own(tmp_path, catalog, [_row(row, source) for row in shipped]))
    wrong = validate_serving_against(catalog, _own(tmp_path, catalog, [_row(row, source, 3.0) for row in shipped]))
    # a few other settings happen to have the same figure as one of the true rows, and are not read then
    assert np.allclose(true.forecast.tpot, wrong.forecast.tpot, atol=0.01)


def test_rows_that_repeat_shipped_figures_under_another_name_are_not_read_either(
    tmp_path: Path, catalog: Catalog, shipped: Sequence[Measurement]
) -> None:
    named = _own(tmp_path, catalog, [_row(row, "ai-dynamo/aiconfigurator") for row in shipped])
    anonymous = _own(tmp_path, catalog, [_row(row, "my own runs") for row in shipped])
    known, unknown = (validate_serving_against(catalog, own) for own in (named, anonymous))
    # of a source that nobody measured the forecast is less sure, and no closer than the named one's held-out error
    assert unknown.forecast.tpot_sd.mean() > known.forecast.tpot_sd.mean()
    assert float(np.median(np.abs(unknown.forecast.tpot - unknown.truth.tpot))) > 0.02


def test_ours_beats_the_plain_roofline(tmp_path: Path, catalog: Catalog, shipped: Sequence[Measurement]) -> None:
    own = _own(tmp_path, catalog, [_row(row, "my own runs") for row in shipped])
    error = {
        row.method: row.median_abs_error for row in validate_serving_against(catalog, own).rows if row.group == "tpot"
    }
    assert (error["ours"] or 1.0) < 0.6 * (error["roofline"] or 0.0)


def test_predictions_are_written_in_the_units_of_the_file(
    tmp_path: Path, catalog: Catalog, shipped: Sequence[Measurement]
) -> None:
    own = _own(tmp_path, catalog, [_row(row, "my own runs") for row in shipped[:5]])
    result = validate_serving_against(catalog, own)
    store_serving_predictions(tmp_path / "out.csv", own, result)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["quantity"] for line in lines] == ["tpot", "ttft", "throughput"] * 5
    first = lines[0]
    assert float(first["predicted"]) == pytest.approx(1000.0 * np.exp(result.forecast.tpot[0]), rel=1e-4)
    assert float(first["low_90"]) < float(first["predicted"]) < float(first["high_90"])
    assert {line["known"] for line in lines} == {"0"}


def test_a_single_stream_on_a_laptop_is_forecast_by_the_device_model(tmp_path: Path, catalog: Catalog) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(
        "model,gpu,engine,precision,mode,throughput_tok_s\n"
        "Llama-3.1-8B,mac-m3-max-64,llama.cpp,Q4_K_M,single stream,51\n",
        encoding="utf-8",
    )
    found = validate_serving_against(catalog, load_own_measurements(path, catalog, shipped_sources()))
    assert np.exp(found.forecast.throughput[0]) == pytest.approx(51.0, rel=0.5)


def test_the_command_prints_the_figures_and_writes_the_forecasts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shipped: Sequence[Measurement]
) -> None:
    path, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    rows = [_row(row, "my own runs") for row in shipped[:8]]
    path.write_text("\n".join([HEADER, *rows, rows[0].replace("agg", "disagg")]) + "\n", encoding="utf-8")
    main(["validate", "--part", "serving", "--against", str(path), "--predictions", str(out), "--json", "-"])
    told = capsys.readouterr()
    groups = {row["group"] for row in json.loads(told.out)["rows"]}
    assert {"tpot", "ttft", "throughput"} <= groups
    assert "line 10: mode" in told.err
    assert len(out.read_text(encoding="utf-8").splitlines()) == 25


@pytest.mark.parametrize(("scope", "counted"), [("output tok/s", 512.0), ("input+output tok/s", 1536.0), ("", 1536.0)])
def test_a_throughput_is_forecast_in_the_tokens_that_the_file_counts(
    tmp_path: Path, catalog: Catalog, scope: str, counted: float
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(
        "model,gpu,engine,precision,mode,concurrency_or_batch,input_tokens,output_tokens,throughput_tok_s,throughput_scope\n"
        f"meta/llama-3.1-8b,h100-sxm,vllm,fp8,static batch,16,1024,512,3000,{scope}\n",
        encoding="utf-8",
    )
    found = validate_serving_against(catalog, load_own_measurements(path, catalog, shipped_sources())).forecast
    per_request = np.exp(found.throughput[0]) / 16.0 * 512.0 * np.exp(found.tpot[0])
    assert per_request == pytest.approx(counted)
