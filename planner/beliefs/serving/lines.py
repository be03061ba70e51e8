"""A sizing told line by line, each with its arithmetic: memory, cache, batch, step, prompt, capacity, waiting."""

from dataclasses import dataclass

import numpy as np

from planner.beliefs.queueing.formulas import Waiting
from planner.beliefs.serving.draws import Speeds
from planner.beliefs.serving.load import Load, Rates
from planner.beliefs.serving.memory import GROUPED_BYTES, cache_bytes, engine_gb, free_bytes, weight_bytes
from planner.beliefs.serving.roofline import (
    BYTES_PER_WEIGHT,
    TERM_COUNT,
    Setup,
    fixed_terms,
    reached_share,
    resting_seconds,
    sequence_terms,
)
from planner.catalog.attention import attention_of, cache_copies, embedding_params, is_latent, window_share
from planner.catalog.schema import Catalog
from planner.units import MS_PER_S, Draws, Floats, interval_of


@dataclass(frozen=True, slots=True, eq=False)
class Sized:
    """Figures of K set-ups at the utilisation cap."""

    catalog: Catalog
    cap: float
    max_batch: Floats
    """(K, 1)"""
    load: Load
    rates: Rates
    speeds: Speeds
    queue: Waiting
    answers: tuple[Draws, Draws, Draws, Draws]
    """(K, S) each: first token p50 and p95, whole answer p50 and p95, ms."""


def sizing_lines(setup: Setup, sized: Sized, row: int) -> tuple[str, ...]:
    """'name: arithmetic = result' lines of one set-up."""
    return (*_memory_lines(setup, sized, row), *_speed_lines(sized, row), *_load_lines(sized, row))


def _memory_lines(setup: Setup, sized: Sized, row: int) -> tuple[str, ...]:
    gpu, count, catalog = setup.gpu, setup.gpus_per_replica, sized.catalog
    free, weights = free_bytes(catalog, setup) / 1e9, weight_bytes(setup) / 1e9
    size = _weights_text(setup)
    usable = f"{catalog.priors['serving.memory_share'].a:.0%} of {gpu.memory_gb:g} GB"
    engine = f"{engine_gb(catalog, setup):.1f} GB for the engine"
    prompt, context = _at(sized.load.prompt_tokens, row), _at(sized.load.context_tokens, row)
    held = f"{context:,.0f} tokens (prompt {prompt:,.0f}, the answer so far {context - prompt:,.0f})"
    cache = cache_bytes(setup, context) / 1e9
    cap, usual = catalog.priors["serving.max_sequences"].a, sized.rates.batch[row].mean()
    limits = f"{free:.1f} GB of cache, {cap:g} by the engine"
    return (
        f"weights: {size} = {weights:.1f} GB on {count} x {gpu.memory_gb:g} GB",
        f"memory: {count} x ({usable} - {engine}) - {weights:.1f} GB of weights = {free:.1f} GB left for the cache",
        f"cache per token: {_cache_text(setup)}",
        f"cache per sequence: {held} = {cache:.2f} GB",
        f"batch: up to {int(sized.max_batch[row, 0])} sequences ({limits}); at the cap {usual:.0f}, mean of the draws",
    )


def _weights_text(setup: Setup) -> str:
    """What the weights are made of, and for a mixture of experts what its few active ones save."""
    model = setup.model
    total, active = model.total_params_b or 0.0, model.active_params_b or 0.0
    known, words = attention_of(model), embedding_params(model)
    if setup.precision == "int4" and known is not None and known.four_bit_gb is not None:
        size = f"{total:g}B as published in 4 bits"
    elif setup.precision == "int4" and words is not None:
        rest = f"{total - words / 1e9:.4g}B at {GROUPED_BYTES:g} bytes"
        size = f"{rest} + {words / 1e9:.3g}B of embeddings at 2 bytes (int4)"
    else:
        size = f"{total:g}B at {BYTES_PER_WEIGHT[setup.precision]:g} bytes ({setup.precision})"
    if not 0.0 < active < 0.9 * total:
        return size
    return f"{size}, {active:g}B active a token (saves compute, and reads while few are served; not memory)"


def _cache_text(setup: Setup) -> str:
    model = setup.model
    kept = (model.kv_bytes_per_token or 0.0) / 1e3
    heads = 4.0 * (model.layers or 0) * (model.kv_heads or 0) * (model.head_dim or 0) / 1e3
    copies = cache_copies(model, setup.gpus_per_replica)
    if is_latent(model):
        told = f"{kept:.0f} kB over {model.layers} layers, one latent vector a layer"
    elif abs(heads - kept) > 1e-3:
        told = f"{kept:.0f} kB over {model.layers} layers; its attention keeps less than all heads of all layers"
    else:
        size = f"{model.layers} layers x {model.kv_heads} KV heads x {model.head_dim}"
        told = f"2 (keys, values) x {size} x 2 bytes = {kept:.0f} kB"
    share, window = window_share(model)
    if share > 0.0:
        layers = model.layers or 0
        told += f"; {round(share * layers)} of {layers} layers keep the last {window:,.0f} tokens only"
    if copies > 1.0:
        each = f"each of {setup.gpus_per_replica} GPUs" if is_latent(model) else f"{copies:g} GPUs"
        told += f"; kept whole on {each} = {kept * copies:.0f} kB"
    return told


def _speed_lines(sized: Sized, row: int) -> tuple[str, ...]:
    load, rates = sized.load, sized.rates
    parts = _step_parts(sized, row)
    told = " + ".join(f"{name} {value:.1f}" for name, value in parts.items() if value >= 0.05)
    step, prefill = rates.step[row] * MS_PER_S, rates.prefill[row] * MS_PER_S
    lone = sized.speeds.first_seconds(load.fresh_tokens)[row] * MS_PER_S
    fresh = f"{_at(load.fresh_tokens, row):,.0f} tokens that no cache holds"
    return (
        f"decode step: {told} = {sum(parts.values()):.1f} ms; with others' prompts in between {_range(step)} ms",
        f"prefill: {fresh} take {_range(prefill)} ms of the steps; alone, the first token comes in {_range(lone)} ms",
    )


def _step_parts(sized: Sized, row: int) -> dict[str, float]:
    """Milliseconds of a step at the cap by what takes them, mean over the draws."""
    speeds, machine = sized.speeds, sized.speeds.machine
    batch, context = sized.rates.batch[row].mean(), _at(sized.load.context_tokens, row)
    costs = MS_PER_S * np.array([speeds.cost(term)[row].mean() for term in range(TERM_COUNT)])
    terms = (fixed_terms(machine) + batch * sequence_terms(machine, context))[row] * costs
    experts = float((resting_seconds(machine) * reached_share(machine, batch))[row] * costs[1])
    return {
        "weights": float(terms[0]) + experts,
        "cache": float(terms[2]),
        "compute": float(terms[3]),
        "between GPUs": float(terms[5] + terms[6]),
        "layers": float(terms[7] + terms[9]),
        "sequences": float(terms[8] + terms[10]),
    }


def _load_lines(sized: Sized, row: int) -> tuple[str, ...]:
    load, rates, queue = sized.load, sized.rates, sized.queue
    full = interval_of((rates.full_calls * load.output_tokens)[row])
    tokens = f"{full.mean:,.0f} output tokens/s ({full.low:,.0f} to {full.high:,.0f})"
    output, batch = _at(load.output_tokens, row), int(sized.max_batch[row, 0])
    prefill_ms, full_ms = (float(part[row].mean()) * MS_PER_S for part in (rates.prefill, rates.full_step))
    at_means = MS_PER_S / (prefill_ms + output * full_ms / batch)
    each = f"1 / (prefill {prefill_ms:.1f} ms + {output:,.0f} tokens x step of {full_ms:.1f} ms / batch {batch})"
    calls_each = f" / {load.calls:g} calls" if load.calls != 1.0 else ""
    requests = f"{at_means:.2f} calls/s; averaged over the draws {rates.full_calls[row].mean():.2f}{calls_each}"
    requests = f"{requests} = {rates.full_calls[row].mean() / load.calls:.2f} requests/s" if calls_each else requests
    step_ms = rates.step[row].mean() * MS_PER_S
    calls = f"{rates.calls[row].mean():.2f} calls/s on one replica"
    p50, p95, p99 = (part[row] * MS_PER_S for part in (queue.p50_s, queue.p95_s, queue.p99_s))
    full_share, waits = f"{queue.share_full[row]:.1%}", f"{p50:,.0f} ms (p95 {p95:,.0f}, p99 {p99:,.0f})"
    first, whole = sized.answers[1][row].mean(), sized.answers[3][row].mean()
    return (
        f"throughput when full: {each} = {requests}, {tokens}",
        f"utilisation: planned to {sized.cap:.0%} at the busiest hour; {step_ms:.1f} ms per output token there",
        f"queue: {calls}, {full_share} find the batch full; the wait and the own prompt take {waits}",
        f"latency at the cap: first token p95 {first:,.0f} ms, whole answer p95 {whole:,.0f} ms",
    )


def _at(values: Draws, row: int) -> float:
    """Mean of the draws of one set-up; some loads are the same for all."""
    return float(np.mean(values[row] if values.ndim > 1 else values))


def _range(draws: Draws) -> str:
    found = interval_of(draws)
    return f"{found.mean:.1f} ({found.low:.1f} to {found.high:.1f})"
