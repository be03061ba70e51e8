"""Components: golden examples by hand, people that can be left out, machines by whole instances."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from planner.beliefs.cost.components import (
    MonthlyCost,
    device_fleet_component_usd,
    fine_tune_component_usd,
    people_component_usd,
    pool_usd_per_replica_month,
    provider_component_usd,
    rag_component_usd,
    self_hosted_stack_component_usd,
    vector_store_component_usd,
)
from planner.catalog.schema import Catalog, Embedder, FineTunePrice, GpuPrice, Source, VectorStore
from planner.workload.schema import Assumptions, Knowledge, Segment, Training

SOURCE = Source("assumption: a made-up price for this test", date(2026, 11, 24))
NOBODY = Assumptions(include_people=False, amortise_months=24)
EMBEDDER = Embedder("e", "m", "k", False, "x", 0.02, 1024, 8192, None, 0, SOURCE)
STORE = VectorStore("s", "S", "managed", 50.0, 0.3, 4.0, 24.0, 1.0, True, SOURCE)
MODEL = "meta/llama-3.1-8b"


def _rows(catalog: Catalog, segment: Segment, assumptions: Assumptions) -> list[MonthlyCost]:
    return [
        provider_component_usd(catalog, assumptions),
        self_hosted_stack_component_usd(catalog, assumptions),
        people_component_usd(catalog, "gate", assumptions),
        people_component_usd(catalog, "adapter_pool", assumptions),
        fine_tune_component_usd(catalog, catalog.models[MODEL], segment, assumptions, provider=None),
        rag_component_usd(catalog, segment, EMBEDDER, STORE, assumptions),
        vector_store_component_usd(catalog, STORE, assumptions),
        device_fleet_component_usd(catalog, catalog.gpus["rtx-4090"], assumptions),
    ]


def test_without_people_nobody_is_paid(catalog: Catalog, segment: Segment) -> None:
    assert [row.people_usd for row in _rows(catalog, segment, NOBODY)] == [0.0] * 8


def test_with_people_everyone_costs_hours(catalog: Catalog, segment: Segment) -> None:
    assert all(row.people_usd > 0.0 for row in _rows(catalog, segment, Assumptions()))


def test_every_component_tells_how_and_from_what(catalog: Catalog, segment: Segment) -> None:
    for row in _rows(catalog, segment, Assumptions()):
        assert row.formula.text
        assert row.formula.usd == pytest.approx(float(np.mean(row.monthly_usd)), rel=5e-3)
        assert row.source_ids


def test_every_prior_behind_a_component_is_in_the_catalog(catalog: Catalog, segment: Segment) -> None:
    used = [name for row in _rows(catalog, segment, Assumptions()) for name in row.source_ids]
    assert {name.removeprefix("prior:") for name in used if name.startswith("prior:")} <= set(catalog.priors)


def test_a_provider_costs_set_up_and_upkeep_hours(catalog: Catalog) -> None:
    row = provider_component_usd(catalog, Assumptions(engineer_hour_usd=100.0, amortise_months=16))
    # about 16 h over 16 months and 1 h a month at 100 USD
    assert np.median(row.monthly_usd) == pytest.approx(200.0, rel=0.1)


def test_hosted_tuning_costs_what_the_hand_says(catalog: Catalog, segment: Segment) -> None:
    priced = replace(catalog, fine_tune_prices=(FineTunePrice("acme", MODEL, "lora", 0.5, 1.0, SOURCE),))
    trained = segment.model_copy(update={"training": Training(labelled_examples=10_000, retrain_per_year=2.0)})
    row = fine_tune_component_usd(priced, catalog.models[MODEL], trained, NOBODY, provider="acme")
    # 10,000 x (800 + 250) x 3 epochs = 31.5M tokens x 0.5 USD = 15.75 USD; 1/24 + 2/12 jobs a month
    assert row.monthly_usd == pytest.approx(15.75 * (1 / 24 + 1 / 6))


def test_own_tuning_of_a_larger_model_costs_more(catalog: Catalog, segment: Segment) -> None:
    trained = segment.model_copy(update={"training": Training(labelled_examples=10_000)})
    small, large = (
        fine_tune_component_usd(catalog, catalog.models[model], trained, NOBODY, provider=None).monthly_usd
        for model in (MODEL, "meta/llama-3.1-70b")
    )
    assert np.all(large > small)


def test_an_index_costs_embedding_and_storage(catalog: Catalog, segment: Segment) -> None:
    known = Knowledge(private_or_fresh_share=0.5, corpus_tokens=240e6, changed_tokens_per_month=10e6)
    row = rag_component_usd(catalog, segment.model_copy(update={"knowledge": known}), EMBEDDER, STORE, NOBODY)
    # 1.15 x (240M / 24 + 10M) x 0.02 USD per 1M = 0.46 USD; about 920,000 chunks x 6,144 bytes + 1.2 GB of text
    embedding, gigabytes = 0.46, 276e6 / 300 * 1024 * 4 * 1.5 / 1e9 + 276e6 * 4.5 / 1e9
    assert np.median(row.monthly_usd) == pytest.approx(embedding + gigabytes * 0.3, rel=0.05)


def test_a_store_costs_its_fixed_price_without_people(catalog: Catalog) -> None:
    assert vector_store_component_usd(catalog, STORE, NOBODY).monthly_usd == pytest.approx(50.0)


def test_devices_that_exist_cost_nothing_but_people(catalog: Catalog) -> None:
    assert np.all(device_fleet_component_usd(catalog, catalog.gpus["rtx-4090"], NOBODY).monthly_usd == 0.0)


def test_devices_that_must_be_bought_are_spread_over_the_months(catalog: Catalog) -> None:
    bought = NOBODY.model_copy(update={"devices_exist": False, "device_count": 10})
    device = replace(catalog.gpus["rtx-4090"], purchase_usd=2400.0)
    assert device_fleet_component_usd(catalog, device, bought).monthly_usd == pytest.approx(10 * 2400 / 24)


def test_a_device_without_a_price_is_not_free(catalog: Catalog) -> None:
    bought = NOBODY.model_copy(update={"devices_exist": False})
    device = replace(catalog.gpus["rtx-4090"], purchase_usd=None)
    assert np.all(np.isnan(device_fleet_component_usd(catalog, device, bought).monthly_usd))


@pytest.mark.parametrize(("gpus", "instances"), [(1, 1), (2, 1), (4, 1), (5, 2)])
def test_gpus_are_rented_by_whole_instances(catalog: Catalog, gpus: int, instances: int) -> None:
    price = GpuPrice("h100-sxm", "acme", "x4", 4, "eu-1", "eu", "on_demand", 2.0, SOURCE)
    usd = pool_usd_per_replica_month(price, catalog.gpus["h100-sxm"], gpus, Assumptions(), catalog)
    assert usd == pytest.approx(instances * 4 * 2.0 * 730)


def test_a_gpu_price_factor_scales_the_rent(catalog: Catalog) -> None:
    price = GpuPrice("h100-sxm", "acme", "x1", 1, "eu-1", "eu", "on_demand", 2.0, SOURCE)
    usd = pool_usd_per_replica_month(price, catalog.gpus["h100-sxm"], 1, Assumptions(gpu_price_factor=0.5), catalog)
    assert usd == pytest.approx(730.0)


def test_dear_electricity_makes_owned_machines_dearer(catalog: Catalog) -> None:
    price = next(row for row in catalog.gpu_prices if row.billing == "owned")
    cheap, dear = (
        pool_usd_per_replica_month(price, catalog.gpus[price.gpu], 1, Assumptions(electricity_usd_per_kwh=usd), catalog)
        for usd in (0.15, 0.40)
    )
    assert dear > cheap
