"""The programme without whole numbers: one linear programme that is nearly always whole by itself.

Its rows are tight (one row a segment and part, see programme.py), so its optimum mostly has every x and r at a whole
number and is then the proven optimum of the whole programme. When it is not, it still says which options no plan better
than a known one can contain: those whose reduced cost lifts the bound above that plan (Dantzig, Fulkerson and Johnson
1954), and rounding it gives such a plan.
"""

from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
from scipy import sparse
from scipy.optimize import LinearConstraint, linprog

from planner.units import Floats, Ints

_WHOLE: Final = 1e-6
_INFEASIBLE: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Root:
    """Optimum of the linear programme."""

    values: Floats
    """(columns,)"""
    bound: float
    """No whole solution is better."""
    reduced: Floats
    """(columns,) how much the bound rises by the unit when a column that is at its lower end is lifted."""

    def is_whole(self, whole: Ints) -> bool:
        """Whether all columns that must be whole are."""
        must = self.values[whole > 0]
        return bool(np.abs(must - np.round(must)).max(initial=0.0) <= _WHOLE)


def solve_root(cost: Floats, high: Floats, rows: LinearConstraint) -> Root | None:
    """Solve it by HiGHS' dual simplex; None when it is infeasible, and so is the whole programme.

    Args:
        cost: (columns,) objective, to be minimised.
        high: (columns,) upper ends; lower ends are 0.
        rows: low <= A x <= high.
    """
    matrix: Any = sparse.csr_array(cast("Any", rows.A))
    equal = rows.lb == rows.ub
    upper, lower = np.isfinite(rows.ub) & ~equal, np.isfinite(rows.lb) & ~equal
    arguments: dict[str, Any] = {  # the stubs know dense matrices alone
        "A_ub": sparse.vstack([matrix[upper], -matrix[lower]]),
        "b_ub": np.concatenate([rows.ub[upper], -rows.lb[lower]]),
        "A_eq": matrix[equal],
        "b_eq": rows.lb[equal],
        "bounds": np.stack([np.zeros(high.shape[0]), high], axis=1),
    }
    result = linprog(cost, method="highs-ds", **arguments)
    if result.status == _INFEASIBLE or result.x is None:
        return None
    return Root(
        values=np.asarray(result.x, dtype=np.float64),
        bound=float(cost @ result.x),
        reduced=np.asarray(result.lower.marginals, dtype=np.float64),
    )
