"""Retrieval of each segment that uses it: embedder and store as the plan priced them, chunks, what is indexed."""

from typing import Final

import numpy as np

from planner.beliefs.cost.components import index_gigabytes
from planner.catalog.schema import Embedder, VectorStore
from planner.report.deploy.parts.format import (
    Chunking,
    EmbedderChoice,
    Ingestion,
    RetrievalSettings,
    StoreChoice,
)
from planner.report.deploy.texts import one_line
from planner.report.deploy.toolbox import Route, Toolbox

_USUAL_DIMENSIONS: Final = 1024


def retrieval_of(box: Toolbox) -> tuple[tuple[RetrievalSettings, ...], tuple[str, ...]]:
    """Settings of each segment that retrieves, and what could not be found."""
    found, told = [], []
    for route in box.routes:
        if "rag" not in route.plan.option.technique:
            continue
        embedder, store = _chosen(box, route)
        if embedder is None or store is None:
            told.append(f"{one_line(route.name)}: the catalog at hand lacks the planned embedder or store.")
        else:
            found.append(_settings(box, route, embedder, store))
    return tuple(found), tuple(told)


def local_stores(settings: tuple[RetrievalSettings, ...]) -> tuple[str, ...]:
    """Stores that run beside the gateway: 'pgvector' for PostgreSQL; managed and in-process ones need no container."""
    kinds = {"pgvector" for each in settings if each.store.kind == "postgresql" and "managed" not in each.store.id}
    return tuple(sorted(kinds))


def schema_sql(settings: tuple[RetrievalSettings, ...]) -> str:
    """Tables of the indexes for PostgreSQL with pgvector; '' where no segment uses it."""
    mine = [each for each in settings if each.store.kind == "postgresql"]
    if not mine:
        return ""
    tables = [_table(each) for each in mine]
    return "\n".join(["CREATE EXTENSION IF NOT EXISTS vector;", *tables])


def _table(settings: RetrievalSettings) -> str:
    name = settings.collection.replace("-", "_")
    dimensions = settings.embedder.dimensions or _USUAL_DIMENSIONS
    return (
        f"CREATE TABLE IF NOT EXISTS {name} (\n"
        "    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
        "    document text NOT NULL,\n"
        "    passage text NOT NULL,\n"
        f"    embedding vector({dimensions}) NOT NULL\n"
        ");\n"
        f"CREATE INDEX IF NOT EXISTS {name}_by_embedding ON {name} USING hnsw (embedding vector_cosine_ops);"
    )


def _chosen(box: Toolbox, route: Route) -> tuple[Embedder | None, VectorStore | None]:
    """Embedder and store by the ids that the plan's cost lines rest on."""
    ids = [one for part in route.plan.cost_parts for one in part.evidence]
    embedders = {f"embedder:{item.id}": item for item in box.catalog.embedders}
    stores = {f"store:{item.id}": item for item in box.catalog.vector_stores}
    embedder = next((embedders[one] for one in ids if one in embedders), None)
    store = next((stores[one] for one in ids if one in stores), None)
    return embedder, store


def _settings(box: Toolbox, route: Route, embedder: Embedder, store: VectorStore) -> RetrievalSettings:
    priors, segment = box.catalog.priors, route.segment
    tokens, overlap = priors["rag.passage_tokens"].a, priors["rag.chunk_overlap"].a
    corpus = segment.knowledge.corpus_tokens
    gigabytes = float(np.mean(index_gigabytes(box.catalog, corpus * (1.0 + overlap), embedder, box.plan.seed)))
    return RetrievalSettings(
        segment=route.name,
        embedder=EmbedderChoice(
            id=embedder.id,
            litellm_model=embedder.offer_key,
            dimensions=embedder.dimensions,
            max_input_tokens=embedder.max_input_tokens,
            licence=embedder.licence,
        ),
        store=StoreChoice(id=store.id, name=store.name, kind=store.kind, leaves_premises=store.leaves_premises),
        collection=route.id,
        chunking=Chunking(tokens=round(tokens), overlap_tokens=round(tokens * overlap)),
        passages_per_request=round(priors["rag.passages"].a),
        ingestion=Ingestion(
            corpus_tokens=corpus,
            changed_tokens_per_month=segment.knowledge.changed_tokens_per_month,
            index_gigabytes=float(f"{gigabytes:.3g}"),
        ),
        residency=segment.data.residency,
        may_leave_premises=segment.data.may_leave_premises,
    )
