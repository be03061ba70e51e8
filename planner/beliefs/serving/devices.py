"""Running a model on a laptop, phone, edge board or consumer card: one request at a time, as llama.cpp does.

A token takes its weights and cache over the memory's bandwidth, plus a fixed time per layer; a prompt takes its FLOPs
where the device's are published, else a multiple of the decode speed. Priors 'device.*' are fitted on published
llama.cpp results; there is no queue, as each device serves its own user.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.latency.api_times import CallTimes, answer_percentiles, reasoning_tokens
from planner.beliefs.priors import prior_draws
from planner.beliefs.requests import Calls, calls_of, squared_cv, token_log_sd
from planner.beliefs.serving.roofline import Precision
from planner.catalog.evidence.measurements import Architecture
from planner.catalog.schema import Catalog, Gpu, Model
from planner.units import DRAW_COUNT, MS_PER_S, SEED, Draws
from planner.workload.schema import Segment

BYTES_PER_WEIGHT: Final[dict[Precision, float]] = {"bf16": 2.0, "fp8": 1.0625, "int4": 0.613}
"""F16, Q8_0 and Q4_K_M of llama.cpp (an 8B model is 4.92 GB in Q4_K_M)."""
_CARDS: Final = ("datacenter", "workstation", "consumer")
"""Kinds that may have memory of their own."""
_MEMORY_SHARE: Final = 0.95
"""Of the memory that a model can use at all (the catalog's figure), what is filled before buffers spill."""
_LARGEST_EFFICIENCY: Final = 0.95
_TPOT_LOG_SD: Final = 0.1
"""Spread of a request's mean TPOT on one device (assumption: heat and other programs)."""
_PRIOR_IDS: Final = (
    "prior:device.bandwidth_share.card",
    "prior:device.bandwidth_share.shared",
    "prior:device.per_layer_us",
    "prior:device.eff_prefill",
    "prior:device.prefill_over_decode",
)


@dataclass(frozen=True, slots=True, eq=False)
class DeviceSizing:
    """One model on one device, one request at a time."""

    model: str
    device: str
    precision: Precision
    memory_gb: float
    """Memory the model and its cache take."""
    tokens_per_s: Draws
    """(S,) single-stream decode speed."""
    prefill_tokens_per_s: Draws
    """(S,)"""
    ttft_p50_ms: Draws
    """(S,)"""
    ttft_p95_ms: Draws
    """(S,)"""
    total_p50_ms: Draws
    """(S,)"""
    total_p95_ms: Draws
    """(S,)"""
    joules_per_request: Draws
    """(S,) energy of one request, joules; nan when the device's power is not in the catalog."""
    capacity_rps: Draws
    """(S,) requests a second that one device serves when it never rests."""
    sizing: tuple[str, ...]
    """Line by line: memory, speed, latency."""
    source_ids: tuple[str, ...]


def device_serving(
    catalog: Catalog,
    model: Model,
    device: Gpu,
    precision: Precision,
    segment: Segment,
    *,
    extra_input_tokens: Draws | float = 0.0,
    before_ms: Draws | float = 0.0,
    seed: int = SEED,
) -> DeviceSizing | str:
    """Speed of a model on a laptop, phone, edge board or consumer card; a sentence saying why when it does not fit."""
    calls = calls_of(catalog, segment, extra_input_tokens=extra_input_tokens, seed=seed)
    hidden = reasoning_tokens(catalog, (model.id,), segment, seed)[0]
    prompt = calls.input_tokens / calls.count
    context = prompt + calls.output_tokens / calls.count + hidden
    reason = _why_not(
        catalog, model, device, precision, max(float(np.mean(context)), segment.context_p99_tokens or 0.0)
    )
    if reason is not None:
        return reason
    token_s = _token_seconds(catalog, model, device, precision, context, seed)
    prefill = _prefill_tokens_per_s(catalog, model, device, 1.0 / token_s, seed)
    times = _call_times(segment, prompt / prefill, token_s, hidden)
    ttft_p50, ttft_p95, total_p50, total_p95 = answer_percentiles(
        times, catalog, segment, calls, before_ms=before_ms, seed=seed
    )
    busy_s = calls.input_tokens / prefill + (calls.output_tokens + calls.count * hidden) * token_s
    memory = _memory_gb(catalog, model, precision, float(np.mean(context)))
    return DeviceSizing(
        model=model.id,
        device=device.id,
        precision=precision,
        memory_gb=memory,
        tokens_per_s=1.0 / token_s,
        prefill_tokens_per_s=prefill,
        ttft_p50_ms=ttft_p50,
        ttft_p95_ms=ttft_p95,
        total_p50_ms=total_p50,
        total_p95_ms=total_p95,
        joules_per_request=busy_s * _watts(catalog, device, seed),
        capacity_rps=1.0 / busy_s,
        sizing=_lines(device, precision, memory, token_s, ttft_p95, total_p95, calls),
        source_ids=(f"model:{model.id}", f"gpu:{device.id}", *_PRIOR_IDS),
    )


def stream_seconds(
    catalog: Catalog,
    model: Architecture,
    device: Gpu,
    precision: Precision,
    prompt: float,
    answer: float,
    seed: int = SEED,
) -> tuple[Draws, Draws]:
    """Seconds per token and to the first token of one stream of these lengths, (S,) each."""
    context = np.full(DRAW_COUNT, prompt + answer / 2.0)
    token_s = _token_seconds(catalog, model, device, precision, context, seed)
    return token_s, prompt / _prefill_tokens_per_s(catalog, model, device, 1.0 / token_s, seed) + token_s


def _memory_gb(catalog: Catalog, model: Model, precision: Precision, context: float) -> float:
    weights = (model.total_params_b or 0.0) * BYTES_PER_WEIGHT[precision]
    cache = (model.kv_bytes_per_token or 0.0) * context / 1e9
    return weights + cache + catalog.priors["device.overhead_gb"].a


def _why_not(catalog: Catalog, model: Model, device: Gpu, precision: Precision, context: float) -> str | None:
    """Why the model cannot run there, as a sentence; None when it can."""
    if not model.open_weights:
        return f"{model.name} has no open weights to run"
    if model.total_params_b is None or model.layers is None or model.kv_bytes_per_token is None:
        return f"{model.name}: its size, layers or cache are not in the catalog, so memory and speed cannot be sized"
    usable = device.memory_gb * _MEMORY_SHARE
    need = _memory_gb(catalog, model, precision, context)
    if need > usable:
        return f"{model.name} needs {need:.1f} GB in {precision}; {device.name} has {usable:.1f} GB for it"
    return None


def _has_own_memory(device: Gpu) -> bool:
    """Graphics cards; desktops whose processor shares the memory state no tensor FLOPs (Mac Studio, DGX Spark)."""
    return device.kind in _CARDS and device.bf16_tflops is not None


def _token_seconds(
    catalog: Catalog, model: Model | Architecture, device: Gpu, precision: Precision, context: Draws, seed: int
) -> Draws:
    """Seconds per token of one stream, (S,)."""
    kind = "card" if _has_own_memory(device) else "shared"
    share = np.minimum(prior_draws(catalog, f"device.bandwidth_share.{kind}", seed), _LARGEST_EFFICIENCY)
    active = (model.active_params_b or model.total_params_b or 0.0) * 1e9 * BYTES_PER_WEIGHT[precision]
    read = active + (model.kv_bytes_per_token or 0.0) * context
    layers = (model.layers or 0) * prior_draws(catalog, "device.per_layer_us", seed) * 1e-6
    return np.asarray(read / (device.bandwidth_gb_s * 1e9 * share) + layers, dtype=np.float64)


def _prefill_tokens_per_s(
    catalog: Catalog, model: Model | Architecture, device: Gpu, decode: Draws, seed: int
) -> Draws:
    """Prompt tokens a second, (S,): from FLOPs where published, never slower than decode."""
    if device.bf16_tflops is None:
        return np.maximum(decode * prior_draws(catalog, "device.prefill_over_decode", seed), decode)
    share = np.minimum(prior_draws(catalog, "device.eff_prefill", seed), _LARGEST_EFFICIENCY)
    flops = 2.0 * (model.active_params_b or model.total_params_b or 0.0) * 1e9
    return np.maximum(device.bf16_tflops * 1e12 * share / flops, decode)


def _call_times(segment: Segment, prefill_s: Draws, token_s: Draws, hidden: Draws) -> CallTimes:
    length_cv2 = squared_cv(token_log_sd(segment.input_tokens))
    return CallTimes(
        ttft_ms=(prefill_s + token_s) * MS_PER_S,
        ttft_variance=np.square(prefill_s * MS_PER_S) * length_cv2,
        tpot_ms=token_s * MS_PER_S,
        tpot_cv2=squared_cv(_TPOT_LOG_SD),
        reasoning=hidden,
    )


def _watts(catalog: Catalog, device: Gpu, seed: int) -> Draws:
    """Power while answering, watts, (S,); nan when the catalog has none."""
    share = np.clip(prior_draws(catalog, "energy.power_fraction", seed), 0.2, 1.0)
    return share * (device.tdp_w if device.tdp_w is not None else float("nan"))


def _lines(
    device: Gpu,
    precision: Precision,
    memory: float,
    token_s: Draws,
    ttft_p95: Draws,
    total_p95: Draws,
    calls: Calls,
) -> tuple[str, ...]:
    low, high = np.quantile(1.0 / token_s, (0.05, 0.95))
    return (
        f"memory: {memory:.1f} GB of {device.memory_gb:g} GB ({precision})",
        f"speed: {np.mean(1.0 / token_s):.0f} tokens/s ({low:.0f} to {high:.0f}), one request at a time",
        f"prompt: {np.mean(calls.input_tokens) / calls.count:,.0f} tokens per model call",
        f"latency: first token p95 {np.mean(ttft_p95):,.0f} ms, whole answer p95 {np.mean(total_p95):,.0f} ms",
    )
