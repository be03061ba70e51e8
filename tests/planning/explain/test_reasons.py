"""What a plan tells: bills that add up, binding limits, runner-ups, relaxations, rivals, named models, warnings."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.catalog.schema import Catalog
from planner.options.table import Exclusion, Options, RetirementWarning
from planner.planning.choose import choose_plan
from planner.planning.plan import Plan
from planner.workload.schema import Workload
from tests.planning import instances as made
from tests.planning.solve.test_milp import random_case

Way = made.Way
CATALOG = made.catalog(
    made.model("a/small"), made.model("b/mid", "mid"), made.model("c/big", "frontier"), made.model("m/open")
)


def planned(wl: Workload, opts: Options, catalog: Catalog = CATALOG) -> Plan:
    plan = choose_plan(wl, catalog, opts)
    assert isinstance(plan, Plan)
    return plan


def one(*ways: Way, floor: float = 0.9, opts: dict[str, Any] | None = None, **fields: Any) -> Plan:
    wl = made.workload(made.segment("one", **fields))
    return planned(wl, made.options(made.table("one", list(ways), floor), **(opts or {})))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_the_plan_costs_the_sum_of_its_parts(seed: int) -> None:
    wl, opts = random_case(seed)
    plan = choose_plan(wl, CATALOG, opts, detail="quick")
    if isinstance(plan, Plan):
        lines = sum(part.monthly_usd for segment in plan.segments for part in segment.cost_parts)
        assert lines == pytest.approx(plan.totals.monthly_cost_usd.mean, abs=1e-6)
        segments = sum(segment.monthly_cost_usd.mean for segment in plan.segments)
        assert segments == pytest.approx(plan.totals.monthly_cost_usd.mean, abs=1e-6)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_the_same_input_gives_the_same_bytes(seed: int) -> None:
    first = choose_plan(*_args(seed)).model_dump_json()
    assert choose_plan(*_args(seed)).model_dump_json() == first


def _args(seed: int) -> tuple[Workload, Catalog, Options]:
    wl, opts = random_case(seed)
    return wl, CATALOG, opts


def test_a_limit_binds_when_it_keeps_a_cheaper_option_out() -> None:
    plan = one(Way("a/small", 10, 0.8), Way("b/mid", 50), latency={"ttft_p95_ms": 5000})
    assert plan.segments[0].binding == ("quality_floor",)


def test_no_limit_binds_when_the_cheapest_fits() -> None:
    assert one(Way("a/small", 10), Way("b/mid", 50)).segments[0].binding == ()


def test_the_runner_up_is_another_tool_with_its_extra_cost() -> None:
    runner_up = one(Way("a/small", 10), Way("a/small", 12, provider="bolt"), Way("b/mid", 50)).segments[0].runner_up
    assert runner_up is not None
    assert (runner_up.option.model, runner_up.extra_cost_usd) == ("b/mid", pytest.approx(40.0))


def test_without_another_tool_there_is_no_runner_up() -> None:
    assert one(Way("a/small", 10), Way("a/small", 12, provider="bolt")).segments[0].runner_up is None


@pytest.mark.parametrize(
    ("other", "fields", "limit", "text"),
    [
        (Way("b/mid", 30, 0.885), {}, "quality_floor", "70 USD a month less at a quality floor of 0.88 instead of 0.9"),
        (
            Way("b/mid", 30, ttft=1100),
            {"latency": {"ttft_p95_ms": 1000}},
            "latency.ttft_p95_ms",
            "70 USD a month less at a time to first token of 1.15 s instead of 1 s",
        ),
        (
            Way("b/mid", 30, total=4400),
            {"latency": {"total_p95_ms": 4000}},
            "latency.total_p95_ms",
            "70 USD a month less at a whole answer within 4.6 s instead of 4 s",
        ),
    ],
)
def test_a_notch_is_priced(other: Way, fields: dict[str, Any], limit: str, text: str) -> None:
    (relaxed,) = one(Way("a/small", 100), other, **fields).segments[0].relaxed
    assert (relaxed.limit, relaxed.text) == (f"segments.one.{limit}", text)


def test_a_limit_of_the_whole_plan_is_priced_in_the_first_steps() -> None:
    one_way, two_way = [Way("a/small", 10), Way("b/mid", 60)], [Way("a/small", 60), Way("b/mid", 10)]
    wl = made.workload(made.segment("one"), made.segment("two"), limits={"max_models": 1})
    plan = planned(wl, made.options(made.table("one", one_way), made.table("two", two_way)))
    (step,) = [step for step in plan.first_steps if step.kind == "limit"]
    assert step.text == "Ask whether the limit is needed: 50 USD a month less at a number of models of 2 instead of 1."


def test_rivals_are_counted_by_draws_in_which_they_are_cheapest() -> None:
    plan = one(Way("a/small", made.ramp(0, 100)), Way("b/mid", 75))
    (rival,) = plan.segments[0].rivals
    assert (rival.option.model, rival.share) == ("b/mid", pytest.approx(0.25))


def test_a_rival_must_hold_the_limits_in_that_draw() -> None:
    plan = one(Way("a/small", 100), Way("b/mid", 10, made.ramp(0.85, 0.95)))
    (rival,) = plan.segments[0].rivals
    assert (rival.option.model, rival.share) == ("b/mid", pytest.approx(0.5))


def test_todays_model_is_shown_with_what_it_costs_more() -> None:
    plan = one(Way("a/small", 10), Way("c/big", 510), today={"model": "c/big"})
    (named,) = plan.segments[0].named
    assert (named.role, named.fits) == ("today", True)
    assert named.reason == "Fits every limit, but costs 500 USD a month more than what is planned."


def test_a_preferred_model_that_misses_the_floor_says_so() -> None:
    (named,) = one(Way("a/small", 90), Way("b/mid", 10, 0.8), prefer="b/mid").segments[0].named
    assert (named.fits, named.reason) == (False, "Holds the quality floor in only 0 % of draws; 90 % are asked for.")


def test_a_preferred_model_that_is_not_among_the_options_gives_the_reason_it_was_left_out() -> None:
    out = Exclusion("one", "c/big", "any", "", "data.residency", "It is not served in the EU.")
    plan = one(Way("a/small", 90), prefer="c/big", opts={"exclusions": (out,)})
    assert (plan.segments[0].named[0].option, plan.segments[0].named[0].reason) == (None, "It is not served in the EU.")


def test_a_retirement_within_the_horizon_is_warned_of_and_planned_for() -> None:
    ends = RetirementWarning("a/small", "acme/key", "2027-03-01")
    plan = one(Way("a/small", 10), opts={"retirements": (ends,)})
    assert any("retires on 2027-03-01" in warning for warning in plan.warnings)
    assert [step.kind for step in plan.first_steps][-1] == "retirement"


def test_a_model_without_public_evidence_is_warned_of() -> None:
    assert any("no public evidence" in warning for warning in one(Way("a/small", 10)).warnings)


def test_the_usual_anchor_leads_the_assumptions() -> None:
    assert one(Way("a/small", 10)).assumptions[0].path == "segments.one.like"


def test_the_answer_compares_with_the_best_frontier_model_and_says_where_the_data_stays() -> None:
    answer = one(Way("a/small", 100, 0.95), Way("c/big", 400, 0.99)).answer
    assert answer == (
        "One tool does this for 100 USD a month (100 to 100), 75 % less than everything on Big,"
        " with 95 % (95 to 95) acceptable answers; everything stays in the EU."
    )


def test_the_answer_says_which_limits_the_frontier_model_would_not_hold() -> None:
    ways = (Way("a/small", 100, 0.95), Way("c/big", 400, 0.99, total=9000.0))
    answer = one(*ways, latency={"total_p95_ms": 5000}).answer
    assert answer.endswith(
        " That is 75 % less than everything on Big, which would not hold 1 limit: the time to the whole answer of one."
    )


def test_the_answer_prefers_a_single_model_that_holds_every_limit_to_a_frontier_model_that_does_not() -> None:
    ways = [Way("a/small", 10, 0.7), Way("b/mid", 100, 0.97), Way("c/big", 400, 0.99, total=9000.0)]
    wl = made.workload(made.segment("one", latency={"total_p95_ms": 5000}), made.segment("two"))
    opts = made.options(made.table("one", ways, 0.9), made.table("two", [Way("a/small", 20), Way("b/mid", 80)], 0.9))
    answer = planned(wl, opts).answer
    assert "33 % less than everything on Mid, the cheapest single model that holds every limit," in answer


def test_the_answer_names_the_rule_that_keeps_the_frontier_model_out() -> None:
    out = Exclusion("two", "c/big", "any", "", "data.residency", "It is not served in the EU.")
    wl = made.workload(made.segment("one"), made.segment("two"))
    tables = (
        made.table("one", [Way("a/small", 10, 0.95), Way("c/big", 400, 0.99)], 0.9),
        made.table("two", [Way("b/mid", 10, 0.95)], 0.9),
    )
    answer = planned(wl, made.options(*tables, exclusions=(out,))).answer
    assert ", which would not hold 1 limit: where data may be processed of two." in answer


def test_a_quick_plan_has_the_same_choice_and_cost() -> None:
    wl, opts = random_case(12)
    quick, full = choose_plan(wl, CATALOG, opts, detail="quick"), choose_plan(wl, CATALOG, opts)
    assert isinstance(quick, Plan)
    assert isinstance(full, Plan)
    assert [s.option for s in quick.segments] == [s.option for s in full.segments]
    assert quick.totals == full.totals


def test_growing_volume_never_lowers_the_bill() -> None:
    wl, opts = random_case(12)
    costs = []
    for factor in (1.0, 1.5, 2.0, 3.0):
        tables = tuple(
            replace(table, usage_usd=table.usage_usd * factor, pool_load=table.pool_load * factor)
            for table in opts.tables
        )
        plan = choose_plan(wl, CATALOG, replace(opts, tables=tables), detail="quick")
        costs.append(plan.totals.monthly_cost_usd.mean if isinstance(plan, Plan) else np.inf)
    assert costs == sorted(costs)


def test_a_component_is_shared_equally_and_a_pool_by_load() -> None:
    own = {"provider": "own", "pool": 0, "serving": "self_hosted", "needs": (0,)}
    tables = [made.table(name, [Way("m/open", 0, load=load, **own)]) for name, load in (("one", 0.3), ("two", 0.1))]
    opts = made.options(*tables, components=(made.component("stack", 60.0),), pools=(made.pool("p", "m/open", 200.0),))
    plan = planned(made.workload(made.segment("one"), made.segment("two")), opts)
    # 0.4 replicas of work at a cap of 0.6 are one replica: 150 and 50, and 30 each for the stack.
    assert [segment.monthly_cost_usd.mean for segment in plan.segments] == pytest.approx([180.0, 80.0])
    assert plan.pools[0].utilisation.mean == pytest.approx(0.4)


def test_the_cost_of_an_acceptable_answer_counts_the_wrong_ones_out() -> None:
    segment = one(Way("a/small", 100, 0.95)).segments[0]
    assert segment.cost_per_acceptable_answer_usd.mean == pytest.approx(100.0 / (1000.0 * 0.95))


def test_a_cascade_tells_its_gate() -> None:
    gate = one(Way("a/small", 10, strong="c/big")).segments[0].option.gate
    assert gate is not None
    assert (gate.strong_model, gate.escalation_share.mean) == ("c/big", pytest.approx(0.3))
