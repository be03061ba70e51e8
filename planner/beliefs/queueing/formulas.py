"""Waiting at replicas with continuous batching: first-token percentiles and batch from a rate of arrivals.

A replica serves up to B calls at once; between two decode steps it reads the prompts that wait. With k calls inside,
calls leave at rate m(k) = k / (O step(k) + k p): each takes p of prefill for itself and O steps shared by all. The
number inside is a birth-and-death process with these rates (processor sharing: exact for any answer lengths up to B,
Kelly 1979); beyond B calls wait in order and leave at m(B). Bursty arrivals spread it as in heavy traffic: the log of
each ratio lambda / m(k) is divided by (1 + ca2) / 2 (Whitt 1983). A call that finds room waits for the iteration under
way, then for its own, which reads all prompts that came meanwhile (a gated queue with vacations); one that finds none
waits for departures first. Percentiles are those of the mixture over what a call finds.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.units import Draws, Floats

TOKENS_PER_STEP: Final = 2048.0
"""Prompt tokens read between two decode steps (vLLM's usual budget)."""
_OVERSHOOT: Final = 1.0
"""Prompts that an iteration reads beyond its budget: the last is read whole."""
_TOGETHER: Final = 3.0
"""Times Sakasegawa's exponent: most prompts left over still share an iteration with others (set on simulations)."""
_TOWARDS_EXPONENTIAL: Final = 0.25
"""Part of the way that a call's stay is nearer to an exponential one than its answer: its cache's length varies too."""
_POINTS: Final = 32
"""Stratified points of the number inside that stand for its distribution."""
_UNLIKELY: Final = 14.0
"""Waiting calls are followed until their shares have fallen by e^-14."""
_LONGEST_QUEUE: Final = 4096
_BISECTIONS: Final = 24
_LARGEST_LOAD: Final = 0.98
"""Arrivals beyond this share of the capacity are read as this share: no queue of theirs settles."""


@dataclass(frozen=True, slots=True, eq=False)
class ReplicaLoad:
    """What calls ask of K replicas."""

    step_s: Floats
    """(K, B) seconds of one decode step of 1 to B sequences; B is the largest of all batches."""
    max_batch: Floats
    """(K,) most sequences at once."""
    prefill_s: Floats
    """(K,) mean seconds that reading one prompt takes."""
    prefill_cv2: float
    """Squared coefficient of variation of that over calls."""
    prompt_tokens: Floats
    """(K,) mean."""
    output_tokens: Floats
    """(K,) mean, hidden ones included."""
    output_cv2: float = 1.0
    """Squared coefficient of variation of that over calls."""
    arrival_cv2: float = 1.0
    """Squared coefficient of variation of times between arrivals; 1 for independent callers."""


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """K replicas at their rates; seconds."""

    utilisation: Floats
    """(K,) arrivals over what a full replica serves."""
    mean_batch: Floats
    """(K,) calls being served."""
    tpot_s: Floats
    """(K,) mean time per output token of an answer."""
    share_full: Floats
    """(K,) share of calls that find the batch full."""
    ttft_s: Floats
    """(K,) mean; request to first token."""
    first_mean: Floats
    """(K, P) the same for a call that finds each of the stratified numbers inside."""
    first_variance: Floats
    """(K, P)"""

    @property
    def p50_s(self) -> Floats:
        """(K,) median of the time to first token; percentiles are worked out when asked for, most are not."""
        return _percentile(self.first_mean, self.first_variance, 0.5)

    @property
    def p95_s(self) -> Floats:
        """(K,) 95th percentile of the time to first token."""
        return _percentile(self.first_mean, self.first_variance, 0.95)

    @property
    def p99_s(self) -> Floats:
        """(K,) 99th percentile of the time to first token."""
        return _percentile(self.first_mean, self.first_variance, 0.99)


def capacity(load: ReplicaLoad) -> Floats:
    """Calls a second that a full replica serves, (K,)."""
    rows = np.arange(load.max_batch.size)
    full = load.step_s[rows, load.max_batch.astype(np.int64) - 1]
    return np.asarray(1.0 / (load.prefill_s + load.output_tokens * full / load.max_batch))


def waiting(load: ReplicaLoad, rate: Floats) -> Waiting:
    """Times of calls that arrive at `rate` (K,) a second."""
    rate = np.minimum(rate, _LARGEST_LOAD * capacity(load))
    share, inside = _inside(load, rate)
    served = np.minimum(inside[None, :], load.max_batch[:, None])
    busy = (share * served).sum(axis=1)
    points = _stratified(share)
    mean, variance = _first_token(load, rate, points)
    return Waiting(
        utilisation=rate / capacity(load),
        mean_batch=busy,
        tpot_s=_seconds_per_token(load, rate, busy),
        share_full=(share * (inside[None, :] >= load.max_batch[:, None])).sum(axis=1),
        ttft_s=mean.mean(axis=1),
        first_mean=mean,
        first_variance=variance,
    )


def _seconds_per_token(load: ReplicaLoad, rate: Floats, busy: Floats) -> Floats:
    """By Little's law: calls being served over the rate is a call's time inside, of which its own prefill is none."""
    inside = busy / rate - load.prefill_s
    return np.asarray(inside / load.output_tokens)


def _inside(load: ReplicaLoad, rate: Floats) -> tuple[Floats, Floats]:
    """Stationary shares (K, N + 1) of 0 to N calls inside a replica, and those numbers."""
    largest = load.step_s.shape[1]
    inside = np.arange(largest + _queue(load, rate) + 1, dtype=np.float64)
    served = np.clip(inside[None, 1:], 1.0, load.max_batch[:, None])
    step = np.take_along_axis(load.step_s, served.astype(np.int64) - 1, axis=1)
    leaving = served / (load.output_tokens[:, None] * step + served * load.prefill_s[:, None])
    steps = np.log(rate[:, None] / leaving)
    shares = _shares_of(steps * 2.0 / (1.0 + load.arrival_cv2))
    full = inside[None, :] >= load.max_batch[:, None]
    # answers that vary less than exponential ones empty a queue more evenly; how often the batch is full stays
    stay_cv2 = load.output_cv2 + _TOWARDS_EXPONENTIAL * (1.0 - load.output_cv2)
    within = np.where(full[:, 1:], steps * 2.0 / (stay_cv2 + load.arrival_cv2), -np.inf)
    queue = np.where(full, _shares_of(np.where(full[:, :-1], within, 0.0)), 0.0)
    queue *= (shares * full).sum(axis=1, keepdims=True) / queue.sum(axis=1, keepdims=True)
    return np.where(full, queue, shares), inside


def _queue(load: ReplicaLoad, rate: Floats) -> int:
    """Waiting calls to follow beyond the batch."""
    falls = -np.log(np.minimum(rate / capacity(load), _LARGEST_LOAD)) * 2.0 / (1.0 + load.arrival_cv2)
    return int(min(np.ceil(_UNLIKELY / float(falls.min())), _LONGEST_QUEUE))


def _shares_of(steps: Floats) -> Floats:
    """Shares (K, N + 1) whose logs differ by the steps (K, N)."""
    logs = np.concatenate([np.zeros((steps.shape[0], 1)), np.cumsum(steps, axis=1)], axis=1)
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _stratified(share: Floats) -> Floats:
    """Numbers inside at evenly spaced levels of their distribution, (K, P): each stands for an equal share of calls."""
    levels = (np.arange(_POINTS) + 0.5) / _POINTS
    below = np.cumsum(share, axis=1)
    return np.stack([np.searchsorted(row, levels) for row in below]).astype(np.float64)


def _first_token(load: ReplicaLoad, rate: Floats, inside: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of the time to first token of a call that finds `inside` others, (K, P) each."""
    with_own = np.minimum(inside + 1.0, load.max_batch[:, None])
    step = np.take_along_axis(load.step_s, with_own.astype(np.int64) - 1, axis=1)
    asked = Asked(
        rate[:, None], load.prefill_s[:, None], load.prompt_tokens[:, None], load.prefill_cv2, load.arrival_cv2
    )
    mean, variance = iteration_moments(asked, step)
    ahead = np.maximum(inside + 1.0 - load.max_batch[:, None], 0.0)
    leaving = capacity(load)[:, None]
    return mean + ahead / leaving, variance + ahead / np.square(leaving)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Prompts that come to a replica; numbers or arrays that broadcast."""

    rate: Floats
    """Calls a second."""
    prefill_s: Floats
    prompt_tokens: Floats
    prefill_cv2: Floats | float
    arrival_cv2: Floats | float


def iteration_moments(asked: Asked, step: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of the rest of an iteration under way and of the next, which reads the call's prompt; seconds.

    An iteration is a step and the prompts that came during the one before. Its length S has mean step / (1 - r p) and
    variance r E[S] E[p^2] / (1 - (r p)^2); a call sees a long one more often (E[S^2] / E[S]) and comes in the midst of
    it. Where prompts fill the budget of an iteration, those left over wait like the customers of m servers
    (Sakasegawa 1977), m prompts an iteration.
    """
    prompt, busy = asked.prefill_s, np.minimum(asked.rate * asked.prefill_s, _LARGEST_LOAD)
    spread = np.square(prompt) * (asked.prefill_cv2 + asked.arrival_cv2)
    length = step / (1.0 - busy)
    cv2 = asked.rate * length * spread / (1.0 - np.square(busy)) / np.square(length)
    seen, seen_square = length * (1.0 + cv2), np.square(length) * (1.0 + cv2) ** 3
    variance = (1.0 / 3.0 + busy + np.square(busy)) * seen_square - np.square((0.5 + busy) * seen)
    variance = variance + asked.rate * seen * spread + np.square(prompt) * asked.prefill_cv2
    left_over = _left_over(asked, step)
    return seen * (0.5 + busy) + step + prompt + left_over, variance + np.square(left_over)


def _left_over(asked: Asked, step: Floats) -> Floats:
    """Mean wait for iterations whose budget earlier prompts fill, seconds."""
    at_once = TOKENS_PER_STEP / asked.prompt_tokens + _OVERSHOOT
    each = asked.prefill_s + step / at_once
    busy = np.minimum(asked.rate * each, _LARGEST_LOAD)
    scale = (asked.arrival_cv2 + asked.prefill_cv2) / 2.0
    exponent = _TOGETHER * (np.sqrt(2.0 * (at_once + 1.0)) - 1.0)
    return np.asarray(scale * each * busy**exponent / (1.0 - busy))


def _percentile(mean: Floats, variance: Floats, level: float) -> Floats:
    """Percentile over the points of log-normals with these moments, (K,), by bisection in logs."""
    log_variance = np.log1p(variance / np.square(mean))
    middle, sd = np.log(mean) - log_variance / 2.0, np.sqrt(np.maximum(log_variance, 1e-12))
    low, high = (middle - 6.0 * sd).min(axis=1), (middle + 6.0 * sd).max(axis=1)
    for _ in range(_BISECTIONS):
        half = (low + high) / 2.0
        below = normal_cdf((half[:, None] - middle) / sd).mean(axis=1)
        low, high = np.where(below < level, half, low), np.where(below < level, high, half)
    return np.asarray(np.exp((low + high) / 2.0))


def normal_cdf(z: Draws) -> Draws:
    """Standard normal distribution function, error below 2e-4 (Page 1977, Applied Statistics 26(1)): fast, no scipy."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(z * (1.5976 + 0.07056 * np.square(z)), -500.0, 500.0))))
