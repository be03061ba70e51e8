"""A pool's sizing line by line: weights and cache, batch and speed by kind of request, replicas, machines, money."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.beliefs.ownership import ServerMonth
from planner.beliefs.serving import PoolSizing
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
    """(S,) replicas' worth of work at the busiest hour."""


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
        rate = load.requests_per_month * load.segment.peak_to_mean / SECONDS_PER_MONTH
        busy = interval_of(load.busy_at_peak)
        arithmetic = (
            f"{load.requests_per_month:,.0f} requests x {load.segment.peak_to_mean:g} / {SECONDS_PER_MONTH:,.0f} s"
            f" = {rounded_text(rate)} requests/s"
        )
        full = float(load.sizing.capacity_rps.mean())
        line = (
            f"busiest hour: {arithmetic} / {rounded_text(full)} requests/s when full = {rounded_text(rate / full)}"
            f" replicas busy; averaged over the draws {rounded_text(busy.mean)}"
            f" ({rounded_text(busy.low)} to {rounded_text(busy.high)})"
        )
        lines.append(_of(load.segment.name, line, alone=len(loads) == 1))
    return tuple(lines)


def replica_lines(busy: Draws, cap: float, confidence: float, replicas: int, spare: int) -> tuple[str, ...]:
    """From the busy share to whole replicas, the spare ones, and how busy they are."""
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
    return together, extra, f"busy: {percent_text(share.mean)} of the replicas at the busiest hour ({interval})"


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
