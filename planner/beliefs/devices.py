"""Running a model on a laptop, phone, edge board or consumer card: one request at a time, as llama.cpp does."""

from dataclasses import dataclass

from planner.beliefs.roofline import Precision
from planner.catalog.schema import Catalog, Gpu, Model
from planner.units import SEED, Draws
from planner.workload.schema import Segment


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
    """(S,) energy of one request, joules."""
    sizing: tuple[str, ...]
    source_ids: tuple[str, ...]


def device_serving(
    catalog: Catalog,
    model: Model,
    device: Gpu,
    precision: Precision,
    segment: Segment,
    *,
    extra_input_tokens: float = 0.0,
    before_ms: Draws | float = 0.0,
    seed: int = SEED,
) -> DeviceSizing | str:
    """Speed of a model on a laptop, phone, edge board or consumer card; a sentence saying why when it does not fit."""
    raise NotImplementedError
