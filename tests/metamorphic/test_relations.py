"""What must not make a plan cheaper, does not: on the examples, a dozen other workloads and made-up ones.

A sample runs every time; all of it (`make slow`) tries every relation on every workload.
"""

from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings

from planner.beliefs.model import fit_beliefs
from planner.catalog.load import load_catalog
from planner.resources import catalogs_dir
from planner.workload.load import load_workload
from planner.workload.schema import Workload
from tests.metamorphic.relations import RELATIONS, Case, Finding, findings
from tests.metamorphic.workloads import OWN, workloads

EXAMPLES = sorted(path.stem for path in (catalogs_dir() / "workloads").glob("*.yaml"))
SAMPLE = ("dearer electricity", "anywhere", "more labels", "other names", "less confidence")


@cache
def _world() -> Case:
    catalog = load_catalog()
    return Case(OWN["startup"], catalog, fit_beliefs(catalog), catalog.as_of)


def _case(workload: Workload) -> Case:
    world = _world()
    return Case(workload, world.catalog, world.beliefs, world.day)


def _broken(case: Case, names: tuple[str, ...] | None = None) -> list[Finding]:
    asked = tuple(relation for relation in RELATIONS if names is None or relation.name in names)
    return [finding for finding in findings(case, asked) if finding.broken]


@pytest.mark.parametrize("name", ["docs", "legal", "moderation"])
def test_a_sample_of_relations_holds(name: str) -> None:
    assert _broken(_case(OWN[name]), SAMPLE) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(OWN))
def test_every_relation_holds_on_workloads_of_our_own(name: str) -> None:
    assert _broken(_case(OWN[name])) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_relation_holds_on_the_examples(name: str) -> None:
    assert _broken(_case(load_workload(catalogs_dir() / "workloads" / f"{name}.yaml"))) == []


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(workloads())
def test_every_relation_holds_on_made_up_workloads(workload: Workload) -> None:
    assert _broken(_case(workload)) == []
