"""What a comparison of own machines with an API rests on and is not shown: rules, quality, speed, times, prices."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from planner.beliefs.serving.sizing import Setup
from planner.catalog.schema import GpuPrice
from planner.options.context import World
from planner.options.eligibility.exclusions import needs_of, own_rules
from planner.planning.limits import holds_floor, holds_time, strictness_of
from planner.planning.self_hosting.break_even import RentedPath
from planner.planning.self_hosting.served import TECHNIQUE_TEXTS, Served
from planner.planning.wording import percent_text, time_text
from planner.workload.schema import Workload

_TAIL: Final = 0.05
"""Share of requests that a limit at p95 leaves aside."""


def doubts_of(
    world: World,
    workload: Workload,
    rent: GpuPrice | None,
    setup: Setup,
    served: Sequence[Served],
    measured_gpus: frozenset[str],
) -> tuple[str, ...]:
    """Sentences on each kind of request, on the GPU's speed, on the price; empty where all is shown."""
    out = [doubt for one in served for doubt in _segment_doubts(world, workload, setup, one)]
    if setup.gpu.id not in measured_gpus:
        out.append(f"No published speed of any model on the {setup.gpu.name} is in the evidence: it is extrapolated.")
    if rent is not None and rent.source.url.startswith("assumption"):
        out.append("The price of the GPU hour is an assumption.")
    return tuple(dict.fromkeys(out))


def _segment_doubts(world: World, workload: Workload, setup: Setup, one: Served) -> list[str]:
    """Rules the model fails, its quality, its times at the cap."""
    segment, name = one.segment, setup.model.name
    row = world.models.row[setup.model.id]
    rules = own_rules(world.models, needs_of(segment, may_own=True))
    out = [f"{segment.name}: {rule.tell(np.array([row]))}" for rule in rules if bool(rule.fails[row])]
    strict = strictness_of(workload)
    if not holds_floor(one.quality, one.floor.draws, strict["quality"]):
        out.append(
            f"{segment.name}: {name}, {TECHNIQUE_TEXTS[one.technique]}, is {one.floor.text} in"
            f" {percent_text(one.holds_floor)} of the draws; {percent_text(workload.quality_confidence)} are asked for."
        )
    limits = (
        ("first token", segment.latency.ttft_p95_ms, one.sizing.ttft_p95_ms),
        ("whole answer", segment.latency.total_p95_ms, one.sizing.total_p95_ms),
    )
    for what, allowed, draws in limits:
        if allowed is not None and not holds_time(draws, allowed, strict["times"]):
            out.append(
                f"{segment.name}: the {what} takes {time_text(float(draws.mean()))} at p95 and the busiest hour;"
                f" {time_text(allowed)} are allowed."
            )
    return out


def start_doubts(rented: RentedPath | None, served: Sequence[Served]) -> list[str]:
    """Limits that requests miss which wait for a machine to start, at the planned volume."""
    if rented is None:
        return []
    waiting = float(rented.waiting_share(np.ones((1, 1))).mean())
    start_ms = float(rented.startup.hours.mean()) * 3.6e6
    if waiting <= _TAIL:
        return []
    wait = f"{percent_text(waiting)} of the requests wait {time_text(start_ms)} for a start"
    return [
        f"{one.segment.name}: {wait}, longer than the {time_text(limit)} allowed at p95."
        for one in served
        for limit in (one.segment.latency.ttft_p95_ms, one.segment.latency.total_p95_ms)
        if limit is not None and start_ms > limit
    ]
