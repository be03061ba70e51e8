"""Carbon of APIs and replicas."""

from dataclasses import replace

import numpy as np
import pytest

from planner.beliefs.cost.energy import api_carbon_kg, grid_kg_per_kwh, pool_carbon_kg_per_replica_month
from planner.catalog.schema import Catalog, Offer
from planner.units import interval_of
from planner.workload.schema import Assumptions, Segment


def _offers(catalog: Catalog) -> list[Offer]:
    return [offer for offer in catalog.offers if offer.model and offer.price and offer.mode != "embedding"]


def test_a_replicas_carbon_is_power_times_hours_times_the_grid(catalog: Catalog) -> None:
    kg = pool_carbon_kg_per_replica_month(
        catalog, catalog.gpus["h100-sxm"], 2, "eu", Assumptions(grid_gco2_per_kwh=250.0)
    )
    # 2 x 0.7 kW x 0.76 x 1.4 (host) x 1.2 (site) x 730 h x 0.25 kg = about 326 kg
    assert np.median(kg) == pytest.approx(326.0, rel=0.1)


def test_twice_the_gpus_emit_twice_as_much(catalog: Catalog) -> None:
    one, two = (
        pool_carbon_kg_per_replica_month(catalog, catalog.gpus["l40s"], gpus, "us", Assumptions()) for gpus in (1, 2)
    )
    assert np.allclose(two, 2 * one)


def test_a_gpu_without_known_power_has_no_carbon_figure(catalog: Catalog) -> None:
    unknown = replace(catalog.gpus["l40s"], tdp_w=None)
    assert np.all(np.isnan(pool_carbon_kg_per_replica_month(catalog, unknown, 1, "eu", Assumptions())))


def test_an_unknown_place_has_a_wide_interval_and_a_known_one_none(catalog: Catalog) -> None:
    known, unknown = (interval_of(grid_kg_per_kwh(catalog, area, Assumptions())) for area in ("eu", "unknown"))
    assert known.high == known.low
    assert unknown.high > 3 * unknown.low


def test_the_workloads_own_grid_wins(catalog: Catalog) -> None:
    assert np.all(grid_kg_per_kwh(catalog, "eu", Assumptions(grid_gco2_per_kwh=20.0)) == 0.02)


def test_api_carbon_is_finite_and_positive_for_every_offer(catalog: Catalog, segment: Segment) -> None:
    kg = api_carbon_kg(catalog, _offers(catalog), segment, Assumptions())
    assert np.all(np.isfinite(kg))
    assert np.all(kg > 0.0)


def test_api_carbon_grows_with_volume(catalog: Catalog, segment: Segment) -> None:
    offers = _offers(catalog)[:5]
    one, two = (api_carbon_kg(catalog, offers, segment, Assumptions(), volume=volume) for volume in (1.0, 2.0))
    assert np.allclose(two, 2 * one)


def test_api_carbon_carries_a_wide_range(catalog: Catalog, segment: Segment) -> None:
    found = interval_of(api_carbon_kg(catalog, _offers(catalog)[:1], segment, Assumptions())[0])
    assert found.high > 4 * found.low
