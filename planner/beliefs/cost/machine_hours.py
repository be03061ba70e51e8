"""Work over the hours of a month, and how many machines, and hours of them, it takes when they can be switched off.

The workload states its busiest hour over the mean of all hours. Taken with it: hours without traffic, and hours whose
load falls evenly from the busiest on, the busiest `demand.rush` times their mean. At 3 times the mean and a rush of 1.5
half of the hours have traffic, from the peak down to a third of it.
"""

from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np

from planner.beliefs.priors import prior_draws
from planner.catalog.schema import Catalog
from planner.units import HOURS_PER_MONTH, SEED, Draws, Floats

DAYS_PER_MONTH: Final = HOURS_PER_MONTH / 24.0
_SLICES: Final = 24
_SECONDS_PER_HOUR: Final = 3600.0
_JUST_BELOW: Final = 1e-9
"""Load that is a whole number but for rounding needs no further machine."""
_NEVER_OFF: Final = 30.0
"""Requests in one idle time-out above which a replica is never switched off (e^-30)."""


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """What one pool of equal replicas has to do, at today's volume."""

    requests_per_month: float
    busy_at_peak: Draws
    """(S,) replicas that the busiest hour would keep wholly busy; a fraction, rounded up when machines are counted."""
    peak_to_mean: float
    """Load of the busiest hour over the mean hour's."""
    utilisation_cap: float
    spare: int = 0
    """Replicas beyond what the load needs (N+1: 1)."""
    waits: bool = False
    """All of it may wait a day: it is done at any hours of the day, the machines switched off after it."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Hours of a month with traffic, in slices of falling load."""

    hours: Floats
    """(G,) hours of each slice; less than a month's where nights are empty."""
    level: Floats
    """(G,) load of each slice at its start over the busiest hour's."""
    mean_level: Floats
    """(G,) mean load of each slice over the busiest hour's."""

    @property
    def active_hours(self) -> float:
        """Hours with traffic."""
        return float(self.hours.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Startup:
    """What switching a replica on takes."""

    hours: Draws
    """(S,) machine, weights and engine."""
    idle_timeout_hours: float
    """How long it is kept without a request."""


def startup_of(catalog: Catalog, weights_gb: float, seed: int = SEED) -> Startup:
    """Start-up of a replica with so many gigabytes of weights: machine, loading, engine; hours."""
    seconds = prior_draws(catalog, "startup.node_seconds", seed) + prior_draws(catalog, "startup.engine_seconds", seed)
    seconds = seconds + weights_gb / prior_draws(catalog, "startup.load_gb_per_s", seed)
    timeout = catalog.priors["startup.idle_timeout_seconds"].a
    return Startup(seconds / _SECONDS_PER_HOUR, timeout / _SECONDS_PER_HOUR)


def month_profile(peak_to_mean: float, rush: float) -> Profile:
    """Slices of a month whose mean load is the peak over `peak_to_mean`.

    >>> profile = month_profile(3.0, 1.5)
    >>> profile.active_hours, round(float(profile.hours @ profile.mean_level) * 3.0 / 730.0, 6)
    (365.0, 1.0)
    """
    steep = min(rush, peak_to_mean)
    active = min(steep / peak_to_mean, 1.0) * HOURS_PER_MONTH
    lowest = 2.0 / steep - 1.0
    edges = np.linspace(1.0, lowest, _SLICES + 1)
    return Profile(np.full(_SLICES, active / _SLICES), edges[:-1], (edges[:-1] + edges[1:]) / 2.0)


def replicas_needed(demand: Demand, scale: Floats | float, level: Floats | float = 1.0) -> Draws:
    """Whole replicas for `scale` times today's volume at a share of the busiest hour's load, spare ones included.

    Work of 1.3 replicas planned to 60 % busy needs ceil(1.3 / 0.6) = 3.
    """
    load = np.asarray(scale) * np.asarray(level) * demand.busy_at_peak / demand.utilisation_cap
    needed: Draws = np.maximum(np.ceil(load - _JUST_BELOW), 1.0) + demand.spare
    return needed


def machines_needed(replicas: Draws, gpus_per_replica: int, gpus_per_machine: int) -> Draws:
    """Whole machines for whole replicas: as many on one as fit, or several machines for one.

    Three replicas of 2 GPUs on machines of 4 take 2 machines; one replica of 8 on machines of 4 takes 2.
    """
    if gpus_per_replica > gpus_per_machine:
        return np.asarray(replicas * ceil(gpus_per_replica / gpus_per_machine), dtype=np.float64)
    return np.asarray(np.ceil(replicas / (gpus_per_machine // gpus_per_replica)), dtype=np.float64)


def on_share(requests_per_hour: Draws, startup: Startup) -> tuple[Draws, Draws]:
    """Share of time that a replica which scales to zero is paid for, and share of requests that wait for its start.

    Poisson arrivals at rate r, start-up s, idle time-out T: a cycle is idle for 1 / r, starts for s, and then runs
    until no request comes for T, on average (e^(r T) - 1) / r (the busy period of M/D/infinity). Those who wait are the
    one that wakes it and those that come while it starts.
    """
    rate = np.asarray(requests_per_hour, dtype=np.float64)
    exponent = np.minimum(rate * startup.idle_timeout_hours, _NEVER_OFF)
    idle = 1.0 / np.maximum(rate, 1e-12)
    running = startup.hours + np.expm1(exponent) * idle
    cycle = idle + running
    waiting = (idle + startup.hours) / cycle
    return np.where(rate > 0.0, running / cycle, 0.0), np.where(rate > 0.0, waiting, 0.0)


def waiting_machine_hours(
    demand: Demand, startup: Startup, scale: Floats, gpus_per_replica: int, gpus_per_machine: int
) -> Draws:
    """Machine hours paid in a month for work that may wait a day, done in one run a day; shape as `scale` gives it.

    All machines start once a day and run, as busy as the cap allows, until the day's work is done.
    """
    replicas = replicas_needed(demand, scale)
    most = machines_needed(replicas, gpus_per_replica, gpus_per_machine)
    share = scale * demand.busy_at_peak / demand.utilisation_cap / (replicas - demand.spare)
    return np.minimum(most * (share * HOURS_PER_MONTH + DAYS_PER_MONTH * startup.hours), most * HOURS_PER_MONTH)


def scaled_machine_hours(
    demand: Demand,
    profile: Profile,
    startup: Startup,
    scale: Floats,
    gpus_per_replica: int,
    gpus_per_machine: int,
) -> tuple[Draws, Draws]:
    """Machine hours paid in a month when machines follow the load and the last one is switched off too.

    Every slice holds as many machines as its highest load needs; what the first replica needs is on for `on_share` of
    the slice, and every further machine starts once a day. Never more than all machines of the busiest hour all month.

    Args:
        demand: The pool's work.
        profile: Hours of the month.
        startup: What a start takes.
        scale: Times today's volume, shape (P, S) or (P, 1).
        gpus_per_replica: GPUs of a replica.
        gpus_per_machine: GPUs of the smallest machine one can rent.

    Returns:
        Machine hours, and the share of requests that wait for a start; (P, S) each.
    """
    least = machines_needed(np.asarray(1.0 + demand.spare), gpus_per_replica, gpus_per_machine)
    hourly = demand.requests_per_month / HOURS_PER_MONTH * demand.peak_to_mean * scale
    hours: Draws = np.zeros(np.broadcast_shapes(scale.shape, demand.busy_at_peak.shape))
    waiting, weight = np.zeros_like(hours), 0.0
    for slice_hours, level, mean_level in zip(profile.hours, profile.level, profile.mean_level, strict=True):
        needed = machines_needed(replicas_needed(demand, scale, level), gpus_per_replica, gpus_per_machine)
        share, wait = on_share(hourly * mean_level, startup)
        hours = hours + slice_hours * (least * share + needed - least)
        waiting = waiting + slice_hours * mean_level * wait
        weight += float(slice_hours * mean_level)
    most = machines_needed(replicas_needed(demand, scale), gpus_per_replica, gpus_per_machine)
    hours = hours + (most - least) * DAYS_PER_MONTH * startup.hours
    return np.minimum(hours, most * HOURS_PER_MONTH), waiting / weight
