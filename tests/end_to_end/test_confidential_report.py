"""A law firm's confidential requests: the plan runs them on own machines, and its report explains the sizing."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from planner.planning.plan import Plan, PoolPlan
from planner.report.render import render_report
from planner.resources import catalogs_dir

WORKLOAD = catalogs_dir() / "workloads" / "contract-drafting.yaml"
NUMBER = r"([\d,]*\.?\d+)"


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan as the command line makes it."""
    out = tmp_path_factory.mktemp("plan") / "plan.json"
    command = [sys.executable, "-m", "planner.cli", "plan", str(WORKLOAD), "--json", str(out)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Plan.model_validate(json.loads(out.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def pool(plan: Plan) -> PoolPlan:
    """The one that most kinds of request share."""
    return max(plan.pools, key=lambda pool: len(pool.segments))


def figures(line: str) -> list[float]:
    return [float(found.replace(",", "")) for found in re.findall(NUMBER, line)]


def line_of(pool: PoolPlan, name: str) -> str:
    return next(line.partition(": ")[2] for line in pool.sizing if line.startswith(name))


def test_every_confidential_segment_stays_on_own_machines(plan: Plan) -> None:
    assert {segment.option.serving for segment in plan.segments} == {"self_hosted"}
    assert {segment.option.provider for segment in plan.segments} == {"own"}


def test_weights_are_parameters_times_bytes(pool: PoolPlan) -> None:
    billions, size, *_ = figures(line_of(pool, "weights"))
    total = float(re.search(rf"= {NUMBER} GB", line_of(pool, "weights")).group(1))  # type: ignore[union-attr]  # the line has it
    assert total == pytest.approx(billions * size, rel=0.01)


def test_what_is_left_is_memory_less_engine_less_weights(pool: PoolPlan) -> None:
    count, share, memory, engine, weights, left = figures(line_of(pool, "memory"))
    assert left == pytest.approx(count * (share / 100.0 * memory - engine) - weights, abs=0.5)


def test_a_sequence_takes_its_tokens_times_the_cache_of_one(pool: PoolPlan) -> None:
    per_token = figures(line_of(pool, "cache per token"))[-1]
    for line in (text for text in pool.sizing if text.startswith("cache per sequence")):
        tokens, *_, size = figures(line.partition(": ")[2])
        assert size == pytest.approx(tokens * per_token / 1e6, abs=0.006)


def test_the_busiest_hour_is_requests_times_the_peak_over_a_months_seconds(pool: PoolPlan) -> None:
    rates = [text for text in pool.sizing if text.startswith(("busiest hour", "mean hour"))]
    assert len(rates) == len(pool.segments)
    for line in rates:
        numbers = figures(line.partition(": ")[2])
        if line.startswith("mean hour"):  # what may wait has no peak
            numbers.insert(1, 1.0)
        requests, peak, seconds, rate, full, ratio, busy, *_ = numbers
        assert rate == pytest.approx(requests * peak / seconds, rel=0.01)
        assert ratio == pytest.approx(rate / full, rel=0.02)
        # The mean of a ratio over the draws lies a little above the ratio of the means.
        assert busy == pytest.approx(rate / full, rel=0.25)


def test_the_throughput_follows_from_prompt_step_and_batch_as_they_are_told(pool: PoolPlan) -> None:
    lines = [text for text in pool.sizing if text.startswith("throughput when full")]
    assert len(lines) == len(pool.segments)
    for line in lines:
        one, prefill, tokens, step, batch, calls, *_ = figures(line.partition(": ")[2])
        assert one == 1.0
        assert calls == pytest.approx(1000.0 / (prefill + tokens * step / batch), rel=0.01)


def test_replicas_are_the_work_over_the_cap_rounded_up(pool: PoolPlan) -> None:
    work, _, cap, load, whole = figures(line_of(pool, "replicas"))
    assert load == pytest.approx(work / cap * 100.0, rel=0.01)
    assert whole >= load > whole - 1.0
    assert pool.replicas == whole


def test_the_price_is_replicas_times_their_month(pool: PoolPlan) -> None:
    assert line_of(pool, "price").endswith(f"= {pool.monthly_cost_usd:,.3g} USD a month") or figures(
        line_of(pool, "price")
    )[-1] == pytest.approx(pool.monthly_cost_usd, rel=0.01)


def test_there_is_a_command_for_the_server_and_for_each_kind_of_request(pool: PoolPlan) -> None:
    assert len(pool.load_test) == 1 + len(pool.segments)
    assert f"--tensor-parallel-size {pool.gpus_per_replica}" in pool.load_test[0]


@pytest.mark.parametrize("suffix", [".html", ".md"])
def test_the_report_tells_every_line_and_command(plan: Plan, pool: PoolPlan, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"report{suffix}"
    render_report(plan, out)
    text = re.sub(r"<[^>]+>|\\|\*|&quot;|\"", "", out.read_text(encoding="utf-8")).replace("&#x27;", "'")
    for line in pool.sizing:
        name, _, told = line.partition(": ")
        assert name in text
        assert told in text
    for command in pool.load_test:
        assert command.replace('"', "")[:60].replace("*", "") in text


def test_the_report_is_set_as_pdf(plan: Plan, tmp_path: Path) -> None:
    out = tmp_path / "report.pdf"
    render_report(plan, out)
    assert out.read_bytes().startswith(b"%PDF")
