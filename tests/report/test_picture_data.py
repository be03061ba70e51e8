import pytest

from planner.planning.plan import Figure, GateChoice, Plan
from planner.report.picture_data import cost_rows, flows_of, latency_rows, quality_rows, tools_of


@pytest.fixture
def cascaded(plan: Plan) -> Plan:
    """The plan with a gate on its first segment that passes on a fifth."""
    first = plan.segments[0]
    share = Figure(mean=0.2, low=0.1, high=0.3)
    gate = GateChoice(kind="vote", escalation_share=share, strong_model="maker/strong", strong_place="Maker", auc=0.7)
    option = first.option.model_copy(update={"gate": gate})
    return plan.model_copy(update={"segments": (first.model_copy(update={"option": option}), *plan.segments[1:])})


def test_flows_carry_every_request(plan: Plan) -> None:
    assert sum(flow.requests for flow in flows_of(plan)) == pytest.approx(
        sum(part.requests_per_month for part in plan.segments)
    )


def test_flows_carry_every_dollar(plan: Plan) -> None:
    assert sum(flow.monthly_usd for flow in flows_of(plan)) == pytest.approx(
        sum(part.monthly_cost_usd.mean for part in plan.segments)
    )


def test_a_gate_splits_requests_by_what_it_passes_on(cascaded: Plan) -> None:
    name, whole = cascaded.segments[0].name, cascaded.segments[0].requests_per_month
    kept, passed = [flow for flow in flows_of(cascaded) if flow.segment == name]
    assert (kept.requests, passed.requests) == pytest.approx((0.8 * whole, 0.2 * whole))


def test_what_a_gate_passes_on_goes_to_a_tool_of_its_own(cascaded: Plan) -> None:
    assert [tool.model for tool in tools_of(cascaded) if tool.tier == "frontier"].count("maker/strong") == 1


def test_a_model_in_one_place_is_one_tool_however_many_segments_it_serves(plan: Plan) -> None:
    tools = tools_of(plan)
    assert len({tool.key for tool in tools}) == len(tools)


def test_every_segment_is_served_by_a_tool(plan: Plan) -> None:
    assert {name for tool in tools_of(plan) for name in tool.segments} == {part.name for part in plan.segments}


def test_the_plans_bar_is_the_sum_of_its_tiers(plan: Plan) -> None:
    assert sum(usd for _, usd in cost_rows(plan)[0].parts) == pytest.approx(
        sum(part.monthly_cost_usd.mean for part in plan.segments)
    )


def test_a_baseline_that_cannot_be_made_has_no_bar(plan: Plan) -> None:
    gone = plan.baselines[0].model_copy(update={"monthly_cost_usd": None})
    rows = cost_rows(plan.model_copy(update={"baselines": (gone, *plan.baselines[1:])}))
    assert len(rows) == len(plan.baselines)


def test_time_limits_are_those_of_the_workload(plan: Plan) -> None:
    asked = {one["name"]: one.get("latency", {}).get("ttft_p95_ms") for one in plan.workload["segments"]}
    assert {row.segment: row.limit for row in latency_rows(plan, "ttft")} == asked


def test_quality_floors_are_those_of_the_plan(plan: Plan) -> None:
    assert [row.limit for row in quality_rows(plan)] == [part.quality_floor for part in plan.segments]
