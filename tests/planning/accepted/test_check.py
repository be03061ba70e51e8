"""A check of an accepted plan: silent when nothing differs, over when it costs more, broken when a tool is gone."""

from dataclasses import replace

import pytest

from planner.planning.accepted.check import Check, check_plan, total_of
from planner.planning.plan import Plan
from planner.planning.what_if.changes import apply_changes, parse_change
from planner.report.check import MARKER, check_markdown
from planner.resources import catalogs_dir
from planner.workload.load import load_workload
from tests.report.deploy.plans import DAY, example_beliefs, example_catalog, example_plan

NAME = "support-desk-eu"


def checked(*changes: str, max_increase: float | None = None, accepted: Plan | None = None, name: str = NAME) -> Check:
    workload = load_workload(catalogs_dir() / "workloads" / f"{name}.yaml")
    workload = apply_changes(workload, [parse_change(text) for text in changes])
    plan = accepted or example_plan(name)
    return check_plan(workload, plan, example_catalog(), example_beliefs(), DAY, max_increase=max_increase)


@pytest.mark.parametrize("name", ["support-desk-eu", "enterprise-portfolio", "contract-drafting", "museum-kiosk"])
def test_the_same_workload_finds_each_tool_again_at_the_same_cost_and_says_nothing(name: str) -> None:
    check = checked(name=name)
    plan = example_plan(name)
    assert check.verdict == "unchanged"
    assert check.again_usd == pytest.approx(total_of(plan).mean, rel=1e-6)
    assert check_markdown(check) == ""
    for one, told in zip(check.segments, plan.segments, strict=True):
        assert one.state == "kept"
        assert one.again_usd == pytest.approx(told.monthly_cost_usd.mean, rel=1e-6)


def test_more_requests_cost_more_and_only_a_larger_allowance_lets_them_pass() -> None:
    change = "segments.*.requests_per_month=x1.3"
    check = checked(change)
    assert check.verdict == "over"
    assert check.increase_usd is not None
    assert check.increase_usd > check.allowed_usd == pytest.approx(0.02 * check.bills_usd[0])
    share = check.increase_usd / check.accepted_usd
    assert checked(change, max_increase=share * 1.01).verdict == "within"
    assert checked(change, max_increase=share * 0.99).verdict == "over"


def test_the_comment_starts_with_its_marker_and_tells_what_differs() -> None:
    text = check_markdown(checked("segments.*.requests_per_month=x1.3"))
    assert text.splitlines()[0] == MARKER
    assert "segments.ticket-triage.requests\\_per\\_month: 600,000, now 780,000" in text


def test_an_immaterial_change_is_within() -> None:
    check = checked("segments.case-summaries.requests_per_month=x1.05")
    assert check.verdict == "within"
    assert check_markdown(check).startswith(MARKER)


def test_a_rule_that_takes_a_tool_away_breaks_the_plan_and_names_the_segment() -> None:
    check = checked("segments.ticket-triage.data.residency=[us]", max_increase=10.0)
    assert check.verdict == "broken"
    assert check.segments[0].state == "gone"
    assert any(text.startswith("ticket-triage") for text in check.misses)


def test_limits_that_nothing_holds_are_infeasible_and_keep_the_conflict() -> None:
    check = checked("segments.ticket-triage.quality_floor=0.999")
    assert check.verdict == "infeasible"
    assert check.conflict is not None
    assert check.anew_usd is None


def test_a_dearer_price_is_told_and_counted() -> None:
    plan, catalog = example_plan(NAME), example_catalog()
    option = next(segment.option for segment in plan.segments if segment.option.gate is None)
    dearer = tuple(
        replace(offer, price=replace(offer.price, input_usd_per_mtok=offer.price.input_usd_per_mtok * 20.0))
        if (offer.model, offer.provider) == (option.model, option.provider) and offer.price is not None
        else offer
        for offer in catalog.offers
    )
    workload = load_workload(catalogs_dir() / "workloads" / f"{NAME}.yaml")
    check = check_plan(workload, plan, replace(catalog, offers=dearer), example_beliefs(), DAY)
    assert check.verdict == "over"
    assert any(option.model_name in text or option.offer_key in text for text in check.changes)
    assert check.again_usd is not None
    assert check.anew_usd is not None
    assert check.anew_usd < check.again_usd


def test_a_new_segment_is_planned_anew_and_a_removed_one_told() -> None:
    plan = example_plan(NAME)
    data = plan.model_dump()
    renamed = data["segments"][0] | {"name": "an-older-one"}
    data["segments"] = [renamed, *data["segments"][1:]]
    check = checked(accepted=Plan.model_validate(data), max_increase=10.0)
    states = {one.name: one.state for one in check.segments}
    assert states["an-older-one"] == "removed"
    assert states["ticket-triage"] == "added"
