"""What an engine of an own pool needs to know, read off the plan: once, for every way to run it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from planner.catalog.schema import Catalog
from planner.planning.plan import PoolPlan
from planner.report.deploy.gateway.config import served_name
from planner.report.deploy.toolbox import Toolbox
from planner.workload.distributions import context_p99

_BITS: Final = {"bf16": 16.0, "fp8": 8.0, "int4": 4.0}
_ROOM: Final = 1.3
"""Disk over the weights: tokenizer, configuration, a second revision while one changes."""
_LEAST_CONTEXT: Final = 2048


@dataclass(frozen=True, slots=True)
class Engine:
    """One pool's engine."""

    id: str
    """DNS label of the pool."""
    pool: PoolPlan
    folder: str
    """Where the weights lie under the volume: a DNS label of the model."""
    gpu_name: str
    amd: bool
    max_context: int
    """Longest prompt and answer of 99 in 100 requests of its segments, in steps of 1,024."""
    memory_share: float
    max_sequences: int
    weights_gb: float | None
    """None where the catalog does not know the parameters."""
    prefix_caching: bool
    adapters: tuple[str, ...]
    """Names of the tuned adapters that it serves beside the base model."""

    @property
    def args(self) -> tuple[str, ...]:
        """Arguments of `vllm serve`, weights first."""
        precision = {"bf16": ("--dtype", "bfloat16"), "fp8": ("--quantization", "fp8")}.get(self.pool.precision, ())
        lora = ("--enable-lora", "--lora-modules", *(f"{name}=/weights/{name}" for name in self.adapters))
        return (
            f"/weights/{self.folder}",
            "--served-model-name",
            self.id,
            "--tensor-parallel-size",
            str(self.pool.gpus_per_replica),
            *precision,
            "--max-model-len",
            str(self.max_context),
            "--max-num-seqs",
            str(self.max_sequences),
            "--gpu-memory-utilization",
            f"{self.memory_share:g}",
            *(("--enable-prefix-caching",) if self.prefix_caching else ()),
            *(lora if self.adapters else ()),
        )


def engines_of(box: Toolbox) -> tuple[Engine, ...]:
    """Engines of all pools of the plan, in its order."""
    return tuple(_engine(box, pool) for pool in box.plan.pools)


def _engine(box: Toolbox, pool: PoolPlan) -> Engine:
    catalog = box.catalog
    gpu = catalog.gpus.get(pool.gpu)
    name = gpu.name if gpu else pool.gpu
    adapters = [tool for tool in box.tools if tool.pool is not None and tool.pool.id == pool.id and tool.tuned_for]
    segments = [route.segment for route in box.routes if route.name in pool.segments]
    return Engine(
        id=box.pool_ids[pool.id],
        pool=pool,
        folder=f"model-{box.pool_ids[pool.id]}"[:60].rstrip("-"),
        gpu_name=name,
        amd="amd" in name.lower() or pool.gpu.startswith("mi"),
        max_context=_context([context_p99(segment) for segment in segments], catalog, pool),
        memory_share=catalog.priors["serving.memory_share"].a,
        max_sequences=round(catalog.priors["serving.max_sequences"].a),
        weights_gb=_weights_gb(catalog, pool),
        prefix_caching=any(segment.shared_prefix_tokens > 0.0 for segment in segments),
        adapters=tuple(served_name(box, tool) for tool in adapters),
    )


def _context(needed: Sequence[float], catalog: Catalog, pool: PoolPlan) -> int:
    """Longest request of its segments rounded up, retrieved passages and examples allowed for by half as much again."""
    model = catalog.models.get(pool.model)
    most = ceil(max(needed, default=0.0) * 1.5 / 1024) * 1024
    return min(max(most, _LEAST_CONTEXT), model.context_tokens if model else most or _LEAST_CONTEXT)


def _weights_gb(catalog: Catalog, pool: PoolPlan) -> float | None:
    model = catalog.models.get(pool.model)
    if model is None or model.total_params_b is None:
        return None
    return model.total_params_b * _BITS.get(pool.precision, 16.0) / 8.0


def disk_gb(engine: Engine) -> int:
    """Gigabytes of a volume for its weights; 100 where the parameters are unknown."""
    return ceil((engine.weights_gb or 100.0) * _ROOM)
