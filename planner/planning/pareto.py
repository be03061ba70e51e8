"""The cost-quality front: the cheapest plan at each quality, and no point that another beats on both."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.planning.baselines import quality_draws, tools_used
from planner.planning.milp import Ask, Solution, cost_draws, solve_ask
from planner.planning.plan import FrontPoint
from planner.planning.problem import Problem
from planner.planning.wording import figure_of

_GAP: Final = 5e-3
"""Points of the front are within half a percent of their optimum, less than a picture shows; the plan is proven."""


@dataclass(frozen=True, slots=True, eq=False)
class FrontPlan:
    """A plan on the front."""

    solution: Solution
    chosen: bool


def pareto_front(problem: Problem, chosen: Solution, count: int = 10) -> tuple[FrontPlan, ...]:
    """At most `count` plans, cheapest first, by the epsilon-constraint method (Haimes 1971); the chosen plan is one.

    Every limit is held but the budget: the front shows what more money buys. Each step asks for a quality between the
    cheapest plan's and the best plan's; the step before, from above, is a plan known to hold it and bounds its cost.
    """
    limits = problem.workload.limits.model_copy(update={"monthly_budget_usd": None})
    cheapest = solve_ask(problem, Ask(1.0, 0.0, limits))
    best = solve_ask(problem, Ask(0.0, 1e6, limits))
    if cheapest is None or best is None:
        return (FrontPlan(chosen, True),)
    found, upper = [cheapest], None
    for quality in np.linspace(best.quality, cheapest.quality, max(2, count))[:-1]:
        solution = solve_ask(problem, Ask(1.0, 0.0, limits, quality_at_least=float(quality) - 1e-9, gap=_GAP), upper)
        if solution is not None:
            found.append(solution)
            upper = solution.cost_usd
    return _front_of(found, chosen)


def _front_of(found: list[Solution], chosen: Solution) -> tuple[FrontPlan, ...]:
    """Distinct plans that no other beats, cheapest first; the chosen one always stays."""
    plans = {solution.choice: solution for solution in [*found, chosen]}
    ordered = sorted(plans.values(), key=lambda solution: (solution.cost_usd, -solution.quality, solution.choice))
    kept: list[FrontPlan] = []
    best = -np.inf
    for solution in ordered:
        mine = solution.choice == chosen.choice
        if solution.quality > best + 1e-9 or mine:
            kept.append(FrontPlan(solution, mine))
        best = max(best, solution.quality)
    return tuple(kept)


def front_points(problem: Problem, front: tuple[FrontPlan, ...]) -> tuple[FrontPoint, ...]:
    """The front as the plan tells it."""
    return tuple(
        FrontPoint(
            monthly_cost_usd=figure_of(cost_draws(problem, plan.solution)),
            quality=figure_of(quality_draws(problem, plan.solution)),
            models=tools_used(problem, plan.solution)[0],
            chosen=plan.chosen,
        )
        for plan in front
    )
