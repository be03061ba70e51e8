"""Spare replicas: paid once by every pool in use, and by no other option."""

from datetime import date

import numpy as np
import pytest

from planner.beliefs.model import Beliefs, fit_beliefs
from planner.catalog import load_catalog
from planner.catalog.schema import Catalog
from planner.options.enumerate import enumerate_options
from planner.options.table import Options
from planner.planning.choose import plan_workload
from planner.planning.plan import Plan
from planner.resources import catalogs_dir
from planner.workload.load import load_workload
from planner.workload.schema import Workload

DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def beliefs(catalog: Catalog) -> Beliefs:
    return fit_beliefs(catalog)


def _asked(spare: int) -> Workload:
    workload = load_workload(catalogs_dir() / "workloads" / "contract-drafting.yaml")
    return workload.model_copy(
        update={"assumptions": workload.assumptions.model_copy(update={"spare_replicas": spare})}
    )


def _options(catalog: Catalog, beliefs: Beliefs, spare: int) -> Options:
    return enumerate_options(_asked(spare), catalog, beliefs, DAY)


def test_an_option_needs_the_spare_of_its_own_pool_and_no_other(catalog: Catalog, beliefs: Beliefs) -> None:
    options = _options(catalog, beliefs, 1)
    for table in options.tables:
        for row in np.linspace(0, table.size - 1, 60).astype(int):
            members = [options.components[number] for number in table.component_sets[table.component_set[row]]]
            spares = [one.id for one in members if one.kind == "spare_replica"]
            pool = int(table.pool[row])
            assert spares == ([f"spare_replica:{options.pools[pool].id}"] if pool >= 0 else [])


def test_without_a_spare_nothing_is_added(catalog: Catalog, beliefs: Beliefs) -> None:
    assert "spare_replica" not in {component.kind for component in _options(catalog, beliefs, 0).components}


def test_a_spare_costs_what_its_replicas_cost(catalog: Catalog, beliefs: Beliefs) -> None:
    options = _options(catalog, beliefs, 2)
    price = {f"spare_replica:{pool.id}": 2.0 * pool.usd_per_replica_month for pool in options.pools}
    spares = {one.id: float(one.monthly_usd.mean()) for one in options.components if one.kind == "spare_replica"}
    assert spares == pytest.approx(price)


def test_a_plan_with_a_spare_has_one_replica_more_of_each_pool_and_says_so(catalog: Catalog, beliefs: Beliefs) -> None:
    plans = [plan_workload(_asked(spare), catalog, beliefs, DAY, detail="quick") for spare in (0, 1)]
    without, with_spare = plans
    assert isinstance(without, Plan)
    assert isinstance(with_spare, Plan)
    assert (with_spare.totals.optimum_usd or 0.0) > (without.totals.optimum_usd or 0.0)
    spares = [cost for cost in with_spare.fixed_costs if cost.id.startswith("spare_replica:")]
    assert len(spares) == len(with_spare.pools) > 0
    assert all("spare: 1 more (N+1), so that one may fail" in pool.sizing for pool in with_spare.pools)
    assert all(pool.replicas >= 2 for pool in with_spare.pools)
