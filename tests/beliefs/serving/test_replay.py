"""A trace served by simulated replicas: what more replicas and more traffic do, and what the formulas say of it."""

import numpy as np
import pytest

from planner.beliefs.queueing.simulation import Requests
from planner.beliefs.serving.replay import (
    TraceReplay,
    TraceReplica,
    formula_for,
    replay_trace,
    replicas_to_hold,
    trace_replica,
)
from planner.beliefs.serving.roofline import Setup
from planner.catalog.schema import Catalog
from planner.units import stream

COUNT = 3000


def _requests(rate: float = 12.0) -> Requests:
    rng = stream(1, "trace")
    arrivals = np.cumsum(rng.exponential(1.0 / rate, COUNT))
    return Requests(arrivals, np.full(COUNT, 900.0), np.maximum(np.rint(rng.gamma(4.0, 37.5, COUNT)), 1.0))


def _bursts() -> Requests:
    plain = _requests()
    return Requests(np.repeat(plain.arrivals[::150], 150), plain.prompts, plain.answers)


def _replica(catalog: Catalog, requests: Requests) -> TraceReplica:
    setup = Setup(catalog.models["meta/llama-3.1-8b"], catalog.gpus["l40s"], 1, "fp8")
    found = trace_replica(catalog, setup, requests)
    assert isinstance(found, TraceReplica), found
    return found


def _replayed(catalog: Catalog, replicas: int, speed_up: float = 1.0, pace: float = 1.0) -> TraceReplay:
    return replay_trace(_replica(catalog, _requests()), _requests(), replicas=replicas, speed_up=speed_up, pace=pace)


def test_more_replicas_shorten_the_waits_of_a_trace(catalog: Catalog) -> None:
    one, three = (_replayed(catalog, count) for count in (1, 3))
    assert three.ttft.p95 < one.ttft.p95
    assert three.tpot_mean_ms < one.tpot_mean_ms


def test_twice_the_traffic_waits_longer(catalog: Catalog) -> None:
    assert _replayed(catalog, 2, speed_up=2.0).ttft.p95 > _replayed(catalog, 2).ttft.p95


def test_slow_speeds_take_longer_than_fast_ones(catalog: Catalog) -> None:
    replica = _replica(catalog, _requests())
    assert replica.fast < 1.0 < replica.slow
    fast, slow = (_replayed(catalog, 2, pace=pace) for pace in (replica.fast, replica.slow))
    assert fast.ttft.p50 < slow.ttft.p50
    assert fast.tpot.p95 < slow.tpot.p95


@pytest.mark.parametrize("replicas", [2, 3])
def test_the_formula_meets_the_replay_of_independent_callers(catalog: Catalog, replicas: int) -> None:
    replica, found = _replica(catalog, _requests()), _replayed(catalog, replicas)
    told = formula_for(replica, _requests(), replicas=replicas)
    assert told is not None
    assert told.ttft.p50 == pytest.approx(found.ttft.p50, rel=0.15)
    assert told.ttft.p95 == pytest.approx(found.ttft.p95, rel=0.2)
    assert told.tpot_mean_ms == pytest.approx(found.tpot_mean_ms, rel=0.1)


def test_the_formula_is_not_asked_where_the_queue_only_grows(catalog: Catalog) -> None:
    requests = _requests()
    assert formula_for(_replica(catalog, requests), requests, replicas=1, speed_up=100.0) is None
    assert _replayed(catalog, 1, speed_up=100.0).utilisation > 1.0


def test_the_formula_tells_no_time_per_token_for_bursts_it_was_not_checked_at(catalog: Catalog) -> None:
    requests = _bursts()
    told = formula_for(_replica(catalog, requests), requests, replicas=1)
    assert told is not None
    assert told.tpot_mean_ms is None


def test_bursts_take_more_replicas_for_the_same_limit(catalog: Catalog) -> None:
    def needed(requests: Requests) -> int:
        found = replicas_to_hold(
            _replica(catalog, requests), requests, speed_up=4.0, ttft_p95_ms=600.0, total_p95_ms=None
        )
        assert isinstance(found, int), found
        return found

    assert needed(_bursts()) > needed(_requests())


def test_one_replica_fewer_breaks_the_limit(catalog: Catalog) -> None:
    replica, requests = _replica(catalog, _requests()), _requests()
    count = replicas_to_hold(replica, requests, speed_up=6.0, ttft_p95_ms=500.0, total_p95_ms=9000.0)
    assert isinstance(count, int)
    assert count > 1
    enough, fewer = (replay_trace(replica, requests, replicas=one, speed_up=6.0) for one in (count, count - 1))
    assert enough.ttft.p95 <= 500.0
    assert enough.total.p95 <= 9000.0
    assert fewer.ttft.p95 > 500.0 or fewer.total.p95 > 9000.0


def test_a_limit_below_an_idle_replicas_time_is_told(catalog: Catalog) -> None:
    requests = _requests()
    told = replicas_to_hold(_replica(catalog, requests), requests, speed_up=1.0, ttft_p95_ms=1.0, total_p95_ms=None)
    assert "idle replica" in str(told)


def test_a_trace_with_requests_beyond_the_cache_is_told(catalog: Catalog) -> None:
    setup = Setup(catalog.models["meta/llama-3.1-8b"], catalog.gpus["l4"], 1, "bf16")
    long = Requests(np.array([0.0, 1.0]), np.array([120_000.0, 10.0]), np.array([10.0, 10.0]))
    assert "GB of cache" in str(trace_replica(catalog, setup, long))


def test_answers_of_one_token_have_no_time_per_token(catalog: Catalog) -> None:
    requests = Requests(np.arange(50.0), np.full(50, 100.0), np.ones(50))
    found = replay_trace(_replica(catalog, requests), requests, replicas=1)
    assert found.tpot.p99 == 0.0
