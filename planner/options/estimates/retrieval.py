"""Which embedder and which vector store retrieval would use for a segment."""

from dataclasses import dataclass
from typing import Final

from planner.beliefs.cost.api import retrieval_usage_usd
from planner.beliefs.cost.components import embedding_usd_per_mtok, rag_component_usd, vector_store_component_usd
from planner.catalog.schema import Catalog, Embedder, VectorStore
from planner.options.eligibility.exclusions import Needs
from planner.workload.schema import Assumptions, Segment

_WORSE_BY: Final = 0.05
"""nDCG@10 that an embedder may lie below the best allowed one; between these the cheapest is taken."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How a segment's corpus would be searched."""

    embedder: Embedder
    store: VectorStore


def _embedder_allowed(embedder: Embedder, needs: Needs) -> bool:
    """An API embedder sees the whole corpus: it is left out wherever the data is bound to a place or to providers."""
    bound = needs.premises_only or needs.areas is not None or needs.providers is not None
    return embedder.open_weights if bound else True


def choose_retrieval(
    catalog: Catalog, segment: Segment, needs: Needs, assumptions: Assumptions, seed: int
) -> Retrieval | None:
    """Cheapest good embedder and cheapest store that the data rules allow; None when there is none.

    Good: nDCG@10 within 0.05 of the best allowed. The answer's quality rests on the prior of recall, not on which of
    the good embedders is taken, so the choice is by cost alone; equals go by id.
    """
    allowed = [embedder for embedder in catalog.embedders if _embedder_allowed(embedder, needs)]
    stores = [store for store in catalog.vector_stores if not (needs.premises_only and store.leaves_premises)]
    if not allowed or not stores:
        return None
    best = max(embedder.retrieval_ndcg10 or 0.0 for embedder in allowed)
    good = [embedder for embedder in allowed if (embedder.retrieval_ndcg10 or 0.0) >= best - _WORSE_BY]
    embedder = min(good, key=lambda item: (float(embedding_usd_per_mtok(catalog, item, seed).mean()), item.id))

    def monthly_usd(store: VectorStore) -> float:
        parts = (
            rag_component_usd(catalog, segment, embedder, store, assumptions, seed).monthly_usd,
            vector_store_component_usd(catalog, store, assumptions, seed).monthly_usd,
            retrieval_usage_usd(catalog, segment, embedder, store, seed=seed),
        )
        return float(sum(part.mean() for part in parts))

    return Retrieval(embedder, min(stores, key=lambda item: (monthly_usd(item), item.id)))
