"""How many replicas a rate of requests takes: by work, and by how long a first token may wait."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Final

import numpy as np

from planner.beliefs.queueing.formulas import ReplicaLoad, Waiting, capacity, waiting
from planner.units import Floats

_JUST_BELOW: Final = 1e-9
_MOST: Final = 4096


@dataclass(frozen=True, slots=True, eq=False)
class ReplicaCount:
    """Equal replicas behind one balancer, at a rate of calls."""

    replicas: int
    """Spare ones included."""
    spare: int
    by_work: int
    """What the utilisation cap alone would take."""
    utilisation: float
    """Of the replicas that are not spare."""
    waiting: Waiting
    """Of one replica with its part of the calls, shape (1,) each; the spare ones idle."""


def replicas_for(
    load: ReplicaLoad,
    rate: float,
    *,
    utilisation_cap: float = 0.6,
    ttft_p95_s: float | None = None,
    ttft_p99_s: float | None = None,
    spare: int = 0,
) -> ReplicaCount | str:
    """Fewest replicas for `rate` calls a second at the busiest hour; a sentence where no number holds the limits.

    Each replica gets an equal, random part of the calls, which thins bursts: with n replicas the squared coefficient
    of variation of its arrivals is 1 + (ca2 - 1) / n. A balancer that looks at queues does better.

    Args:
        load: One replica, (1,) arrays.
        rate: Calls a second of all together.
        utilisation_cap: Busy share that none may exceed.
        ttft_p95_s: Longest 95th percentile of the time to first token, seconds, of the wait and the own prompt's step.
        ttft_p99_s: The same for the 99th.
        spare: Replicas beyond what the load takes (N+1: 1).
    """
    full = float(capacity(load)[0])
    by_work = max(ceil(rate / (utilisation_cap * full) - _JUST_BELOW), 1)
    best = alone(load, rate, _MOST)
    if not _holds(best, ttft_p95_s, ttft_p99_s):
        return f"a first token takes {1000.0 * float(best.p95_s[0]):,.0f} ms (p95) even on an idle replica"
    low, high = by_work, by_work
    while not _holds(alone(load, rate, high), ttft_p95_s, ttft_p99_s):
        low, high = high + 1, min(2 * high, _MOST)
    while low < high:
        middle = (low + high) // 2
        if _holds(alone(load, rate, middle), ttft_p95_s, ttft_p99_s):
            high = middle
        else:
            low = middle + 1
    return ReplicaCount(high + spare, spare, by_work, rate / (high * full), alone(load, rate, high))


def alone(load: ReplicaLoad, rate: float, replicas: int) -> Waiting:
    """One of equal replicas with its random part of the calls, which thins their bursts; shape (1,)."""
    thinned = replace(load, arrival_cv2=1.0 + (load.arrival_cv2 - 1.0) / replicas)
    part: Floats = np.array([rate / replicas])
    return waiting(thinned, part)


def _holds(found: Waiting, p95_s: float | None, p99_s: float | None) -> bool:
    within_p95 = p95_s is None or float(found.p95_s[0]) <= p95_s
    return within_p95 and (p99_s is None or float(found.p99_s[0]) <= p99_s)
