"""Running models oneself: does it fit, how many requests a replica carries, how fast it answers, on GPUs and devices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from planner.catalog.schema import Catalog, Gpu, Model
from planner.units import SEED, Draws
from planner.workload.schema import Segment

Precision: TypeAlias = Literal["bf16", "fp8", "int4"]
PRECISIONS: Final[tuple[Precision, ...]] = ("bf16", "fp8", "int4")
BITS: Final[dict[Precision, int]] = {"bf16": 16, "fp8": 8, "int4": 4}
"""Bits of the weights (for quantised_quality)."""


@dataclass(frozen=True, slots=True)
class Setup:
    """A model on a number of GPUs at a precision: what is sized."""

    model: Model
    gpu: Gpu
    gpus_per_replica: int
    precision: Precision


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
    sizing: tuple[str, ...]
    """Line by line: weights, cache, batch, throughput, utilisation, latency."""
    source_ids: tuple[str, ...]


def peak_requests_per_second(segment: Segment, volume: float = 1.0) -> float:
    """Requests a second of the busiest hour; `volume` is `cost.volume_factor(workload)`."""
    raise NotImplementedError


def size_replica(
    catalog: Catalog,
    setup: Setup,
    segment: Segment,
    *,
    utilisation_cap: float = 0.6,
    extra_input_tokens: float = 0.0,
    before_ms: Draws | float = 0.0,
    seed: int = SEED,
) -> PoolSizing | str:
    """Size one replica for one segment; a sentence saying why when it does not fit."""
    raise NotImplementedError


def size_replicas(
    catalog: Catalog,
    setups: Sequence[Setup],
    segment: Segment,
    *,
    utilisation_cap: float = 0.6,
    extra_input_tokens: float = 0.0,
    before_ms: Draws | float = 0.0,
    seed: int = SEED,
) -> tuple[PoolSizing | str, ...]:
    """Size many set-ups at once (vectorised), in the order of `setups`; same numbers as `size_replica`."""
    raise NotImplementedError
