"""Measured settings as arrays: ideal times of every term, where a setting lies, and what it shares with others."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import numpy as np

from planner.beliefs.serving.roofline import (
    BYTES_PER_WEIGHT,
    UNLINKED_GB_S,
    Machine,
    ideal_prefill_seconds,
    resting_seconds,
    step_terms,
)
from planner.catalog.evidence.measurements import Architecture, Measurement, architecture_of
from planner.catalog.schema import Catalog, Gpu
from planner.units import Bools, Floats, Ints

USUAL_PROMPT: Final = 300.0
"""Prompt tokens where the publisher does not say (chat and short questions; an assumption)."""
_MEMORY_SHARE: Final = 0.9
_FP4_UNITS: Final = ("b200", "b300", "gb200", "gb300", "mi355", "rtx-50", "rtx-pro-6000")
"""GPUs that compute on 4-bit numbers, at twice their 8-bit rate."""
_UNSTATED_TFLOPS: Final = 1.0
"""Of GPUs whose rate nobody states: they serve single streams alone, which the device model forecasts."""
TUNED: Final = "aiconfigurator"
STOCK: Final = "ml-energy"
_SPREAD: Final = {TUNED: 1.0, "argonne": 1.6}
"""How far settings of a source lie from the terms' sum, against the tuned runs; by their residuals."""
_USUAL_SPREAD: Final = 1.35
_GPU_SPREAD: Final = {TUNED: 0.0, "argonne": 0.35}
"""Log-sd that an engine of a source has on a GPU beyond what its other GPUs tell."""
_USUAL_GPU_SPREAD: Final = 0.1
_OTHER_MAKER_SPREAD: Final = 0.35
"""The same on GPUs of makers that the current sources never measured: they were a third to a half off when held out."""
_MEASURED_MAKER: Final = "NVIDIA"


@dataclass(frozen=True, slots=True)
class Served:
    """One setting with what is served and what serves it."""

    measured: Measurement
    model: Architecture
    gpu: Gpu


@dataclass(frozen=True, slots=True, eq=False)
class ServingRows:
    """R settings. Levels are codes of text: the same in every table, so that tables compare."""

    machine: Machine
    batch: Floats
    """(R,) sequences served at once: no more than memory holds in a closed loop."""
    waiting: Floats
    """(R,) rounds of the batch that a request waits for, where more are sent than memory holds."""
    prompt: Floats
    answer: Floats
    terms: Floats
    """(R, T) ideal seconds of each term of a step; microsecond terms per unit."""
    place: Floats
    """(R, 4) log batch, GPUs, prompt, answer."""
    spread: Floats
    """(R,) `_SPREAD` of the source."""
    gpu_spread: Floats
    """(R,) `_GPU_SPREAD` of the source."""
    source: Ints
    harness: Ints
    """Source, or source and engine where engines of a source have little in common."""
    engine: Ints
    """Source and engine."""
    kind: Ints
    """Model, precision and attention layout."""
    version: Ints
    """Engine's version with a kind."""
    pair: Ints
    """A kind on a GPU."""
    whole: Ints
    """An engine's version with a kind on a GPU."""
    counted: Ints
    """The same with its number of GPUs."""
    engine_gpu: Ints
    """Source and engine on a GPU."""
    model: Ints
    gpu: Ints
    family: Ints
    """Engine, whatever the source."""

    def take(self, which: Bools | Ints) -> "ServingRows":
        """Some of the rows."""
        parts = {name: getattr(self.machine, name)[which] for name in Machine.__slots__}
        rows = {name: getattr(self, name)[which] for name in ServingRows.__slots__ if name != "machine"}
        return ServingRows(machine=Machine(**parts), **rows)


@lru_cache(maxsize=65536)
def _code(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big")


CURRENT: Final = (_code(TUNED), _code(STOCK))
"""Sources of engines as they are now: what a source that nobody measured is taken for."""


def served_of(rows: Sequence[Measurement], catalog: Catalog) -> tuple[Served, ...]:
    """Measurements with their models and GPUs; rows of models or GPUs that a cut-down catalog lacks are left out."""
    joined = [row for row in rows if row.model in catalog.models and row.gpu in catalog.gpus]
    known = {row.model: architecture_of(catalog.models[row.model]) for row in joined}
    return tuple(Served(row, known[row.model], catalog.gpus[row.gpu]) for row in joined)


def serving_rows(served: Sequence[Served]) -> ServingRows:
    """Arrays of the settings."""
    measured = [one.measured for one in served]
    machine = _machine(served)
    asked, answer = _column([row.batch for row in measured]), _column([row.output_tokens for row in measured])
    prompt = _column([row.input_tokens or USUAL_PROMPT for row in measured])
    fitting = _fitting_batch(served, machine, prompt + answer / 2.0)
    batch = np.minimum(asked, fitting)
    place = np.log(np.stack([asked, _column([row.gpus for row in measured]), prompt, answer], axis=1))
    return ServingRows(
        machine=machine,
        batch=batch,
        waiting=asked / batch - 1.0,
        prompt=prompt,
        answer=answer,
        terms=step_terms(machine, batch, prompt, answer),
        place=place,
        spread=_column([_SPREAD.get(row.source_id, _USUAL_SPREAD) for row in measured]),
        gpu_spread=_column([_gpu_spread(one) for one in served]),
        **_levels(measured),
    )


def _gpu_spread(one: Served) -> float:
    own = _GPU_SPREAD.get(one.measured.source_id, _USUAL_GPU_SPREAD)
    return own if one.gpu.name.startswith(_MEASURED_MAKER) else max(own, _OTHER_MAKER_SPREAD)


def _column(values: Sequence[float | int | None]) -> Floats:
    return np.array(values, dtype=np.float64)


def _levels(measured: Sequence[Measurement]) -> dict[str, Ints]:
    def codes(texts: list[str]) -> Ints:
        return np.array([_code(text) for text in texts], dtype=np.int64)

    engine = [f"{row.source_id} {row.engine}" for row in measured]
    kind = [f"{row.model} {row.precision} {row.attention_dp}" for row in measured]
    version = [f"{one} {row.version} {of}" for one, of, row in zip(engine, kind, measured, strict=True)]
    whole = [f"{one} {row.gpu}" for one, row in zip(version, measured, strict=True)]
    alike = (TUNED, STOCK)
    return {
        "source": codes([row.source_id for row in measured]),
        "harness": codes(
            [row.source_id if row.source_id in alike else one for one, row in zip(engine, measured, strict=True)]
        ),
        "engine": codes(engine),
        "kind": codes(kind),
        "version": codes(version),
        "pair": codes([f"{one} {row.gpu}" for one, row in zip(kind, measured, strict=True)]),
        "whole": codes(whole),
        "counted": codes([f"{one} {row.gpus}" for one, row in zip(whole, measured, strict=True)]),
        "engine_gpu": codes([f"{one} {row.gpu}" for one, row in zip(engine, measured, strict=True)]),
        "model": codes([row.model for row in measured]),
        "gpu": codes([row.gpu for row in measured]),
        "family": codes([row.engine for row in measured]),
    }


def _machine(served: Sequence[Served]) -> Machine:
    """llama.cpp gives each GPU some of the layers and they work in turn: a replica reads and computes as one GPU."""
    models, gpus = [one.model for one in served], [one.gpu for one in served]
    count = _column([1 if one.measured.engine.startswith("llama") else one.measured.gpus for one in served])
    width = _column([BYTES_PER_WEIGHT[one.measured.precision] for one in served])
    active = _column([model.active_params_b for model in models]) * 1e9
    return Machine(
        active_bytes=active * width,
        total_bytes=_column([model.total_params_b for model in models]) * 1e9 * width,
        kv_bytes_per_token=_column([model.kv_bytes_per_token for model in models]),
        flops_per_token=2.0 * active,
        layers=_column([model.layers for model in models]),
        hidden=_column([model.hidden for model in models]),
        gpus=count,
        bandwidth=_column([gpu.bandwidth_gb_s for gpu in gpus]) * 1e9 * count,
        flops=_column([_tflops(one) for one in served]) * 1e12 * count,
        link=_column([gpu.link_gb_s or UNLINKED_GB_S for gpu in gpus]) * 1e9,
        # The fit's rows count every layer's whole context, as what was published does not tell each engine's windows.
        window_share=np.zeros(len(served)),
        window_tokens=np.full(len(served), np.inf),
    )


def _tflops(one: Served) -> float:
    """Dense TFLOPS at the row's precision; 4-bit weights are unpacked to 16 bits on GPUs without a 4-bit unit."""
    plain = one.gpu.bf16_tflops or _UNSTATED_TFLOPS
    if one.measured.precision == "bf16" or one.gpu.fp8_tflops is None:
        return plain
    if one.measured.precision == "fp8":
        return one.gpu.fp8_tflops
    return 2.0 * one.gpu.fp8_tflops if one.gpu.id.startswith(_FP4_UNITS) else plain


def _fitting_batch(served: Sequence[Served], machine: Machine, context: Floats) -> Floats:
    """Most sequences whose cache fits beside the weights, (R,): closed loops queue the others; at least 1.

    The cache is taken as 8-bit where the weights are 8-bit or less.
    """
    memory = _column([one.gpu.memory_gb * one.measured.gpus for one in served]) * 1e9 * _MEMORY_SHARE
    cache = machine.kv_bytes_per_token * _column([1.0 if one.measured.precision == "bf16" else 0.5 for one in served])
    fitting = np.maximum((memory - machine.total_bytes) / np.maximum(cache * context, 1.0), 1.0)
    queues = np.array([one.measured.mode == "closed loop" for one in served])
    return np.where(queues, fitting, np.inf)


def first_token_terms(rows: ServingRows, step: Floats) -> Floats:
    """Ideal seconds of each term of a time to first token, (R, F); `step` is a decode step's time, (R,).

    The prompt itself; those of the batch that come at once; one reading of all weights; layers and all-reduces; the
    server's own time; a step under way; rounds of the batch ahead where memory holds fewer than were sent.
    """
    machine, alone = rows.machine, ideal_prefill_seconds(rows.machine, rows.prompt)
    reduced = 8.0 * machine.layers * (machine.gpus - 1.0) / machine.gpus * rows.prompt * machine.hidden / machine.link
    ones = np.ones_like(alone)
    parts = (
        alone,
        rows.batch * alone,
        machine.active_bytes / machine.bandwidth + resting_seconds(machine),
        machine.layers * 1e-6,
        machine.several * 2e-6 * machine.layers,
        ones * 1e-3,
        rows.batch * 1e-3,
        reduced,
        step,
        rows.batch * rows.prompt * 1e-6,
        rows.prompt * 1e-6,
        rows.waiting * rows.answer * step,
        rows.batch * reduced,
    )
    return np.stack(parts, axis=1)
