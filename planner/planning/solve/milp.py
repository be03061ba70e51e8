"""Choosing by mixed-integer programme (HiGHS through scipy): one option per segment, proven optimal.

Budget and carbon must hold in a share of the draws. First the programme is solved without them: it is a relaxation, so
if its optimum happens to hold them, it is the optimum. Otherwise rows with a switch are added for the draws in which
the present optimum fails, and the programme is solved again; each round is still a relaxation (draws without a row
are free), so the first optimum that holds the limit over all draws is the true one, and "infeasible" is final. At most
one round a draw is needed; two or three is usual because draws move together (Luedtke and Ahmed 2008 give the
formulation; the lazy rows are ours).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from planner.planning.draw_shares import draws_needed
from planner.planning.problem import Problem, Rows
from planner.planning.solve.bounds import FEW, sift
from planner.planning.solve.descent import Choice, improve, pool_load, priced_plans
from planner.planning.solve.lp_relaxation import Root, solve_root
from planner.planning.solve.programme import PLAN_ROWS, STRUCTURE, Block, Columns, Programme
from planner.planning.solve.prune import Pick, Structure, best_of_groups, gather, undominated
from planner.units import Bools, Draws, Floats, Ints
from planner.workload.schema import Limits

_SPLIT: Final = 1e-6
_NODES: Final = 200_000
"""Nodes after which a solve stops with a gap: a count, not a clock, so that the same input gives the same plan."""
QUALITY_USD: Final = 1e6
"""Scale of the quality objective: HiGHS stops at an absolute gap of 1e-6, which is then 1e-12 of quality."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of one solve."""

    cost_weight: float
    """Weight of a USD a month."""
    quality_weight: float
    """Worth of all answers being acceptable (share 1), in the same money."""
    limits: Limits
    quality_at_least: float | None = None
    errors_weight: float = 0.0
    """Weight of a USD that wrong answers cost a month."""


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """One option per segment."""

    choice: tuple[int, ...]
    """Row number in each segment's option table."""
    replicas: Ints
    """(P,)"""
    components: tuple[int, ...]
    """Indices of the components in use, ascending."""
    cost_usd: float
    """Mean monthly bill."""
    errors_usd: float
    """Mean monthly cost of wrong answers, counted in the objective or not."""
    quality: float
    """Mean share of acceptable answers over all requests."""
    objective: float
    gap: float
    optimal: bool
    columns: int
    """Options that the solver saw."""


def solve(problem: Problem, limits: Limits | None = None, upper: float | None = None) -> Solution | None:
    """Best plan by the workload's objective within its limits; None when no plan holds them.

    Args:
        problem: Segments with the rows that may be chosen.
        limits: Other limits than the workload's own.
        upper: Objective of a plan known to hold them (not used when quality is maximised).
    """
    bounds = problem.workload.limits if limits is None else limits
    if problem.workload.objective.maximise is None:
        return solve_ask(problem, ask_of(problem, bounds), upper)
    best = solve_ask(problem, Ask(0.0, QUALITY_USD, bounds))
    if best is None:
        return None
    cheapest = solve_ask(problem, Ask(1.0, 0.0, bounds, quality_at_least=best.quality - 1e-9))
    return best if cheapest is None else replace(cheapest, optimal=cheapest.optimal and best.optimal)


def ask_of(problem: Problem, limits: Limits) -> Ask:
    """What the workload's objective asks for where money is minimised: total cost, the bill, or bill less worth."""
    objective = problem.workload.objective
    worth = 0.0 if objective.weigh is None else objective.weigh.usd_per_quality_point * 100.0
    return Ask(1.0, worth, limits, errors_weight=1.0 if objective.counts_errors else 0.0)


def solve_ask(problem: Problem, ask: Ask, upper: float | None = None) -> Solution | None:
    """Best plan for what is asked; None when there is none, or none as good as `upper`."""
    if any(part.rows.size == 0 for part in problem.parts):
        return None
    pick = _reduce(problem, ask, upper, by_draw=False)
    solution = _optimum(problem, ask, pick, upper=upper)
    if solution is None or not _failing(problem, ask, solution):
        return solution
    return _solve_over_draws(problem, ask, upper)


def score_of(ask: Ask, pick: Pick) -> Floats:
    """(n,) what each option adds to the objective by itself."""
    usd = ask.cost_weight * pick.usage_usd + ask.errors_weight * pick.errors_usd
    return np.asarray(usd - ask.quality_weight * pick.quality, dtype=np.float64)


def _reduce(problem: Problem, ask: Ask, upper: float | None, *, by_draw: bool) -> Pick:
    """Options that some optimum may need: the best of equal structure, then by bounds."""
    structure = Structure(ask.limits.max_models is not None, ask.limits.min_providers is not None)
    segments = range(len(problem.parts))
    pick = gather(problem, [_kept(problem, number, ask, structure, by_draw) for number in segments])
    if not by_draw:
        pick = sift(problem, pick, score_of(ask, pick), ask.cost_weight, ask.limits, ask.quality_at_least, upper)
    return pick


def _pairwise(problem: Problem, ask: Ask, pick: Pick, *, by_draw: bool) -> Pick:
    """Options left when each is held against every other of its segment."""
    structure = Structure(ask.limits.max_models is not None, ask.limits.min_providers is not None)
    segments = range(len(problem.parts))
    alone = [pick.position[pick.segment == number] for number in segments]
    kept = [_pair_by_pair(problem, number, ask, structure, alone[number], by_draw) for number in segments]
    return pick.take(np.concatenate(kept))


def _kept(problem: Problem, number: int, ask: Ask, structure: Structure, by_draw: bool) -> Ints:
    """Positions of one segment's rows that dominance leaves, remembered by what they were pruned for."""
    rows = problem.parts[number].rows
    bounded = ask.quality_at_least is not None
    worth = ask.quality_weight * float(problem.request_share[number])
    key = (ask.cost_weight, ask.errors_weight, worth, structure, bounded, by_draw)
    if key not in rows.memo:
        columns = _columns(problem, number, rows, ask, by_draw)
        rows.memo[key] = best_of_groups(rows, columns, structure)
    return rows.memo[key]


def _columns(problem: Problem, number: int, rows: Rows, ask: Ask, by_draw: bool) -> Floats:
    """(R, K) what must be no worse in an exchange, the smaller the better."""
    worth = ask.quality_weight * problem.request_share[number]
    usd = ask.cost_weight * rows.usage_usd + ask.errors_weight * rows.errors_usd
    columns = [(usd - worth * rows.quality)[:, None]]
    if ask.quality_at_least is not None:
        columns.append(-rows.quality[:, None])
    table = problem.parts[number].table
    if by_draw and ask.limits.monthly_budget_usd is not None:
        columns.append(table.usage_usd[rows.index])
    if by_draw and ask.limits.carbon_kg_per_month is not None:
        columns.append(table.carbon_kg[rows.index])
    return np.concatenate(columns, axis=1)


def _pair_by_pair(
    problem: Problem, number: int, ask: Ask, structure: Structure, positions: Ints, by_draw: bool
) -> Bools:
    """Which of these positions of one segment no other of them dominates."""
    part = problem.parts[number]
    few = part.rows.take(positions)
    return undominated(part, few, _columns(problem, number, few, ask, by_draw), structure)


def _solve_over_draws(problem: Problem, ask: Ask, upper: float | None) -> Solution | None:
    pick = _pairwise(problem, ask, _reduce(problem, ask, upper, by_draw=True), by_draw=True)
    active: dict[str, set[int]] = {"budget": set(), "carbon": set()}
    while True:
        solution = _optimum(problem, ask, pick, active)
        if solution is None:
            return None
        failing = _failing(problem, ask, solution)
        if not failing:
            return solution
        for name, draws in failing.items():
            active[name] |= draws


def _failing(problem: Problem, ask: Ask, solution: Solution) -> dict[str, set[int]]:
    """Draws in which a limit fails, for those limits that fail too often."""
    needed = draws_needed(problem.confidence)
    out: dict[str, set[int]] = {}
    for name, allowed, draws in (
        ("budget", ask.limits.monthly_budget_usd, cost_draws),
        ("carbon", ask.limits.carbon_kg_per_month, carbon_kg_draws),
    ):
        if allowed is not None:
            over = np.flatnonzero(draws(problem, solution) > allowed * (1.0 + 1e-9))
            if over.size > problem.component_draws.shape[1] - needed:
                out[name] = {int(draw) for draw in over}
    return out


def cost_draws(problem: Problem, solution: Solution) -> Draws:
    """Monthly cost of a plan in each draw, (S,)."""
    usage = sum(part.table.usage_usd[row] for part, row in zip(problem.parts, solution.choice, strict=True))
    components = problem.component_draws[list(solution.components)].sum(axis=0)
    return np.asarray(usage + components + solution.replicas @ problem.replica_usd, dtype=np.float64)


def counted_usd(problem: Problem, solution: Solution) -> float:
    """Mean monthly money that the objective counts: the bill, with the cost of wrong answers where it is minimised."""
    return solution.cost_usd + (solution.errors_usd if problem.workload.objective.counts_errors else 0.0)


def errors_draws(problem: Problem, solution: Solution) -> Draws:
    """Monthly cost of a plan's wrong answers in each draw, (S,); 0 where no segment states what one costs."""
    of_segments = (
        part.error_usd * (1.0 - part.table.quality[row])
        for part, row in zip(problem.parts, solution.choice, strict=True)
    )
    return np.asarray(sum(of_segments), dtype=np.float64)


def carbon_kg_draws(problem: Problem, solution: Solution) -> Draws:
    """Monthly carbon of a plan in each draw, (S,)."""
    usage = sum(part.table.carbon_kg[row] for part, row in zip(problem.parts, solution.choice, strict=True))
    return np.asarray(usage + solution.replicas @ problem.replica_carbon_kg, dtype=np.float64)


def holds_over_draws(problem: Problem, ask: Ask, solution: Solution) -> bool:
    """Whether a plan holds the limits that are held draw by draw: budget and carbon."""
    return not _failing(problem, ask, solution)


def state_programme(
    problem: Problem,
    ask: Ask,
    pick: Pick,
    active: Mapping[str, set[int]] | None = None,
    *,
    count_models: bool = False,
) -> Programme:
    """Columns for these options, and the limits; `count_models` gives each model a column even without a limit."""
    chosen = active or {}
    columns = Columns(
        options=pick.size,
        components=problem.component_usd.shape[0],
        pools=problem.replica_usd.shape[0],
        models=len(problem.models) if count_models or ask.limits.max_models is not None else 0,
        providers=len(problem.providers) if ask.limits.min_providers is not None else 0,
        budget_draws=tuple(sorted(chosen.get("budget", ()))),
        carbon_draws=tuple(sorted(chosen.get("carbon", ()))),
    )
    return Programme(problem, pick, columns, ask.limits, ask.quality_at_least)


def compact(problem: Problem, pick: Pick) -> tuple[Problem, Pick]:
    """The same programme without the components and pools that no option here needs: hundreds of idle columns."""
    used = np.flatnonzero(pick.needs.any(axis=0))
    pools = np.unique(pick.pool[pick.pool >= 0])
    position = np.full(problem.replica_usd.shape[0] + 1, -1, dtype=np.int64)
    position[pools] = np.arange(pools.shape[0])
    small = replace(
        problem,
        component_usd=problem.component_usd[used],
        component_draws=problem.component_draws[used],
        replica_usd=problem.replica_usd[pools],
        replica_carbon_kg=problem.replica_carbon_kg[pools],
        min_replicas=problem.min_replicas[pools],
        max_replicas=problem.max_replicas[pools],
    )
    return small, replace(pick, needs=pick.needs[:, used], pool=position[pick.pool])


def stack_rows(programme: Programme) -> LinearConstraint:
    """All rows of the programme as one sparse constraint."""
    rules = [*STRUCTURE.values(), *PLAN_ROWS.values()]
    blocks: list[Block] = [block for rule in rules if (block := rule(programme)) is not None]
    starts = np.cumsum([0, *(block.low.shape[0] for block in blocks)])
    row = np.concatenate([block.row + start for block, start in zip(blocks, starts[:-1], strict=True)])
    column = np.concatenate([block.column for block in blocks])
    value = np.concatenate([block.value for block in blocks])
    matrix = sparse.csc_array((value, (row, column)), shape=(int(starts[-1]), programme.columns.count))
    low = np.concatenate([block.low for block in blocks])
    return LinearConstraint(matrix, low, np.concatenate([block.high for block in blocks]))


def _optimum(
    problem: Problem,
    ask: Ask,
    pick: Pick,
    active: Mapping[str, set[int]] | None = None,
    upper: float | None = None,
) -> Solution | None:
    """Solve one programme, by its linear root alone when that is whole; None when it is infeasible."""
    if np.unique(pick.segment).size < len(problem.parts):
        return None  # no plan is as good as the bound that was given
    small, few = compact(problem, pick)
    programme = state_programme(small, ask, few, active)
    cost, whole, high = objective_columns(programme, ask, score_of(ask, few))
    root = solve_root(cost, high, stack_rows(programme))
    if root is None:
        return None
    if root.is_whole(whole):
        return _read(problem, ask, pick, root.values, 0.0, True)
    known = _known_plan(problem, ask, pick, root, active)
    if known is not None and known.objective <= root.bound + 1e-9 * max(1.0, abs(root.bound)):
        return settle(problem, ask, pick, known.columns)
    best = min(np.inf if upper is None else upper, np.inf if known is None else known.objective)
    allowed = best + 1e-9 * max(1.0, abs(root.bound))
    # Reduced costs: what no plan as good as the best known one can contain.
    left = root.bound + np.maximum(root.reduced[: pick.size], 0.0) <= allowed
    kept = pick.take(left)
    if np.unique(kept.segment).size < len(problem.parts):
        return None  # the bound that was given lies below the root: no plan is as good
    return _branch(problem, ask, kept, active)


def _known_plan(
    problem: Problem, ask: Ask, pick: Pick, root: Root, active: Mapping[str, set[int]] | None
) -> Choice | None:
    """The best plan to be had without branching: the root rounded, and others, each bettered by descent."""
    starts = np.searchsorted(pick.segment, np.arange(len(problem.parts) + 1))
    plans = [np.array([a + int(np.argmax(root.values[a:b])) for a, b in pairwise(starts)])]
    score = score_of(ask, pick)
    plans += priced_plans(problem, pick, score, ask.cost_weight, ask.limits)
    if ask.quality_at_least is not None:
        # Of the options that the root splits a segment over, the best: dearer than the optimum, but good enough.
        split = np.where(root.values[: pick.size] > _SPLIT, pick.quality, -np.inf)
        plans.append(np.array([a + int(np.argmax(split[a:b])) for a, b in pairwise(starts)]))
    best: Choice | None = None
    for plan in plans:
        better = improve(problem, pick, score, ask.cost_weight, ask.limits, ask.quality_at_least, plan)
        # With rows over draws a plan counts only when it holds them.
        if better is None or (active and _failing(problem, ask, settle(problem, ask, pick, better.columns))):
            continue
        if best is None or better.objective < best.objective:
            best = better
    return best


def _branch(problem: Problem, ask: Ask, pick: Pick, active: Mapping[str, set[int]] | None) -> Solution | None:
    """Solve the whole programme by branch and cut."""
    if not active and pick.size > FEW * len(problem.parts):
        pick = _pairwise(problem, ask, pick, by_draw=False)
    result = solve_whole(problem, ask, pick, active)
    return None if result is None else _read(problem, ask, pick, *result)


def _read(problem: Problem, ask: Ask, pick: Pick, values: Floats, gap: float, optimal: bool) -> Solution:
    """The solution that column values stand for."""
    chosen = np.zeros(len(problem.parts), dtype=np.int64)
    ticked = np.flatnonzero(values[: pick.size] > 0.5)
    chosen[pick.segment[ticked]] = ticked
    return settle(problem, ask, pick, chosen, gap=gap, optimal=optimal)


def objective_columns(programme: Programme, ask: Ask, score: Floats) -> tuple[Floats, Ints, Floats]:
    """Cost, whether whole (1) or not (0), and upper end of every column."""
    problem, columns = programme.problem, programme.columns
    cost = np.zeros(columns.count)
    cost[: columns.options] = score
    cost[columns.first_component : columns.first_pool] = ask.cost_weight * problem.component_usd
    cost[columns.first_pool : columns.first_model] = ask.cost_weight * problem.replica_usd
    whole = np.zeros(columns.count, dtype=np.int64)
    whole[: columns.options] = 1
    whole[columns.first_pool : columns.first_model] = 1
    whole[columns.first_budget :] = 1
    high = np.ones(columns.count)
    high[columns.first_pool : columns.first_model] = problem.max_replicas
    return cost, whole, high


def solve_whole(
    problem: Problem, ask: Ask, pick: Pick, active: Mapping[str, set[int]] | None = None
) -> tuple[Floats, float, bool] | None:
    """Values of the columns, the gap and whether it is proven, by scipy's milp; None when infeasible."""
    small, few = compact(problem, pick)
    programme = state_programme(small, ask, few, active)
    cost, whole, high = objective_columns(programme, ask, score_of(ask, few))
    result = milp(
        cost,
        integrality=whole,
        bounds=Bounds(0.0, high),
        constraints=stack_rows(programme),
        options={"mip_rel_gap": 0.0, "node_limit": _NODES},
    )
    if result.x is None:
        return None
    return np.asarray(result.x, dtype=np.float64), float(result.mip_gap or 0.0), result.status == 0


def unpruned(problem: Problem, ask: Ask) -> Solution | None:
    """The same programme with every fitting option as a column, as a peer to measure against."""
    pick = gather(problem, [np.arange(part.rows.size) for part in problem.parts])
    result = solve_whole(problem, ask, pick)
    return None if result is None else _read(problem, ask, pick, *result)


def settle(problem: Problem, ask: Ask, pick: Pick, chosen: Ints, *, gap: float = 0.0, optimal: bool = True) -> Solution:
    """A solution from the chosen columns (G,), its money added up anew so that solver tolerances don't show."""
    replicas = problem.replicas_for(pool_load(problem, pick, chosen))
    components = np.flatnonzero(pick.needs[chosen].any(axis=0))
    fixed = float(problem.component_usd[components].sum() + replicas @ problem.replica_usd)
    cost = float(pick.usage_usd[chosen].sum()) + fixed
    errors, quality = float(pick.errors_usd[chosen].sum()), float(pick.quality[chosen].sum())
    return Solution(
        choice=tuple(
            int(part.rows.index[pick.position[column]]) for part, column in zip(problem.parts, chosen, strict=True)
        ),
        replicas=replicas,
        components=tuple(int(number) for number in components),
        cost_usd=cost,
        errors_usd=errors,
        quality=quality,
        objective=ask.cost_weight * cost + ask.errors_weight * errors - ask.quality_weight * quality,
        gap=gap,
        optimal=optimal,
        columns=pick.size,
    )
