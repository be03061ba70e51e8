"""What searching one's documents costs, line by line: chunks, embedding, store, changes, extra prompt, reranking."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.cost.api import Extra, api_usage_usd, retrieved_tokens
from planner.beliefs.cost.components import embedding_usd_per_mtok, index_gigabytes
from planner.beliefs.priors import prior_draws
from planner.catalog.schema import Catalog, Embedder, NumberClass, Offer, VectorStore
from planner.units import SEED, TOKENS_PER_MTOK, Draws
from planner.workload.schema import Assumptions, Segment

_PER_THOUSAND: Final = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class RetrievalLine:
    """One part of what retrieval costs."""

    name: str
    usd: Draws
    """(S,) a month."""
    how: str
    number_class: NumberClass
    source: str
    planned: bool = True
    """False: shown for comparison, in no total."""


def retrieval_lines(
    catalog: Catalog,
    segment: Segment,
    embedder: Embedder,
    store: VectorStore,
    offer: Offer | None,
    assumptions: Assumptions,
    *,
    volume: float = 1.0,
    seed: int = SEED,
) -> tuple[RetrievalLine, ...]:
    """Lines of a month for one segment's index.

    Args:
        catalog: Priors and the other stores, each shown with its price for the same index.
        segment: Its documents, changes and volume.
        embedder: What embeds; one without a price runs on own machines.
        store: Where the index lies.
        offer: API whose prompt grows by the passages; None: none.
        assumptions: Amortisation, retries.
        volume: `cost.volume_factor(workload)`.
        seed: Seed of the draws.
    """
    corpus = segment.knowledge.corpus_tokens * (1.0 + catalog.priors["rag.chunk_overlap"].a)
    requests = segment.requests_per_month * volume
    lines = _index_lines(catalog, segment, embedder, assumptions, requests, seed)
    lines += [_store_line(catalog, store, embedder, corpus, requests, seed, planned=True)]
    if offer is not None:
        lines.append(_prompt_line(catalog, segment, offer, assumptions, volume, seed))
    lines += [
        _store_line(catalog, other, embedder, corpus, requests, seed, planned=False)
        for other in catalog.vector_stores
        if other.id != store.id
    ]
    return (*lines, _rerank_line(catalog, requests, seed))


def _index_lines(
    catalog: Catalog, segment: Segment, embedder: Embedder, assumptions: Assumptions, requests: float, seed: int
) -> list[RetrievalLine]:
    """Chunks, embedding of the corpus and of its changes, embedding of questions."""
    grown = 1.0 + catalog.priors["rag.chunk_overlap"].a
    corpus = segment.knowledge.corpus_tokens * grown
    changed = segment.knowledge.changed_tokens_per_month * grown
    chunks = corpus / prior_draws(catalog, "rag.passage_tokens", seed)
    nothing: Draws = np.zeros_like(chunks)
    price = float(embedding_usd_per_mtok(catalog, embedder, seed).mean())
    priced = "on own machines" if embedder.usd_per_mtok is None else f"at {price:g} USD per 1M"
    return [
        RetrievalLine(
            "chunks",
            nothing,
            f"{corpus / 1e6:,.1f}M tokens with overlap in {chunks.mean():,.0f} passages"
            f" of about {catalog.priors['rag.passage_tokens'].a:g} tokens",
            "assumed",
            catalog.priors["rag.passage_tokens"].source.url,
        ),
        RetrievalLine(
            "embedding, once",
            nothing + corpus * price / TOKENS_PER_MTOK / assumptions.amortise_months,
            f"{corpus / 1e6:,.1f}M tokens by {embedder.id} {priced}, over {assumptions.amortise_months} months",
            "published",
            embedder.source.url,
        ),
        RetrievalLine(
            "indexing changes",
            nothing + changed * price / TOKENS_PER_MTOK,
            f"{changed / 1e6:,.2f}M changed tokens a month by {embedder.id} {priced}",
            "published",
            embedder.source.url,
        ),
        RetrievalLine(
            "embedding of questions",
            requests * prior_draws(catalog, "rag.query_tokens", seed) * price / TOKENS_PER_MTOK,
            f"{requests:,.0f} questions of about {catalog.priors['rag.query_tokens'].a:g} tokens",
            "assumed",
            catalog.priors["rag.query_tokens"].source.url,
        ),
    ]


def _store_line(
    catalog: Catalog,
    store: VectorStore,
    embedder: Embedder,
    corpus: float,
    requests: float,
    seed: int,
    *,
    planned: bool,
) -> RetrievalLine:
    gigabytes = index_gigabytes(catalog, corpus, embedder, seed)
    each_usd = 1e6 * store.query_usd(gigabytes)
    queries = requests / 1e6 * each_usd
    how = (
        f"{store.fixed_usd_per_month:g} USD + {gigabytes.mean():.2f} GB x {store.usd_per_gb_month:g} USD"
        f" + {requests / 1e6:,.2f}M queries x {each_usd.mean():.4g} USD"
    )
    usd = store.fixed_usd_per_month + gigabytes * store.usd_per_gb_month + queries
    known: NumberClass = "assumed" if store.source.url.startswith("assumption") else "published"
    name = "store" if planned else "instead"
    return RetrievalLine(f"{name}: {store.name}", usd, how, known, store.source.url, planned)


def _prompt_line(
    catalog: Catalog, segment: Segment, offer: Offer, assumptions: Assumptions, volume: float, seed: int
) -> RetrievalLine:
    tokens = retrieved_tokens(catalog, seed)
    plain, longer = (
        api_usage_usd(catalog, [offer], segment, assumptions, volume=volume, extra=extra, seed=seed)[0]
        for extra in (Extra(), Extra(input_tokens=tokens))
    )
    how = f"{tokens.mean():,.0f} tokens of passages more in each prompt of {offer.model}"
    return RetrievalLine("longer prompts", longer - plain, how, "assumed", catalog.priors["rag.passages"].source.url)


def _rerank_line(catalog: Catalog, requests: float, seed: int) -> RetrievalLine:
    price, wait = catalog.priors["rag.rerank_usd_per_1000"], prior_draws(catalog, "rag.rerank_ms", seed)
    low, high = np.quantile(wait, (0.05, 0.95))
    how = (
        f"{requests:,.0f} questions at {price.a:g} USD per 1,000, and {wait.mean():.0f} ms ({low:.0f} to {high:.0f})"
        " before the first token"
    )
    usd = np.full_like(wait, requests / _PER_THOUSAND * price.a)
    return RetrievalLine("with a reranker", usd, how, "published", price.source.url, planned=False)
