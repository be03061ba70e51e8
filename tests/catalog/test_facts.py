"""Embedders, vector stores, fine-tuning prices, and named priors."""

from pathlib import Path

import pytest

from planner.catalog.facts import (
    load_embedders,
    load_fine_tune_prices,
    load_priors,
    load_vector_stores,
)
from planner.catalog.load import load_catalog
from planner.errors import InputError
from planner.resources import catalogs_dir
from planner.terms import SKILLS

CATALOGS = catalogs_dir()
PRIOR_HEADER = "id,family,a,b,unit,number_class,source,date,note\n"


def test_embedders_that_were_measured_are_ranked_as_published() -> None:
    ndcg = {item.id: item.retrieval_ndcg10 for item in load_embedders(CATALOGS / "embedders.csv")}
    small, large = ndcg["openai/text-embedding-3-small"], ndcg["openai/text-embedding-3-large"]
    assert small is not None
    assert large is not None
    assert small < large


def test_a_mean_over_other_sets_is_not_shown_as_comparable() -> None:
    for embedder in load_embedders(CATALOGS / "embedders.csv"):
        assert (embedder.retrieval_ndcg10 is None) == (embedder.retrieval_sets != 6)


def test_embedders_sold_by_api_name_an_entry_of_the_price_map() -> None:
    catalog = load_catalog()
    keys = {offer.key for offer in catalog.offers}
    assert {item.offer_key for item in catalog.embedders if item.offer_key} <= keys


def test_a_store_exists_that_keeps_data_on_the_premises() -> None:
    stores = load_vector_stores(CATALOGS / "vector_stores.csv")
    assert {store.kind for store in stores} == {"managed", "postgresql", "in_process"}
    assert any(not store.leaves_premises for store in stores)


def test_invented_prices_are_called_assumptions() -> None:
    for store in load_vector_stores(CATALOGS / "vector_stores.csv"):
        assert store.source.url.startswith(("assumption:", "https://"))


def test_tuned_models_cost_no_less_than_their_base() -> None:
    assert all(price.inference_factor >= 1.0 for price in load_fine_tune_prices(CATALOGS / "fine_tune_prices.csv"))


@pytest.mark.parametrize(
    "family",
    [
        "reasoning_tokens.{}",
        "size_slope.{}.below_10b",
        "size_slope.{}.above_10b",
    ],
)
def test_every_skill_has_its_priors(family: str) -> None:
    assert {family.format(skill) for skill in SKILLS} <= load_priors(CATALOGS).keys()


def test_every_prior_has_a_source_and_only_assumptions_lack_a_reference() -> None:
    for prior in load_priors(CATALOGS).values():
        assert prior.source.url
        assert prior.source.url.startswith("assumption:") == (prior.number_class == "assumed"), prior.id


@pytest.mark.parametrize(
    "row",
    [
        "p,normal,0,0,x,assumed,a@b:c,2026-01-01,",
        "p,lognormal,0,1,x,assumed,a@b:c,2026-01-01,",
        "p,beta,-1,2,x,assumed,a@b:c,2026-01-01,",
        "p,fixed,1,2,x,assumed,a@b:c,2026-01-01,",
        "p,cauchy,1,2,x,assumed,a@b:c,2026-01-01,",
        "p,normal,0,1,x,assumed,,2026-01-01,",
        "p,normal,0,1,x,assumed,a@b:c,,",
    ],
)
def test_a_wrong_prior_is_refused(tmp_path: Path, row: str) -> None:
    (tmp_path / "priors.csv").write_text(PRIOR_HEADER + row + "\n")
    with pytest.raises(InputError) as caught:
        load_priors(tmp_path)
    assert caught.value.file == "priors.csv"
    assert "\n" not in str(caught.value)


def test_two_priors_of_one_id_are_refused(tmp_path: Path) -> None:
    row = "p,normal,0,1,x,assumed,assumption: x,2026-01-01,\n"
    (tmp_path / "priors.csv").write_text(PRIOR_HEADER + row)
    (tmp_path / "more_priors.csv").write_text(PRIOR_HEADER + row)
    with pytest.raises(InputError, match="two rows"):
        load_priors(tmp_path)


def test_an_embedder_that_cannot_be_had_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "embedders.csv"
    head = "id,maker,offer_key,open_weights,licence,usd_per_mtok,dimensions,max_input_tokens,retrieval_ndcg10"
    path.write_text(f"{head},retrieval_sets,source,date\nx/y,x,,false,proprietary,,,,,0,a@b:c,2026-01-01\n")
    with pytest.raises(InputError, match=r"x/y\.usd_per_mtok"):
        load_embedders(path)
