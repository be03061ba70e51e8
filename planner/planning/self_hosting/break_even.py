"""From which volume running a model oneself is cheaper, and stays so: paths of monthly cost against volume, in draws.

Machines come whole, so a path of one's own is a staircase and may cross the API's line several times. What is told is
the volume from which it stays cheaper, and whether it was cheaper for a while before. Volumes are multiples of today's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from planner.beliefs.cost.machine_hours import (
    DAYS_PER_MONTH,
    Demand,
    Profile,
    Startup,
    machines_needed,
    replicas_needed,
    scaled_machine_hours,
    waiting_machine_hours,
)
from planner.beliefs.cost.owned_servers import ServerMonth
from planner.units import HOURS_PER_MONTH, LEVEL, Bools, Draws, Floats, Interval, Ints, interval_of

Lens: TypeAlias = Literal["full", "marginal"]
"""full: everything, people's hours, set-up and purchase included; marginal: what next month's invoices say when
contracts, machines and people are there already."""
LENSES: Final[tuple[Lens, ...]] = ("full", "marginal")
RentMode: TypeAlias = Literal["always_on", "active_hours", "scale_to_zero"]
RENT_MODES: Final[tuple[RentMode, ...]] = ("always_on", "active_hours", "scale_to_zero")
CostAt: TypeAlias = Callable[[Floats], Draws]
"""Monthly cost, USD, (P, S), at multiples of today's volume, (P, 1) or (P, S)."""
_GRID: Final = 480
_STEPS: Final = 64
"""Jumps of the staircase that are looked at one by one; beyond them a step is less than two per cent."""
_AFTER_JUMP: Final = 1.0 + 1e-7
_HALVINGS: Final = 40
_MEDIAN_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class ApiPath:
    """An API: tokens by the request, people's hours for the contract."""

    label: str
    usage_usd: Draws
    """(S,) a month at today's volume, retries and hidden reasoning included."""
    people_usd: Draws
    """(S,) a month whatever the volume."""

    def usd(self, scale: Floats, lens: Lens) -> Draws:
        """Monthly cost at multiples of today's volume, (P, S)."""
        people = self.people_usd if lens == "full" else 0.0
        return scale * self.usage_usd + people


@dataclass(frozen=True, slots=True, eq=False)
class RentedPath:
    """GPUs rented by the hour, whole instances."""

    label: str
    demand: Demand
    usd_per_gpu_hour: float
    gpus_per_instance: int
    gpus_per_replica: int
    mode: RentMode
    profile: Profile
    startup: Startup
    people_usd: Draws
    """(S,) a month: set-up and upkeep of the serving stack and of the models on it, first training included."""
    jobs_usd: Draws
    """(S,) a month under either lens: machines that retrain tuned models."""
    committed: bool = False
    """A reservation is paid for every hour, so it is always on whatever the mode says."""

    def usd(self, scale: Floats, lens: Lens) -> Draws:
        """Monthly cost at multiples of today's volume, (P, S)."""
        rent = self.instance_hours(scale) * self.gpus_per_instance * self.usd_per_gpu_hour
        return rent + self.jobs_usd + (self.people_usd if lens == "full" else 0.0)

    def instances(self, scale: Floats) -> Draws:
        """Whole instances at the busiest hour, (P, S)."""
        replicas = replicas_needed(self.demand, scale)
        return machines_needed(replicas, self.gpus_per_replica, self.gpus_per_instance)

    def instance_hours(self, scale: Floats) -> Draws:
        """Instance hours that a month is billed for, (P, S)."""
        most = self.instances(scale)
        if self.committed or self.mode == "always_on":
            return most * HOURS_PER_MONTH
        if self.demand.waits:
            return waiting_machine_hours(
                self.demand, self.startup, scale, self.gpus_per_replica, self.gpus_per_instance
            )
        if self.mode == "active_hours":
            hours = self.profile.active_hours + DAYS_PER_MONTH * self.startup.hours
            return most * np.minimum(hours, HOURS_PER_MONTH)
        return self._scaled(scale)[0]

    def waiting_share(self, scale: Floats) -> Draws:
        """Share of requests that find no machine running and wait for a start, (P, S)."""
        if self.committed or self.mode != "scale_to_zero" or self.demand.waits:
            return np.zeros(np.broadcast_shapes(scale.shape, self.demand.busy_at_peak.shape))
        return self._scaled(scale)[1]

    def _scaled(self, scale: Floats) -> tuple[Draws, Draws]:
        return scaled_machine_hours(
            self.demand, self.profile, self.startup, scale, self.gpus_per_replica, self.gpus_per_instance
        )


@dataclass(frozen=True, slots=True, eq=False)
class OwnedPath:
    """Servers of one's own, always on."""

    label: str
    demand: Demand
    server: ServerMonth
    gpus_per_server: int
    gpus_per_replica: int
    people_usd: Draws
    """(S,) a month, as of a rented path; the servers' own hours are the server's."""
    jobs_usd: Draws
    """(S,) a month under either lens: machines that retrain tuned models."""

    def servers(self, scale: Floats) -> Draws:
        """Whole servers, (P, S)."""
        replicas = replicas_needed(self.demand, scale)
        return machines_needed(replicas, self.gpus_per_replica, self.gpus_per_server)

    def usd(self, scale: Floats, lens: Lens) -> Draws:
        """Monthly cost at multiples of today's volume, (P, S): whole servers, and electricity by the work they do."""
        servers = self.servers(scale)
        per_server = self.server.standing_usd
        if lens == "full":
            per_server = per_server + self.server.capital_usd + self.server.people_usd
        busy = scale * self.demand.busy_at_peak / self.demand.peak_to_mean
        busy_servers = busy * self.gpus_per_replica / self.gpus_per_server
        people = self.people_usd if lens == "full" else 0.0
        return servers * per_server + busy_servers * self.server.load_usd + self.jobs_usd + people


Path: TypeAlias = ApiPath | RentedPath | OwnedPath


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One path over a range of volumes."""

    label: str
    requests: Floats
    """(P,) requests a month."""
    usd: Floats
    """(P,) median over the draws: always the cost of whole machines, as a mean of staircases is not."""
    low_usd: Floats
    high_usd: Floats


@dataclass(frozen=True, slots=True)
class Reached:
    """Running it oneself is cheaper from a volume on, in at least half of the draws."""

    requests: float
    """Median over the draws, requests a month."""
    low: float
    high: float | None
    """None: in more than a twentieth of the draws it is not reached up to `up_to`."""
    up_to: float
    share_reached: float
    utilisation: Interval
    """Busy share of what is paid for at that volume, over the month."""
    flips_share: float
    """Share of draws in which it is cheaper for a while before, and dearer again."""
    first_cheaper: float
    """Median volume at which it is cheaper for the first time."""


@dataclass(frozen=True, slots=True)
class NotReached:
    """In more than half of the draws the API stays cheaper up to a volume."""

    up_to: float
    share_reached: float
    dearer_usd_per_1000: Interval
    """What running it oneself costs more at that volume, USD per 1,000 requests."""


@dataclass(frozen=True, slots=True)
class NotVerified:
    """Something that the comparison rests on is not shown; with what it would say otherwise."""

    reasons: tuple[str, ...]
    would_be: Reached | NotReached


BreakEven: TypeAlias = Reached | NotReached | NotVerified


def volumes(low: float, high: float, points: int) -> Floats:
    """Multiples of today's volume, evenly spaced on a logarithmic scale, (P,)."""
    return np.geomspace(low, high, points)


def curve_of(path: Path, scale: Floats, requests_today: float, lens: Lens, level: float = LEVEL) -> Curve:
    """Median and interval of a path's monthly cost at multiples of today's volume; `scale` (P,)."""
    tail = (1.0 - level) / 2.0
    usd = path.usd(scale[:, None], lens)
    low, middle, high = np.quantile(usd, (tail, 0.5, 1.0 - tail), axis=1, method="inverted_cdf")
    return Curve(path.label, scale * requests_today, middle, low, high)


def break_even(own: RentedPath | OwnedPath, api: ApiPath, lens: Lens, top: float = 1000.0) -> Reached | NotReached:
    """Volume from which a path of one's own stays cheaper than an API.

    In each draw: the last point at which it is dearer, on a fine grid and right after each of the staircase's first
    jumps, then halving towards the crossing. A reversal narrower than the grid (under 4 %) beyond these is not seen.

    Args:
        own: The path of one's own.
        api: The API.
        lens: What counts as cost.
        top: Largest multiple of today's volume that is looked at.
    """
    points = _points(own.demand, top)

    def dearer(scale: Floats) -> Draws:
        return own.usd(scale, lens) - api.usd(scale, lens)

    signs = dearer(points) > 0.0
    reached = ~signs[-1]
    last = np.where(signs.any(axis=0), points.shape[0] - 1 - np.argmax(signs[::-1], axis=0), -1)
    at = _crossing(dearer, points, last)
    first = _crossing(dearer, points, np.argmin(signs, axis=0) - 1)
    share = float(reached.mean())
    requests = own.demand.requests_per_month
    if share < _MEDIAN_SHARE:
        edge = np.full((1, 1), top)
        per_1000 = dearer(edge)[0] / (top * requests) * 1000.0
        return NotReached(top * requests, share, interval_of(per_1000))
    flips = reached & (np.diff(signs.astype(np.int8), axis=0) == 1).any(axis=0)
    return _reached(own, np.where(reached, at, np.inf), first, flips, share, top)


def verified(found: Reached | NotReached, reasons: tuple[str, ...]) -> BreakEven:
    """The finding, or what it would be where something is not shown."""
    return NotVerified(reasons, found) if reasons else found


def utilisation(own: RentedPath | OwnedPath, scale: Floats) -> Draws:
    """Busy share of the replicas' hours that are paid for in a month, (P, S)."""
    busy_hours = scale * own.demand.busy_at_peak / own.demand.peak_to_mean * HOURS_PER_MONTH
    if isinstance(own, RentedPath):
        machine_hours, gpus = own.instance_hours(scale), own.gpus_per_instance
    else:
        machine_hours, gpus = own.servers(scale) * HOURS_PER_MONTH, own.gpus_per_server
    return busy_hours * own.gpus_per_replica / (machine_hours * gpus)


def _points(demand: Demand, top: float) -> Floats:
    """Multiples of today's volume at which the two paths are compared, (P, S), ascending."""
    per_replica = demand.utilisation_cap / demand.busy_at_peak
    lowest = np.minimum(per_replica.min() * 1e-3, top * 1e-6)
    grid = np.geomspace(lowest, top, _GRID)[:, None] * np.ones_like(per_replica)
    jumps = np.arange(1.0, _STEPS + 1.0)[:, None] * per_replica * _AFTER_JUMP
    points: Floats = np.sort(np.minimum(np.concatenate([grid, jumps]), top), axis=0)
    return points


def _crossing(dearer: CostAt, points: Floats, last: Ints) -> Draws:
    """Between point `last`, where it is dearer, and the next, where it is not: the crossing, (S,)."""
    columns = np.arange(points.shape[1])
    low = points[np.maximum(last, 0), columns]
    high = points[np.minimum(last + 1, points.shape[0] - 1), columns]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        above = dearer(middle[None, :])[0] > 0.0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    crossing: Draws = np.where(last < 0, points[0], high)
    return crossing


def _reached(own: RentedPath | OwnedPath, at: Draws, first: Draws, flips: Bools, share: float, top: float) -> Reached:
    requests = own.demand.requests_per_month
    tail = (1.0 - LEVEL) / 2.0
    low, middle, high = np.quantile(at, (tail, 0.5, 1.0 - tail), method="inverted_cdf")
    busy = utilisation(own, np.where(np.isfinite(at), at, top)[None, :])[0]
    some = flips.any()
    return Reached(
        requests=float(middle) * requests,
        low=float(low) * requests,
        high=float(high) * requests if np.isfinite(high) else None,
        up_to=top * requests,
        share_reached=share,
        utilisation=interval_of(busy[np.isfinite(at)]),
        flips_share=float(flips.mean()),
        first_cheaper=float(np.median(first[flips]) if some else middle) * requests,
    )
