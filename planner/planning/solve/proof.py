"""Whether the optimum of the options considered is the optimum of all that are allowed.

What was left out before the solver are machines, own copies of models, and cascades; every single-model API option is
there. A left-out machine costs a machine's month, a left-out cascade its gate and what its first model takes. The other
segments cost at least their cheapest option, or another left-out one. When that already exceeds the optimum, nothing
left out can win.
"""

from typing import Final, Literal, TypeAlias

import numpy as np

from planner.planning.problem import Problem, SegmentPart
from planner.planning.solve.milp import Solution
from planner.units import Floats

Proof: TypeAlias = Literal["optimal", "best_of_considered"]
RULES_VERSION: Final = 2


def proof_of(problem: Problem, optimum: Solution) -> Proof:
    """Optimal where the solver proved it and what was left out is too dear to win; money must be what is minimised."""
    if problem.workload.objective.minimise is None or not optimum.optimal:
        return "best_of_considered"
    if problem.options.least_machine_usd < optimum.objective:
        return "best_of_considered"
    cascade = np.array([_cascade_usd(problem, part) for part in problem.parts])
    least = np.array([float(_score(problem, part).min(initial=np.inf)) for part in problem.parts])
    others = np.minimum(least, cascade)
    with_one = cascade + others.sum() - others
    return "optimal" if bool((with_one >= optimum.objective).all()) else "best_of_considered"


def _score(problem: Problem, part: SegmentPart) -> Floats:
    """(R,) usage, and wrong answers where they count."""
    errors = part.rows.errors_usd if problem.workload.objective.counts_errors else 0.0
    return np.asarray(part.rows.usage_usd + errors, dtype=np.float64)


def _cascade_usd(problem: Problem, part: SegmentPart) -> float:
    """No cascade of a segment costs less: its gate, and the cheapest first model; infinite where there can be none.

    Where none was considered no price of a gate is known; then a cascade costs at least the first model.
    """
    table = part.table
    if table.size == 0:
        return float("inf")
    single = table.strong_model < 0
    first = float(table.usage_usd[single].mean(axis=1).min()) if single.any() else 0.0
    gates = [component.monthly_usd.mean() for component in problem.options.components if component.id == _gate(part)]
    return first + (float(gates[0]) if gates else 0.0)


def _gate(part: SegmentPart) -> str:
    return f"gate:{part.segment.name}"
