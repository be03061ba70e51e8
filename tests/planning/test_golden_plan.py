"""The Plan JSON of a made-up workload, byte for byte, and its shape against the schema."""

import json
import os
from pathlib import Path

from jsonschema import Draft202012Validator

from planner.options.table import RetirementWarning
from planner.planning.choose import choose_plan
from planner.planning.plan import Plan
from tests.planning import instances as made

Way = made.Way
GOLDEN = Path(__file__).parents[1] / "golden" / "plan.json"
REWRITE = os.environ.get("PLANNER_REWRITE_GOLDEN") == "1"


def golden_plan() -> Plan:
    """Two segments on a tuned open model in a shared pool, a cascade and an API; every part of a plan is there."""
    catalog = made.catalog(
        made.model("a/small"), made.model("m/open"), made.model("b/mid", "mid"), made.model("c/big", "frontier")
    )
    own = {
        "provider": "own",
        "serving": "self_hosted",
        "pool": 0,
        "needs": (1,),
        "usage": 0.0,
        "technique": 2,
        "tier": 0,
    }
    triage = [
        Way("m/open", quality=made.ramp(0.91, 0.99), load=made.ramp(0.2, 0.4), **own),
        Way("b/mid", made.ramp(300, 500), made.ramp(0.9, 0.98), needs=(0,)),
        Way("c/big", made.ramp(2000, 2400), made.ramp(0.94, 0.99), provider="bolt", needs=(2,), tier=3),
    ]
    drafts = [
        Way("a/small", made.ramp(90, 130), made.ramp(0.85, 0.93), needs=(0,)),
        Way(
            "a/small",
            made.ramp(200, 280),
            made.ramp(0.9, 0.97),
            strong="c/big",
            strong_provider="bolt",
            needs=(0, 2, 3),
        ),
        Way("c/big", made.ramp(800, 1000), made.ramp(0.95, 0.99), provider="bolt", needs=(2,), tier=3),
    ]
    components = (
        made.component("provider:acme", 40.0, people=40.0),
        made.component("self_hosted_stack", made.ramp(100, 140), people=60.0),
        made.component("provider:bolt", 50.0, people=50.0),
        made.component("gate:drafts", 25.0),
    )
    options = made.options(
        made.table("triage", triage),
        made.table("drafts", drafts),
        components=components,
        pools=(made.pool("m/open@1xl40s", "m/open", 180.0),),
        retirements=(RetirementWarning("c/big", "bolt/key", "2027-06-30"),),
    )
    workload = made.workload(
        made.segment("triage", requests_per_month=20000.0, today={"model": "c/big"}),
        made.segment("drafts", skill="writing", prefer="b/mid", latency={"ttft_p95_ms": 900.0}),
    )
    plan = choose_plan(workload, catalog, options, front=4)
    assert isinstance(plan, Plan)
    return plan


def as_text(plan: Plan) -> str:
    data = plan.model_dump(mode="json")
    data["planner_version"] = "golden"
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def test_the_plan_is_as_reviewed() -> None:
    text = as_text(golden_plan())
    if REWRITE:
        GOLDEN.write_text(text, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == text


def test_the_golden_plan_follows_the_schema() -> None:
    Draft202012Validator(Plan.model_json_schema()).validate(golden_plan().model_dump(mode="json"))


def test_a_plan_reads_back_as_itself() -> None:
    plan = golden_plan()
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_the_golden_plan_has_every_part() -> None:
    plan = golden_plan()
    parts = (plan.baselines, plan.fixed_costs, plan.pools, plan.front, plan.first_steps, plan.evidence, plan.warnings)
    assert all(parts)
    assert any(segment.option.gate for segment in plan.segments)
