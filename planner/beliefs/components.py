"""What the parts of a toolbox cost in a month: tuned models, indexes, stores, contracts, replicas, devices; people's hours included."""

from dataclasses import dataclass
from typing import Literal

from planner.catalog.schema import Catalog, Embedder, Gpu, GpuPrice, Model, VectorStore
from planner.units import SEED, Draws
from planner.workload.schema import Assumptions, Segment


@dataclass(frozen=True, slots=True, eq=False)
class MonthlyCost:
    """What one component costs in a month; the fields of options.Component that this room knows."""

    monthly_usd: Draws
    """(S,) all of it: services, amortised set-up, people."""
    people_usd: float
    """Of which people's hours, mean."""
    note: str
    """How the figure comes about, one line."""
    source_ids: tuple[str, ...]
    """Prior ids ('prior:...') and catalog rows ('store:pgvector', 'embedder:...')."""


def provider_component_usd(catalog: Catalog, assumptions: Assumptions, seed: int = SEED) -> MonthlyCost:
    """A contract with one more API provider: set-up and upkeep hours of people."""
    raise NotImplementedError


def self_hosted_stack_component_usd(catalog: Catalog, assumptions: Assumptions, seed: int = SEED) -> MonthlyCost:
    """The serving stack of all own pools, once: set-up and upkeep hours of people."""
    raise NotImplementedError


def people_component_usd(
    catalog: Catalog,
    kind: Literal["self_hosted_model", "adapter_pool", "gate", "few_shot"],
    assumptions: Assumptions,
    seed: int = SEED,
) -> MonthlyCost:
    """A part that costs only people's hours."""
    raise NotImplementedError


def fine_tune_component_usd(
    catalog: Catalog,
    model: Model,
    segment: Segment,
    assumptions: Assumptions,
    *,
    provider: str | None,
    seed: int = SEED,
) -> MonthlyCost:
    """Tuning jobs of one model for one segment: at a provider by the token, or (provider None) on rented GPUs by LoRA."""
    raise NotImplementedError


def rag_component_usd(
    catalog: Catalog,
    segment: Segment,
    embedder: Embedder,
    store: VectorStore,
    assumptions: Assumptions,
    seed: int = SEED,
) -> MonthlyCost:
    """One index: embedding of the corpus (amortised) and of its changes, gigabytes in the store, people's hours."""
    raise NotImplementedError


def vector_store_component_usd(
    catalog: Catalog, store: VectorStore, assumptions: Assumptions, seed: int = SEED
) -> MonthlyCost:
    """The store under all indexes: its fixed price and people's hours."""
    raise NotImplementedError


def device_fleet_component_usd(
    catalog: Catalog, device: Gpu, assumptions: Assumptions, seed: int = SEED
) -> MonthlyCost:
    """Devices in the field: bought (unless they exist), and people's hours for rolling models out."""
    raise NotImplementedError


def pool_usd_per_replica_month(
    price: GpuPrice, gpu: Gpu, gpus_per_replica: int, assumptions: Assumptions, catalog: Catalog
) -> float:
    """USD of one always-on replica in a month: whole instances rented, or bought machines with power and hosting."""
    raise NotImplementedError
