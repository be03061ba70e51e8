"""What an index costs, line by line."""

import numpy as np
import pytest

from planner.beliefs.cost.components import embedding_usd_per_mtok
from planner.beliefs.cost.retrieval import RetrievalLine, retrieval_lines
from planner.catalog.load import load_catalog
from planner.catalog.schema import Catalog
from planner.units import SEED
from planner.workload.schema import Assumptions, Knowledge, Segment, TokenDistribution


def lines(**knowledge: float) -> dict[str, RetrievalLine]:
    catalog = load_catalog()
    segment = Segment(
        name="manuals",
        skill="grounded_qa",
        requests_per_month=50_000.0,
        input_tokens=TokenDistribution(mean=400.0),
        output_tokens=TokenDistribution(mean=100.0),
        knowledge=Knowledge(private_or_fresh_share=1.0, corpus_tokens=20e6, changed_tokens_per_month=2e6, **knowledge),
    )
    embedder = next(one for one in catalog.embedders if one.usd_per_mtok)
    store = next(one for one in catalog.vector_stores if one.kind == "managed")
    offer = next(one for one in catalog.offers if one.model == "openai/gpt-4o-mini" and one.price)
    found = retrieval_lines(catalog, segment, embedder, store, offer, Assumptions(amortise_months=24))
    return {line.name: line for line in found}


def test_the_corpus_is_embedded_once_and_spread_over_the_months() -> None:
    # 20 million x 1.15 overlap x price / 24
    catalog = load_catalog()
    price = next(one.usd_per_mtok for one in catalog.embedders if one.usd_per_mtok)
    assert price is not None
    assert lines()["embedding, once"].usd == pytest.approx(20.0 * 1.15 * price / 24.0)
    assert lines()["indexing changes"].usd == pytest.approx(2.0 * 1.15 * price)


def test_every_store_is_told_and_one_is_planned() -> None:
    stores = [line for name, line in lines().items() if name.startswith(("store: ", "instead: "))]
    assert len(stores) == len(load_catalog().vector_stores)
    assert [line.planned for line in stores].count(True) == 1


def test_passages_make_prompts_dearer() -> None:
    assert float(lines()["longer prompts"].usd.min()) > 0.0


def test_a_reranker_is_shown_with_its_price_and_time_but_not_planned() -> None:
    line = lines()["with a reranker"]
    # 50,000 at 2 USD per 1,000
    assert line.usd == pytest.approx(100.0)
    assert not line.planned
    assert "ms" in line.how


def test_an_embedder_of_ones_own_costs_something_and_a_price_is_taken_as_stated(catalog: Catalog) -> None:
    own, sold = (
        next(one for one in catalog.embedders if (one.usd_per_mtok is None) == unpriced) for unpriced in (True, False)
    )
    assert np.all(embedding_usd_per_mtok(catalog, own, SEED) > 0.0)
    assert np.all(embedding_usd_per_mtok(catalog, sold, SEED) == sold.usd_per_mtok)


def test_a_query_costs_more_the_larger_the_index_where_the_store_says_so(catalog: Catalog) -> None:
    stores = {store.id: store for store in catalog.vector_stores}
    by_size, flat = stores["pinecone-serverless"], stores["qdrant-cloud"]
    assert by_size.query_usd(0.2) == pytest.approx(16e-6)
    assert by_size.query_usd(25.0) == pytest.approx(25 * 16e-6)
    assert flat.query_usd(25.0) == flat.query_usd(0.2)
