"""A small discrete-event simulation of replicas with continuous batching: it checks the formulas and replays traces.

Time runs from iteration to iteration: waiting prompts are read in order within a budget of tokens, then all sequences
inside get one token. A request goes to the replica with the fewest requests, as a balancer by open connections does.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.queueing.formulas import TOKENS_PER_STEP
from planner.units import Floats, stream

_WARM_UP: Final = 0.1
"""Share of the requests at either end that figures leave out: a queue that starts empty is no settled one."""


@dataclass(frozen=True, slots=True)
class StepLine:
    """Seconds of a decode step: base + each x sequences + token x tokens held + the experts that a batch reaches."""

    base: float
    each: float
    token: float
    resting: float = 0.0
    touch_share: float = 1.0

    def seconds(self, sequences: int, held: float) -> float:
        """Of a batch that holds `held` tokens of cache."""
        whole = self.base + self.each * sequences + self.token * held
        if self.resting == 0.0 or self.touch_share >= 1.0:
            return whole
        return whole + self.resting * (1.0 - (1.0 - self.touch_share) ** max(sequences - 1, 0))


@dataclass(frozen=True, slots=True, eq=False)
class Requests:
    """N requests in order of arrival."""

    arrivals: Floats
    """Seconds."""
    prompts: Floats
    answers: Floats
    """Tokens; at least 1."""
    read_as: str = ""
    """As what a file's moments were read: 'timestamp as milliseconds (...)'; '' for requests of another origin."""


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """What each of N requests saw, seconds."""

    ttft_s: Floats
    total_s: Floats
    answers: Floats

    def settled(self) -> "Replay":
        """Without the first and the last tenth."""
        edge = int(self.ttft_s.size * _WARM_UP)
        kept = slice(edge, self.ttft_s.size - edge)
        return Replay(self.ttft_s[kept], self.total_s[kept], self.answers[kept])

    @property
    def tpot_s(self) -> float:
        """Mean time per output token after the first, over tokens."""
        return float((self.total_s - self.ttft_s).sum() / np.maximum(self.answers - 1.0, 1e-9).sum())


def simulate(requests: Requests, reads: Floats, step: StepLine, *, max_batch: int, replicas: int = 1) -> Replay:
    """Serve the requests by `replicas` replicas; `reads` are the seconds that reading each prompt takes, (N,)."""
    ttft, total = np.zeros(requests.arrivals.size), np.zeros(requests.arrivals.size)
    for rows in _dispatch(requests, reads, step, max_batch, replicas):
        _serve(requests, reads, step, max_batch, rows, ttft, total)
    return Replay(ttft, total, requests.answers)


def _dispatch(requests: Requests, reads: Floats, step: StepLine, max_batch: int, replicas: int) -> list[list[int]]:
    """Requests of each replica: to the one with the fewest requests inside, by a rough forecast of when each leaves."""
    if replicas == 1:
        return [list(range(requests.arrivals.size))]
    rows: list[list[int]] = [[] for _ in range(replicas)]
    leaving: list[list[float]] = [[] for _ in range(replicas)]
    for row, now in enumerate(requests.arrivals.tolist()):
        for queue in leaving:
            while queue and queue[0] <= now:
                heapq.heappop(queue)
        chosen = min(range(replicas), key=lambda one: len(leaving[one]))
        inside = min(len(leaving[chosen]) + 1, max_batch)
        context = float(requests.prompts[row] + requests.answers[row] / 2.0)
        stay = float(reads[row]) + float(requests.answers[row]) * step.seconds(inside, inside * context)
        heapq.heappush(leaving[chosen], now + stay)
        rows[chosen].append(row)
    return rows


def _serve(
    requests: Requests,
    reads: Floats,
    step: StepLine,
    max_batch: int,
    rows: Sequence[int],
    ttft: Floats,
    total: Floats,
) -> None:
    """One replica; fills the times of its rows. A sequence that enters at iteration i leaves after i + answer - 1."""
    arrivals, prompts, answers = (part.tolist() for part in (requests.arrivals, requests.prompts, requests.answers))
    seconds = reads.tolist()
    inside: list[tuple[int, int]] = []
    now, waiting, iteration, held = 0.0, 0, 0, 0.0
    while waiting < len(rows) or inside:
        if not inside and arrivals[rows[waiting]] > now:
            now = arrivals[rows[waiting]]
        budget, opened, new = TOKENS_PER_STEP, now, waiting
        while waiting < len(rows) and arrivals[rows[waiting]] <= opened and len(inside) < max_batch and budget > 0.0:
            row = rows[waiting]
            now, budget, held = now + seconds[row], budget - prompts[row], held + prompts[row]
            heapq.heappush(inside, (iteration + max(int(answers[row]), 1), row))
            waiting += 1
        now += step.seconds(len(inside), held)
        held += len(inside)
        iteration += 1
        for row in rows[new:waiting]:
            ttft[row] = now - arrivals[row]
        while inside and inside[0][0] <= iteration:
            _, row = heapq.heappop(inside)
            total[row] = now - arrivals[row]
            held -= prompts[row] + max(int(answers[row]), 1)


def poisson_requests(
    rate: float,
    count: int,
    prompt: tuple[float, float],
    answer: tuple[float, float],
    seed: int,
    *,
    arrival_cv2: float = 1.0,
) -> Requests:
    """Requests with log-normal lengths (mean, log-sd).

    Gaps are exponential, or of two exponentials with balanced means where `arrival_cv2` is above 1.
    """
    rng = stream(seed, "simulation", "arrivals")
    gaps = rng.exponential(1.0 / rate, count)
    if arrival_cv2 > 1.0:
        often = (1.0 + np.sqrt((arrival_cv2 - 1.0) / (arrival_cv2 + 1.0))) / 2.0
        quick = rng.random(count) < often
        gaps *= np.where(quick, 1.0 / (2.0 * often), 1.0 / (2.0 * (1.0 - often)))
    return Requests(
        np.cumsum(gaps), _lengths(seed, "prompts", *prompt, count), _lengths(seed, "answers", *answer, count)
    )


def _lengths(seed: int, name: str, mean: float, log_sd: float, count: int) -> Floats:
    drawn = stream(seed, "simulation", name).lognormal(np.log(mean) - log_sd**2 / 2.0, log_sd, count)
    return np.maximum(np.rint(drawn), 1.0)
