"""Who pays what: a plan's cost split over its segments, and what one option would add beside the others."""

from dataclasses import dataclass

import numpy as np

from planner.planning.draw_shares import upper_at
from planner.planning.problem import Problem, SegmentPart
from planner.planning.solve.milp import Solution
from planner.units import Bools, Draws, Floats


@dataclass(frozen=True, slots=True, eq=False)
class SegmentBill:
    """One segment's part of the monthly bill, draw by draw; the three sum to the whole."""

    usage_usd: Draws
    """(S,) tokens, retries, gate, retrieval"""
    pool_usd: float
    """Its pool's replicas, by its share of the load."""
    component_usd: Draws
    """(K, S) its components, each at an equal share among the segments that use it"""
    components: tuple[int, ...]
    """The K components."""
    pool_share: float
    """Share of the pool's load that is this segment's; 0 without a pool."""

    @property
    def total_usd(self) -> Draws:
        """Everything, (S,)."""
        return np.asarray(self.usage_usd + self.pool_usd + self.component_usd.sum(axis=0), dtype=np.float64)


def split_bill(problem: Problem, solution: Solution) -> tuple[SegmentBill, ...]:
    """Every segment's part; summed over segments it is the plan's cost in every draw."""
    members = [
        np.flatnonzero(part.component_matrix[part.table.component_set[row]])
        for part, row in zip(problem.parts, solution.choice, strict=True)
    ]
    users = np.bincount(np.concatenate(members), minlength=problem.component_usd.shape[0])
    pools = np.array([part.table.pool[row] for part, row in zip(problem.parts, solution.choice, strict=True)])
    loads = np.array(
        [part.table.pool_load[row].mean() for part, row in zip(problem.parts, solution.choice, strict=True)]
    )
    bills = []
    for number, (part, row) in enumerate(zip(problem.parts, solution.choice, strict=True)):
        share = _pool_share(pools, loads, number)
        pool_usd = (
            share * float(solution.replicas[pools[number]] * problem.replica_usd[pools[number]]) if share else 0.0
        )
        mine = members[number]
        bills.append(
            SegmentBill(
                usage_usd=part.table.usage_usd[row],
                pool_usd=pool_usd,
                component_usd=problem.component_draws[mine] / users[mine][:, None],
                components=tuple(int(each) for each in mine),
                pool_share=share,
            )
        )
    return tuple(bills)


def _pool_share(pools: np.ndarray, loads: Floats, number: int) -> float:
    if pools[number] < 0:
        return 0.0
    together = pools == pools[number]
    total = float(loads[together].sum())
    return float(loads[number] / total) if total > 0.0 else 1.0 / float(together.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """What each option of one segment adds to the bill when all other segments stay as planned."""

    unpaid: Draws
    """(C, S) components that no other segment pays; 0 where one does"""
    pool_usd: Floats
    """(N,) replicas to be added; infinite when the pool cannot grow so far"""
    part: SegmentPart

    def usd_draws(self, rows: np.ndarray) -> Draws:
        """Added cost of some rows of the table, draw by draw, (len(rows), S)."""
        table = self.part.table
        sets, number = np.unique(table.component_set[rows], return_inverse=True)
        fixed = self.part.component_matrix[sets].astype(np.float64) @ self.unpaid
        return np.asarray(table.usage_usd[rows] + fixed[number] + self.pool_usd[rows, None], dtype=np.float64)

    def usd(self) -> Floats:
        """Added mean cost of every option, (N,)."""
        fixed = self.part.component_matrix.astype(np.float64) @ self.unpaid.mean(axis=1)
        table = self.part.table
        return np.asarray(table.usage_usd.mean(axis=1) + fixed[table.component_set] + self.pool_usd, dtype=np.float64)


def beside(problem: Problem, solution: Solution, number: int) -> Beside:
    """Take one segment out of a plan and price what each of its options would add."""
    part = problem.parts[number]
    others = [each for each in range(len(problem.parts)) if each != number]
    paid: Bools = np.zeros(problem.component_usd.shape[0], dtype=np.bool_)
    load = np.zeros((problem.replica_usd.shape[0], 2))
    for each in others:
        other, row = problem.parts[each], solution.choice[each]
        paid |= other.component_matrix[other.table.component_set[row]]
        if other.table.pool[row] >= 0:
            mine = float(upper_at(other.table.pool_load[row], problem.confidence))
            load[other.table.pool[row]] += mine * problem.load_parts[each]
    pool_usd = _replicas_usd(problem, part, load, problem.load_parts[number])
    return Beside(problem.component_draws * ~paid[:, None], pool_usd, part)


def _replicas_usd(problem: Problem, part: SegmentPart, load: Floats, parts: Floats) -> Floats:
    out = np.zeros(part.table.size)
    pooled = np.flatnonzero(part.table.pool >= 0)
    if pooled.size == 0:
        return out
    pool = part.table.pool[pooled]
    before = problem.replicas_for(load)
    mine = np.maximum(upper_at(part.table.pool_load[pooled], problem.confidence), 1e-9)
    after = problem.replicas_in(pool, (load[pool] + mine[:, None] * parts).max(axis=-1))
    out[pooled] = (after - before[pool]) * problem.replica_usd[pool]
    out[pooled[after > problem.max_replicas[pool]]] = np.inf
    return out
