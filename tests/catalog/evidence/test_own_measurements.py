"""A user's own measurements: names joined, layouts undone, specifications from columns, bad rows told by line."""

from pathlib import Path

import pytest

from planner.catalog import load_catalog
from planner.catalog.architectures import known_model
from planner.catalog.evidence.own_measurements import OwnMeasurements, engine_of, load_own_measurements, replica_gpus
from planner.catalog.names import gpu_named
from planner.catalog.schema import Catalog
from planner.errors import InputError

HEADER = "model,gpu,n_gpu,engine,precision,mode,concurrency_or_batch,input_tokens,output_tokens,tpot_ms"
GOOD = "Qwen/Qwen3-32B,h100_sxm,2,vllm 0.19.0,fp8,agg,16,1024,1024,12.5"
SOURCES = {"ai-dynamo/aiconfigurator": "aiconfigurator"}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """The shipped catalog."""
    return load_catalog()


def _read(folder: Path, catalog: Catalog, *rows: str, header: str = HEADER) -> OwnMeasurements:
    path = folder / "rows.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return load_own_measurements(path, catalog, SOURCES)


def test_a_row_is_joined_to_its_model_and_gpu(tmp_path: Path, catalog: Catalog) -> None:
    (row,) = _read(tmp_path, catalog, GOOD).rows
    assert (row.measured.model, row.measured.gpu, row.measured.gpus) == ("qwen/qwen3-32b", "h100-sxm", 2)
    assert (row.measured.engine, row.measured.version, row.measured.precision) == ("vllm", "0.19.0", "fp8")
    assert not row.model.guessed


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", "meta/llama-3.1-8b"),
        ("nvidia/Llama-3.1-8B-Instruct-FP8", "meta/llama-3.1-8b"),
        ("Qwen/Qwen3-32B-FP8", "qwen/qwen3-32b"),
        ("qwen/qwen3-32b", "qwen/qwen3-32b"),
    ],
)
def test_a_model_is_known_under_its_usual_names(catalog: Catalog, name: str, known: str) -> None:
    found = known_model(catalog, name)
    assert found is not None
    assert found.id == known


@pytest.mark.parametrize(
    ("name", "known"),
    [("h100_sxm", "h100-sxm"), ("NVIDIA B200-SXM-180GB", "b200-sxm"), ("b300_sxm", "b300-sxm"), ("L40S", "l40s")],
)
def test_a_gpu_is_known_under_its_usual_names(catalog: Catalog, name: str, known: str) -> None:
    found = gpu_named(catalog, name)
    assert found is not None
    assert found.id == known


@pytest.mark.parametrize(
    ("counted", "notes", "gpus", "data_parallel"),
    [
        (8, "tp=8 adp=1.0", 8, False),
        (64, "tp=64 adp=1.0", 8, False),
        (64, "tp=1 adp=64.0", 8, True),
        (16, "tp=4 adp=4.0", 4, True),
        (16, "tp=16 adp=1.0", 4, False),
        (4, "tp=2 adp=2.0", 2, True),
        (4, "tp=1 adp=4.0", 4, True),
        (4, "tp=4 adp=nan", 4, False),
        (16, "", 16, False),
    ],
)
def test_multiplied_gpu_counts_are_undone(counted: int, notes: str, gpus: int, data_parallel: bool) -> None:
    assert replica_gpus(counted, notes) == (gpus, data_parallel)


def test_an_engine_is_told_from_its_version() -> None:
    assert engine_of("vLLM (ML.ENERGY v3)") == ("vllm", "")
    assert engine_of("trtllm 1.0.0rc3") == ("trtllm", "1.0.0rc3")


def test_a_model_that_the_catalog_lacks_takes_its_columns(tmp_path: Path, catalog: Catalog) -> None:
    header = f"{HEADER},params_b,active_params_b,layers,hidden,kv_heads,head_dim"
    (row,) = _read(tmp_path, catalog, f"mine/new-20b{GOOD[14:]},20,3,24,2880,8,64", header=header).rows
    assert (row.model.total_params_b, row.model.active_params_b, row.model.layers) == (20.0, 3.0, 24.0)
    assert row.model.kv_bytes_per_token == 4 * 24 * 8 * 64
    assert not row.model.guessed


def test_a_model_of_which_the_size_alone_is_known_is_shaped_like_those_of_its_size(
    tmp_path: Path, catalog: Catalog
) -> None:
    (row,) = _read(tmp_path, catalog, f"mine/new-8b{GOOD[14:]},8", header=f"{HEADER},params_b").rows
    assert row.model.guessed
    assert 24 <= row.model.layers <= 48


def test_a_gpu_that_the_catalog_lacks_takes_its_columns(tmp_path: Path, catalog: Catalog) -> None:
    header = f"{HEADER},gpu_mem_gb,gpu_mem_bandwidth_gb_s,gpu_tflops_bf16,gpu_tflops_fp8"
    (row,) = _read(tmp_path, catalog, f"{GOOD.replace('h100_sxm', 'X9')},96,5000,700,1400", header=header).rows
    assert (row.gpu.bandwidth_gb_s, row.gpu.bf16_tflops, row.gpu.fp8_tflops) == (5000.0, 700.0, 1400.0)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (GOOD.replace("h100_sxm", "X9"), "gpu"),
        (GOOD.replace("Qwen/Qwen3-32B", "mine/unheard-of"), "model"),
        (GOOD.replace("agg", "disagg"), "mode"),
        (GOOD.replace(",16,", ",,"), "concurrency_or_batch"),
        (GOOD.replace(",2,", ",,"), "n_gpu"),
    ],
)
def test_a_row_that_says_too_little_is_left_out_with_its_line_and_reason(
    tmp_path: Path, catalog: Catalog, row: str, field: str
) -> None:
    found = _read(tmp_path, catalog, GOOD, row)
    assert len(found.rows) == 1
    assert [(one.line, one.field) for one in found.left_out] == [(3, field)]


def test_a_file_of_which_no_row_can_be_forecast_is_refused(tmp_path: Path, catalog: Catalog) -> None:
    with pytest.raises(InputError, match="line 2: gpu"):
        _read(tmp_path, catalog, GOOD.replace("h100_sxm", "X9"))


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (GOOD.replace("12.5", "fast"), "tpot_ms"),
        (GOOD.replace("12.5", "-1"), "tpot_ms"),
        (GOOD.replace("12.5", "inf"), "tpot_ms"),
        (GOOD.replace("fp8", "odd"), "precision"),
        (GOOD.replace("agg", "sometimes"), "mode"),
        (f"{GOOD},7", "cells"),
    ],
)
def test_a_bad_cell_is_refused_with_line_field_and_what_is_allowed(
    tmp_path: Path, catalog: Catalog, row: str, field: str
) -> None:
    with pytest.raises(InputError, match="line 3") as caught:
        _read(tmp_path, catalog, GOOD, row)
    assert field in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("header", ["model,tpot_ms", "gpu,tpot_ms", "model,gpu,tpot_ms,tpot_ms"])
def test_a_header_without_what_is_needed_is_refused(tmp_path: Path, catalog: Catalog, header: str) -> None:
    with pytest.raises(InputError, match="header"):
        _read(tmp_path, catalog, ",".join("1" for _ in header.split(",")), header=header)


def test_a_missing_file_is_refused(tmp_path: Path, catalog: Catalog) -> None:
    with pytest.raises(InputError, match="nothing"):
        load_own_measurements(tmp_path / "none.csv", catalog, SOURCES)
