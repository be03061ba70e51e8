"""A pool's sizing line by line: weights and cache, batch and speed by kind of request, replicas, machines, money."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.latency import reasoning_tokens
from planner.beliefs.ownership import ServerMonth
from planner.beliefs.requests import calls_of
from planner.beliefs.roofline import BYTES_PER_WEIGHT
from planner.beliefs.serving import PoolSizing, Setup
from planner.catalog.schema import Catalog
from planner.planning.wording import percent_text, rounded_text, usd_text
from planner.units import HOURS_PER_MONTH, SECONDS_PER_MONTH, SEED, Draws, interval_of
from planner.workload.schema import Segment

_SMALL_GPU_SHARE: Final = 0.1
"""Engine's overhead on small GPUs, share of memory, as the sizing takes it."""


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """One kind of request on the pool."""

    segment: Segment
    requests_per_month: float
    sizing: PoolSizing
    busy_at_peak: Draws
    """(S,) replicas' worth of work at the busiest hour."""
    extra_input_tokens: Draws | float = 0.0
    """Passages that retrieval adds to each prompt."""


def memory_lines(catalog: Catalog, setup: Setup, loads: Sequence[Load], seed: int = SEED) -> tuple[str, ...]:
    """'name: text' lines: what all kinds share once, the rest for each kind of request."""
    sizings = [load.sizing.sizing for load in loads]
    shared = [line for line in sizings[0] if all(line in other for other in sizings)]
    first = [line for line in shared if line.startswith("weights")]
    cache = [] if any("KV heads" in line for line in sizings[0]) else _cache_formula(setup)
    rest = [line for line in shared if line not in first and not line.startswith("cache:")]
    lines = [*first, *cache, _memory_left(catalog, setup), *rest]
    for load, told in zip(loads, sizings, strict=True):
        own = [line for line in told if line not in shared or len(loads) == 1]
        fits = _sequences(catalog, setup, load, seed)
        lines += [
            _of(load.segment.name, line, alone=len(loads) == 1)
            for line in (fits, *[line for line in own if line not in lines and not line.startswith("cache:")])
        ]
    return tuple(lines)


def _free_gb(catalog: Catalog, setup: Setup) -> tuple[float, float, float]:
    """Memory that the engine takes of a GPU's, what it keeps back of each, and what weights leave; GB."""
    gpu, priors = setup.gpu, catalog.priors
    taken = priors["serving.memory_share"].a * gpu.memory_gb
    kept = min(priors["serving.overhead_gb"].a, _SMALL_GPU_SHARE * gpu.memory_gb)
    kept += priors["serving.nccl_gb"].a if setup.gpus_per_replica > 1 else 0.0
    weights = (setup.model.total_params_b or 0.0) * BYTES_PER_WEIGHT[setup.precision]
    return taken, kept, setup.gpus_per_replica * (taken - kept) - weights


def _memory_left(catalog: Catalog, setup: Setup) -> str:
    """What is left for the cache."""
    share = catalog.priors["serving.memory_share"].a
    _, kept, left = _free_gb(catalog, setup)
    weights = (setup.model.total_params_b or 0.0) * BYTES_PER_WEIGHT[setup.precision]
    count, gpu = setup.gpus_per_replica, setup.gpu.memory_gb
    return (
        f"left for the cache: {count} x ({share:g} x {gpu:g} GB - {kept:g} GB for the engine) - {weights:.1f} GB of"
        f" weights = {left:.1f} GB"
    )


def _sequences(catalog: Catalog, setup: Setup, load: Load, seed: int) -> str:
    """How many requests of mean length the cache holds at once."""
    added = calls_of(catalog, load.segment, extra_input_tokens=load.extra_input_tokens, seed=seed)
    hidden = float(reasoning_tokens(catalog, (setup.model.id,), load.segment, seed).mean())
    context = float(np.mean(added.input_tokens + added.output_tokens)) / added.count + hidden
    per_token = (setup.model.kv_bytes_per_token or 0.0) / 1e9
    limit = int(catalog.priors["serving.max_sequences"].a)
    _, _, left = _free_gb(catalog, setup)
    fit = int(left / (per_token * context)) if per_token > 0.0 else limit
    return (
        f"sequences that fit: {left:.1f} GB / ({per_token * 1e6:,.0f} kB x {context:,.0f} tokens) = {fit:,};"
        f" the engine takes at most {limit}"
    )


def _cache_formula(setup: Setup) -> list[str]:
    """How the cache of one token comes about: by heads, or by an attention that keeps less."""
    model = setup.model
    if model.kv_bytes_per_token is None:
        return []
    by_heads = 4.0 * (model.layers or 0) * (model.kv_heads or 0) * (model.head_dim or 0)
    if abs(by_heads - model.kv_bytes_per_token) <= 1.0:
        size = f"{model.layers} layers x {model.kv_heads} KV heads x {model.head_dim}"
        return [f"cache per token: 2 (keys, values) x {size} x 2 bytes = {by_heads / 1e3:,.0f} kB"]
    told = f"{model.kv_bytes_per_token / 1e3:,.0f} kB over {model.layers} layers"
    return [f"cache per token: {told}; its attention keeps less than all heads of all layers"]


def _of(segment: str, line: str, *, alone: bool) -> str:
    name, _, text = line.partition(": ")
    return line if alone else f"{name}, {segment}: {text}"


def rate_lines(loads: Sequence[Load]) -> tuple[str, ...]:
    """From requests a month to the busiest hour's rate and the replicas that it keeps busy."""
    lines = []
    for load in loads:
        rate = load.requests_per_month * load.segment.peak_to_mean / SECONDS_PER_MONTH
        busy = interval_of(load.busy_at_peak)
        arithmetic = (
            f"{load.requests_per_month:,.0f} requests x {load.segment.peak_to_mean:g} / {SECONDS_PER_MONTH:,.0f} s"
            f" = {rounded_text(rate)} requests/s"
        )
        line = (
            f"busiest hour: {arithmetic}; over {rounded_text(float(load.sizing.capacity_rps.mean()))} requests/s when"
            f" full, {rounded_text(busy.mean)} replicas busy ({rounded_text(busy.low)} to {rounded_text(busy.high)})"
        )
        lines.append(_of(load.segment.name, line, alone=len(loads) == 1))
    return tuple(lines)


def replica_lines(busy: Draws, cap: float, confidence: float, replicas: int, spare: int) -> tuple[str, ...]:
    """From the busy share to whole replicas, the spare ones, and how busy they are."""
    work = float(np.quantile(busy, confidence, method="inverted_cdf"))
    needed = replicas - spare
    share = interval_of(busy / replicas)
    together = (
        f"replicas: {rounded_text(work)} busy at most in {percent_text(confidence)} of the draws,"
        f" / {percent_text(cap)} allowed = {rounded_text(work / cap)}, whole: {needed}"
    )
    extra = f"spare: {spare} more (N+1), so that one may fail" if spare else "spare: none asked for"
    interval = f"{percent_text(share.low)} to {percent_text(share.high)}"
    return together, extra, f"busy: {percent_text(share.mean)} of the replicas at the busiest hour ({interval})"


def money_line(replicas: int, usd_per_replica: float, how: str) -> str:
    """What the replicas cost in a month."""
    return f"price: {how}; {replicas} x {usd_text(usd_per_replica)} = {usd_text(replicas * usd_per_replica)} a month"


def instance_line(instances: float, gpus: int, usd_per_gpu_hour: float, where: str) -> str:
    """What whole instances cost in a month of 730 hours."""
    usd = instances * gpus * usd_per_gpu_hour * HOURS_PER_MONTH
    return (
        f"price: {instances:g} x {gpus} GPU{'s' if gpus > 1 else ''} at {usd_per_gpu_hour:g} USD an hour ({where})"
        f" x {HOURS_PER_MONTH:g} h = {usd_text(usd)} a month, always on"
    )


def server_line(month: ServerMonth, servers: float, gpus: int, gpu: str) -> str:
    """What whole servers of one's own cost in a month, part by part, when hardly anyone asks."""
    parts = (
        ("capital", month.capital_usd),
        ("hosting", month.hosting_usd),
        ("maintenance", month.maintenance_usd),
        ("idle electricity", month.idle_power_usd),
        ("people", month.people_usd),
    )
    each = sum(float(usd.mean()) for _, usd in parts)
    told = " + ".join(f"{name} {rounded_text(float(usd.mean()))}" for name, usd in parts if usd.any())
    return f"owned: {servers:g} x {gpus} x {gpu}, each {told} = {usd_text(servers * each)} a month"
