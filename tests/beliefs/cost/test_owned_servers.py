"""What owning costs, against sums done by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.beliefs.cost.owned_servers import ServerMonth, annuity_usd, server_month, server_month_of_total
from planner.catalog.load import load_catalog
from planner.catalog.schema import Catalog, Prior
from planner.workload.schema import Assumptions


def certain(catalog: Catalog, **values: float) -> Catalog:
    """The catalog with some of its priors known exactly."""
    known = {
        name.replace("__", "."): Prior(
            name.replace("__", "."), "fixed", value, 0.0, "", "assumed", catalog.priors["own.capital_rate"].source
        )
        for name, value in values.items()
    }
    return replace(catalog, priors={**catalog.priors, **known})


SURE = {
    "power__host_watts_factor": 1.4,
    "energy__power_fraction": 0.76,
    "energy__pue": 1.2,
    "own__idle_power_share": 0.3,
    "own__capital_rate": 0.12,
    "own__hosting_usd_per_kw_month": 196.0,
    "own__maintenance_share": 0.15,
    "setup_hours__own_server": 16.0,
    "upkeep_hours__own_server": 3.0,
}


@pytest.fixture(scope="module")
def month() -> ServerMonth:
    """Four L40S at 44,000 USD over 24 months, every number known."""
    catalog = certain(load_catalog(), **SURE)
    server = replace(catalog.servers["l40s"], purchase_log_sd=0.0)
    found = server_month(catalog, server, catalog.gpus["l40s"], Assumptions(engineer_hour_usd=100.0))
    assert isinstance(found, ServerMonth)
    return found


def test_capital_is_the_annuity_of_the_purchase(month: ServerMonth) -> None:
    # 1 % a month over 24 months: 44,000 x 0.01 / (1 - 1.01^-24) = 440 / 0.212434 = 2,071.23
    assert month.capital_usd == pytest.approx(2071.23, abs=0.02)


def test_hosting_is_paid_for_the_rated_power(month: ServerMonth) -> None:
    # 4 x 350 W x 1.4 = 1.96 kW; x 196 = 384.16
    assert month.hosting_usd == pytest.approx(384.16)


def test_maintenance_is_a_share_of_the_purchase(month: ServerMonth) -> None:
    # 44,000 x 0.15 / 12 = 550
    assert month.maintenance_usd == pytest.approx(550.0)


def test_electricity_counts_the_share_drawn_the_cooling_and_the_hours(month: ServerMonth) -> None:
    # 1.96 kW x 0.76 x 1.2 x 730 h x 0.15 USD = 195.74; idle three tenths of it
    assert month.busy_power_usd == pytest.approx(195.735, abs=0.01)
    assert month.idle_power_usd == pytest.approx(0.3 * 195.735, abs=0.01)


def test_people_are_set_up_over_the_months_and_upkeep(month: ServerMonth) -> None:
    # (16 / 24 + 3) x 100 = 366.67
    assert month.people_usd == pytest.approx(366.667, abs=0.01)


def test_standing_costs_are_hosting_maintenance_and_idle_power(month: ServerMonth) -> None:
    assert month.standing_usd == pytest.approx(384.16 + 550.0 + 58.72, abs=0.02)


def test_people_left_out_cost_nothing() -> None:
    catalog = load_catalog()
    server = catalog.servers["l40s"]
    found = server_month(catalog, server, catalog.gpus["l40s"], Assumptions(include_people=False))
    assert isinstance(found, ServerMonth)
    assert not found.people_usd.any()


def test_a_board_without_known_power_is_told_not_priced() -> None:
    catalog = load_catalog()
    server = catalog.servers["l40s"]
    found = server_month(catalog, server, replace(catalog.gpus["l40s"], tdp_w=None), Assumptions())
    assert isinstance(found, str)
    assert "power" in found


@given(price=st.floats(1.0, 1e7), rate=st.floats(0.0, 0.5), months=st.integers(1, 120))
def test_an_annuity_pays_back_at_least_the_price(price: float, rate: float, months: int) -> None:
    assert months * float(annuity_usd(price, rate, months)) >= price * (1.0 - 1e-9)


def test_every_server_of_the_catalog_can_be_priced() -> None:
    catalog = load_catalog()
    for gpu, server in catalog.servers.items():
        found = server_month(catalog, server, catalog.gpus[gpu], Assumptions())
        assert isinstance(found, ServerMonth), gpu
        assert np.all(np.isfinite(found.capital_usd + found.standing_usd))


def test_an_owners_published_total_is_split_and_adds_up_again() -> None:
    # 8 MI300X at 1.40 USD: 8 x 1.4 x 730 = 8,176 USD; hosting 8 x 750 W x 1.4 = 8.4 kW x 196 = 1,646.40;
    # electricity of a busy month 8.4 x 0.76 x 1.2 x 730 x 0.15 = 838.86; capital and upkeep are the 5,690.74 left
    catalog = certain(load_catalog(), **SURE)
    row = next(price for price in catalog.gpu_prices if price.gpu == "mi300x" and price.billing == "owned")
    found = server_month_of_total(catalog, row, catalog.gpus["mi300x"], Assumptions(include_people=False))
    assert isinstance(found, ServerMonth)
    assert found.capital_usd == pytest.approx(5690.74, abs=0.1)
    assert found.capital_usd + found.standing_usd + found.load_usd == pytest.approx(8176.0, abs=0.01)
