"""A good plan in microseconds: one segment at a time takes what is cheapest given the others, until nothing changes.

It is never the answer; its objective bounds what the exact pruning may throw away.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from planner.planning.problem import Problem
from planner.planning.solve.prune import Pick, shared_fixed_usd
from planner.units import Bools, Floats, Ints
from planner.workload.schema import Limits

_SWEEPS: Final = 6
_PRICES: Final = 10
_PRICE_STEP: Final = 0.002
"""First price of a model, as a share of the bill; doubled until few enough models are left."""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A plan that holds what was asked (budget and carbon aside), and its objective."""

    columns: Ints
    objective: float


def descend(
    problem: Problem, pick: Pick, score: Floats, fixed_weight: float, limits: Limits, quality_at_least: float | None
) -> Choice | None:
    """Best plan found by descent from several starts; None when none of them holds the limits."""
    ends = np.searchsorted(pick.segment, np.arange(len(problem.parts) + 1))
    if (np.diff(ends) == 0).any():
        return None
    by_segment = [np.arange(start, end) for start, end in pairwise(ends)]
    full = score + fixed_weight * pick.own_usd
    starts = [score + fixed_weight * shared_fixed_usd(problem, pick), full]
    if quality_at_least is not None:
        starts = [-pick.quality]
    plans = [np.array([columns[np.argmin(start[columns])] for columns in by_segment]) for start in starts]
    if limits.max_models is not None:
        single = _best_single_model(pick, full, by_segment)
        plans = plans if single is None else [*plans, single]
    found = [improve(problem, pick, score, fixed_weight, limits, quality_at_least, plan) for plan in plans]
    holding = [choice for choice in found if choice is not None]
    return min(holding, key=lambda choice: choice.objective) if holding else None


def _best_single_model(pick: Pick, full: Floats, by_segment: list[Ints]) -> Ints | None:
    """All segments on the one model that is cheapest when each segment pays alone."""
    alone = pick.models[:, 0] == pick.models[:, 1]
    models = int(pick.models.max()) + 1
    least = np.full((len(by_segment), models), np.inf)
    for number, columns in enumerate(by_segment):
        mine = columns[alone[columns]]
        np.minimum.at(least[number], pick.models[mine, 0], full[mine])
    total = least.sum(axis=0)
    if not np.isfinite(total).any():
        return None
    model = int(np.argmin(total))
    usable = np.where(alone & (pick.models[:, 0] == model), full, np.inf)
    return np.array([columns[np.argmin(usable[columns])] for columns in by_segment])


def priced_plans(problem: Problem, pick: Pick, score: Floats, fixed_weight: float, limits: Limits) -> list[Ints]:
    """Plans made with a price on every model, rising until few enough are left; none when models are not limited."""
    if limits.max_models is None or fixed_weight <= 0.0:
        return []
    models = int(pick.models.max()) + 1
    needs = np.zeros((pick.size, models), dtype=np.bool_)
    needs[np.arange(pick.size)[:, None], pick.models] = True
    full = score + fixed_weight * pick.own_usd
    ends = np.searchsorted(pick.segment, np.arange(len(problem.parts) + 1))
    plan = np.array([a + int(np.argmin(full[a:b])) for a, b in pairwise(ends)])
    free = Limits(min_providers=limits.min_providers)
    step, plans = _PRICE_STEP * max(float(np.abs(full[plan]).sum()), 1e-6), []
    for _ in range(_PRICES):
        priced = replace(problem, component_usd=np.concatenate([problem.component_usd, np.full(models, step)]))
        with_models = replace(pick, needs=np.concatenate([pick.needs, needs], axis=1))
        better = improve(priced, with_models, score, fixed_weight, free, None, plan)
        if better is None:
            break
        plan, step = better.columns, step * 2.0
        if np.unique(pick.models[plan]).size <= limits.max_models:
            plans.append(plan)
            break
    return plans


def improve(
    problem: Problem,
    pick: Pick,
    score: Floats,
    fixed_weight: float,
    limits: Limits,
    quality_at_least: float | None,
    plan: Ints,
) -> Choice | None:
    """Better a plan one segment at a time; None when it does not come to hold the limits."""
    chosen = plan.copy()
    ends = np.searchsorted(pick.segment, np.arange(len(problem.parts) + 1))
    users = pick.needs[chosen].sum(axis=0)
    load = pool_load(problem, pick, chosen)
    for _ in range(_SWEEPS):
        changed = False
        for number in range(chosen.shape[0]):
            columns = slice(int(ends[number]), int(ends[number + 1]))
            now = int(chosen[number])
            others = np.concatenate([chosen[:number], chosen[number + 1 :]])
            users = users - pick.needs[now]
            load = _load_moved(problem, load, pick, now, -1.0)
            added = _added(problem, pick, score, fixed_weight, columns, users, load)
            if not _no_limits(limits, quality_at_least):
                added[~_allowed(pick, limits, quality_at_least, others, columns)] = np.inf
            best = int(np.argmin(added))
            if added[best] < added[now - columns.start] - 1e-9:
                chosen[number] = now = columns.start + best
                changed = True
            users = users + pick.needs[now]
            load = _load_moved(problem, load, pick, now, 1.0)
        if not changed:
            break
    if not holds(problem, pick, limits, quality_at_least, chosen):
        return None
    return Choice(chosen, objective_of(problem, pick, score, fixed_weight, chosen))


def _no_limits(limits: Limits, quality_at_least: float | None) -> bool:
    return limits.max_models is None and limits.min_providers is None and quality_at_least is None


def _load_moved(problem: Problem, load: Floats, pick: Pick, column: int, sign: float) -> Floats:
    if pick.pool[column] < 0:
        return load
    moved = load.copy()
    mine = pick.load[column] * problem.load_parts[pick.segment[column]]
    moved[pick.pool[column]] = np.maximum(moved[pick.pool[column]] + sign * mine, 0.0)
    return moved


def pool_load(problem: Problem, pick: Pick, chosen: Ints) -> Floats:
    """(P, 2) load that the chosen columns put on each pool, at the busiest hour and over the mean hour."""
    load = np.zeros((problem.replica_usd.shape[0], 2))
    pooled = chosen[pick.pool[chosen] >= 0]
    np.add.at(load, pick.pool[pooled], pick.load[pooled, None] * problem.load_parts[pick.segment[pooled]])
    return load


def objective_of(problem: Problem, pick: Pick, score: Floats, fixed_weight: float, chosen: Ints) -> float:
    """Objective of a plan, shared parts paid once."""
    used = pick.needs[chosen].any(axis=0)
    replicas = problem.replicas_for(pool_load(problem, pick, chosen))
    fixed = float(problem.component_usd[used].sum() + replicas @ problem.replica_usd)
    return float(score[chosen].sum()) + fixed_weight * fixed


def _added(
    problem: Problem, pick: Pick, score: Floats, fixed_weight: float, columns: slice, users: Ints, load: Floats
) -> Floats:
    """What each option of a segment adds to the objective when the others stay; infinite beyond a pool's size."""
    unpaid = np.flatnonzero((users == 0) & (problem.component_usd > 0.0))
    fixed = pick.needs[columns][:, unpaid] @ problem.component_usd[unpaid]
    pool_all = pick.pool[columns]
    pooled = np.flatnonzero(pool_all >= 0)
    added = score[columns] + fixed_weight * fixed
    if pooled.size:
        pool = pool_all[pooled]
        before = problem.replicas_for(np.where(load > 1e-12, load, 0.0))[pool]
        parts = problem.load_parts[pick.segment[columns.start]]
        mine = pick.load[columns][pooled, None] * parts
        after = problem.replicas_in(pool, (load[pool] + mine).max(axis=-1))
        added[pooled] += fixed_weight * (after - before) * problem.replica_usd[pool]
        added[pooled[after > problem.max_replicas[pool]]] = np.inf
    return np.asarray(added, dtype=np.float64)


def _allowed(pick: Pick, limits: Limits, quality_at_least: float | None, others: Ints, columns: slice) -> Bools:
    """Options of a segment with which the plan would still hold the limits, the others staying."""
    allowed = np.ones(columns.stop - columns.start, dtype=np.bool_)
    if limits.max_models is not None:
        allowed &= _distinct_with(pick.models, others, columns) <= limits.max_models
    if limits.min_providers is not None:
        allowed &= _distinct_with(pick.providers, others, columns) >= limits.min_providers
    if quality_at_least is not None:
        allowed &= pick.quality[columns] + pick.quality[others].sum() >= quality_at_least
    return allowed


def _distinct_with(pairs: Ints, others: Ints, columns: slice) -> Ints:
    """(columns,) distinct members of the others together with each of these."""
    have = np.zeros(int(pairs.max()) + 1, dtype=np.bool_)
    have[pairs[others]] = True
    new = ~have[pairs[columns]]
    new[:, 1] &= pairs[columns, 0] != pairs[columns, 1]
    return np.asarray(int(have.sum()) + new.sum(axis=1), dtype=np.int64)


def holds(problem: Problem, pick: Pick, limits: Limits, quality_at_least: float | None, chosen: Ints) -> bool:
    """Whether a plan holds the limits that descent knows (budget and carbon aside)."""
    replicas = problem.replicas_for(pool_load(problem, pick, chosen))
    models, providers = np.unique(pick.models[chosen]).size, np.unique(pick.providers[chosen]).size
    quality = float(pick.quality[chosen].sum())
    return (
        bool((replicas <= problem.max_replicas).all())
        and (limits.max_models is None or models <= limits.max_models)
        and (limits.min_providers is None or providers >= limits.min_providers)
        and (quality_at_least is None or quality >= quality_at_least)
    )
