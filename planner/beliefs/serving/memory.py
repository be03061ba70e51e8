"""Does a model fit on its GPUs, and how many sequences at once: weights, engine and cache against memory."""

from typing import Final

from planner.beliefs.serving.roofline import BYTES_PER_WEIGHT, Setup, compute_tflops
from planner.catalog.attention import attention_of, cache_copies, embedding_params, why_not_split, window_share
from planner.catalog.schema import Catalog
from planner.workload.schema import Segment

GROUPED_BYTES: Final = 0.52
"""Bytes of a 4-bit weight in groups of 128 with a 16-bit scale and a 4-bit zero: 4.16 bits (AWQ, GPTQ)."""
_SMALL_GPU_SHARE: Final = 0.1
"""Overhead on small GPUs, share of memory ('serving.overhead_gb')."""


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
    return why_not_split(model, setup.gpus_per_replica)


def engine_gb(catalog: Catalog, setup: Setup) -> float:
    """Memory of one GPU that activations, graphs and communication take, GB."""
    overhead = min(catalog.priors["serving.overhead_gb"].a, _SMALL_GPU_SHARE * setup.gpu.memory_gb)
    return overhead + (catalog.priors["serving.nccl_gb"].a if setup.gpus_per_replica > 1 else 0.0)


def weight_bytes(setup: Setup) -> float:
    """All weights: every expert of a mixture has its place. Four bits leave embedding and output layer in sixteen."""
    model = setup.model
    total = (model.total_params_b or 0.0) * 1e9
    if setup.precision != "int4":
        return total * BYTES_PER_WEIGHT[setup.precision]
    known, words = attention_of(model), embedding_params(model)
    if known is not None and known.four_bit_gb is not None:
        return known.four_bit_gb * 1e9
    if words is None:
        return total * BYTES_PER_WEIGHT["int4"]
    return 2.0 * words + GROUPED_BYTES * max(total - words, 0.0)


def cache_bytes(setup: Setup, context: float) -> float:
    """Cache of one sequence of `context` tokens over all GPUs of a replica: windows end it, copies multiply it."""
    model = setup.model
    share, window = window_share(model)
    kept = (1.0 - share) * context + share * min(context, window)
    return (model.kv_bytes_per_token or 0.0) * kept * cache_copies(model, setup.gpus_per_replica)


def free_bytes(catalog: Catalog, setup: Setup) -> float:
    """Memory left for the cache after weights and engine, bytes over all GPUs; may be negative."""
    usable = catalog.priors["serving.memory_share"].a * setup.gpu.memory_gb - engine_gb(catalog, setup)
    return setup.gpus_per_replica * usable * 1e9 - weight_bytes(setup)


def largest_batch(catalog: Catalog, setup: Setup, segment: Segment, context: float) -> int | str:
    """Most sequences that fit at `context` tokens on average; a sentence when not even one of the longest does."""
    missing = why_not_sized(setup)
    if missing is not None:
        return missing
    model, label = setup.model, f"{setup.gpus_per_replica}x {setup.gpu.name}"
    free = free_bytes(catalog, setup)
    if free <= 0.0:
        need = weight_bytes(setup) / 1e9
        return f"{model.name} needs {need:.0f} GB for its weights in {setup.precision}; {label} has too little memory"
    longest = max(segment.context_p99_tokens or 0.0, context)
    if cache_bytes(setup, longest) > free:
        need = cache_bytes(setup, longest) / 1e9
        return f"a request of {longest:,.0f} tokens needs {need:.1f} GB of cache; {label} has {free / 1e9:.1f} GB left"
    cap, each = int(catalog.priors["serving.max_sequences"].a), cache_bytes(setup, context)
    return cap if each == 0.0 else max(1, min(cap, int(free / each)))
