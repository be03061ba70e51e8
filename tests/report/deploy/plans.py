"""Plans of the example workloads, made once."""

from datetime import date
from functools import cache

from planner.beliefs.model import Beliefs, fit_beliefs
from planner.catalog.load import load_catalog
from planner.catalog.schema import Catalog
from planner.planning.choose import plan_workload
from planner.planning.plan import Plan
from planner.planning.what_if.changes import Change, apply_changes
from planner.resources import catalogs_dir
from planner.workload.load import load_workload

DAY = date(2026, 12, 1)


@cache
def example_catalog() -> Catalog:
    return load_catalog()


@cache
def example_beliefs() -> Beliefs:
    return fit_beliefs(example_catalog())


@cache
def example_plan(name: str, *changes: Change) -> Plan:
    """Plan of catalogs/workloads/NAME.yaml, some of its inputs changed."""
    workload = apply_changes(load_workload(catalogs_dir() / "workloads" / f"{name}.yaml"), changes)
    outcome = plan_workload(workload, example_catalog(), example_beliefs(), DAY)
    assert isinstance(outcome, Plan)
    return outcome
