"""Drift: what was put into a log is found and named, and a log of the plan itself raises no alarm."""

from pathlib import Path

import numpy as np
import pytest

from planner.errors import InputError
from planner.logs import read_logs
from planner.planning.drift.drift import Drift, find_drift
from planner.planning.drift.expected import expected_of
from planner.planning.drift.statistics import mean_seen, quantile_seen, share_seen
from planner.workload.load import check_workload
from tests.planning.drift.replays import NOTHING, Injected, rows_of_plan, write_rows
from tests.report.deploy.plans import example_catalog, example_plan

NAME = "support-desk-eu"
SEGMENT = "order-details"


def drift_of(tmp_path: Path, injected: Injected = NOTHING, seed: int = 1, name: str = NAME) -> Drift:
    rows = rows_of_plan(example_plan(name), example_catalog(), np.random.default_rng(seed), injected)
    log = read_logs([str(write_rows(tmp_path / "log.jsonl", rows))], by="model_group")
    return find_drift(example_plan(name), example_catalog(), log)


def outside(drift: Drift) -> set[tuple[str, str]]:
    """Segments and measures that left the plan."""
    return {(one.segment, one.measure) for one in drift.drifted}


def test_a_log_of_the_plan_itself_raises_no_alarm(tmp_path: Path) -> None:
    drift = drift_of(tmp_path)
    assert outside(drift) == set()
    judged = {one.measure for one in drift.findings if one.state != "not judged"}
    assert {"input tokens", "output tokens", "price over the planned one", "first token p95, ms", "failed"} <= judged


@pytest.mark.parametrize("from_day", [0, 7])
def test_twice_the_tokens_are_found_named_and_planned_anew(from_day: int, tmp_path: Path) -> None:
    drift = drift_of(tmp_path, Injected(SEGMENT, from_day, {"input_tokens": 2.0, "output_tokens": 2.0}))
    assert {(SEGMENT, "input tokens"), (SEGMENT, "output tokens")} <= outside(drift)
    assert {segment for segment, _ in outside(drift)} == {SEGMENT}
    assert any(f"segments.{SEGMENT}.input_tokens=x" in change for change in drift.plan_anew)
    if from_day:
        found = {one.measure: one for one in drift.findings if one.segment == SEGMENT}
        assert found["input tokens"].jump_day in {from_day - 1, from_day, from_day + 1}


@pytest.mark.parametrize("factor", [1.2, 0.8])
def test_a_price_change_is_found_and_named(factor: float, tmp_path: Path) -> None:
    drift = drift_of(tmp_path, Injected(SEGMENT, 5, {"price": factor}))
    assert (SEGMENT, "price over the planned one") in outside(drift)
    assert any("the price of" in cause for cause in drift.causes)


@pytest.mark.parametrize("from_day", [0, 7])
def test_a_slower_tier_is_found_and_named(from_day: int, tmp_path: Path) -> None:
    drift = drift_of(tmp_path, Injected(SEGMENT, from_day, {"time": 2.5}))
    assert {(SEGMENT, "first token p95, ms"), (SEGMENT, "whole answer p95, ms")} & outside(drift)
    assert any("is slower" in cause for cause in drift.causes)
    assert {segment for segment, _ in outside(drift)} == {SEGMENT}


def test_a_stand_in_that_serves_half_is_found(tmp_path: Path) -> None:
    drift = drift_of(tmp_path, Injected(SEGMENT, 0, {}, "openai/gpt-4o"))
    assert (SEGMENT, "served by the planned tool") in outside(drift)


@pytest.mark.parametrize("factor", [1.2, 1.0])
def test_a_price_is_judged_where_the_log_tells_no_cached_tokens(factor: float, tmp_path: Path) -> None:
    rows = rows_of_plan(
        example_plan("ticket-triage"),
        example_catalog(),
        np.random.default_rng(1),
        Injected("ticket-triage", 0, {"price": factor}),
    )
    for row in rows:
        del row["metadata"]
    log = read_logs([str(write_rows(tmp_path / "log.jsonl", rows))], by="model_group")
    drift = find_drift(example_plan("ticket-triage"), example_catalog(), log)
    state = next(one.state for one in drift.findings if one.measure == "price over the planned one")
    assert state == ("outside" if factor > 1.0 else "inside")


def test_twice_the_requests_are_found_and_a_sample_is_not_a_fall(tmp_path: Path) -> None:
    plan, catalog = example_plan("museum-kiosk"), example_catalog()
    band = next(iter(expected_of(plan, check_workload(plan.workload), catalog))).bands[0]
    states = {}
    for times in (1.0, 2.5, 0.01):
        most = max(round(band.expected * 14 * times), 200)
        rows = rows_of_plan(plan, catalog, np.random.default_rng(2), most=min(most, 60_000))
        log = read_logs([str(write_rows(tmp_path / "log.jsonl", rows))], by="model_group")
        found = {one.measure: one.state for one in find_drift(plan, catalog, log).findings}
        states[times] = found["requests a day"]
        log.engine.close()
    assert states == {1.0: "inside", 2.5: "outside", 0.01: "not judged"}


def test_false_alarms_stay_below_the_promise(tmp_path: Path) -> None:
    """Thirty logs here; tests/benchmarks/bench_drift.py counts two hundred."""
    alarms = sum(bool(outside(drift_of(tmp_path, seed=seed))) for seed in range(100, 130))
    assert alarms == 0


def test_requests_of_no_segment_are_counted_and_silent_segments_told(tmp_path: Path) -> None:
    rows = rows_of_plan(example_plan(NAME), example_catalog(), np.random.default_rng(1))
    rows = [row for row in rows if row["model_group"] != SEGMENT]
    rows += [{**row, "model_group": "another-team"} for row in rows[:40]]
    log = read_logs([str(write_rows(tmp_path / "log.jsonl", rows))], by="model_group")
    drift = find_drift(example_plan(NAME), example_catalog(), log)
    assert drift.unmatched == (("another-team", 40),)
    assert drift.silent == (SEGMENT,)


def test_a_log_without_any_segment_of_the_plan_is_told(tmp_path: Path) -> None:
    rows = rows_of_plan(example_plan(NAME), example_catalog(), np.random.default_rng(1))
    log = read_logs([str(write_rows(tmp_path / "log.jsonl", [{**row, "model_group": "x"} for row in rows]))])
    with pytest.raises(InputError, match="the plan's segments"):
        find_drift(example_plan(NAME), example_catalog(), log)


def test_intervals_hold_what_they_should(seed: int) -> None:
    """Coverage of mean, quantile and share at 90 %, over 400 samples."""
    rng = np.random.default_rng(seed)
    days = np.repeat(np.arange(10), 40)
    held = np.zeros(3)
    for _ in range(400):
        values = rng.lognormal(0.0, 0.8, 400)
        mean = mean_seen(values, days, 0.1)
        quantile = quantile_seen(values, 0.95, 0.1)
        share = share_seen(int((rng.random(400) < 0.03).sum()), 400, 0.1)
        held += (
            mean.low <= np.exp(0.32) <= mean.high,
            quantile.low <= np.exp(0.8 * 1.6448536) <= quantile.high,
            share.low <= 0.03 <= share.high,
        )
    assert np.all(held / 400.0 > 0.85)
