"""The limits' home: one record a limit, with its words, its check, its notch, and what keeps a page honest about it.

A segment's limit is a function of (segment, options) to the excess (N, S): by how much each option holds it in each
draw, below zero where it does not, in the unit of its tolerance. It holds when the excess is not negative in the centre
(the mean of a quality, the median of a time) and at least minus the tolerance in the stated share of the draws. With a
tolerance of 0 the share alone decides.

A limit of the whole plan is a row of the programme (solve/programme.py, by the same path); its words stand here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from planner.options.table import OptionTable
from planner.planning.draw_shares import lower_at, share_of_draws, upper_at
from planner.planning.edges import floor_shares, near_rows
from planner.units import Bools, Draws, Floats
from planner.workload.schema import Limits, Segment, Workload

Excess: TypeAlias = Callable[[Segment, OptionTable], Draws | None]
Kind: TypeAlias = Literal["quality", "times"]
SLACK: Final = 1e-9
_UNLIKELY: Final = 0.499
"""Shares of options whose centre misses a limit are told below one half: no confidence would let them pass."""


def limit_quality_floor(segment: Segment, table: OptionTable) -> Draws | None:  # noqa: ARG001 - one shape for all limits
    """Quality less the floor, which itself may be a draw of another model's quality; share of answers."""
    excess: Draws = table.quality - table.floor
    return excess


def limit_ttft(segment: Segment, table: OptionTable) -> Draws | None:
    """By which part of the limit the time to first token (95th percentile) stays below it; None when not asked for."""
    allowed = segment.latency.ttft_p95_ms
    return None if allowed is None else 1.0 - table.ttft_p95_ms / allowed


def limit_total(segment: Segment, table: OptionTable) -> Draws | None:
    """By which part of the limit the time to the whole answer stays below it; None when not asked for."""
    allowed = segment.latency.total_p95_ms
    return None if allowed is None else 1.0 - table.total_p95_ms / allowed


@dataclass(frozen=True, slots=True)
class SegmentLimit:
    """A limit of one segment, held draw by draw."""

    path: str
    """In the segment."""
    words: str
    """As in a sentence: 'the quality floor'."""
    looser: str
    """What a looser one is called: 'a quality floor of {new} instead of {old}'."""
    kind: Kind
    """Which confidence and which tolerance it takes; quality is centred by its mean, times by their median."""
    excess: Excess


SEGMENT_LIMITS: Final[Mapping[str, SegmentLimit]] = {
    limit.path: limit
    for limit in (
        SegmentLimit(
            "quality_floor",
            "the quality floor",
            "a quality floor of {new} instead of {old}",
            "quality",
            limit_quality_floor,
        ),
        SegmentLimit(
            "latency.ttft_p95_ms",
            "the time to first token",
            "a time to first token of {new} instead of {old}",
            "times",
            limit_ttft,
        ),
        SegmentLimit(
            "latency.total_p95_ms",
            "the time to the whole answer",
            "a whole answer within {new} instead of {old}",
            "times",
            limit_total,
        ),
    )
}
"""Path in the segment to the limit."""

RULE_NAMES: Final[Mapping[str, str]] = {
    "data.residency": "where data may be processed",
    "data.unknown_place_allowed": "sensitive data at a known place only",
    "data.may_leave_premises": "data may not leave the premises",
    "data.providers_allowed": "the allowed providers",
    "data.licences_allowed": "the allowed licences",
    "modalities": "the modalities",
    "context_p99_tokens": "the context length",
    "serving_allowed": "the allowed ways of serving",
    "offline": "it must work offline",
}
"""Rules of a segment that keep options out of the table altogether, as in a sentence."""
LIMIT_NAMES: Final[Mapping[str, str]] = {
    **{path: limit.words for path, limit in SEGMENT_LIMITS.items()},
    **RULE_NAMES,
}
"""Limits and rules of a segment by their path, as in a sentence."""


@dataclass(frozen=True, slots=True)
class PlanLimit:
    """A limit of the whole plan: how it reads, how it is loosened by a notch."""

    field: str
    """In the workload's limits."""
    words: str
    """As in a sentence."""
    looser: str
    """What a looser one is called: 'a budget'."""
    value: str
    """Format of its value: 'at most {:,.0f} USD'."""
    notch: Callable[[float], float]
    """A little looser."""
    whole: bool
    """A count."""

    @property
    def path(self) -> str:
        """In the workload."""
        return f"limits.{self.field}"

    def asked(self, limits: Limits) -> float | None:
        """The stated value; None when not asked for."""
        value: float | None = getattr(limits, self.field)
        return value


PLAN_LIMITS: Final[Mapping[str, PlanLimit]] = {
    limit.path: limit
    for limit in (
        PlanLimit(
            "monthly_budget_usd",
            "the monthly budget",
            "a budget",
            "at most {:,.0f} USD",
            lambda usd: usd * 1.1,
            whole=False,
        ),
        PlanLimit(
            "max_models",
            "the number of models",
            "a number of models",
            "at most {:g}",
            lambda count: count + 1,
            whole=True,
        ),
        PlanLimit(
            "min_providers",
            "the number of providers",
            "a number of providers",
            "at least {:g}",
            lambda count: count - 1,
            whole=True,
        ),
        PlanLimit(
            "carbon_kg_per_month",
            "the carbon limit",
            "a carbon limit",
            "at most {:,.0f} kg",
            lambda kg: kg * 1.1,
            whole=False,
        ),
    )
}
"""Path in the workload to the limit."""


@dataclass(frozen=True, slots=True)
class Strictness:
    """How surely a kind of limit must hold, and by how much draws may miss it."""

    confidence: float
    tolerance: float


def strictness_of(workload: Workload) -> dict[str, Strictness]:
    """By kind of limit: quality, times."""
    tolerance = workload.tolerance
    return {
        "quality": Strictness(workload.quality_confidence, tolerance.quality),
        "times": Strictness(workload.times_confidence, tolerance.time),
    }


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """How often each option of a segment holds each of its limits; paths not asked for are left out."""

    shares: Mapping[str, Floats]
    """Path to (N,) share of draws in which the limit itself holds."""
    within: Mapping[str, Floats]
    """Path to (N,) share of draws in which it holds within the tolerance, and less than one half where the centre
    misses it: what decides."""
    needed: Mapping[str, float]
    """Path to the confidence."""

    def fits(self, without: Sequence[str] = ()) -> Bools:
        """(N,) options that hold every limit at its confidence, those in `without` aside."""
        return self.holds([path for path in self.within if path not in without])

    def holds(self, paths: Sequence[str]) -> Bools:
        """(N,) options that hold these limits at their confidence, each by itself."""
        masks = [self.within[path] >= self.needed[path] - SLACK for path in paths]
        return np.logical_and.reduce(masks) if masks else np.ones(self._size, dtype=np.bool_)

    def reached(self, paths: Sequence[str] | None = None) -> Floats:
        """(N,) highest confidence at which each option would hold these limits; all of them when None."""
        shares = [self.within[path] for path in (self.within if paths is None else paths)]
        return np.asarray(np.minimum.reduce(shares), dtype=np.float64) if shares else np.ones(self._size)

    @property
    def _size(self) -> int:
        return int(next(iter(self.shares.values())).shape[0])


def held_limits(segment: Segment, table: OptionTable, strictness: Mapping[str, Strictness]) -> Held:
    """Evaluate every limit of a segment on all of its options."""
    shares, within, needed = {}, {}, {}
    for path, limit in SEGMENT_LIMITS.items():
        excess = limit.excess(segment, table)
        if excess is None:
            continue
        strict = strictness[limit.kind]
        shares[path] = share_of_draws(excess >= 0.0)
        within[path] = _deciding(limit.kind, excess, strict.tolerance)
        if path == "quality_floor":
            near = near_rows(within[path], strict.confidence)
            within[path][near] = floor_shares(table, near, strict.tolerance)
        needed[path] = strict.confidence
    return Held(shares, within, needed)


def _deciding(kind: Kind, excess: Draws, tolerance: float) -> Floats:
    """(N,) share of draws that hold within the tolerance, below one half where the centre misses the limit."""
    within = share_of_draws(excess >= -tolerance)
    if tolerance == 0.0:
        return within
    central = excess.mean(axis=-1) if kind == "quality" else lower_at(excess, 0.5)
    return np.asarray(np.where(central >= -SLACK, within, np.minimum(within, _UNLIKELY)), dtype=np.float64)


def limits_in_draws(segment: Segment, table: OptionTable, strictness: Mapping[str, Strictness]) -> Bools:
    """(N, S) draws in which each option holds all of its segment's limits together, each within its tolerance."""
    together = np.ones(table.quality.shape, dtype=np.bool_)
    for limit in SEGMENT_LIMITS.values():
        excess = limit.excess(segment, table)
        if excess is not None:
            together &= excess >= -strictness[limit.kind].tolerance
    return together


def holds_floor(quality: Draws, floor: Draws, strict: Strictness) -> bool:
    """Whether one quality (S,) holds a floor (S,)."""
    return bool(_deciding("quality", (quality - floor)[None, :], strict.tolerance)[0] >= strict.confidence - SLACK)


def holds_time(times: Draws, allowed: float, strict: Strictness) -> bool:
    """Whether one time (S,) holds a limit in the same unit."""
    share = _deciding("times", (1.0 - times / allowed)[None, :], strict.tolerance)
    return bool(share[0] >= strict.confidence - SLACK)


def least_time(times: Draws, strict: Strictness) -> Floats:
    """(N,) shortest time limit, same unit, that each of these options (N, S) would hold."""
    surely = upper_at(times, strict.confidence) / (1.0 + strict.tolerance)
    return surely if strict.tolerance == 0.0 else np.maximum(surely, upper_at(times, 0.5))


def greatest_floor(quality: Draws, of: Draws, strict: Strictness) -> Floats:
    """(N,) greatest multiple of `of` (S,) that each of these qualities (N, S) would hold as a floor."""
    unit = np.maximum(of, 1e-9)
    surely = lower_at((quality + strict.tolerance) / unit, strict.confidence)
    return surely if strict.tolerance == 0.0 else np.minimum(surely, quality.mean(axis=-1) / unit.mean())
