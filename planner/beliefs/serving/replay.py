"""A trace of requests served by replicas in the simulation, and what the formulas say of the same requests.

The trace brings its own moments and lengths; the replica its step times, its memory and what a first token takes beside
the queue. Speeds are the fit's means; slow and fast ones, 90 % of the draws between them, give the replay its spread.
"""

from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np

from planner.beliefs.queueing.formulas import ReplicaLoad, capacity
from planner.beliefs.queueing.replicas import alone
from planner.beliefs.queueing.simulation import Replay, Requests, StepLine, simulate
from planner.beliefs.serving.draws import Speeds, speeds_of
from planner.beliefs.serving.memory import cache_bytes, free_bytes, why_not_sized
from planner.beliefs.serving.roofline import Setup, resting_seconds
from planner.catalog.schema import Catalog
from planner.units import MS_PER_S, SEED, Floats

_LEVELS: Final = (0.5, 0.95, 0.99)
_SETTLES: Final = 0.98
"""Load above which the formulas are not asked: no queue of theirs settles."""
_BURSTY_CV2: Final = 4.0
"""Squared coefficient of variation of one replica's arrivals above which the formula's time per token is not told: it
counts calls inside by heavy traffic, far too many in a burst that a few seconds serve (checked up to 2.5)."""
_MOST_REPLICAS: Final = 1024


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of requests, milliseconds."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True, eq=False)
class TraceReplica:
    """One replica as the trace's requests see it, at mean speeds."""

    step: StepLine
    reads: Floats
    """(N,) seconds that reading each prompt takes."""
    beyond_s: float
    """What a first token takes beside the queue and its iteration."""
    max_batch: int
    """Sequences that memory holds at the trace's lengths."""
    load: ReplicaLoad
    """The same for the formulas: means and spreads of the trace."""
    fast: float
    """Times over the mean ones at the 5th percentile of the draws."""
    slow: float
    """At the 95th."""


@dataclass(frozen=True, slots=True, eq=False)
class TraceReplay:
    """What the requests of a trace would have seen on these replicas."""

    replicas: int
    max_batch: int
    replay: Replay
    ttft: Percentiles
    total: Percentiles
    tpot: Percentiles
    """Of answers with more than one token."""
    tpot_mean_ms: float
    """Over tokens."""
    utilisation: float
    """Arrivals over what full replicas serve; above 1 the queue only grows."""


@dataclass(frozen=True, slots=True)
class TraceFormula:
    """What the formulas say of the trace's rate, lengths and bursts, at mean speeds."""

    ttft: Percentiles
    tpot_mean_ms: float | None
    """None where arrivals are burstier than the formula for it was checked at."""


def trace_replica(catalog: Catalog, setup: Setup, requests: Requests, seed: int = SEED) -> TraceReplica | str:
    """The replica for a trace's lengths; a sentence where a request does not fit or the model cannot be sized."""
    missing = why_not_sized(setup)
    if missing is not None:
        return missing
    longest = float((requests.prompts + requests.answers).max())
    free = free_bytes(catalog, setup)
    if cache_bytes(setup, longest) > free:
        need = f"{cache_bytes(setup, longest) / 1e9:.1f} GB of cache; {max(free, 0.0) / 1e9:.1f} GB are left"
        return f"a request of {longest:,.0f} tokens needs {need}"
    # long answers stay longer: the mean over those being served, not over those that come
    context = float(np.average(requests.prompts + requests.answers / 2.0, weights=requests.answers))
    cap = int(catalog.priors["serving.max_sequences"].a)
    batch = max(1, min(cap, int(free / max(cache_bytes(setup, context), 1.0))))
    speeds = speeds_of(catalog, (setup,), seed)
    step, reads = _line(speeds), _reads(speeds, requests.prompts)
    gaps = np.diff(requests.arrivals)
    load = ReplicaLoad(
        step_s=np.array([[step.seconds(count, count * context) for count in range(1, batch + 1)]]),
        max_batch=np.array([float(batch)]),
        prefill_s=np.array([float(reads.mean())]),
        prefill_cv2=_cv2(reads),
        prompt_tokens=np.array([max(float(requests.prompts.mean()), 1.0)]),
        output_tokens=np.array([float(requests.answers.mean())]),
        output_cv2=_cv2(requests.answers),
        arrival_cv2=_cv2(gaps),
    )
    fast, slow = _pace(speeds, context, load)
    return TraceReplica(step, reads, _beyond(speeds, load, step, context), batch, load, fast, slow)


def replay_trace(
    replica: TraceReplica, requests: Requests, *, replicas: int, speed_up: float = 1.0, pace: float = 1.0
) -> TraceReplay:
    """Serve the trace by so many replicas.

    `speed_up` compresses the times between arrivals: 2 is twice the traffic. `pace` stretches the replica's times.
    """
    sped = Requests(requests.arrivals / speed_up, requests.prompts, requests.answers)
    found = simulate(
        sped, replica.reads * pace, _paced(replica.step, pace), max_batch=replica.max_batch, replicas=replicas
    )
    beyond = replica.beyond_s * pace
    replay = Replay(found.ttft_s + beyond, found.total_s + beyond, found.answers)
    many = replay.answers > 1.0
    # answers of one token have no time per token
    tpot = (replay.total_s - replay.ttft_s)[many] / (replay.answers[many] - 1.0)
    return TraceReplay(
        replicas=replicas,
        max_batch=replica.max_batch,
        replay=replay,
        ttft=_percentiles(replay.ttft_s),
        total=_percentiles(replay.total_s),
        tpot=_percentiles(tpot if tpot.size else np.zeros(1)),
        tpot_mean_ms=replay.tpot_s * MS_PER_S,
        utilisation=_rate(requests) * speed_up * pace / (replicas * float(capacity(replica.load)[0])),
    )


def formula_for(
    replica: TraceReplica, requests: Requests, *, replicas: int, speed_up: float = 1.0
) -> TraceFormula | None:
    """Times by `queueing` at the trace's rate, lengths and bursts; None where no queue settles."""
    rate = _rate(requests) * speed_up
    if rate > _SETTLES * replicas * float(capacity(replica.load)[0]):
        return None
    found, beyond = alone(replica.load, rate, replicas), replica.beyond_s
    thinned = 1.0 + (replica.load.arrival_cv2 - 1.0) / replicas
    return TraceFormula(
        ttft=Percentiles(*(float(at[0] + beyond) * MS_PER_S for at in (found.p50_s, found.p95_s, found.p99_s))),
        tpot_mean_ms=float(found.tpot_s[0]) * MS_PER_S if thinned <= _BURSTY_CV2 else None,
    )


def replicas_to_hold(
    replica: TraceReplica,
    requests: Requests,
    *,
    speed_up: float,
    ttft_p95_ms: float | None,
    total_p95_ms: float | None,
) -> int | str:
    """Fewest replicas on which the replay keeps the limits; a sentence where no number does."""
    lone = _undisturbed(replica, requests)
    for what, seen, limit in (("first token", lone[0], ttft_p95_ms), ("whole answer", lone[1], total_p95_ms)):
        if limit is not None and seen > limit:
            return f"a {what} takes {seen:,.0f} ms (p95) even where every request finds an idle replica"

    def holds(count: int) -> bool:
        found = replay_trace(replica, requests, replicas=count, speed_up=speed_up)
        first = ttft_p95_ms is None or found.ttft.p95 <= ttft_p95_ms
        return first and (total_p95_ms is None or found.total.p95 <= total_p95_ms)

    least = max(ceil(_rate(requests) * speed_up / float(capacity(replica.load)[0])), 1)
    low, high = least, least
    while not holds(high):
        if high >= _MOST_REPLICAS:
            return f"{high:,} replicas do not keep it: too many requests come at the same moment"
        low, high = high + 1, min(2 * high, _MOST_REPLICAS)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return high


def _undisturbed(replica: TraceReplica, requests: Requests) -> tuple[float, float]:
    """95th percentiles of first token and whole answer where every request has a replica to itself, ms."""
    step = replica.step
    alone_step = step.seconds(1, 0.0)
    ttft = replica.reads + alone_step + step.token * requests.prompts + replica.beyond_s
    each = alone_step + step.token * (requests.prompts + requests.answers / 2.0)
    total = ttft + (requests.answers - 1.0) * each
    return _percentiles(ttft).p95, _percentiles(total).p95


def _rate(requests: Requests) -> float:
    """Requests a second from the first to the last."""
    return (requests.arrivals.size - 1) / float(requests.arrivals[-1] - requests.arrivals[0])


def _cv2(values: Floats) -> float:
    return float(values.var() / max(float(values.mean()) ** 2, 1e-18))


def _percentiles(seconds: Floats) -> Percentiles:
    return Percentiles(*(float(np.quantile(seconds, level)) * MS_PER_S for level in _LEVELS))


def _paced(step: StepLine, pace: float) -> StepLine:
    return StepLine(step.base * pace, step.each * pace, step.token * pace, step.resting * pace, step.touch_share)


def _pace(speeds: Speeds, context: float, load: ReplicaLoad) -> tuple[float, float]:
    """5th and 95th percentile of a request's time on a half-full replica, over its mean."""
    count = speeds.step_factor.shape[1]
    half = max(float(load.max_batch[0]) / 2.0, 1.0)
    step = speeds.step(np.full(count, context)).seconds(half)[0]
    read = speeds.prefill_seconds(np.full(count, float(load.prompt_tokens[0])))[0]
    whole = read + float(load.output_tokens[0]) * step / half
    low, high = np.quantile(whole, (0.05, 0.95)) / whole.mean()
    return float(low), float(high)


def _beyond(speeds: Speeds, load: ReplicaLoad, step: StepLine, context: float) -> float:
    """Mean seconds of a lone call's first token beyond its own iteration, as `serving_load.call_times` has it."""
    tokens = np.full(speeds.step_factor.shape[1], float(load.prompt_tokens[0]))
    own = float(speeds.first_seconds(tokens)[0].mean())
    return max(own - step.seconds(1, context) - float(load.prefill_s[0]), 0.0)


def _line(speeds: Speeds) -> StepLine:
    """The step's line at mean speeds of the one set-up."""
    count = speeds.step_factor.shape[1]
    empty, long = speeds.step(np.zeros(count)), speeds.step(np.full(count, 1.0))
    each = float(empty.per_sequence.mean())
    return StepLine(
        base=float(empty.fixed.mean()),
        each=each,
        token=float(long.per_sequence.mean()) - each,
        resting=float(empty.resting.mean()) if resting_seconds(speeds.machine)[0] > 0.0 else 0.0,
        touch_share=float(speeds.machine.touch_share[0]),
    )


def _reads(speeds: Speeds, prompts: Floats) -> Floats:
    """Seconds that reading each prompt takes at mean speed, (N,)."""
    machine = speeds.machine
    flops = machine.flops_per_token[0] * prompts + 2.0 * machine.layers[0] * machine.hidden[0] * np.square(prompts)
    usual = np.full(speeds.step_factor.shape[1], max(float(np.mean(prompts)), 1.0))
    mean = float(speeds.prefill_seconds(usual).mean())
    ideal = machine.flops_per_token[0] * usual[0] + 2.0 * machine.layers[0] * machine.hidden[0] * usual[0] ** 2
    return np.asarray(flops * mean / ideal)
