"""Among plans that cost about the same: better quality, then fewer parts, then first party, then later retirement.

What counts as about the same is the workload's materiality of the bill, once for the whole plan. The optimum before it
stays the plan's `optimum_usd`. Quality counts by a point and more, over all requests; no segment gives up more than a
point for fewer parts. Parts are models and components that nobody pays for yet.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from planner.planning.problem import Problem, Rows, SegmentPart
from planner.planning.solve.bounds import within_bound
from planner.planning.solve.lp_relaxation import solve_root
from planner.planning.solve.milp import (
    Ask,
    Solution,
    ask_of,
    compact,
    holds_over_draws,
    objective_columns,
    score_of,
    settle,
    stack_rows,
    state_programme,
)
from planner.planning.solve.programme import Programme
from planner.planning.solve.prune import Pick, Structure, best_of_groups, gather
from planner.units import Floats, Ints

POINT: Final = 0.01
"""Share of acceptable answers below which two plans are equally good."""
_NODES: Final = 400
"""Nodes of a tie-break: what it has found by then is taken; it is a preference, not the optimum."""
_PART, _OTHERS, _RETIRES, _QUALITY, _MONEY = 1.0, 1e-2, 1e-3, 1e-4, 1e-5
"""Weights in turn: each is too small for all that follow together to outweigh it."""


def prefer(problem: Problem, optimum: Solution) -> Solution:
    """The plan to take: of those within materiality of the optimum, the preferred one; where money is minimised."""
    objective = problem.workload.objective
    if objective.minimise is None:
        return optimum
    ask = ask_of(problem, problem.workload.limits)
    spare = problem.workload.materiality.usd_of(optimum.cost_usd)
    if spare <= 0.0:
        return optimum
    pick = _within(problem, ask, optimum, optimum.objective + spare)
    best = _best_quality(problem, ask, pick, optimum, optimum.objective + spare)
    needed = max(optimum.quality, best) - POINT if best >= optimum.quality + POINT else optimum.quality - POINT
    found = _fewest_parts(problem, ask, pick, optimum, optimum.objective + spare, needed)
    if found is None or not holds_over_draws(problem, ask, found):
        return optimum
    return replace(found, optimal=optimum.optimal, gap=optimum.gap)


def _within(problem: Problem, ask: Ask, optimum: Solution, most: float) -> Pick:
    """Options that a plan of at most this objective may contain, none a point worse than the optimum's own."""
    structure = Structure(models=True, providers=ask.limits.min_providers is not None)
    least = np.array([_least(part, ask) for part in problem.parts])
    positions = []
    for number, part in enumerate(problem.parts):
        rows = part.rows
        own = part.table.quality[optimum.choice[number]].mean()
        score = _score(ask, rows)
        alone = score + _own_usd(problem, part) + least.sum() - least[number]
        near = np.flatnonzero((alone <= most + 1e-9 * abs(most)) & (rows.quality >= own - POINT - 1e-12))
        columns = np.stack([score, -rows.quality, *_preferences(problem, part)], axis=1)
        positions.append(near[best_of_groups(rows.take(near), columns[near], structure)])
    pick = gather(problem, positions)
    pick = pick.take(within_bound(problem, pick, score_of(ask, pick), ask.cost_weight, most))
    small, few = compact(problem, pick)
    programme = state_programme(small, ask, few)
    cost, _, high = objective_columns(programme, ask, score_of(ask, few))
    root = solve_root(cost, high, stack_rows(programme))
    if root is None:
        return pick
    return pick.take(root.bound + np.maximum(root.reduced[: pick.size], 0.0) <= most + 1e-9 * abs(most))


def _score(ask: Ask, rows: Rows) -> Floats:
    return np.asarray(ask.cost_weight * rows.usage_usd + ask.errors_weight * rows.errors_usd, dtype=np.float64)


def _least(part: SegmentPart, ask: Ask) -> float:
    return float(_score(ask, part.rows).min())


def _own_usd(problem: Problem, part: SegmentPart) -> Floats:
    """(R,) components and replicas in full."""
    rows = part.rows
    usd = (part.component_matrix.astype(np.float64) @ problem.component_usd)[rows.component_set]
    pooled = np.flatnonzero(rows.pool >= 0)
    replicas = problem.replicas_in(rows.pool[pooled], rows.load[pooled])
    usd[pooled] += replicas * problem.replica_usd[rows.pool[pooled]]
    return np.asarray(usd, dtype=np.float64)


def _preferences(problem: Problem, part: SegmentPart) -> tuple[Floats, Floats]:
    """(R,) each: 1 where another than the maker sells the model, 1 where an offer retires within the horizon."""
    table, rows = part.table, part.rows
    ends = {(each.model, each.offer_key) for each in problem.options.retirements}
    others, retires = np.zeros(table.size), np.zeros(table.size)
    for model, place in ((table.model, table.place), (table.strong_model, table.strong_place)):
        used = np.flatnonzero(model >= 0)
        pairs, which = np.unique(np.stack([model[used], place[used]], axis=1), axis=0, return_inverse=True)
        sold = [(table.model_ids[m], table.places[p]) for m, p in pairs.tolist()]
        other = [
            place.serving == "api" and (name.split("/")[0], place.provider) not in problem.options.first_party
            for name, place in sold
        ]
        ending = [(name, place.offer_key) in ends for name, place in sold]
        others[used] = np.maximum(others[used], np.array(other, dtype=np.float64)[which.reshape(-1)])
        retires[used] = np.maximum(retires[used], np.array(ending, dtype=np.float64)[which.reshape(-1)])
    return others[rows.index], retires[rows.index]


def _of_pick(problem: Problem, pick: Pick) -> tuple[Floats, Floats]:
    others, retires = np.zeros(pick.size), np.zeros(pick.size)
    for number, part in enumerate(problem.parts):
        mine = np.flatnonzero(pick.segment == number)
        first, last = _preferences(problem, part)
        others[mine], retires[mine] = first[pick.position[mine]], last[pick.position[mine]]
    return others, retires


def _best_quality(problem: Problem, ask: Ask, pick: Pick, optimum: Solution, most: float) -> float:
    """Best mean quality over all requests that such money buys; a bound from above is enough to see that none does."""
    if _bound_on_quality(problem, pick) < optimum.quality + POINT:
        return optimum.quality
    programme, cost, whole, high, rows = _stated(problem, ask, pick, most)
    weights = np.zeros_like(cost)
    weights[: pick.size] = -pick.quality
    values = _solved(weights, whole, high, rows)
    return optimum.quality if values is None else float(pick.quality @ np.round(values[: programme.columns.options]))


def _bound_on_quality(problem: Problem, pick: Pick) -> float:
    best = np.zeros(len(problem.parts))
    np.maximum.at(best, pick.segment, pick.quality)
    return float(best.sum())


def _fewest_parts(
    problem: Problem, ask: Ask, pick: Pick, optimum: Solution, most: float, quality: float
) -> Solution | None:
    asked = replace(ask, quality_at_least=quality - 1e-9)
    programme, cost, whole, high, rows = _stated(problem, asked, pick, most)
    columns = programme.columns
    others, retires = _of_pick(problem, pick)
    segments = float(len(problem.parts))
    own = np.array([part.table.quality[row].mean() for part, row in zip(problem.parts, optimum.choice, strict=True)])
    share = problem.request_share[pick.segment]
    points = pick.quality / np.maximum(share, 1e-12) - own[pick.segment]
    weights = np.zeros_like(cost)
    weights[: pick.size] = (_OTHERS * others + _RETIRES * retires - _QUALITY * points) / segments
    paid = np.asarray(programme.problem.component_usd > 0.0, dtype=np.float64)
    weights[columns.first_component : columns.first_pool] = _PART * paid
    weights[columns.first_model : columns.first_provider] = _PART
    weights += _MONEY * cost / max(abs(most), 1e-9)
    values = _solved(weights, whole, high, rows)
    return None if values is None else _read(problem, ask, pick, values)


def _stated(
    problem: Problem, ask: Ask, pick: Pick, most: float
) -> tuple[Programme, Floats, Ints, Floats, list[LinearConstraint]]:
    """Programme with a column a model, its objective as a row of at most `most`."""
    small, few = compact(problem, pick)
    programme = state_programme(small, ask, few, count_models=True)
    cost, whole, high = objective_columns(programme, ask, score_of(ask, few))
    scale = max(abs(most), 1e-9)
    row = LinearConstraint(cost[None, :] / scale, -np.inf, most / scale + 1e-12)
    return programme, cost, whole, high, [stack_rows(programme), row]


def _solved(weights: Floats, whole: Ints, high: Floats, rows: list[LinearConstraint]) -> Floats | None:
    result = milp(
        weights,
        integrality=whole,
        bounds=Bounds(0.0, high),
        constraints=rows,
        options={"mip_rel_gap": 1e-6, "node_limit": _NODES},
    )
    return None if result.x is None else np.asarray(result.x, dtype=np.float64)


def _read(problem: Problem, ask: Ask, pick: Pick, values: Floats) -> Solution:
    chosen = np.zeros(len(problem.parts), dtype=np.int64)
    ticked = np.flatnonzero(values[: pick.size] > 0.5)
    chosen[pick.segment[ticked]] = ticked
    return settle(problem, ask, pick, chosen)
