"""What is told of own machines against an API: break-evens under one lens, and the sizing line by line."""

from dataclasses import dataclass, replace

import numpy as np

from planner.beliefs.cost.machine_hours import machines_needed
from planner.options.context import World
from planner.planning.draw_shares import upper_at
from planner.planning.self_hosting.break_even import (
    RENT_MODES,
    BreakEven,
    Lens,
    NotReached,
    Reached,
    RentedPath,
    break_even,
    verified,
)
from planner.planning.self_hosting.case import Question, ServingCase, serving_case, work_of_case
from planner.planning.self_hosting.pool_lines import (
    Load,
    beside_line,
    instance_line,
    memory_lines,
    rate_lines,
    replica_lines,
    server_line,
)
from planner.workload.schema import Workload


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A case with its break-evens under one lens."""

    case: ServingCase
    lens: Lens
    rented: BreakEven | None
    owned: BreakEven | None


def answer_case(
    world: World, workload: Workload, question: Question, lens: Lens, measured_gpus: frozenset[str]
) -> Answer | str:
    """Size, price and compare; a sentence when the model does not fit."""
    case = serving_case(world, workload, question, measured_gpus)
    if isinstance(case, str):
        return case
    rented = break_even(case.rented, case.api, lens) if case.rented else None
    owned = break_even(case.owned, case.api, lens) if case.owned else None
    return Answer(case, lens, _told(rented, case), _told(owned, case))


def _told(found: Reached | NotReached | None, case: ServingCase) -> BreakEven | None:
    return None if found is None else verified(found, case.doubts)


def rent_modes(path: RentedPath) -> tuple[RentedPath, ...]:
    """The same machines rented in each way."""
    return tuple(replace(path, mode=mode) for mode in RENT_MODES)


def replicas_of(workload: Workload, case: ServingCase) -> int:
    """Whole replicas at the planned volume, spare ones included."""
    work = float(upper_at(case.demand.busy_at_peak[None, :], workload.times_confidence)[0])
    return max(int(np.ceil(work / workload.assumptions.gpu_utilisation_cap - 1e-9)), 1) + case.demand.spare


def case_lines(workload: Workload, case: ServingCase) -> tuple[tuple[str, str], ...]:
    """Name and text of every line, from weights to money, at the planned volume."""
    cap = workload.assumptions.gpu_utilisation_cap
    loads = [Load(one.segment, one.requests_per_month, one.sizing, one.busy_at_peak) for one in case.served]
    replicas = replicas_of(workload, case)
    lines = [*memory_lines(loads), *rate_lines(loads)]
    lines += replica_lines(work_of_case(case.served), cap, workload.times_confidence, replicas, case.demand.spare)
    gpus = case.setup.gpus_per_replica
    if case.rented is not None:
        path, rent = case.rented, case.question.rent
        instances = float(machines_needed(np.asarray(float(replicas)), gpus, path.gpus_per_instance))
        where = f"{rent.instance}, {rent.provider}" if rent is not None else path.label
        lines.append(instance_line(instances, path.gpus_per_instance, path.usd_per_gpu_hour, where))
    if case.owned is not None:
        servers = float(machines_needed(np.asarray(float(replicas)), gpus, case.owned.gpus_per_server))
        lines.append(server_line(case.owned.server, servers, case.owned.gpus_per_server, case.setup.gpu.name))
    either = case.rented or case.owned
    if either is not None:
        lines.append(beside_line(either.people_usd, either.jobs_usd))
    split = (line.partition(": ") for line in lines)
    return tuple((name, text) for name, _, text in split)
