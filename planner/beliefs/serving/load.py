"""What a segment's model calls ask of a replica, how many it serves, and how long they take at the utilisation cap.

Continuous batching on the step model of `roofline`, with the fit's draws. At an arrival rate r of model calls with O
output tokens each the batch settles where B = r O step(B) / (1 - r prefill); the replica is full at
r = 1 / (prefill + O step(B_max) / B_max). Waiting is by `queueing`, one replica on its own (a common queue waits less).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.latency.api_times import CallTimes
from planner.beliefs.priors import prior_draws
from planner.beliefs.queueing.formulas import Asked, ReplicaLoad, Waiting, capacity, iteration_moments, waiting
from planner.beliefs.requests import Calls, squared_cv, token_log_sd
from planner.beliefs.serving.draws import Speeds
from planner.beliefs.serving.roofline import Step
from planner.catalog.schema import Catalog
from planner.units import MS_PER_S, Z95, Draws, Floats
from planner.workload.schema import Segment

_TPOT_LOG_SD: Final = 0.2
"""Spread of a request's mean TPOT on one replica as the batch around it changes (p95 over median 1.4 in ML.ENERGY)."""
_FIXED_POINT_STEPS: Final = 4
_LARGEST_LOG_SD: Final = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """What one model call asks of a replica; (S,) or (K, S)."""

    fresh_tokens: Draws
    """Prompt tokens that no prefix cache holds."""
    prompt_tokens: Draws
    output_tokens: Draws
    """Visible and hidden, per call; (K, S)."""
    calls: float
    """Model calls of one request."""
    prompt_cv2: float
    """Squared coefficients of variation over calls."""
    output_cv2: float
    arrival_cv2: Draws

    @property
    def context_tokens(self) -> Draws:
        """Tokens in the cache of a sequence, mean over those being served: long answers are there more often."""
        return self.prompt_tokens + self.output_tokens * (1.0 + self.output_cv2) / 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """What a replica does, (K, S) each; seconds and calls a second."""

    full_calls: Draws
    """Model calls a second at which it is wholly busy."""
    calls: Draws
    """At the cap."""
    batch: Draws
    step: Draws
    """One decode step at the cap, prefill of others in between included."""
    prefill: Draws
    """What one prompt takes from the steps."""
    full_step: Draws
    """One decode step with the batch full, prefill apart."""
    decode: Step
    """A decode step of any batch whose sequences hold the load's context."""


def load_of(catalog: Catalog, segment: Segment, calls: Calls, hidden: Draws, seed: int) -> Load:
    """Tokens of a mean model call; the prefix cache of the own engine holds what a provider's would."""
    held = prior_draws(catalog, "cache_hit.shared_prefix", seed)
    kept = held * calls.prefix_tokens + prior_draws(catalog, "cache_hit.chat", seed) * calls.history_tokens
    fresh = calls.input_tokens - kept - held * calls.repeated_tokens
    return Load(
        fresh_tokens=np.maximum(fresh, 1.0) / calls.count,
        prompt_tokens=calls.input_tokens / calls.count,
        output_tokens=np.maximum(calls.output_tokens / calls.count + hidden, 1.0),
        calls=calls.count,
        prompt_cv2=float(squared_cv(token_log_sd(segment.input_tokens))),
        output_cv2=float(squared_cv(token_log_sd(segment.output_tokens))),
        arrival_cv2=prior_draws(catalog, "serving.arrival_cv2", seed),
    )


def rates_of(speeds: Speeds, load: Load, max_batch: Floats, cap: float) -> Rates:
    """Capacity and the working point at the cap, by a fixed point in the batch (linear in it but for the experts)."""
    step, prefill = speeds.step(load.context_tokens), speeds.prefill_seconds(load.fresh_tokens)
    full_step = step.seconds(max_batch)
    full = 1.0 / (prefill + load.output_tokens * full_step / max_batch)
    rate = cap * full
    slowed = 1.0 / (1.0 - rate * prefill)
    batch = np.maximum(cap * max_batch, 1.0)
    for _ in range(_FIXED_POINT_STEPS):
        batch = _settled_batch(step, batch, rate * load.output_tokens * slowed, max_batch)
    return Rates(full, rate, batch, step.seconds(batch) * slowed, prefill, full_step, step)


def _settled_batch(step: Step, batch: Draws, demand: Draws, max_batch: Floats) -> Draws:
    """Batch B = demand x step(B), exact in the linear part, the experts' part taken at the last batch; (K, S)."""
    experts = step.seconds(batch) - batch * step.per_sequence
    room = 1.0 - demand * step.per_sequence
    settled = np.where(room > 0.0, demand * experts / np.maximum(room, 1e-9), max_batch)
    return np.clip(settled, 1.0, max_batch)


def replica_load(load: Load, rates: Rates, max_batch: Floats) -> ReplicaLoad:
    """What calls ask of each replica on average over the draws; `max_batch` (K, 1)."""
    largest = int(max_batch.max())
    return ReplicaLoad(
        step_s=rates.decode.mean_seconds(largest),
        max_batch=max_batch[:, 0],
        prefill_s=rates.prefill.mean(axis=1),
        prefill_cv2=load.prompt_cv2,
        prompt_tokens=np.full(max_batch.shape[0], float(np.mean(load.fresh_tokens))),
        output_tokens=load.output_tokens.mean(axis=1),
        output_cv2=load.output_cv2,
        arrival_cv2=float(np.mean(load.arrival_cv2)),
    )


def call_times(
    speeds: Speeds, load: Load, rates: Rates, max_batch: Floats, hidden: Draws, cap: float
) -> tuple[CallTimes, Waiting]:
    """Times of a call at the cap, ms, and the queue that they come from.

    TTFT is what a lone call takes beyond its own iteration, and the wait for that iteration. The mean wait moves with
    every draw; how p95 and p50 lie to it is worked out once a set-up, at its mean load.
    """
    queue = replica_load(load, rates, max_batch)
    found = waiting(queue, cap * capacity(queue))
    asked = Asked(rates.calls, rates.prefill, load.fresh_tokens, load.prompt_cv2, load.arrival_cv2)
    wait, _ = iteration_moments(asked, rates.step)
    wait = wait * (found.ttft_s / wait.mean(axis=1))[:, None]
    iteration = rates.decode.seconds(1.0) + rates.prefill
    own = np.maximum(speeds.first_seconds(load.fresh_tokens) - iteration, 0.0)
    log_sd = _log_sd_of(found.p95_s / found.ttft_s)[:, None]
    times = CallTimes(
        ttft_ms=(own + wait) * MS_PER_S,
        ttft_variance=np.square(wait * MS_PER_S) * squared_cv(log_sd),
        tpot_ms=rates.step * MS_PER_S,
        tpot_cv2=squared_cv(_TPOT_LOG_SD),
        reasoning=hidden,
    )
    return times, found


def _log_sd_of(ratio: Floats) -> Floats:
    """Log-sd of the log-normal whose p95 lies so far above its mean: ln ratio = 1.645 s - s^2 / 2, smaller root."""
    inside = Z95 * Z95 - 2.0 * np.log(np.maximum(ratio, 1.0))
    return np.where(inside > 0.0, np.minimum(Z95 - np.sqrt(np.maximum(inside, 0.0)), _LARGEST_LOG_SD), _LARGEST_LOG_SD)
