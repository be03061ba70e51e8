"""The step model of served models: what one decode step and one prompt ask of a machine, term by term.

One decode step of a batch of B sequences on n GPUs is a sum of ideal times, each with a fitted cost of its own:

    step(B) = c0 active weights / (n BW) + c1 the other experts that B tokens reach / (n BW) + c2 B cache / (n BW)
              + c3 B FLOPs / (n F) + c4 (B / answer) prefill + c5 2 L [n > 1] us + c6 B all-reduced bytes / link
              + c7 L us + c8 B us + c9 L us [experts] + c10 B us [experts]

BW is a GPU's memory bandwidth, F its dense FLOPs at the precision, L the layers, prefill a prompt's ideal time. c0 to
c4 and c6 are costs over the ideal (the inverse of an efficiency), the others fixed times that no roofline has.
`step_fit` fits them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from planner.catalog.attention import cache_copies, window_share
from planner.catalog.schema import Gpu, Model
from planner.units import Draws, Floats

Precision: TypeAlias = Literal["bf16", "fp8", "int4"]
PRECISIONS: Final[tuple[Precision, ...]] = ("bf16", "fp8", "int4")
BITS: Final[dict[Precision, int]] = {"bf16": 16, "fp8": 8, "int4": 4}
"""Bits of the weights (for quantised_quality)."""
BYTES_PER_WEIGHT: Final[dict[str, float]] = {"bf16": 2.0, "fp8": 1.0, "fp4": 0.5625, "int4": 0.5625}
"""Bytes that a weight takes in memory; 4-bit groups carry half a bit of scales."""
UNLINKED_GB_S: Final = 32.0
"""PCIe 4.0 x16 per direction: what joins GPUs whose own link is not stated."""
TERM_COUNT: Final = 11
_PREFILL: Final = 4
_MICRO: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Setup:
    """A model on a number of GPUs at a precision: what is sized."""

    model: Model
    gpu: Gpu
    gpus_per_replica: int
    precision: Precision


@dataclass(frozen=True, slots=True, eq=False)
class Machine:
    """What the step model needs of K models on machines, (K,) each, in bytes, FLOPs and bytes or FLOPs a second."""

    active_bytes: Floats
    total_bytes: Floats
    kv_bytes_per_token: Floats
    flops_per_token: Floats
    layers: Floats
    hidden: Floats
    gpus: Floats
    bandwidth: Floats
    """Of all GPUs of a replica together, like flops."""
    flops: Floats
    link: Floats
    window_share: Floats
    """Share of the cache per token that layers with a sliding window keep."""
    window_tokens: Floats

    def cache_bytes(self, context: Floats | float) -> Floats:
        """Bytes that a step reads of a sequence of `context` tokens, over all GPUs, (K,)."""
        kept = (1.0 - self.window_share) * context + self.window_share * np.minimum(context, self.window_tokens)
        return np.asarray(self.kv_bytes_per_token * kept, dtype=np.float64)

    @property
    def several(self) -> Floats:
        """1 where a replica has several GPUs."""
        return (self.gpus > 1.0).astype(np.float64)

    @property
    def touch_share(self) -> Floats:
        """Share of the weights that one token touches."""
        return np.minimum(self.active_bytes / self.total_bytes, 1.0)

    @property
    def experts(self) -> Floats:
        """1 for mixtures of experts."""
        return (self.touch_share < 0.9).astype(np.float64)


def machine_of(setups: Sequence[Setup]) -> Machine:
    """Numbers of the set-ups; every one must have passed `why_not_sized`."""

    def column(values: list[float | int | None]) -> Floats:
        return np.array(values, dtype=np.float64)

    models = [setup.model for setup in setups]
    width = column([BYTES_PER_WEIGHT[setup.precision] for setup in setups])
    active = column([model.active_params_b or model.total_params_b for model in models]) * 1e9
    gpus = column([setup.gpus_per_replica for setup in setups])
    copies = column([cache_copies(setup.model, setup.gpus_per_replica) for setup in setups])
    windows = [window_share(model) for model in models]
    return Machine(
        active_bytes=active * width,
        total_bytes=column([model.total_params_b for model in models]) * 1e9 * width,
        kv_bytes_per_token=column([model.kv_bytes_per_token for model in models]) * copies,
        flops_per_token=2.0 * active,
        layers=column([model.layers for model in models]),
        hidden=column([model.hidden for model in models]),
        gpus=gpus,
        bandwidth=column([setup.gpu.bandwidth_gb_s for setup in setups]) * 1e9 * gpus,
        flops=column([compute_tflops(setup) for setup in setups]) * 1e12 * gpus,
        link=column([setup.gpu.link_gb_s or UNLINKED_GB_S for setup in setups]) * 1e9,
        window_share=column([share for share, _ in windows]),
        window_tokens=column([tokens for _, tokens in windows]),
    )


def compute_tflops(setup: Setup) -> float | None:
    """8-bit weights compute at the FP8 rate where the GPU has one; 4-bit weights are unpacked to 16 bits."""
    if setup.precision == "fp8" and setup.gpu.fp8_tflops is not None:
        return setup.gpu.fp8_tflops
    return setup.gpu.bf16_tflops


def ideal_prefill_seconds(machine: Machine, tokens: Floats | float) -> Floats:
    """Ideal time to read prompts, (K,): 2 x active weights x tokens + 2 x layers x hidden x tokens^2 FLOPs."""
    length = np.asarray(tokens, dtype=np.float64)
    flops = machine.flops_per_token * length + 2.0 * machine.layers * machine.hidden * np.square(length)
    return np.asarray(flops / machine.flops)


def reached_share(machine: Machine, batch: Floats | float) -> Floats:
    """Share of the weights that one token leaves alone which a batch reaches as its tokens choose; 0 when dense."""
    share = machine.touch_share
    others = np.maximum(np.asarray(batch, dtype=np.float64) - 1.0, 0.0)
    return np.where(share < 1.0, -np.expm1(others * np.log1p(-np.minimum(share, 1.0 - 1e-9))), 0.0)


def fixed_terms(machine: Machine) -> Floats:
    """Ideal seconds of a step that no sequence adds to, (K, T)."""
    terms = np.zeros((machine.layers.size, TERM_COUNT))
    terms[:, 0] = machine.active_bytes / machine.bandwidth
    terms[:, 5] = machine.several * 2.0 * _MICRO * machine.layers
    terms[:, 7] = machine.layers * _MICRO
    terms[:, 9] = machine.layers * _MICRO * machine.experts
    return terms


def sequence_terms(machine: Machine, context: Floats | float) -> Floats:
    """Ideal seconds that each sequence of `context` tokens adds to a step, (K, T); prefill of others not included."""
    terms = np.zeros((machine.layers.size, TERM_COUNT))
    terms[:, 2] = machine.cache_bytes(context) / machine.bandwidth
    terms[:, 3] = machine.flops_per_token / machine.flops
    terms[:, 6] = 8.0 * machine.layers * (machine.gpus - 1.0) / machine.gpus * machine.hidden / machine.link
    terms[:, 8] = _MICRO
    terms[:, 10] = _MICRO * machine.experts
    return terms


def resting_seconds(machine: Machine) -> Floats:
    """Ideal seconds to read all weights that one token leaves alone, (K,)."""
    return np.asarray((machine.total_bytes - machine.active_bytes) / machine.bandwidth)


def step_terms(machine: Machine, batch: Floats, prompt: Floats, answer: Floats) -> Floats:
    """Ideal seconds of each term of a step, (K, T), prefill of others in between included; all arguments (K,)."""
    terms = fixed_terms(machine) + batch[:, None] * sequence_terms(machine, prompt + answer / 2.0)
    terms[:, 1] = resting_seconds(machine) * reached_share(machine, batch)
    terms[:, _PREFILL] = batch / answer * ideal_prefill_seconds(machine, prompt)
    return terms


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

    def mean_seconds(self, largest: int) -> Floats:
        """Time of one step of 1 to `largest` sequences, mean over the draws, (K, largest)."""
        sequences = np.arange(1, largest + 1, dtype=np.float64)
        rest = np.log1p(-np.minimum(self.touch_share, 1.0 - 1e-9))
        reached = np.where(self.touch_share < 1.0, -np.expm1((sequences - 1.0) * rest), 0.0)
        fixed, each, resting = (part.mean(axis=1)[:, None] for part in (self.fixed, self.per_sequence, self.resting))
        return np.asarray(fixed + sequences * each + resting * reached)
