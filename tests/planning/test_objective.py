"""What is minimised: the bill with its errors where they are priced; the bill alone on request."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from planner.options.table import RetirementWarning
from planner.planning.choose import choose_plan
from planner.planning.plan import Conflict, Plan
from planner.workload.schema import Materiality, Objective
from tests.planning import instances as made

Way = made.Way
CATALOG = made.catalog(made.model("a/cheap"), made.model("b/good"))
WAYS = [Way("a/cheap", usage=100.0, quality=0.92), Way("b/good", usage=160.0, quality=0.97)]


def planned(*, error_cost_usd: float = 0.0, ways: list[Way] | None = None, **fields: object) -> Plan | Conflict:
    segment = made.segment("one", error_cost_usd=error_cost_usd)
    return choose_plan(
        made.workload(segment, **fields),  # type: ignore[arg-type]
        CATALOG,
        made.options(made.table("one", ways or WAYS)),
        detail="quick",
    )


def plan_of(**asked: object) -> Plan:
    outcome = planned(**asked)  # type: ignore[arg-type]
    assert isinstance(outcome, Plan)
    return outcome


def test_errors_that_cost_more_than_they_save_are_avoided() -> None:
    plan = plan_of(error_cost_usd=5.0)
    assert plan.segments[0].option.model == "b/good"
    assert plan.totals.errors_usd is not None
    assert plan.totals.errors_usd.mean == pytest.approx(1000 * 5.0 * 0.03)
    assert plan.optimum_usd == pytest.approx(160.0 + 150.0)


@pytest.mark.parametrize("objective", [{"minimise": "bill"}])
def test_the_bill_alone_on_request(objective: dict[str, str]) -> None:
    plan = plan_of(error_cost_usd=5.0, objective=objective)
    assert plan.segments[0].option.model == "a/cheap"
    assert plan.optimum_usd == pytest.approx(100.0)


def test_cost_of_older_files_is_read_as_total_cost_and_told() -> None:
    plan = plan_of(error_cost_usd=5.0, objective={"minimise": "cost"})
    assert plan.segments[0].option.model == "b/good"
    assert plan.assumptions[0].path == "objective.minimise"
    assert "total_cost" in plan.assumptions[0].reason


def test_a_budget_binds_the_bill_and_never_the_errors() -> None:
    plan = plan_of(error_cost_usd=5.0, limits={"monthly_budget_usd": 150.0})
    assert plan.segments[0].option.model == "a/cheap"
    assert isinstance(planned(error_cost_usd=0.0, limits={"monthly_budget_usd": 90.0}), Conflict)


def test_totals_keep_cash_people_and_errors_apart() -> None:
    ways = [Way("a/cheap", usage=100.0, quality=0.92, needs=(0,))]
    options = made.options(made.table("one", ways), components=(made.component("provider:acme", 40.0, people=30.0),))
    workload = made.workload(made.segment("one", error_cost_usd=2.0))
    plan = choose_plan(workload, CATALOG, options, detail="quick")
    assert isinstance(plan, Plan)
    totals = plan.totals
    assert totals.cash_usd is not None
    assert totals.total_cost_usd is not None
    assert totals.monthly_cost_usd.mean == pytest.approx(140.0)
    assert totals.cash_usd.mean == pytest.approx(110.0)
    assert totals.people_usd_per_month == pytest.approx(30.0)
    assert totals.total_cost_usd.mean == pytest.approx(140.0 + 160.0)


MATERIAL = {"materiality": {}}


def test_of_plans_about_as_dear_the_better_one_is_taken_and_the_optimum_kept() -> None:
    ways = [Way("a/cheap", usage=100.0, quality=0.92), Way("b/good", usage=115.0, quality=0.96)]
    plan = plan_of(ways=ways, **MATERIAL)
    assert plan.segments[0].option.model == "b/good"
    assert plan.optimum_usd == pytest.approx(100.0)
    assert plan_of(ways=ways).segments[0].option.model == "a/cheap"


def test_beyond_materiality_money_decides() -> None:
    ways = [Way("a/cheap", usage=100.0, quality=0.92), Way("b/good", usage=121.0, quality=0.99)]
    assert plan_of(ways=ways, **MATERIAL).segments[0].option.model == "a/cheap"


def test_small_things_are_not_built_of_many_parts() -> None:
    """Three models that save four dollars give way to one."""
    names = ["a/one", "a/two", "a/three", "a/all"]
    tables = [
        made.table(f"s{n}", [Way(names[n], usage=60.0, quality=0.95), Way("a/all", usage=61.0, quality=0.95)])
        for n in range(3)
    ]
    workload = made.workload(*(made.segment(f"s{n}") for n in range(3)), materiality={})
    plan = choose_plan(workload, made.catalog(*map(made.model, names)), made.options(*tables), detail="quick")
    assert isinstance(plan, Plan)
    assert plan.totals.models == 1
    assert plan.optimum_usd == pytest.approx(180.0)


def test_no_segment_gives_up_more_than_a_point_for_fewer_parts() -> None:
    tables = [
        made.table("big", [Way("a/one", usage=500.0, quality=0.95)]),
        made.table("rare", [Way("a/two", usage=5.0, quality=0.97), Way("a/one", usage=5.0, quality=0.91)]),
    ]
    segments = (made.segment("big", requests_per_month=1e6), made.segment("rare", requests_per_month=10.0))
    catalog = made.catalog(made.model("a/one"), made.model("a/two"))
    plan = choose_plan(made.workload(*segments, materiality={}), catalog, made.options(*tables), detail="quick")
    assert isinstance(plan, Plan)
    assert [segment.option.model for segment in plan.segments] == ["a/one", "a/two"]


def test_first_party_wins_a_tie_and_then_later_retirement() -> None:
    ways = [
        Way("a/cheap", usage=100.0, quality=0.95, provider="bolt"),
        Way("a/cheap", usage=101.0, quality=0.95, provider="acme"),
    ]
    options = replace(made.options(made.table("one", ways)), first_party=frozenset({("a", "acme")}))
    workload = made.workload(made.segment("one"), materiality={})
    plan = choose_plan(workload, CATALOG, options, detail="quick")
    assert isinstance(plan, Plan)
    assert plan.segments[0].option.provider == "acme"
    ending = replace(options, first_party=frozenset(), retirements=(RetirementWarning("a/cheap", "bolt/key", "2027"),))
    plan = choose_plan(workload, CATALOG, ending, detail="quick")
    assert isinstance(plan, Plan)
    assert plan.segments[0].option.provider == "acme"


@pytest.mark.parametrize(("bill", "usd"), [(10_000.0, 200.0), (500.0, 25.0), (0.002, 0.0004)])
def test_materiality_is_a_share_with_a_least_and_a_most(bill: float, usd: float) -> None:
    assert Materiality().usd_of(bill) == pytest.approx(usd)


def test_an_objective_is_one_of_the_three() -> None:
    with pytest.raises(ValidationError, match="exactly one"):
        Objective(minimise="bill", maximise="quality")
