"""Running models on own GPUs: does it fit, how many requests a replica carries, how fast it answers at the cap."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from planner.beliefs.latency import answer_percentiles, reasoning_tokens
from planner.beliefs.requests import Calls, calls_of
from planner.beliefs.roofline import BITS, PRECISIONS, Precision, Setup
from planner.beliefs.serving_draws import speeds_of
from planner.beliefs.serving_lines import Sized, sizing_lines
from planner.beliefs.serving_load import call_times, load_of, rates_of
from planner.beliefs.serving_memory import largest_batch, why_not_sized
from planner.catalog.schema import Catalog
from planner.units import MS_PER_S, SECONDS_PER_MONTH, SEED, Z95, Draws, Floats
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
    calls = calls_of(catalog, segment, extra_input_tokens=extra_input_tokens, seed=seed)
    mean_call = float(np.mean(calls.input_tokens + calls.output_tokens)) / calls.count
    answers: list[PoolSizing | str] = [""] * len(setups)
    fitting: list[int] = []
    batches: list[int] = []
    models = tuple(dict.fromkeys(setup.model.id for setup in setups))
    thinking = reasoning_tokens(catalog, models, segment, seed).mean(axis=1)
    contexts = {model: mean_call + float(tokens) for model, tokens in zip(models, thinking, strict=True)}
    for row, setup in enumerate(setups):
        verdict = largest_batch(catalog, setup, segment, contexts[setup.model.id])
        if isinstance(verdict, str):
            answers[row] = verdict
        else:
            fitting.append(row)
            batches.append(verdict)
    if fitting:
        kept = [setups[row] for row in fitting]
        sized = _size_fitting(
            catalog, kept, np.array(batches)[:, None], segment, calls, utilisation_cap, before_ms, seed
        )
        for row, sizing in zip(fitting, sized, strict=True):
            answers[row] = sizing
    return tuple(answers)


def _size_fitting(
    catalog: Catalog,
    setups: Sequence[Setup],
    max_batch: Floats,
    segment: Segment,
    calls: Calls,
    cap: float,
    before_ms: Draws | float,
    seed: int,
) -> list[PoolSizing]:
    speeds = speeds_of(catalog, setups, seed)
    hidden = reasoning_tokens(catalog, tuple(setup.model.id for setup in setups), segment, seed)
    load = load_of(catalog, segment, calls, hidden, seed)
    rates = rates_of(speeds, load, max_batch, cap)
    times, queue = call_times(speeds, load, rates, max_batch, hidden, cap)
    answers = answer_percentiles(times, catalog, segment, calls, before_ms=before_ms, seed=seed)
    sized = Sized(catalog, cap, max_batch, load, rates, speeds, queue, answers)
    return [_one_sizing(setup, sized, row) for row, setup in enumerate(setups)]


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
