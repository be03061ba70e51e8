"""'Optimal' is said only where nothing that was left out could win."""

from dataclasses import replace

from planner.planning.problem import state_problem
from planner.planning.solve.milp import solve
from planner.planning.solve.proof import proof_of
from tests.planning import instances as made

Way = made.Way


def _proof(least_machine_usd: float, gate_usd: float) -> str:
    ways = [
        Way("a/small", usage=100.0, quality=0.95),
        Way("a/small", usage=90.0, strong="b/large", strong_provider="bolt", needs=(0,)),
    ]
    options = made.options(made.table("one", ways), components=(made.component("gate:one", gate_usd),))
    problem = state_problem(made.workload(made.segment("one")), replace(options, least_machine_usd=least_machine_usd))
    optimum = solve(problem)
    assert optimum is not None
    assert optimum.objective == 100.0
    return proof_of(problem, optimum)


def test_what_was_left_out_is_too_dear_to_win() -> None:
    assert _proof(least_machine_usd=400.0, gate_usd=30.0) == "optimal"


def test_a_machine_cheaper_than_the_plan_might_have_won() -> None:
    assert _proof(least_machine_usd=80.0, gate_usd=30.0) == "best_of_considered"
