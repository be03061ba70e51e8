"""From workload and options to a plan or a conflict: the room's way in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from planner.beliefs.model import Beliefs
from planner.catalog.schema import Catalog
from planner.options.cache import OptionsCache
from planner.options.enumerate import enumerate_options
from planner.options.names import resolve_names
from planner.options.table import Options, OptionTable
from planner.planning.assemble import assemble_plan
from planner.planning.explain.option_text import facts_of
from planner.planning.infeasible.conflict import Widen, find_conflict
from planner.planning.plan import Outcome
from planner.planning.problem import Problem, state_problem
from planner.planning.solve.milp import Solution, solve
from planner.planning.solve.ties import prefer
from planner.units import SEED
from planner.workload.schema import Segment, Workload

Detail: TypeAlias = Literal["quick", "full"]
"""quick: the choice with its figures, for a slider's move; full: everything the plan tells."""
Answer: TypeAlias = Callable[[Workload], Outcome]
"""Plans a workload; whoever calls holds the facts, and whatever is kept between calls."""
FRONT_POINTS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """An answer with what it was made from, so that a change needs only what it touches."""

    problem: Problem
    solution: Solution | None
    """None when no plan holds the limits."""
    outcome: Outcome


def choose_plan(
    workload: Workload,
    catalog: Catalog,
    options: Options,
    *,
    detail: Detail = "full",
    front: int = FRONT_POINTS,
    seed: int = SEED,
) -> Outcome:
    """Cheapest (or best) plan that holds every limit at the confidence, or the limits that can't hold together.

    Args:
        workload: What is asked.
        catalog: Names, sources and classes of models.
        options: Every way to serve each segment, in the order of the workload's segments.
        detail: 'quick' leaves out runner-ups, relaxations, rivals, baselines and the front.
        front: Points of the cost-quality front; 0 for none.
        seed: Seed of the draws, told in the plan.
    """
    return _planned(resolve_names(workload, catalog), catalog, options, detail, front, seed, None).outcome


def _planned(
    workload: Workload,
    catalog: Catalog,
    options: Options,
    detail: Detail,
    front: int,
    seed: int,
    widen: Widen | None,
) -> Planned:
    problem = state_problem(workload, options)
    optimum = solve(problem)
    if optimum is None:
        return Planned(problem, None, find_conflict(problem, catalog, widen))
    solution = prefer(problem, optimum)
    outcome: Outcome = assemble_plan(
        problem, facts_of(catalog, seed), solution, full=detail == "full", front=front, optimum=optimum
    )
    return Planned(problem, solution, outcome)


def plan_bundle(
    workload: Workload,
    catalog: Catalog,
    beliefs: Beliefs,
    today: date,
    cache: OptionsCache | None = None,
    detail: Detail = "full",
    front: int = FRONT_POINTS,
) -> Planned:
    """Enumerate options (through `cache`, when given) and choose; keeps what a later change reuses."""
    workload = resolve_names(workload, catalog)
    options = enumerate_options(workload, catalog, beliefs, today, cache=cache)
    widen = _widener(workload, catalog, beliefs, today)
    return _planned(workload, catalog, options, detail, front, beliefs.seed, widen)


def _widener(workload: Workload, catalog: Catalog, beliefs: Beliefs, today: date) -> Widen:
    """Options of one segment when it is asked otherwise: how a conflict finds what a rule keeps out."""

    def widen(segment: Segment) -> OptionTable:
        alone = workload.model_copy(update={"segments": (segment,)})
        return enumerate_options(alone, catalog, beliefs, today).tables[0]

    return widen


def plan_workload(
    workload: Workload,
    catalog: Catalog,
    beliefs: Beliefs,
    today: date,
    cache: OptionsCache | None = None,
    detail: Detail = "full",
) -> Outcome:
    """`plan_bundle(...).outcome`."""
    return plan_bundle(workload, catalog, beliefs, today, cache, detail).outcome
