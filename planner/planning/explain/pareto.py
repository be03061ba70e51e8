"""The cost-quality front: plans that no other beats on both, from the cheapest to the best."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from planner.planning.explain.baselines import quality_draws, tools_used
from planner.planning.plan import FrontPoint
from planner.planning.problem import Problem
from planner.planning.solve.milp import QUALITY_USD, Ask, Solution, cost_draws, solve_ask
from planner.planning.wording import figure_of
from planner.workload.schema import Limits


@dataclass(frozen=True, slots=True, eq=False)
class FrontPlan:
    """A plan on the front."""

    solution: Solution
    chosen: bool


def pareto_front(problem: Problem, chosen: Solution, count: int = 10) -> tuple[FrontPlan, ...]:
    """At most `count` plans and the chosen one, cheapest first, each the proven best at some price of quality.

    Every limit is held but the budget: the front shows what more money buys. Its two ends are the cheapest plan and
    the best one at its least cost; between two neighbours the plan is sought that their own exchange rate of money for
    quality favours, the widest gap first (Aneja and Nair 1979). Plans that no rate favours are left out: asking for
    them by a row on quality (epsilon-constraint) was tried and took ten times as long for points a picture can't tell.
    """
    limits = problem.workload.limits.model_copy(update={"monthly_budget_usd": None})
    found = _ends(problem, limits)
    open_pairs = list(pairwise(found))
    while open_pairs and len(found) < count:
        open_pairs.sort(key=lambda pair: _area(*pair))
        cheap, good = open_pairs.pop()
        middle = _between(problem, limits, cheap, good)
        if middle is not None:
            found.append(middle)
            open_pairs += [(cheap, middle), (middle, good)]
    return _front_of(found, chosen)


def _ends(problem: Problem, limits: Limits) -> list[Solution]:
    """The cheapest plan, and the best one at its least cost when it is another."""
    cheapest = solve_ask(problem, Ask(1.0, 0.0, limits))
    best = solve_ask(problem, Ask(0.0, QUALITY_USD, limits))
    if cheapest is None or best is None:
        return []
    if best.quality <= cheapest.quality + 1e-9:
        return [cheapest]
    settled = solve_ask(problem, Ask(1.0, 0.0, limits, quality_at_least=best.quality - 1e-9), best.cost_usd)
    return [cheapest, best if settled is None else settled]


def _area(cheap: Solution, good: Solution) -> float:
    """How much of the picture lies between two plans, on a logarithmic scale of cost."""
    dearer = np.log(max(good.cost_usd, 1e-9)) - np.log(max(cheap.cost_usd, 1e-9))
    return float(max(dearer, 0.0) * max(good.quality - cheap.quality, 0.0))


def _between(problem: Problem, limits: Limits, cheap: Solution, good: Solution) -> Solution | None:
    """The plan that is best at the exchange rate at which both are equally good; None when no other is better."""
    gain = good.quality - cheap.quality
    if gain <= 1e-9:
        return None
    worth = (good.cost_usd - cheap.cost_usd) / gain
    level = cheap.cost_usd - worth * cheap.quality
    middle = solve_ask(problem, Ask(1.0, worth, limits), level)
    if middle is None or middle.objective >= level - 1e-6 * max(1.0, abs(level)):
        return None
    return middle


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
