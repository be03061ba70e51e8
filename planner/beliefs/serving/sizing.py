"""Running models on own GPUs: does it fit, how many requests a replica carries, how fast it answers at the cap."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from planner.beliefs.latency.api_times import answer_percentiles, reasoning_tokens
from planner.beliefs.requests import Calls, calls_of
from planner.beliefs.serving.draws import speeds_of
from planner.beliefs.serving.lines import Sized, sizing_lines
from planner.beliefs.serving.load import call_times, load_of, rates_of
from planner.beliefs.serving.memory import largest_batch, why_not_sized
from planner.beliefs.serving.roofline import BITS, PRECISIONS, Precision, Setup
from planner.catalog.schema import Catalog
from planner.units import DRAW_COUNT, MS_PER_S, SECONDS_PER_MONTH, SEED, Z95, Draws, Floats, Ints
from planner.workload.schema import Segment

__all__ = [
    "BITS",
    "PRECISIONS",
    "PoolSizing",
    "Precision",
    "Setup",
    "busy_to_mean",
    "may_wait",
    "peak_requests_per_second",
    "size_replica",
    "size_replicas",
    "sized_requests_per_second",
    "time_replicas",
    "why_not_sized",
]

_Z99: Final = 2.3263478740408408
_SOURCE_IDS: Final = (
    "prior:serving.own_way",
    "prior:serving.own_way_first",
    "prior:serving.memory_share",
    "prior:serving.overhead_gb",
    "prior:serving.max_sequences",
    "prior:serving.arrival_cv2",
)


@dataclass(frozen=True, slots=True, eq=False)
class PoolSizing:
    """One replica sized for one segment's requests. Times hold at the utilisation cap, at the busiest hour."""

    model: str
    gpu: str
    gpus_per_replica: int
    precision: Precision
    max_batch: int
    """Most sequences that memory holds at the segment's lengths (engine's own cap included)."""
    capacity_rps: Draws
    """(S,) requests a second at which the replica is wholly busy; pool_load = peak requests a second / this."""
    tpot_ms: Draws
    """(S,) time per output token at the utilisation cap."""
    ttft_p50_ms: Draws
    """(S,)"""
    ttft_p95_ms: Draws
    """(S,) time to first visible token, queueing and reasoning included."""
    total_p50_ms: Draws
    """(S,)"""
    total_p95_ms: Draws
    """(S,) time to the whole answer, tool rounds included."""
    source_ids: tuple[str, ...]
    tell: Callable[[], tuple[str, ...]]
    """Writes the sizing lines: a plan sizes over a thousand set-ups and tells few."""

    @property
    def sizing(self) -> tuple[str, ...]:
        """Line by line: weights, memory, cache, batch, step, prefill, throughput, utilisation, queue, latency."""
        return self.tell()

    @property
    def ttft_p99_ms(self) -> Draws:
        """(S,) 99th percentile of the log-normal through p50 and p95."""
        return np.asarray(self.ttft_p50_ms * (self.ttft_p95_ms / self.ttft_p50_ms) ** (_Z99 / Z95))


@dataclass(frozen=True, slots=True, eq=False)
class ReplicaTimes:
    """Times of many set-ups, K of which fit, (K, S) each."""

    why: dict[int, str]
    """Why the others don't fit, by row of the set-ups."""
    rows: Ints
    """(K,) rows of those that fit, ascending."""
    capacity_rps: Draws
    """Requests a second that keep one replica wholly busy."""
    ttft_p50_ms: Draws
    ttft_p95_ms: Draws
    total_p50_ms: Draws
    total_p95_ms: Draws


def peak_requests_per_second(segment: Segment, volume: float = 1.0) -> float:
    """Requests a second of the busiest hour; `volume` is `cost.volume_factor(workload)`."""
    return segment.requests_per_month * volume * segment.peak_to_mean / SECONDS_PER_MONTH


def may_wait(segment: Segment) -> bool:
    """Whether its answers may come within a day: batchable, and nothing asked of their times."""
    asked = segment.latency.ttft_p95_ms is not None or segment.latency.total_p95_ms is not None
    return segment.batchable and not asked


def busy_to_mean(segment: Segment) -> float:
    """The hour that machines are sized for over the mean hour: the busiest; 1 for work that may wait for idle hours."""
    return 1.0 if may_wait(segment) else segment.peak_to_mean


def sized_requests_per_second(segment: Segment, volume: float = 1.0) -> float:
    """Requests a second that machines are sized for: of the busiest hour, of the mean one where answers may wait."""
    return segment.requests_per_month * volume * busy_to_mean(segment) / SECONDS_PER_MONTH


def size_replica(
    catalog: Catalog,
    setup: Setup,
    segment: Segment,
    *,
    utilisation_cap: float = 0.6,
    extra_input_tokens: Draws | float = 0.0,
    before_ms: Draws | float = 0.0,
    seed: int = SEED,
) -> PoolSizing | str:
    """Size one replica for one segment; a sentence saying why when it does not fit."""
    return size_replicas(
        catalog,
        (setup,),
        segment,
        utilisation_cap=utilisation_cap,
        extra_input_tokens=extra_input_tokens,
        before_ms=before_ms,
        seed=seed,
    )[0]


def size_replicas(
    catalog: Catalog,
    setups: Sequence[Setup],
    segment: Segment,
    *,
    utilisation_cap: float = 0.6,
    extra_input_tokens: Draws | float = 0.0,
    before_ms: Draws | float = 0.0,
    seed: int = SEED,
) -> tuple[PoolSizing | str, ...]:
    """Size many set-ups at once, in the order of `setups`; same numbers as `size_replica`.

    Args:
        catalog: Priors, and the models and GPUs of the measurements that speeds are fitted on.
        setups: K set-ups.
        segment: Its tokens, tool calls, skill.
        utilisation_cap: Busy share at which the times are stated; plans stay at or below it.
        extra_input_tokens: Tokens that a technique adds to each prompt, number or (S,).
        before_ms: Time spent before the first model call (retrieval), number or (S,).
        seed: Seed of the draws.
    """
    asked = _Asked(segment, utilisation_cap, extra_input_tokens, before_ms, seed)
    why, fitting, sized = _size(catalog, setups, asked)
    told = iter(() if sized is None else (_one_sizing(setups[row], sized, at) for at, row in enumerate(fitting)))
    return tuple(why[row] if row in why else next(told) for row in range(len(setups)))


def time_replicas(
    catalog: Catalog,
    setups: Sequence[Setup],
    segment: Segment,
    *,
    utilisation_cap: float = 0.6,
    extra_input_tokens: Draws | float = 0.0,
    before_ms: Draws | float = 0.0,
    seed: int = SEED,
) -> ReplicaTimes:
    """The times of `size_replicas` (same arguments, same numbers) as columns: what is looked at by the thousand."""
    asked = _Asked(segment, utilisation_cap, extra_input_tokens, before_ms, seed)
    why, fitting, sized = _size(catalog, setups, asked)
    rows = np.array(fitting, dtype=np.int64)
    if sized is None:
        nothing = np.empty((0, DRAW_COUNT))
        return ReplicaTimes(why, rows, nothing, nothing, nothing, nothing, nothing)
    return ReplicaTimes(why, rows, sized.rates.full_calls / sized.load.calls, *sized.answers)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What replicas are sized for."""

    segment: Segment
    cap: float
    extra_input_tokens: Draws | float
    before_ms: Draws | float
    seed: int


def _size(catalog: Catalog, setups: Sequence[Setup], asked: _Asked) -> tuple[dict[int, str], list[int], Sized | None]:
    """Why set-ups don't fit, by row; the rows that do, and all figures of these; None when there are none."""
    segment, seed = asked.segment, asked.seed
    calls = calls_of(catalog, segment, extra_input_tokens=asked.extra_input_tokens, seed=seed)
    mean_call = float(np.mean(calls.input_tokens + calls.output_tokens)) / calls.count
    models = tuple(dict.fromkeys(setup.model.id for setup in setups))
    thinking = reasoning_tokens(catalog, models, segment, seed).mean(axis=1)
    contexts = {model: mean_call + float(tokens) for model, tokens in zip(models, thinking, strict=True)}
    why: dict[int, str] = {}
    batches: dict[int, int] = {}
    for row, setup in enumerate(setups):
        verdict = largest_batch(catalog, setup, segment, contexts[setup.model.id])
        if isinstance(verdict, str):
            why[row] = verdict
        else:
            batches[row] = verdict
    if not batches:
        return why, [], None
    max_batch = np.array(list(batches.values()))[:, None]
    return why, list(batches), _size_fitting(catalog, [setups[row] for row in batches], max_batch, calls, asked)


def _size_fitting(catalog: Catalog, setups: Sequence[Setup], max_batch: Floats, calls: Calls, asked: _Asked) -> Sized:
    segment, cap, seed = asked.segment, asked.cap, asked.seed
    speeds = speeds_of(catalog, setups, seed)
    hidden = reasoning_tokens(catalog, tuple(setup.model.id for setup in setups), segment, seed)
    load = load_of(catalog, segment, calls, hidden, seed)
    rates = rates_of(speeds, load, max_batch, cap)
    times, queue = call_times(speeds, load, rates, max_batch, hidden, cap)
    answers = answer_percentiles(times, catalog, segment, calls, before_ms=asked.before_ms, seed=seed)
    return Sized(catalog, cap, max_batch, load, rates, speeds, queue, answers)


def _one_sizing(setup: Setup, sized: Sized, row: int) -> PoolSizing:
    ttft_p50, ttft_p95, total_p50, total_p95 = (answer[row] for answer in sized.answers)
    return PoolSizing(
        model=setup.model.id,
        gpu=setup.gpu.id,
        gpus_per_replica=setup.gpus_per_replica,
        precision=setup.precision,
        max_batch=int(sized.max_batch[row, 0]),
        capacity_rps=sized.rates.full_calls[row] / sized.load.calls,
        tpot_ms=sized.rates.step[row] * MS_PER_S,
        ttft_p50_ms=ttft_p50,
        ttft_p95_ms=ttft_p95,
        total_p50_ms=total_p50,
        total_p95_ms=total_p95,
        source_ids=(f"model:{setup.model.id}", f"gpu:{setup.gpu.id}", *_SOURCE_IDS),
        tell=partial(sizing_lines, setup, sized, row),
    )
