"""A user's trace on the pool of a case: at its own rate and at the planned busiest hour, beside the formulas."""

from dataclasses import dataclass, replace

import numpy as np

from planner.beliefs.queueing.simulation import Requests
from planner.beliefs.queueing.traces import TraceFacts, busiest_stretch, trace_facts
from planner.beliefs.serving.replay import (
    TraceFormula,
    TraceReplay,
    TraceReplica,
    formula_for,
    replay_trace,
    replicas_to_hold,
    trace_replica,
)
from planner.catalog.schema import Catalog
from planner.planning.self_hosting.answer import replicas_of
from planner.planning.self_hosting.case import ServingCase
from planner.units import MS_PER_S, SEED
from planner.workload.schema import Workload


@dataclass(frozen=True, slots=True, eq=False)
class TraceRun:
    """The trace's requests at one rate on the pool's replicas."""

    rate_per_s: float
    """Model calls a second, from the first to the last."""
    speed_up: float
    """That over the trace's own rate."""
    mean: TraceReplay
    """At the mean speeds of the fit."""
    fast: TraceReplay
    """At the 5th percentile of the draws of a request's time."""
    slow: TraceReplay
    """At the 95th."""
    formula: TraceFormula | None
    """None where the queue only grows."""
    needed: int | str | None
    """Replicas on which the replay keeps the limits; why no number does; None without limits."""


@dataclass(frozen=True, slots=True, eq=False)
class TraceCase:
    """What a trace says of a case."""

    facts: TraceFacts
    """Of the whole trace."""
    replayed: int
    """Requests that are replayed: the whole trace, or its busiest stretch."""
    replicas: int
    """That carry the load; spare ones idle."""
    spare: int
    max_batch: int
    ttft_p95_ms: float | None
    """Tightest limit of the kinds of request on the pool."""
    total_p95_ms: float | None
    own: TraceRun
    """At the rate of what is replayed."""
    planned: TraceRun
    """At the rate for which the pool is sized."""


def trace_case(
    catalog: Catalog, workload: Workload, case: ServingCase, requests: Requests, seed: int = SEED
) -> TraceCase | str:
    """Replay a trace on the case's pool; a sentence where a request of it does not fit.

    The trace stands for model calls: a request with tool calls makes several. Of the workload come the rate of the
    busiest hour, the replicas, the limits and what retrieval takes first; moments and lengths are the trace's.
    """
    kept = busiest_stretch(requests)
    replica = trace_replica(catalog, case.setup, kept, seed)
    if isinstance(replica, str):
        return replica
    searched_ms = max(float(np.mean(one.added.before_ms)) for one in case.served)
    replica = replace(replica, beyond_s=replica.beyond_s + searched_ms / MS_PER_S)
    ttft = [one.segment.latency.ttft_p95_ms for one in case.served]
    total = [one.segment.latency.total_p95_ms for one in case.served]
    limits = (
        min((one for one in ttft if one is not None), default=None),
        min((one for one in total if one is not None), default=None),
    )
    replicas = replicas_of(workload, case) - case.demand.spare
    own_rate = trace_facts(kept).rate_per_s
    rate = sum(one.peak_rps * (1.0 + one.segment.tool_calls_per_request) for one in case.served)
    return TraceCase(
        facts=trace_facts(requests),
        replayed=kept.arrivals.size,
        replicas=replicas,
        spare=case.demand.spare,
        max_batch=replica.max_batch,
        ttft_p95_ms=limits[0],
        total_p95_ms=limits[1],
        own=_run(replica, kept, replicas, own_rate, 1.0, limits),
        planned=_run(replica, kept, replicas, rate, rate / own_rate, limits),
    )


def _run(
    replica: TraceReplica,
    requests: Requests,
    replicas: int,
    rate: float,
    speed_up: float,
    limits: tuple[float | None, float | None],
) -> TraceRun:
    mean, fast, slow = (
        replay_trace(replica, requests, replicas=replicas, speed_up=speed_up, pace=pace)
        for pace in (1.0, replica.fast, replica.slow)
    )
    needed: int | str | None = None
    if limits != (None, None):
        needed = replicas_to_hold(replica, requests, speed_up=speed_up, ttft_p95_ms=limits[0], total_p95_ms=limits[1])
    formula = formula_for(replica, requests, replicas=replicas, speed_up=speed_up)
    return TraceRun(rate, speed_up, mean, fast, slow, formula, needed)
