"""The step model of an own replica: a calibrated roofline of decode and prefill, in draws.

One decode step of a batch of B sequences on n GPUs takes

    step(B) = touched(B) / (n BW e_w) + B kv context / (n BW e_kv) + B flops / (n F e_f)
              + 2 L t_allreduce [n > 1] + all-reduced bytes / link + L t_layer + B t_sequence

times a factor for stock deployments; `touched` is the weights a batch reads: for a mixture of experts the active ones
and, of the rest, the share that B tokens reach. A prompt's prefill takes its FLOPs at an efficiency e_p. The priors
'serving.*' carry the fit on published step times; no efficiency above 0.95, no negative cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from planner.beliefs.priors import prior_draws
from planner.catalog.schema import Catalog, Gpu, Model
from planner.units import SEED, Draws, Floats

Precision: TypeAlias = Literal["bf16", "fp8", "int4"]
PRECISIONS: Final[tuple[Precision, ...]] = ("bf16", "fp8", "int4")
BITS: Final[dict[Precision, int]] = {"bf16": 16, "fp8": 8, "int4": 4}
"""Bits of the weights (for quantised_quality)."""
BYTES_PER_WEIGHT: Final[dict[Precision, float]] = {"bf16": 2.0, "fp8": 1.0, "int4": 0.5625}
"""Bytes that a weight takes in memory; 4-bit groups carry half a bit of scales."""
_UNLINKED_GB_S: Final = 32.0
"""PCIe 4.0 x16 per direction: what joins GPUs whose own link is not stated."""
_LARGEST_EFFICIENCY: Final = 0.95
_REDUCE_OVERLAP: Final = 0.5
"""Share of the all-reduced bytes' time that computing does not hide (fitted with the priors, at its bound)."""


@dataclass(frozen=True, slots=True)
class Setup:
    """A model on a number of GPUs at a precision: what is sized."""

    model: Model
    gpu: Gpu
    gpus_per_replica: int
    precision: Precision


@dataclass(frozen=True, slots=True, eq=False)
class Machine:
    """What the step model needs of K set-ups, (K, 1) each, in bytes, FLOPs and seconds."""

    active_bytes: Floats
    total_bytes: Floats
    kv_bytes_per_token: Floats
    flops_per_token: Floats
    layers: Floats
    hidden: Floats
    gpus: Floats
    bandwidth: Floats
    flops: Floats
    link: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """Draws of the calibration, (S,) each."""

    eff_weights: Draws
    eff_cache: Draws
    eff_flops: Draws
    eff_prefill: Draws
    layer_s: Draws
    sequence_s: Draws
    all_reduce_s: Draws
    stock: Draws


def calibration(catalog: Catalog, seed: int = SEED) -> Factors:
    """Draws of the step model's factors; no efficiency above 0.95."""

    def share(name: str) -> Draws:
        return np.minimum(prior_draws(catalog, f"serving.{name}", seed), _LARGEST_EFFICIENCY)

    def micro(name: str) -> Draws:
        return prior_draws(catalog, f"serving.{name}", seed) * 1e-6

    return Factors(
        eff_weights=share("eff_weights"),
        eff_cache=share("eff_cache"),
        eff_flops=share("eff_decode_flops"),
        eff_prefill=share("eff_prefill"),
        layer_s=micro("per_layer_us"),
        sequence_s=micro("per_sequence_us"),
        all_reduce_s=micro("all_reduce_us"),
        stock=prior_draws(catalog, "serving.stock_factor", seed),
    )


def machine_of(setups: Sequence[Setup]) -> Machine:
    """Numbers of the set-ups; every one must have passed `why_not_sized`."""

    def column(values: list[float | int | None]) -> Floats:
        return np.array(values, dtype=np.float64)[:, None]

    models = [setup.model for setup in setups]
    bytes_per_weight = column([BYTES_PER_WEIGHT[setup.precision] for setup in setups])
    active = column([model.active_params_b or model.total_params_b for model in models]) * 1e9
    return Machine(
        active_bytes=active * bytes_per_weight,
        total_bytes=column([model.total_params_b for model in models]) * 1e9 * bytes_per_weight,
        kv_bytes_per_token=column([model.kv_bytes_per_token for model in models]),
        flops_per_token=2.0 * active,
        layers=column([model.layers for model in models]),
        hidden=column([model.hidden for model in models]),
        gpus=column([setup.gpus_per_replica for setup in setups]),
        bandwidth=column([setup.gpu.bandwidth_gb_s for setup in setups]) * 1e9,
        flops=column([compute_tflops(setup) for setup in setups]) * 1e12,
        link=column([setup.gpu.link_gb_s or _UNLINKED_GB_S for setup in setups]) * 1e9,
    )


def compute_tflops(setup: Setup) -> float | None:
    """8-bit weights compute at the FP8 rate where the GPU has one; 4-bit weights are unpacked to 16 bits."""
    if setup.precision == "fp8" and setup.gpu.fp8_tflops is not None:
        return setup.gpu.fp8_tflops
    return setup.gpu.bf16_tflops


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Decode step of K set-ups at one context length, seconds: fixed + B per_sequence + the experts that B reach."""

    fixed: Draws
    """(K, S) active weights, layers and the latency of all-reduces."""
    per_sequence: Draws
    """(K, S) cache, FLOPs, all-reduced bytes and scheduling of one sequence."""
    resting: Draws
    """(K, S) reading all weights that one token leaves alone; 0 for dense models."""
    touch_share: Floats
    """(K, 1) share of the weights that one token touches."""

    def seconds(self, batch: Draws | float) -> Draws:
        """Time of one step of `batch` sequences, (K, S)."""
        sequences = np.asarray(batch, dtype=np.float64)
        seconds = self.fixed + sequences * self.per_sequence
        sparse = self.touch_share[:, 0] < 1.0
        if sparse.any():
            others = np.maximum(np.broadcast_to(sequences, seconds.shape)[sparse] - 1.0, 0.0)
            reached = -np.expm1(others * np.log1p(-self.touch_share[sparse]))
            seconds[sparse] += self.resting[sparse] * reached
        return seconds


def step_of(machine: Machine, factors: Factors, context: Draws | float) -> Step:
    """Decode step of K set-ups whose sequences hold `context` tokens on average; docstring of the module."""
    several = machine.gpus > 1.0
    read = machine.gpus * machine.bandwidth * factors.eff_weights
    reduced = 8.0 * machine.layers * machine.hidden * (machine.gpus - 1.0) / machine.gpus
    waits = np.where(several, 2.0 * machine.layers * factors.all_reduce_s, 0.0)
    fixed = machine.active_bytes / read + waits + machine.layers * factors.layer_s
    per_sequence = (
        machine.kv_bytes_per_token * context / (machine.gpus * machine.bandwidth * factors.eff_cache)
        + machine.flops_per_token / (machine.gpus * machine.flops * factors.eff_flops)
        + _REDUCE_OVERLAP * reduced / machine.link
        + factors.sequence_s
    )
    return Step(
        fixed=fixed * factors.stock,
        per_sequence=per_sequence * factors.stock,
        resting=(machine.total_bytes - machine.active_bytes) / read * factors.stock,
        touch_share=np.minimum(machine.active_bytes / machine.total_bytes, 1.0),
    )


def prefill_seconds(machine: Machine, factors: Factors, tokens: Draws | float) -> Draws:
    """Time to read a prompt: 2 x active weights x tokens + 2 x layers x hidden x tokens^2 FLOPs, seconds, (K, S)."""
    length = np.asarray(tokens, dtype=np.float64)
    flops = machine.flops_per_token * length + 2.0 * machine.layers * machine.hidden * np.square(length)
    return flops / (machine.gpus * machine.flops * factors.eff_prefill) * factors.stock
