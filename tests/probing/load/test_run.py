"""Load runs: when requests leave, and what is told of what came back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from probing_parts import settings_of, suite_of, target_at
from streaming_server import Server

from planner.errors import InputError
from planner.probing.asking.runner import run_probe, start_run
from planner.probing.load.arrivals import planned_s
from planner.probing.load.results import load_results_of
from planner.probing.load.run import run_load, worker_count
from planner.store.attempts import attempts_of
from planner.store.database.engine import Store

PATIENT = {"first_s": 60.0, "total_s": 120.0}
"""Whatever else this machine does."""


@given(st.floats(0.5, 200.0), st.floats(0.5, 60.0))
def test_arrivals_ascend_within_the_time_and_repeat_for_the_same_names(rate: float, seconds: float) -> None:
    settings = settings_of(rate_per_s=rate, seconds=seconds)
    moments = planned_s("run", "model", settings)
    assert np.all(np.diff(moments) > 0.0)
    assert moments.size == 0 or 0.0 < moments[-1] < seconds
    assert np.array_equal(moments, planned_s("run", "model", settings))


def test_arrivals_are_a_poisson_process_of_the_rate() -> None:
    moments = planned_s("run", "model", settings_of(rate_per_s=50.0, seconds=200.0))
    gaps = np.diff(moments)
    assert moments.size == pytest.approx(10_000, rel=0.05)
    # Exponential gaps: mean and standard deviation are one over the rate.
    assert gaps.mean() == pytest.approx(0.02, rel=0.05)
    assert gaps.std() == pytest.approx(0.02, rel=0.05)


def test_more_than_the_cores_of_processes_are_never_started() -> None:
    assert worker_count(0.1) == 1
    assert worker_count(10_000.0) <= 64


def test_a_load_run_sends_every_arrival_once_from_several_processes(store: Store, server: Server) -> None:
    settings = settings_of(rate_per_s=4.0, seconds=3.0, workers=2, slo_total_ms=60_000.0, timeouts=PATIENT)
    run = start_run(store, suite_of(3, prefix="under load"), (target_at(server.api_base),), settings, 1.0)
    run, progress = run_load(store, run.id)
    (row,) = load_results_of(store, run.id)
    planned = len(planned_s(run.id, "fixed", settings))
    assert (run.kind, run.status, row.sent, row.answered) == ("load", "finished", planned, planned)
    assert progress.answered == planned
    assert row.goodput_per_s is not None
    assert row.goodput_per_s <= row.answered_per_s
    keys = [(attempt.item, attempt.repeat) for attempt in attempts_of(store, run.id)]
    assert len(set(keys)) == planned
    asked = sum(count for prompt, count in server.log()["asked"].items() if prompt.startswith("under load"))
    assert asked == planned


def test_the_cap_holds_under_load(store: Store, server: Server) -> None:
    settings = settings_of(rate_per_s=20.0, seconds=2.0, workers=2, timeouts=PATIENT)
    cap = 0.0005
    run = start_run(store, suite_of(3, prefix="load cap"), (target_at(server.api_base),), settings, cap)
    run, _ = run_load(store, run.id)
    (row,) = load_results_of(store, run.id)
    assert run.status == "cap"
    assert row.cost_usd <= cap


def test_a_load_run_is_made_anew_and_not_resumed(store: Store, server: Server) -> None:
    settings = settings_of(rate_per_s=4.0, seconds=1.0)
    run = start_run(store, suite_of(1), (target_at(server.api_base),), settings, 1.0)
    with pytest.raises(InputError, match="load run"):
        run_probe(store, run.id, {})
    probe = start_run(store, suite_of(1), (target_at(server.api_base),), settings_of(), 1.0)
    with pytest.raises(InputError, match="a load run"):
        run_load(store, probe.id)
