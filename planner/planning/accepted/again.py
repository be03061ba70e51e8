"""The tools of an accepted plan found again among the options of a workload as it is now, and priced anew."""

from dataclasses import dataclass

import numpy as np

from planner.options.table import TECHNIQUES, OptionTable
from planner.planning.explain.baselines import tools_used
from planner.planning.explain.missed_limits import plan_limits_missed, rules_against, segment_limits_missed
from planner.planning.plan import MissedLimit, OptionChoice, Plan
from planner.planning.problem import Problem, Rows, rows_of
from planner.planning.solve.milp import Ask, Solution, solve_ask
from planner.units import Bools, Ints
from planner.workload.schema import Limits


@dataclass(frozen=True, slots=True, eq=False)
class Again:
    """What the accepted tools are today."""

    solution: Solution | None
    """None when the pools they need cannot be had in that size."""
    gone: tuple[str, ...]
    """Segments whose tool is no option any more: another stands in."""
    added: tuple[str, ...]
    """Segments that the accepted plan does not have: planned anew."""
    misses: tuple[MissedLimit, ...]
    """Limits and rules that the accepted tools do not hold today."""


def price_again(problem: Problem, accepted: Plan, anew: Solution | None) -> Again:
    """The accepted tools on the problem as it is now.

    Where a tool is gone, or a segment is new, the plan made anew says what serves it; without one, the cheapest way
    that fits, or any.
    """
    tools = {segment.name: segment.option for segment in accepted.segments}
    rows: dict[int, Rows] = {}
    gone, added = [], []
    misses: list[MissedLimit] = []
    for number, part in enumerate(problem.parts):
        name = part.segment.name
        found = np.empty(0, dtype=np.int64)
        if name in tools:
            found = rows_like(problem, part.table, tools[name])
            if found.size == 0:
                gone.append(name)
                misses += rules_against(problem.options.exclusions, name, tools[name].model)
        else:
            added.append(name)
        if found.size == 0:
            found = _instead(problem, number, anew)
        rows[number] = rows_of(part, found, problem.confidence)
    solution = solve_ask(problem.with_rows(rows), Ask(1.0, 0.0, Limits()))
    if solution is not None:
        for part, row in zip(problem.parts, solution.choice, strict=True):
            misses += segment_limits_missed(part, row)
        models, providers = tools_used(problem, solution)
        misses += plan_limits_missed(problem, solution, len(models), len(providers))
    return Again(solution, tuple(gone), tuple(added), tuple(misses))


def rows_like(problem: Problem, table: OptionTable, option: OptionChoice) -> Ints:
    """Rows of a table that are this option; of a cascade the one whose gate passes on nearest to what was planned.

    Where its offer is no longer worth planning with, that model at the same provider and area by the offer that is.
    """
    if option.model not in table.model_ids:
        return np.empty(0, dtype=np.int64)
    same = table.model == table.model_ids.index(option.model)
    same &= table.technique == TECHNIQUES.index(option.technique)
    exact = _at(table, option, keyed=True)
    same &= exact if (same & exact).any() else _at(table, option, keyed=False)
    if option.pool:
        pools = [pool.id for pool in problem.options.pools]
        same &= table.pool == (pools.index(option.pool) if option.pool in pools else -2)
    gate = option.gate
    if gate is None:
        return np.flatnonzero(same & (table.strong_model < 0))
    if gate.strong_model not in table.model_ids:
        return np.empty(0, dtype=np.int64)
    same &= table.strong_model == table.model_ids.index(gate.strong_model)
    labels = np.array([place.label == gate.strong_place for place in table.places], dtype=np.bool_)
    found = np.flatnonzero(same & labels[table.strong_place])
    if found.size == 0:
        return found
    away = np.abs(table.escalation_share[found].mean(axis=1) - gate.escalation_share.mean)
    return found[[int(np.argmin(away))]]


def _at(table: OptionTable, option: OptionChoice, *, keyed: bool) -> Bools:
    """(N,) options at that place; `keyed`: by the same offer."""
    fits = [
        (one.serving, one.provider, one.area) == (option.serving, option.provider, option.area)
        and (not keyed or one.offer_key == option.offer_key)
        for one in table.places
    ]
    return np.array(fits, dtype=np.bool_)[table.place]


def _instead(problem: Problem, number: int, anew: Solution | None) -> Ints:
    if anew is not None:
        return np.array([anew.choice[number]])
    part = problem.parts[number]
    fitting = np.flatnonzero(part.held.fits())
    return fitting if fitting.size else np.arange(part.table.size)
