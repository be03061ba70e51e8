"""`planner mcp`: the official client asks the real server over standard input and output."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from planner.cli import main
from planner.planning.plan import Plan
from planner.resources import catalogs_dir

ROOT = Path(__file__).parents[1]
WORKLOAD = catalogs_dir() / "workloads" / "ticket-triage.yaml"
TEXT = WORKLOAD.read_text(encoding="utf-8")
Asked = tuple[str, dict[str, Any]]


def ask(*questions: Asked) -> tuple[list[str], list[tuple[bool, str]]]:
    """Names of the tools, and (error, text) of every answer of one server."""

    async def run() -> tuple[list[str], list[tuple[bool, str]]]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = StdioServerParameters(command=sys.executable, args=["-m", "planner.cli", "mcp"], env=environment)
        async with stdio_client(command) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            names = [tool.name for tool in (await session.list_tools()).tools]
            found = []
            for name, arguments in questions:
                answer = await session.call_tool(name, arguments)
                text = answer.content[0]
                found.append((bool(answer.is_error), getattr(text, "text", "")))
            return names, found

    return asyncio.run(run())


@pytest.fixture(scope="module")
def answered() -> tuple[list[str], list[tuple[bool, str]]]:
    return ask(
        ("plan", {"workload": TEXT}),
        ("what_if", {"workload": TEXT, "changes": ["segments.*.requests_per_month=x2"]}),
        ("why_not", {"workload": TEXT, "segment": "ticket-triage", "model": "openai/gpt-4o"}),
        ("price_request", {"model": "gpt-4o-mini", "input_tokens": 1000, "output_tokens": 100}),
        ("next_probe", {"workload": TEXT, "count": 2}),
        ("show_model", {"model": "openai/gpt-4o-mini"}),
        ("plan", {"workload": "version: 1\nname: x\nsegments: []\n"}),
        ("plan", {"workload": "x" * 200_001}),
        ("what_if", {"workload": TEXT, "changes": ["limits.max_models=1"] * 21}),
        ("why_not", {"workload": TEXT, "segment": "no-such", "model": "openai/gpt-4o"}),
        ("price_request", {"model": "gpt-4o-mini", "input_tokens": -1, "output_tokens": 1e99}),
        ("show_model", {"model": "no-such-model"}),
        ("plan", {"workload": TEXT.replace("skill:", "samples: /etc/passwd\n    skill:", 1)}),
    )


def answer(answered: tuple[list[str], list[tuple[bool, str]]], number: int) -> dict[str, Any]:
    failed, text = answered[1][number]
    assert not failed, text
    found: dict[str, Any] = json.loads(text)
    return found


def test_the_six_questions_are_there(answered: tuple[list[str], list[tuple[bool, str]]]) -> None:
    assert sorted(answered[0]) == ["next_probe", "plan", "price_request", "show_model", "what_if", "why_not"]


def test_a_plan_is_that_of_the_command_line(
    answered: tuple[list[str], list[tuple[bool, str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    told = answer(answered, 0)
    assert main(["plan", str(WORKLOAD), "--json", "-"]) == 0
    plan = Plan.model_validate_json(capsys.readouterr().out)
    assert [one["model"] for one in told["segments"]] == [one.option.model for one in plan.segments]
    assert told["monthly_cost_usd"]["mean"] == pytest.approx(plan.totals.monthly_cost_usd.mean)
    assert told["workload_hash"] == plan.workload_hash


def test_twice_the_requests_cost_more(answered: tuple[list[str], list[tuple[bool, str]]]) -> None:
    told = answer(answered, 1)
    assert told["cost_change_usd"]["mean"] > 0.0
    assert told["after"]["monthly_cost_usd"]["mean"] > told["before"]["monthly_cost_usd"]["mean"]


def test_why_not_names_a_reason(answered: tuple[list[str], list[tuple[bool, str]]]) -> None:
    told = answer(answered, 2)
    assert told["serves_it"] is False
    assert told["beside_the_plan"][0]["reason"] or told["kept_out"]


def test_offers_are_told_cheapest_first(answered: tuple[list[str], list[tuple[bool, str]]]) -> None:
    usd = [offer["usd"] for offer in answer(answered, 3)["offers"]]
    assert usd == sorted(usd)
    assert usd[0] > 0.0


def test_probes_and_a_model(answered: tuple[list[str], list[tuple[bool, str]]]) -> None:
    assert len(answer(answered, 4)["probes"]) <= 2
    told = answer(answered, 5)
    assert told["model"]["id"] == "openai/gpt-4o-mini"
    assert all(offer["source"]["url"] for offer in told["offers"])


@pytest.mark.parametrize("number", range(6, 12))
def test_what_is_wrong_or_too_much_is_an_error_and_the_server_stays(
    answered: tuple[list[str], list[tuple[bool, str]]], number: int
) -> None:
    failed, text = answered[1][number]
    assert failed
    assert "Traceback" not in text
    assert len(text) < 2000


def test_a_path_in_a_workload_is_not_opened(answered: tuple[list[str], list[tuple[bool, str]]]) -> None:
    assert "root:" not in answered[1][12][1]
