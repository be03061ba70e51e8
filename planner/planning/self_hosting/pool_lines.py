"""A pool's sizing line by line: weights and cache, batch and speed by kind of request, replicas, machines, money."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.beliefs.cost.owned_servers import ServerMonth
from planner.beliefs.serving.sizing import PoolSizing, busy_to_mean, may_wait
from planner.planning.wording import percent_text, rounded_text, usd_text
from planner.units import HOURS_PER_MONTH, SECONDS_PER_MONTH, Draws, interval_of
from planner.workload.schema import Segment


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """One kind of request on the pool."""

    segment: Segment
    requests_per_month: float
    sizing: PoolSizing
    busy_at_peak: Draws
    """(S,) replicas' worth of work at the busiest hour; at the mean one where answers may wait a day."""


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """All work of a pool, replicas' worth, (S,) each."""

    busiest: Draws
    """Of what may not wait, at the busiest hour; the busiest hours are taken to fall together."""
    mean: Draws
    """Of all, over the mean hour."""
    waits: bool
    """Whether any of it may wait a day."""

    @property
    def counts(self) -> Draws:
        """What replicas are sized for, (S,): the larger of the two."""
        return np.maximum(self.busiest, self.mean) if self.waits else self.busiest

    @property
    def all_waits(self) -> bool:
        """Whether nothing has to be answered at once."""
        return not self.busiest.any()


def work_of(segments: Sequence[Segment], busy: Sequence[Draws]) -> Work:
    """Work of several kinds of request by their replicas' worth at the hours that each is sized for."""
    busiest, mean = np.zeros_like(busy[0]), np.zeros_like(busy[0])
    for segment, each in zip(segments, busy, strict=True):
        mean = mean + each / busy_to_mean(segment)
        if not may_wait(segment):
            busiest = busiest + each
    return Work(busiest, mean, any(may_wait(segment) for segment in segments))


def memory_lines(loads: Sequence[Load]) -> tuple[str, ...]:
    """The replica's own 'name: text' lines: what all kinds share once, the rest for each kind of request."""
    sizings = [load.sizing.sizing for load in loads]
    shared = [line for line in sizings[0] if all(line in other for other in sizings)]
    lines = list(shared)
    if len(loads) > 1:
        for load, told in zip(loads, sizings, strict=True):
            lines += [_of(load.segment.name, line, alone=False) for line in told if line not in shared]
    return tuple(lines)


def _of(segment: str, line: str, *, alone: bool) -> str:
    name, _, text = line.partition(": ")
    return line if alone else f"{name}, {segment}: {text}"


def rate_lines(loads: Sequence[Load]) -> tuple[str, ...]:
    """From requests a month to the busiest hour's rate and the replicas that it keeps busy."""
    lines = []
    for load in loads:
        waits, times = may_wait(load.segment), busy_to_mean(load.segment)
        rate = load.requests_per_month * times / SECONDS_PER_MONTH
        busy = interval_of(load.busy_at_peak)
        peak = "" if waits else f" x {times:g}"
        count = f"{load.requests_per_month:,.0f} requests{peak}"
        arithmetic = f"{count} / {SECONDS_PER_MONTH:,.0f} s = {rounded_text(rate)} requests/s"
        full = float(load.sizing.capacity_rps.mean())
        line = (
            f"{'mean hour' if waits else 'busiest hour'}: {arithmetic} / {rounded_text(full)} requests/s when full"
            f" = {rounded_text(rate / full)}"
            f" replicas busy; averaged over the draws {rounded_text(busy.mean)}"
            f" ({rounded_text(busy.low)} to {rounded_text(busy.high)})"
        )
        lines.append(_of(load.segment.name, line, alone=len(loads) == 1))
    return tuple(lines)


def waiting_lines(work: Work, cap: float) -> tuple[str, ...]:
    """What is done with work that may wait a day; nothing without any."""
    if not work.waits:
        return ()
    assumed = "assumed: each day brings the month's mean, and what may wait starts only where the rest leaves room"
    if work.all_waits:
        return (f"waiting work: answers may come within a day, so peaks are spread over all hours; {assumed}",)
    busiest, mean = float(work.busiest.mean()), float(work.mean.mean())
    told = (
        f"waiting work: what may not wait takes {rounded_text(busiest)} replicas at the busiest hour, all together"
        f" {rounded_text(mean)} over the mean hour, and the larger counts; what may wait a day fills idle time up to"
        f" {percent_text(cap)}, at which the times of the others hold; {assumed}"
    )
    return (told,)


def replica_lines(pool: Work, cap: float, confidence: float, replicas: int, spare: int) -> tuple[str, ...]:
    """From the busy share to whole replicas, the spare ones, and how busy they are."""
    busy = pool.counts
    work = float(np.quantile(busy, confidence, method="inverted_cdf"))
    needed = replicas - spare
    share = interval_of(busy / replicas)
    together = (
        f"replicas: {rounded_text(work)} busy at most in {percent_text(confidence)} of the draws,"
        f" / {percent_text(cap)} allowed = {rounded_text(work / cap)}, whole: {needed}"
    )
    may_fail = "one may fail" if spare == 1 else f"{spare} may fail"
    extra = f"spare: {spare} more (N+{spare}), so that {may_fail}" if spare else "spare: none asked for"
    interval = f"{percent_text(share.low)} to {percent_text(share.high)}"
    hour = "over all hours" if pool.all_waits else "at the busiest hour"
    if pool.waits and not pool.all_waits and float(pool.mean.mean()) > float(pool.busiest.mean()):
        hour = "over all hours"
    told = f"busy: {percent_text(share.mean)} of the replicas {hour} ({interval})"
    return *waiting_lines(pool, cap), together, extra, told


def money_line(replicas: int, usd_per_replica: float, how: str) -> str:
    """What the replicas cost in a month."""
    return f"price: {how}; {replicas} x {usd_text(usd_per_replica)} = {usd_text(replicas * usd_per_replica)} a month"


def instance_line(instances: float, gpus: int, usd_per_gpu_hour: float, where: str) -> str:
    """What whole instances cost in a month of 730 hours."""
    usd = instances * gpus * usd_per_gpu_hour * HOURS_PER_MONTH
    return (
        f"price: {instances:g} x {gpus} GPU{'s' if gpus > 1 else ''} at {usd_per_gpu_hour:g} USD an hour ({where})"
        f" x {HOURS_PER_MONTH:g} h = {usd_text(usd)} a month, always on"
    )


def beside_line(people_usd: Draws, jobs_usd: Draws) -> str:
    """What comes to the machines in a month, (S,) each: people in the full cost alone, retraining in either."""
    people, jobs = float(people_usd.mean()), float(jobs_usd.mean())
    return (
        f"beside the machines: set-up, upkeep and first training {rounded_text(people)} + retraining"
        f" {rounded_text(jobs)} = {usd_text(people + jobs)} a month; next month only: {usd_text(jobs)}"
    )


def server_line(month: ServerMonth, servers: float, gpus: int, gpu: str) -> str:
    """What whole servers of one's own cost in a month, part by part, when hardly anyone asks."""
    parts = (
        ("capital", month.capital_usd),
        ("hosting", month.hosting_usd),
        ("maintenance", month.maintenance_usd),
        ("idle electricity", month.idle_power_usd),
        ("people", month.people_usd),
    )
    each = sum(float(usd.mean()) for _, usd in parts)
    told = " + ".join(f"{name} {rounded_text(float(usd.mean()))}" for name, usd in parts if usd.any())
    return f"owned: {servers:g} x {gpus} x {gpu}, each {told} = {usd_text(servers * each)} a month"
