"""Published measurements of served models: what a validation and a fit read, not what every plan loads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from planner.catalog.evidence.techniques import TechniqueSource
from planner.catalog.files import index_rows, load_csv_rows, parse_rows
from planner.catalog.schema import Model
from planner.errors import InputError
from planner.resources import catalogs_dir


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured setting; repeats of one setting are averaged geometrically."""

    source_id: str
    """Id of catalogs/serving/sources.csv."""
    model: str
    """Catalog id whose architecture the measured model has."""
    gpu: str
    """Id of gpus.csv."""
    gpus: int
    """GPUs that serve one replica."""
    engine: str
    """Family: 'vllm', 'sglang', 'trtllm', ..."""
    precision: Literal["bf16", "fp8", "fp4"]
    mode: Literal["closed loop", "steady state", "static batch", "single stream"]
    batch: float
    """Sequences served at once."""
    output_tokens: float
    input_tokens: float | None = None
    """None where the publisher does not say."""
    version: str = ""
    attention_dp: bool = False
    """Attention runs data-parallel instead of tensor-parallel."""
    throughput_tok_s: float | None = None
    prompt_counted: bool | None = None
    """Throughput counts prompt tokens too; None: those of static batches do."""
    ttft_ms: float | None = None
    tpot_ms: float | None = None
    energy_j_per_token: float | None = None
    repeats: int = 1


def load_measurements(path: Path | None = None) -> tuple[Measurement, ...]:
    """Rows of catalogs/serving/measurements.csv, or of a file with the same columns and a sources.csv beside it.

    Raises:
        InputError: A field is missing, a source is unknown or has no date, or a figure is not positive.
    """
    file = path or catalogs_dir() / "serving" / "measurements.csv"
    listed = file.with_name("sources.csv")
    sources = index_rows(listed, parse_rows(listed, load_csv_rows(listed), TechniqueSource))
    # The source stands under source_id; the column `date`, where filled, is when the row itself was measured.
    rows = [{name: value for name, value in row.items() if name != "source"} for row in load_csv_rows(file)]
    measured = parse_rows(file, rows, Measurement, "model")
    for number, row in enumerate(measured, start=1):
        if row.source_id not in sources:
            allowed = "an id of sources.csv beside it"
            raise InputError(file.name, f"row {number}: source_id", found=row.source_id, allowed=allowed)
        for field in ("gpus", "batch", "output_tokens", "input_tokens", "throughput_tok_s", "ttft_ms", "tpot_ms"):
            value = getattr(row, field)
            if value is not None and not value > 0.0:
                raise InputError(file.name, f"row {number}: {field}", found=value, allowed="a positive number")
    return measured


@dataclass(frozen=True, slots=True)
class Architecture:
    """What the time of a step depends on, of one model."""

    id: str
    total_params_b: float
    active_params_b: float
    layers: float
    hidden: float
    kv_bytes_per_token: float
    """16-bit cache of one token over all layers."""
    guessed: bool = False
    """Layers, width or cache were taken from models of about its size."""


def architecture_of(model: Model) -> Architecture:
    """Of a catalog model; nan where the catalog has no figure."""
    total = _known(model.total_params_b)
    return Architecture(
        id=model.id,
        total_params_b=total,
        active_params_b=total if model.active_params_b is None else model.active_params_b,
        layers=_known(model.layers),
        hidden=_known(model.hidden),
        kv_bytes_per_token=_known(model.kv_bytes_per_token),
    )


def _known(value: float | None) -> float:
    return float("nan") if value is None else float(value)
