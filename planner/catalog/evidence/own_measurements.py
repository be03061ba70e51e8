"""A user's own measurements of served models: a CSV with a setting and its times a row, joined to models and GPUs.

Columns (those that a file lacks are taken as blank):
    model, gpu                      names or catalog ids; precision (16, 8 or 4 bits in any usual spelling), n_gpu
    engine                          'vllm 0.19.0'; source (where it was measured), notes ('tp=4 adp=4.0'), date
    mode                            closed loop (agg), steady state, static batch or single stream
    concurrency_or_batch            requests at once; input_tokens, output_tokens: tokens of each
    tpot_ms, ttft_ms                medians or means; throughput_tok_s with throughput_scope ('output', or
                                    'input+output'; blank: output, but of static batches input and output)
and of models and GPUs that the catalog does not have:
    params_b, active_params_b, layers, hidden, kv_heads, head_dim, kv_bytes_per_token
    gpu_mem_gb, gpu_mem_bandwidth_gb_s, gpu_tflops_bf16, gpu_tflops_fp8, gpu_link_gb_s
A model whose size alone is known gets layers, width and cache of the catalog models nearest in size, and says so.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal, TypeAlias

from planner.catalog.architectures import architecture_like, known_model
from planner.catalog.evidence.measurements import Architecture, Measurement
from planner.catalog.names import gpu_named
from planner.catalog.schema import Catalog, Gpu, Source
from planner.errors import InputError

_LARGEST_BYTES: Final = 50_000_000
_NEEDED: Final = ("model", "gpu")
_FIGURES: Final = ("tpot_ms", "ttft_ms", "throughput_tok_s")
_NUMBERS: Final = (
    *_FIGURES,
    "params_b",
    "active_params_b",
    "n_gpu",
    "concurrency_or_batch",
    "input_tokens",
    "output_tokens",
    "layers",
    "hidden",
    "kv_heads",
    "head_dim",
    "kv_bytes_per_token",
    "gpu_mem_gb",
    "gpu_mem_bandwidth_gb_s",
    "gpu_tflops_bf16",
    "gpu_tflops_fp8",
    "gpu_link_gb_s",
)
Mode: TypeAlias = Literal["closed loop", "steady state", "static batch", "single stream"]
Bits: TypeAlias = Literal["bf16", "fp8", "fp4"]
_MODES: Final[dict[str, Mode]] = {
    "": "closed loop",
    "agg": "closed loop",
    "aggregated": "closed loop",
    "closed loop": "closed loop",
    "steady state": "steady state",
    "static batch": "static batch",
    "offline": "static batch",
    "single stream": "single stream",
}
_NOT_FORECAST: Final = ("disagg", "mlperf")
"""Modes whose rows do not say what shares the load, or how many are served at once."""
_BITS: Final[tuple[tuple[str, Bits], ...]] = (
    (r"4(\b|_|bit)|fp4|int4|q4|awq|gptq|marlin", "fp4"),
    (r"fp8|int8|q8|w8a8|8bit|8-bit", "fp8"),
    (r"16|bfloat|half|native|^$|unset", "bf16"),
)
_FAMILIES: Final = {"tensorrt-llm": "trtllm", "tensorrt": "trtllm", "trt-llm": "trtllm", "nim": "trtllm"}
_LAYOUT: Final = re.compile(r"tp=(?P<tp>\d+) adp=(?P<adp>[\d.]+|nan)")
_SQUARES: Final = {16: 4, 64: 8}
"""GPUs that a source counts where an expert layout multiplies a node of 4 or 8 by itself."""
_NOT_MULTIPLIED: Final = "argonne-lcf/LLM-Inference-Bench"
_USUAL_ANSWER: Final = 256.0
"""Output tokens where a row does not say (an assumption)."""


@dataclass(frozen=True, slots=True)
class OwnRow:
    """One row that can be forecast."""

    line: int
    measured: Measurement
    model: Architecture
    gpu: Gpu


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One row that cannot be forecast."""

    line: int
    field: str
    found: str
    allowed: str

    def __str__(self) -> str:
        """As an input error reads."""
        return f"line {self.line}: {self.field}: found {self.found!r}; allowed: {self.allowed}"


@dataclass(frozen=True, slots=True)
class OwnMeasurements:
    """The table: columns and raw cells for writing it back, rows for computing."""

    file: str
    columns: tuple[str, ...]
    cells: Mapping[int, tuple[str, ...]]
    """By line."""
    rows: tuple[OwnRow, ...]
    left_out: tuple[LeftOut, ...]


def load_own_measurements(path: Path, catalog: Catalog, sources: Mapping[str, str]) -> OwnMeasurements:
    """Read the table; `sources` has, by the start of a source's name, the id of a shipped source.

    Raises:
        InputError: The file, a number, a precision or a mode cannot be read; or no row can be forecast.
    """
    header, raw = _open(path)
    rows: list[OwnRow] = []
    left_out: list[LeftOut] = []
    for line, cells in raw.items():
        if len(cells) != len(header):
            found, allowed = f"{len(cells)} cells", f"{len(header)} as in the header"
            raise InputError(str(path), f"line {line}", found=found, allowed=allowed)
        given = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        row = _row(str(path), line, given, catalog, sources)
        if isinstance(row, OwnRow):
            rows.append(row)
        else:
            left_out.append(row)
    if not rows:
        first = left_out[0]
        if first.field not in header:
            raise InputError(str(path), "header", found=f"no column {first.field}", allowed=first.allowed)
        raise InputError(str(path), f"line {first.line}: {first.field}", found=first.found, allowed=first.allowed)
    return OwnMeasurements(str(path), header, raw, tuple(rows), tuple(left_out))


def _open(path: Path) -> tuple[tuple[str, ...], dict[int, tuple[str, ...]]]:
    if not path.is_file():
        raise InputError(str(path), "", found="a folder" if path.is_dir() else "nothing", allowed="a CSV file")
    if path.stat().st_size > _LARGEST_BYTES:
        raise InputError(str(path), "", found=f"{path.stat().st_size:,} bytes", allowed=f"up to {_LARGEST_BYTES:,}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = tuple(name.strip() for name in next(reader, []))
            numbered = [(reader.line_num, tuple(row)) for row in reader if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise InputError(str(path), "", found=str(exc), allowed="a CSV file in UTF-8") from exc
    raw = dict(numbered)
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        allowed = f"columns {', '.join(_NEEDED)} and, to score, {', '.join(_FIGURES)}"
        raise InputError(str(path), "header", found=", ".join(header) or "nothing", allowed=allowed)
    repeated = next((name for name in header if name and header.count(name) > 1), None)
    if repeated is not None:
        raise InputError(str(path), "header", found=f"{repeated} twice", allowed="each column once")
    if not raw:
        raise InputError(str(path), "", found="no rows", allowed="a header and rows")
    return header, raw


def _row(
    file: str, line: int, given: Mapping[str, str], catalog: Catalog, sources: Mapping[str, str]
) -> OwnRow | LeftOut:
    numbers = {name: _number(given.get(name, ""), file, line, name) for name in _NUMBERS}
    mode_text = given.get("mode", "").lower()
    if mode_text.startswith(_NOT_FORECAST):
        return LeftOut(line, "mode", given["mode"], "runs that say how many requests one replica serves at once")
    if mode_text not in _MODES:
        allowed = f"{', '.join(dict.fromkeys(_MODES.values()))} or agg"
        raise InputError(file, f"line {line}: mode", found=given["mode"], allowed=allowed)
    mode = _MODES[mode_text]
    batch = 1.0 if mode == "single stream" else numbers["concurrency_or_batch"]
    if batch is None:
        return LeftOut(line, "concurrency_or_batch", "nothing", "requests served at once, a positive number")
    doubt = _doubt(line, given, mode, batch)
    if doubt is not None:
        return doubt
    model = _model(line, given, numbers, catalog)
    if isinstance(model, LeftOut):
        return model
    gpu = _gpu(line, given, numbers, catalog, mode)
    if isinstance(gpu, LeftOut):
        return gpu
    precision = _precision(file, line, given.get("precision", ""))
    return OwnRow(line, _measurement(given, numbers, mode, batch, precision, model.id, gpu.id, sources), model, gpu)


def _doubt(line: int, given: Mapping[str, str], mode: Mode, batch: float) -> LeftOut | None:
    """What keeps a row from meaning one thing."""
    if mode == "closed loop" and given.get("n_gpu") == "":
        return LeftOut(line, "n_gpu", "nothing", "GPUs of one replica, a whole number")
    of_one = given.get("source", "").startswith(_NOT_MULTIPLIED) and given.get("engine", "").startswith("llama")
    if of_one and mode == "static batch" and batch > 1.0:
        allowed = "throughput of the whole batch; this source's llama.cpp rows state that of one sequence"
        return LeftOut(line, "throughput_tok_s", given.get("throughput_tok_s", ""), allowed)
    return None


def _number(text: str, file: str, line: int, field: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError as exc:
        raise InputError(file, f"line {line}: {field}", found=text, allowed="a positive number") from exc
    if not 0.0 < value < float("inf"):
        raise InputError(file, f"line {line}: {field}", found=text, allowed="a positive number")
    return value


def _precision(file: str, line: int, text: str) -> Bits:
    for pattern, bits in _BITS:
        if re.search(pattern, text.lower()):
            return bits
    allowed = "bf16, fp16, fp8, int8, fp4, int4, nvfp4, mxfp4, awq, gptq or a GGUF type"
    raise InputError(file, f"line {line}: precision", found=text, allowed=allowed)


def _measurement(
    given: Mapping[str, str],
    numbers: Mapping[str, float | None],
    mode: Mode,
    batch: float,
    precision: Bits,
    model: str,
    gpu: str,
    sources: Mapping[str, str],
) -> Measurement:
    source = next((known for start, known in sources.items() if given.get("source", "").startswith(start)), "")
    engine, version = engine_of(given.get("engine", ""))
    gpus, data_parallel = replica_gpus(int(numbers["n_gpu"] or 1), given.get("notes", ""))
    scope = given.get("throughput_scope", "").lower()
    return Measurement(
        source_id=source,
        model=model,
        gpu=gpu,
        gpus=gpus,
        engine=engine if source else _FAMILIES.get(engine, engine),
        precision=precision,
        mode=mode,
        batch=batch,
        output_tokens=numbers["output_tokens"] or _USUAL_ANSWER,
        input_tokens=numbers["input_tokens"],
        version=version,
        attention_dp=data_parallel,
        throughput_tok_s=numbers["throughput_tok_s"],
        prompt_counted=("input" in scope or "prompt" in scope) if scope else None,
        ttft_ms=numbers["ttft_ms"],
        tpot_ms=numbers["tpot_ms"],
    )


def engine_of(text: str) -> tuple[str, str]:
    """Family and version: 'vLLM (ML.ENERGY v3)' is vllm, 'trtllm 1.0.0rc3' is trtllm at 1.0.0rc3."""
    words = re.sub(r"\(.*?\)|,.*", "", text).split()
    return (words[0].lower(), " ".join(words[1:])) if words else ("unknown", "")


def replica_gpus(counted: int, notes: str) -> tuple[int, bool]:
    """GPUs of one replica, and whether its attention runs data-parallel.

    Some sources count GPUs as attention data-parallel x tensor-parallel, or a node's GPUs times themselves where
    experts are spread over them: the same runs occur under 8 and 64, and under 4 and 16.
    """
    layout = _LAYOUT.search(notes)
    if layout is None:
        return counted, False
    tensor, data = int(layout["tp"]), 1 if layout["adp"] == "nan" else int(float(layout["adp"]))
    if tensor == data > 1:
        return tensor, True
    return _SQUARES.get(counted, counted), data > 1


def _model(
    line: int, given: Mapping[str, str], numbers: Mapping[str, float | None], catalog: Catalog
) -> Architecture | LeftOut:
    known = known_model(catalog, given["model"])
    found = architecture_like(
        catalog,
        known.id if known is not None else given["model"],
        known,
        {name: value for name, value in numbers.items() if value is not None},
    )
    if found is None:
        return LeftOut(line, "model", given["model"], "a model of the catalog, or its params_b and active_params_b")
    return found


def _gpu(
    line: int, given: Mapping[str, str], numbers: Mapping[str, float | None], catalog: Catalog, mode: Mode
) -> Gpu | LeftOut:
    known = gpu_named(catalog, given["gpu"])
    if known is not None and known.bf16_tflops is not None:
        return known
    bandwidth = numbers["gpu_mem_bandwidth_gb_s"] or (known.bandwidth_gb_s if known else None)
    flops = numbers["gpu_tflops_bf16"]
    if bandwidth is None or flops is None:
        if known is not None and mode == "single stream":
            return known
        return LeftOut(line, "gpu", given["gpu"], "a GPU of the catalog, or gpu_mem_bandwidth_gb_s and gpu_tflops_bf16")
    return Gpu(
        id=known.id if known else given["gpu"].lower(),
        name=given["gpu"],
        kind="datacenter",
        memory_gb=numbers["gpu_mem_gb"] or (known.memory_gb if known else 1000.0),
        bandwidth_gb_s=bandwidth,
        bf16_tflops=flops,
        fp8_tflops=numbers["gpu_tflops_fp8"],
        tdp_w=None,
        link_gb_s=numbers["gpu_link_gb_s"],
        purchase_usd=None,
        source=Source("the user's file", date.min),
    )
