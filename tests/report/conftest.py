"""Plans and a conflict to tell of, and a plan whose every text is hostile.

`field_assistant.json` is what the planner made of that example workload; `every_part.json` is made up, of models that
do not exist, so that it has every part a plan can have: a gate, a pool, named models, relaxed limits, a retirement.
"""

from pathlib import Path

import pytest

from planner.planning.plan import Conflict, Plan

HERE = Path(__file__).resolve().parent
SCRIPT = '<script>alert("x")</script>'


@pytest.fixture(scope="session", params=["field_assistant", "every_part"])
def plan_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def plan(plan_name: str) -> Plan:
    return Plan.model_validate_json((HERE / f"{plan_name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def conflict() -> Conflict:
    return Conflict.model_validate_json((HERE / "example_conflict.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def hostile(plan: Plan) -> Plan:
    """The plan with a script, Markdown and typst commands wherever a user or a source could have put text."""
    nasty = f'{SCRIPT} #panic("y") | **b** \\ ](javascript:alert(1)) "quoted"'
    segments = tuple(part.model_copy(update={"why": nasty, "floor_text": nasty}) for part in plan.segments)
    evidence = tuple(item.model_copy(update={"what": nasty, "url": "javascript:alert(1)"}) for item in plan.evidence)
    baselines = tuple(one.model_copy(update={"label": nasty}) for one in plan.baselines)
    return plan.model_copy(
        update={
            "workload": {**plan.workload, "name": nasty[:80]},
            "answer": nasty,
            "segments": segments,
            "evidence": evidence,
            "baselines": baselines,
            "warnings": (nasty,),
        }
    )
