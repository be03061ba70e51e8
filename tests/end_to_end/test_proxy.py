"""The exported gateway, run by the real LiteLLM proxy: planned tools answer, stand-ins take over, hard ones go up."""

import json
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml

from planner.cli.drift import read_served
from planner.planning.drift.drift import find_drift
from planner.planning.plan import Plan
from planner.report.deploy.export import export_plan, write_files
from planner.report.deploy.gateway.gates import CAPABILITY, HEURISTIC
from planner.report.deploy.toolbox import toolbox_of
from tests.end_to_end.proxy_parts import HARD, KEY, Proxy, proxy_folder, running_proxy
from tests.report.deploy.plans import example_catalog, example_plan

DAY = date(2026, 12, 1)


def exported(plan: Plan, folder: Path) -> Path:
    write_files(export_plan(plan, example_catalog(), DAY, ("litellm",)), folder)
    return folder


@pytest.fixture(scope="module")
def plan() -> Plan:
    return example_plan("coding-assistant")


@pytest.fixture(scope="module")
def proxy(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("proxy")
    with running_proxy(exported(plan, folder / "files"), folder) as running:
        yield running


def config_of(folder: Path) -> dict[str, dict[str, object]]:
    found = yaml.safe_load((folder / "config.yaml").read_text())
    return {entry["model_name"]: entry for entry in found["model_list"]}


def test_each_segment_is_served_by_the_tool_that_the_plan_names(proxy: Proxy, plan: Plan) -> None:
    entries = config_of(proxy.log.parent)
    served = 0
    for segment in plan.segments:
        answer = proxy.ask(segment.name)
        assert answer.status_code == 200, answer.text
        info = entries[segment.name]["model_info"]
        assert isinstance(info, dict)
        assert info["planned_model"] == segment.option.model
        assert answer.headers["x-litellm-model-id"] == info["id"]
        assert answer.json()["choices"][0]["message"]["content"] == str(info["id"]).rpartition(".")[2]
        served += 1
    assert served == len(plan.segments) == 5


def test_its_log_holds_a_line_a_request_and_no_text(proxy: Proxy, plan: Plan) -> None:
    private = "a sentence that nobody else may read"
    proxy.ask(plan.segments[0].name, private)
    lines = proxy.logged()
    assert private not in proxy.log.read_text()
    assert lines[-1]["model_group"] == plan.segments[0].name
    assert lines[-1]["prompt_tokens"] == 20
    assert lines[-1]["completion_tokens"] == 5


def test_it_books_the_plan_s_prices(proxy: Proxy, plan: Plan) -> None:
    name = plan.segments[0].name
    proxy.ask(name)
    params = config_of(proxy.log.parent)[name]["litellm_params"]
    assert isinstance(params, dict)
    expected = 20 * params["input_cost_per_token"] + 5 * params["output_cost_per_token"]
    assert proxy.logged()[-1]["response_cost"] == pytest.approx(expected)


def test_its_metrics_have_the_names_that_the_rules_use(proxy: Proxy, plan: Plan) -> None:
    proxy.ask(plan.segments[0].name)
    proxy.logged()
    told = proxy.get("/metrics/").text
    for metric in (
        "litellm_request_total_latency_metric_bucket",
        "litellm_proxy_total_requests_metric_total",
        "litellm_spend_metric_total",
    ):
        assert any(
            line.startswith(f"{metric}{{") and f'requested_model="{plan.segments[0].name}"' in line
            for line in told.splitlines()
        ), metric


def test_a_killed_tool_is_replaced_by_its_first_stand_in(plan: Plan, tmp_path: Path) -> None:
    files = exported(plan, tmp_path / "files")
    router = yaml.safe_load((files / "litellm" / "config.yaml").read_text())["router_settings"]
    stand_ins = {name: groups for row in router["fallbacks"] for name, groups in row.items()}
    with running_proxy(files, tmp_path) as proxy:
        name = "ticket-agent"
        own = str(config_of(tmp_path)[name]["model_info"]["id"]).rpartition(".")[2]  # type: ignore[index]
        assert proxy.ask(name).json()["choices"][0]["message"]["content"] == own
        proxy.models[own].stop()
        answer = proxy.ask(name)
        assert answer.status_code == 200, answer.text
        assert answer.json()["choices"][0]["message"]["content"] == stand_ins[name][0].removeprefix("tool/")
        proxy.models.pop(own)


@pytest.mark.parametrize("kind", [CAPABILITY, HEURISTIC])
def test_a_hard_question_escalates_where_the_gate_judges_first(kind: str, tmp_path: Path) -> None:
    plan = with_gate(example_plan("support-desk-eu"), kind)
    box = toolbox_of(plan, example_catalog(), DAY)
    cascades = [route for route in box.routes if route.strong is not None and route.first is not None]
    # LiteLLM takes one capability classifier without a licence: the dearest cascade has it.
    route = max(cascades, key=lambda one: one.plan.monthly_cost_usd.mean)
    assert route.first is not None
    assert route.strong is not None
    hard = (
        f"First {HARD} step by step that the algorithm's complexity is bounded, then analyze the trade-offs of the "
        "distributed architecture, debug the function and class, think through the reasoning, and evaluate each step."
    )
    with running_proxy(exported(plan, tmp_path / "files"), tmp_path) as proxy:
        easy = proxy.ask(route.name, "What is the German word for cat?")
        assert easy.status_code == 200, easy.text
        assert easy.json()["choices"][0]["message"]["content"] == route.first.id
        answer = proxy.ask(route.name, hard)
        assert answer.status_code == 200, answer.text
        assert answer.json()["choices"][0]["message"]["content"] == route.strong.id


def with_gate(plan: Plan, kind: str) -> Plan:
    """The plan with every cascade's gate of another kind."""
    data = plan.model_dump()
    for segment in data["segments"]:
        if segment["option"]["gate"]:
            segment["option"]["gate"]["kind"] = kind
    return Plan.model_validate(data)


_LOAD = """
import asyncio, json, sys
from litellm.proxy.proxy_server import ProxyConfig
async def main():
    for path in sys.argv[1:]:
        router, models, _ = await ProxyConfig().load_config(router=None, config_file_path=path)
        print(json.dumps(sorted({deployment["model_name"] for deployment in router.model_list})))
asyncio.run(main())
"""


def test_the_configuration_of_each_example_loads_as_it_is(examples: tuple[Path, ...], tmp_path: Path) -> None:
    expected = []
    paths = []
    for workload in examples:
        files = exported(example_plan(workload.stem), tmp_path / workload.stem)
        path = files / "litellm" / "config.yaml"
        if not path.exists():
            assert workload.stem == "museum-kiosk"  # served on devices alone
            continue
        paths.append(str(path))
        config = yaml.safe_load(path.read_text())
        expected.append(sorted({entry["model_name"] for entry in config["model_list"]}))
    names = {name for path in paths for name in _variables(Path(path).read_text())}
    environment = dict.fromkeys(names, "a-value-that-is-not-empty")
    environment |= {"LITELLM_MASTER_KEY": KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "PATH": "/usr/bin:/bin"}
    environment |= {name: "http://127.0.0.1:9/v1" for name in names if name.endswith(("API_BASE", "_EU", "_US"))}
    command = [str(proxy_folder() / "python"), "-c", _LOAD, *paths]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    loaded = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    assert loaded == expected


def _variables(text: str) -> set[str]:
    return {word.strip('"') for line in text.splitlines() for word in line.split("os.environ/")[1:]}


def test_drift_reads_the_proxy_s_own_log_and_finds_twice_the_tokens(tmp_path: Path) -> None:
    """120 requests through the real proxy; the servers report the planned lengths, or twice as many prompt tokens."""
    plan = example_plan("ticket-triage")
    segment = plan.segments[0]
    asked = plan.workload["segments"][0]
    tokens = round(asked["input_tokens"]["mean"]), round(asked["output_tokens"]["mean"])
    found = {}
    for times in (1, 2):
        folder = tmp_path / str(times)
        files = exported(plan, folder / "files")
        with running_proxy(files, folder) as proxy:
            for model in proxy.models.values():
                model.tokens = tokens[0] * times, tokens[1]
            for _ in range(120):
                assert proxy.ask(segment.name).status_code == 200
            proxy.logged()
            kept = folder / "kept.jsonl"
            kept.write_text(proxy.log.read_text())
        drift = find_drift(plan, example_catalog(), read_served([str(kept)], None))
        assert drift.grouped_by == "requested_model"
        assert drift.unmatched == ()
        found[times] = {one.measure: one.state for one in drift.findings}
    assert found[1]["input tokens"] == "inside"
    assert found[1]["served by the planned tool"] == "inside"
    assert found[1]["price over the planned one"] in {"inside", "not judged"}
    assert found[2]["input tokens"] == "outside"
