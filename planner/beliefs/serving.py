"""Running models on own GPUs: does it fit, how many requests a replica carries, how fast it answers at the cap.

Continuous batching on the step model of `roofline`. At an arrival rate r of model calls with O output tokens each the
batch settles where B = r O step(B) / (1 - r prefill); the replica is full at r = 1 / (prefill + O step(B_max) / B_max).
Waiting for prefill is M/G/1 with Allen-Cunneen's arrival term, one replica on its own (a common queue waits less).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from planner.beliefs.latency import CallTimes, answer_percentiles, reasoning_tokens
from planner.beliefs.priors import prior_draws
from planner.beliefs.requests import Calls, calls_of, squared_cv, token_log_sd
from planner.beliefs.roofline import (
    BITS,
    BYTES_PER_WEIGHT,
    PRECISIONS,
    Factors,
    Machine,
    Precision,
    Setup,
    Step,
    calibration,
    compute_tflops,
    machine_of,
    prefill_seconds,
    step_of,
)
from planner.catalog.schema import Catalog
from planner.units import MS_PER_S, SECONDS_PER_MONTH, SEED, Draws, Floats, interval_of
from planner.workload.schema import Segment

__all__ = [
    "BITS",
    "PRECISIONS",
    "PoolSizing",
    "Precision",
    "Setup",
    "peak_requests_per_second",
    "size_replica",
    "size_replicas",
    "why_not_sized",
]

_TPOT_LOG_SD: Final = 0.2
"""Spread of a request's mean TPOT on one replica as the batch around it changes (p95 over median 1.4 in ML.ENERGY)."""
_SMALL_GPU_SHARE: Final = 0.1
"""Overhead on small GPUs, share of memory ('serving.overhead_gb')."""
_FIXED_POINT_STEPS: Final = 4
_PRIOR_NAMES: Final = (
    "serving.eff_weights",
    "serving.eff_cache",
    "serving.eff_decode_flops",
    "serving.eff_prefill",
    "serving.per_layer_us",
    "serving.per_sequence_us",
    "serving.all_reduce_us",
    "serving.stock_factor",
    "serving.memory_share",
    "serving.overhead_gb",
    "serving.max_sequences",
    "serving.arrival_cv2",
)
_PRIOR_IDS: Final = tuple(f"prior:{name}" for name in _PRIOR_NAMES)


@dataclass(frozen=True, slots=True, eq=False)
class PoolSizing:
    """One replica sized for one segment's requests. Times hold at the utilisation cap, at the busiest hour."""

    model: str
    gpu: str
    gpus_per_replica: int
    precision: Precision
    max_batch: int
    """Most sequences that memory holds at the segment's lengths (engine's own cap included)."""
    capacity_rps: Draws
    """(S,) requests a second at which the replica is wholly busy; pool_load = peak requests a second / this."""
    tpot_ms: Draws
    """(S,) time per output token at the utilisation cap."""
    ttft_p50_ms: Draws
    """(S,)"""
    ttft_p95_ms: Draws
    """(S,) time to first visible token, queueing and reasoning included."""
    total_p50_ms: Draws
    """(S,)"""
    total_p95_ms: Draws
    """(S,) time to the whole answer, tool rounds included."""
    source_ids: tuple[str, ...]
    tell: Callable[[], tuple[str, ...]]
    """Writes the sizing lines: a plan sizes over a thousand set-ups and tells few."""

    @property
    def sizing(self) -> tuple[str, ...]:
        """Line by line: weights, cache, batch, throughput, utilisation, latency."""
        return self.tell()


@dataclass(frozen=True, slots=True, eq=False)
class _Load:
    """What one model call asks of a replica; (S,) or (K, S)."""

    fresh_tokens: Draws
    """Prompt tokens that no prefix cache holds."""
    prompt_tokens: Draws
    output_tokens: Draws
    """Visible and hidden, per call; (K, S)."""
    calls: float


def peak_requests_per_second(segment: Segment, volume: float = 1.0) -> float:
    """Requests a second of the busiest hour; `volume` is `cost.volume_factor(workload)`."""
    return segment.requests_per_month * volume * segment.peak_to_mean / SECONDS_PER_MONTH


def size_replica(
    catalog: Catalog,
    setup: Setup,
    segment: Segment,
    *,
    utilisation_cap: float = 0.6,
    extra_input_tokens: Draws | float = 0.0,
    before_ms: Draws | float = 0.0,
    seed: int = SEED,
) -> PoolSizing | str:
    """Size one replica for one segment; a sentence saying why when it does not fit."""
    return size_replicas(
        catalog,
        (setup,),
        segment,
        utilisation_cap=utilisation_cap,
        extra_input_tokens=extra_input_tokens,
        before_ms=before_ms,
        seed=seed,
    )[0]


def size_replicas(
    catalog: Catalog,
    setups: Sequence[Setup],
    segment: Segment,
    *,
    utilisation_cap: float = 0.6,
    extra_input_tokens: Draws | float = 0.0,
    before_ms: Draws | float = 0.0,
    seed: int = SEED,
) -> tuple[PoolSizing | str, ...]:
    """Size many set-ups at once, in the order of `setups`; same numbers as `size_replica`.

    Args:
        catalog: Priors.
        setups: K set-ups.
        segment: Its tokens, tool calls, skill.
        utilisation_cap: Busy share at which the times are stated; plans stay at or below it.
        extra_input_tokens: Tokens that a technique adds to each prompt, number or (S,).
        before_ms: Time spent before the first model call (retrieval), number or (S,).
        seed: Seed of the draws.
    """
    calls = calls_of(catalog, segment, extra_input_tokens=extra_input_tokens, seed=seed)
    mean_call = float(np.mean(calls.input_tokens + calls.output_tokens)) / calls.count
    answers: list[PoolSizing | str] = [""] * len(setups)
    fitting: list[int] = []
    batches: list[int] = []
    models = tuple(dict.fromkeys(setup.model.id for setup in setups))
    thinking = reasoning_tokens(catalog, models, segment, seed).mean(axis=1)
    contexts = {model: mean_call + float(tokens) for model, tokens in zip(models, thinking, strict=True)}
    for row, setup in enumerate(setups):
        verdict = _largest_batch(catalog, setup, segment, contexts[setup.model.id])
        if isinstance(verdict, str):
            answers[row] = verdict
        else:
            fitting.append(row)
            batches.append(verdict)
    if fitting:
        kept = [setups[row] for row in fitting]
        sized = _size_fitting(
            catalog, kept, np.array(batches)[:, None], segment, calls, utilisation_cap, before_ms, seed
        )
        for row, sizing in zip(fitting, sized, strict=True):
            answers[row] = sizing
    return tuple(answers)


def why_not_sized(setup: Setup) -> str | None:
    """Which fact is missing for a sizing, as a sentence; None when all are known."""
    model, gpu = setup.model, setup.gpu
    if not model.open_weights:
        return f"{model.name} has no open weights to run"
    if model.total_params_b is None:
        return f"{model.name}: its number of parameters is not published"
    if None in (model.layers, model.hidden, model.kv_bytes_per_token):
        return f"{model.name}: its layers and cache size are not in the catalog, so memory and speed cannot be sized"
    if compute_tflops(setup) is None:
        return f"{gpu.name}: its compute speed is not in the catalog"
    return None


def _free_bytes(catalog: Catalog, setup: Setup) -> float:
    """Memory left for the cache after weights and engine, bytes over all GPUs; may be negative."""
    gpu, count = setup.gpu, setup.gpus_per_replica
    share = catalog.priors["serving.memory_share"].a
    overhead = min(catalog.priors["serving.overhead_gb"].a, _SMALL_GPU_SHARE * gpu.memory_gb)
    overhead += catalog.priors["serving.nccl_gb"].a if count > 1 else 0.0
    return count * (share * gpu.memory_gb - overhead) * 1e9 - _weight_bytes(setup)


def _weight_bytes(setup: Setup) -> float:
    return (setup.model.total_params_b or 0.0) * 1e9 * BYTES_PER_WEIGHT[setup.precision]


def _largest_batch(catalog: Catalog, setup: Setup, segment: Segment, context: float) -> int | str:
    """Most sequences that fit at the mean lengths; a sentence when not even one of the longest does."""
    missing = why_not_sized(setup)
    if missing is not None:
        return missing
    model, label = setup.model, f"{setup.gpus_per_replica}x {setup.gpu.name}"
    free = _free_bytes(catalog, setup)
    if free <= 0.0:
        need = _weight_bytes(setup) / 1e9
        return f"{model.name} needs {need:.0f} GB for its weights in {setup.precision}; {label} has too little memory"
    per_token = model.kv_bytes_per_token or 0.0
    longest = max(segment.context_p99_tokens or 0.0, context)
    if per_token * longest > free:
        need = per_token * longest / 1e9
        return f"a request of {longest:,.0f} tokens needs {need:.1f} GB of cache; {label} has {free / 1e9:.1f} GB left"
    cap = int(catalog.priors["serving.max_sequences"].a)
    return cap if per_token == 0.0 else max(1, min(cap, int(free / (per_token * context))))


def _size_fitting(
    catalog: Catalog,
    setups: Sequence[Setup],
    max_batch: Floats,
    segment: Segment,
    calls: Calls,
    cap: float,
    before_ms: Draws | float,
    seed: int,
) -> list[PoolSizing]:
    machine, factors = machine_of(setups), calibration(catalog, seed)
    hidden = reasoning_tokens(catalog, tuple(setup.model.id for setup in setups), segment, seed)
    load = _load(catalog, calls, hidden, seed)
    rates = _rates(machine, factors, load, max_batch, cap)
    times = _call_times(catalog, segment, rates, hidden, seed)
    answers = answer_percentiles(times, catalog, segment, calls, before_ms=before_ms, seed=seed)
    sized = _Sized(catalog, cap, max_batch, load, rates, answers)
    return [_one_sizing(setup, sized, row) for row, setup in enumerate(setups)]


def _load(catalog: Catalog, calls: Calls, hidden: Draws, seed: int) -> _Load:
    """Tokens of a mean model call; the prefix cache of the own engine holds what a provider's would."""
    held = prior_draws(catalog, "cache_hit.shared_prefix", seed)
    kept = held * calls.prefix_tokens + prior_draws(catalog, "cache_hit.chat", seed) * calls.history_tokens
    fresh = calls.input_tokens - kept - held * calls.repeated_tokens
    return _Load(
        fresh_tokens=np.maximum(fresh, 1.0) / calls.count,
        prompt_tokens=calls.input_tokens / calls.count,
        output_tokens=np.maximum(calls.output_tokens / calls.count + hidden, 1.0),
        calls=calls.count,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Rates:
    """What a replica does, (K, S) each; seconds and calls a second."""

    full_calls: Draws
    """Model calls a second at which it is wholly busy."""
    calls: Draws
    """At the cap."""
    batch: Draws
    step: Draws
    """One decode step at the cap, prefill of others in between included."""
    prefill: Draws


def _rates(machine: Machine, factors: Factors, load: _Load, max_batch: Floats, cap: float) -> _Rates:
    """Capacity and the working point at the cap, by a fixed point in the batch (linear in it but for the experts)."""
    step = step_of(machine, factors, load.prompt_tokens + load.output_tokens / 2.0)
    prefill = prefill_seconds(machine, factors, load.fresh_tokens)
    full = 1.0 / (prefill + load.output_tokens * step.seconds(max_batch) / max_batch)
    rate = cap * full
    slowed = 1.0 / (1.0 - rate * prefill)
    batch = np.maximum(cap * max_batch, 1.0)
    for _ in range(_FIXED_POINT_STEPS):
        batch = _settled_batch(step, batch, rate * load.output_tokens * slowed, max_batch)
    return _Rates(full, rate, batch, step.seconds(batch) * slowed, prefill)


def _settled_batch(step: Step, batch: Draws, demand: Draws, max_batch: Floats) -> Draws:
    """Batch B = demand x step(B), exact in the linear part, the experts' part taken at the last batch; (K, S)."""
    experts = step.seconds(batch) - batch * step.per_sequence
    room = 1.0 - demand * step.per_sequence
    settled = np.where(room > 0.0, demand * experts / np.maximum(room, 1e-9), max_batch)
    return np.clip(settled, 1.0, max_batch)


def _call_times(catalog: Catalog, segment: Segment, rates: _Rates, hidden: Draws, seed: int) -> CallTimes:
    """TTFT of a call: the wait for prompts ahead, its own prefill, one step; milliseconds.

    Prompts are read between decode steps, so the queue's service is a prefill and a step; prompts that wait together
    share a step, so its load is their prefill alone. Mean wait by Allen-Cunneen: (ca2 + cs2) / 2 x load / (1 - load) x
    service. Against a simulation of prompts of 400 to 3,000 tokens: p95 within 10 % at 30 % and 60 % of capacity, and a
    quarter too long where answers have a dozen tokens.
    """
    service = rates.prefill + rates.step
    busy = np.minimum(rates.calls * rates.prefill, 0.95)
    length_cv2 = squared_cv(token_log_sd(segment.input_tokens))
    arrivals = prior_draws(catalog, "serving.arrival_cv2", seed)
    wait = (arrivals + length_cv2) / 2.0 * busy / (1.0 - busy) * service
    wait_variance = np.square(wait) * (2.0 / np.maximum(busy, 1e-6) - 1.0)
    variance = wait_variance + np.square(rates.prefill) * length_cv2 + np.square(rates.step) / 3.0
    return CallTimes(
        ttft_ms=(wait + rates.prefill + rates.step) * MS_PER_S,
        ttft_variance=variance * MS_PER_S * MS_PER_S,
        tpot_ms=rates.step * MS_PER_S,
        tpot_cv2=squared_cv(_TPOT_LOG_SD),
        reasoning=hidden,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Sized:
    """Figures of K set-ups at the utilisation cap."""

    catalog: Catalog
    cap: float
    max_batch: Floats
    """(K, 1)"""
    load: _Load
    rates: _Rates
    answers: tuple[Draws, Draws, Draws, Draws]
    """(K, S) each: first token p50 and p95, whole answer p50 and p95, ms."""


def _one_sizing(setup: Setup, sized: _Sized, row: int) -> PoolSizing:
    ttft_p50, ttft_p95, total_p50, total_p95 = (answer[row] for answer in sized.answers)
    return PoolSizing(
        model=setup.model.id,
        gpu=setup.gpu.id,
        gpus_per_replica=setup.gpus_per_replica,
        precision=setup.precision,
        max_batch=int(sized.max_batch[row, 0]),
        capacity_rps=sized.rates.full_calls[row] / sized.load.calls,
        tpot_ms=sized.rates.step[row] * MS_PER_S,
        ttft_p50_ms=ttft_p50,
        ttft_p95_ms=ttft_p95,
        total_p50_ms=total_p50,
        total_p95_ms=total_p95,
        source_ids=(f"model:{setup.model.id}", f"gpu:{setup.gpu.id}", *_PRIOR_IDS),
        tell=partial(_sizing_lines, setup, sized, row),
    )


def _sizing_lines(setup: Setup, sized: _Sized, row: int) -> tuple[str, ...]:
    model, gpu, count = setup.model, setup.gpu, setup.gpus_per_replica
    free, weights = _free_bytes(sized.catalog, setup) / 1e9, _weight_bytes(setup) / 1e9
    size = f"{model.total_params_b:g}B at {BYTES_PER_WEIGHT[setup.precision]:g} bytes ({setup.precision})"
    per_token = (model.kv_bytes_per_token or 0.0) / 1e3
    full = interval_of((sized.rates.full_calls * sized.load.output_tokens)[row])
    tokens = f"{full.mean:,.0f} output tokens/s ({full.low:,.0f} to {full.high:,.0f})"
    requests = sized.rates.full_calls[row].mean() / sized.load.calls
    batch, step_ms = sized.rates.batch[row].mean(), sized.rates.step[row].mean() * MS_PER_S
    first, whole = sized.answers[1][row].mean(), sized.answers[3][row].mean()
    return (
        f"weights: {size} = {weights:.1f} GB on {count} x {gpu.memory_gb:g} GB",
        f"cache: {per_token:.0f} kB per token; {free:.1f} GB left after weights and engine",
        f"batch: up to {int(sized.max_batch[row, 0])} sequences; about {batch:.0f} at the cap",
        f"throughput when full: {tokens}, {requests:.2f} requests/s",
        f"utilisation: planned to {sized.cap:.0%} at the busiest hour; {step_ms:.1f} ms per output token there",
        f"latency at the cap: first token p95 {first:,.0f} ms, whole answer p95 {whole:,.0f} ms",
    )
