"""Electricity of a plan: its carbon read back through the mix of electricity that the carbon was worked out with."""

import numpy as np

from planner.beliefs.cost.energy import grid_kg_per_kwh
from planner.catalog.schema import Catalog
from planner.planning.problem import Problem
from planner.planning.solve.milp import Solution
from planner.units import Draws
from planner.workload.schema import Segment


def energy_kwh_draws(problem: Problem, catalog: Catalog, solution: Solution, seed: int) -> Draws | None:
    """Monthly electricity of a plan in each draw, kWh, (S,).

    Options carry kg of CO2-equivalent, energy times the mix of the area; what a gate passes on is read at the mix of
    the first model's area. Replicas carry their mean. None where the catalog knows no mix at all.
    """
    if not catalog.carbon:
        return None
    assumptions = problem.workload.assumptions
    total: Draws = np.zeros(problem.component_draws.shape[1])
    for part, row in zip(problem.parts, solution.choice, strict=True):
        place = part.table.places[part.table.place[row]]
        area = _device_area(part.segment) if place.serving == "on_device" else place.area
        total = total + part.table.carbon_kg[row] / grid_kg_per_kwh(catalog, area, assumptions, seed)
    for number in np.flatnonzero(solution.replicas > 0):
        grid = grid_kg_per_kwh(catalog, problem.options.pools[int(number)].area, assumptions, seed)
        total = total + solution.replicas[number] * problem.replica_carbon_kg[number] / float(grid.mean())
    return np.asarray(total, dtype=np.float64)


def _device_area(segment: Segment) -> str:
    return (segment.data.residency or ("",))[0]
