"""The pools of a plan, each with its sizing line by line and the commands that would measure it."""

import numpy as np

from planner.beliefs.cost.api import volume_factor
from planner.beliefs.serving.load_test import load_command, server_command
from planner.beliefs.serving.sizing import PRECISIONS, Setup, size_replica
from planner.options.estimates.figures import added_by, shape_of
from planner.options.table import Pool
from planner.planning.explain.option_text import Facts
from planner.planning.plan import PoolPlan
from planner.planning.problem import Problem, SegmentPart
from planner.planning.self_hosting.pool_lines import (
    Load,
    Work,
    memory_lines,
    money_line,
    rate_lines,
    replica_lines,
    work_of,
)
from planner.planning.solve.milp import Solution
from planner.planning.wording import figure_of, steady


def tell_pools(problem: Problem, facts: Facts, solution: Solution) -> tuple[PoolPlan, ...]:
    """Every pool that the solution rents or owns."""
    return tuple(_pool(problem, facts, solution, int(number)) for number in np.flatnonzero(solution.replicas > 0))


def _pool(problem: Problem, facts: Facts, solution: Solution, number: int) -> PoolPlan:
    pool = problem.options.pools[number]
    users = [
        (part, row) for part, row in zip(problem.parts, solution.choice, strict=True) if part.table.pool[row] == number
    ]
    replicas = int(solution.replicas[number]) + pool.spare_replicas
    load = work_of([part.segment for part, _ in users], [part.table.pool_load[row] for part, row in users])
    sizing, load_test = _sizing(problem, facts, pool, users, replicas, load)
    return PoolPlan(
        id=pool.id,
        model=pool.model,
        gpu=pool.gpu,
        gpus_per_replica=pool.gpus_per_replica,
        replicas=replicas,
        precision=pool.precision,
        provider=pool.provider,
        area=pool.area,
        utilisation=figure_of(load.counts / replicas, "simulated", pool.source_ids),
        monthly_cost_usd=steady(replicas * pool.usd_per_replica_month),
        segments=tuple(part.segment.name for part, _ in users),
        sizing=sizing,
        load_test=load_test,
    )


def _sizing(
    problem: Problem, facts: Facts, pool: Pool, users: list[tuple[SegmentPart, int]], replicas: int, load: Work
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sizing lines and commands; what the pool itself says where it cannot be sized anew."""
    catalog = facts.catalog
    precision = next((one for one in PRECISIONS if one == pool.precision), None)
    if precision is None or pool.model not in catalog.models or pool.gpu not in catalog.gpus:
        return pool.sizing, ()
    setup = Setup(catalog.models[pool.model], catalog.gpus[pool.gpu], pool.gpus_per_replica, precision)
    assumptions, volume = problem.workload.assumptions, volume_factor(problem.workload)
    cap = assumptions.gpu_utilisation_cap
    loads, commands = [], [server_command(catalog, setup)]
    for part, row in users:
        added = added_by(catalog, part.segment, shape_of(int(part.table.technique[row])), facts.seed)
        sized = size_replica(
            catalog,
            setup,
            part.segment,
            utilisation_cap=cap,
            extra_input_tokens=added.sizing_tokens,
            before_ms=added.before_ms,
            seed=facts.seed,
        )
        if isinstance(sized, str):
            return pool.sizing, ()
        requests = part.segment.requests_per_month * volume
        loads.append(Load(part.segment, requests, sized, part.table.pool_load[row]))
        commands.append(
            load_command(
                catalog,
                sized,
                part.segment,
                utilisation_cap=cap,
                extra_input_tokens=added.sizing_tokens,
                seed=facts.seed,
            )
        )
    how = pool.sizing[0].split(":")[0] if pool.sizing else pool.id
    lines = (
        *memory_lines(loads),
        *rate_lines(loads),
        *replica_lines(load, cap, problem.confidence, replicas, pool.spare_replicas),
        money_line(replicas, pool.usd_per_replica_month, how),
    )
    return lines, tuple(commands)
