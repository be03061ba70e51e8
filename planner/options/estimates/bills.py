"""What an option's usage is made of, line by line: the very rates that priced it, told when they are asked for."""

from dataclasses import dataclass, replace

from planner.beliefs.cost.api import bill_lines, retrieval_usage_lines
from planner.beliefs.cost.energy import device_line
from planner.beliefs.cost.gates import gate_line
from planner.beliefs.cost.lines import CostLine, Factor, Formula
from planner.options.base import Asked, Base, price_factor
from planner.options.context import World
from planner.options.estimates.figures import CostsByShape, TimesByShape, shape_of
from planner.options.estimates.scale import Scale
from planner.options.placements.placements import API, Ways
from planner.options.rows import GROUNDED
from planner.units import Draws

PASSED_ON = "escalations: "


@dataclass(frozen=True, slots=True, eq=False)
class Usage:
    """What the usage of a segment's options was priced by."""

    world: World
    ways: Ways
    times: TimesByShape
    costs: CostsByShape
    base: Base
    asked: Asked
    scale: Scale

    def __call__(self, row: int) -> tuple[CostLine, ...]:
        """Lines of one option's usage; they sum to its `usage_usd` draw by draw. Own pools have none."""
        single = self.base.rows.way.size
        if row < single:
            return (*_tokens(self, row), *_searches(self, row))
        cascade, cascades = row - single, self.base.cascades
        weak, strong = int(cascades.weak[cascade]), int(cascades.strong[cascade])
        passed = tuple(_passed_on(line, cascades.share[cascade]) for line in _tokens(self, strong))
        gate = gate_line(self.world.catalog, self.asked.segment, volume=self.scale.requests, seed=self.world.seed)
        # Passages are found once, for the small model.
        return (*_tokens(self, weak), *_searches(self, weak), *passed, gate)


def _tokens(usage: Usage, row: int) -> tuple[CostLine, ...]:
    """Tokens or electricity of a single-model option."""
    way, technique = int(usage.base.rows.way[row]), int(usage.base.rows.technique[row])
    shape, ways, times = shape_of(technique), usage.ways, usage.scale.requests
    costs = usage.costs.of[shape]
    if costs.bill is not None and costs.bill_row[way] >= 0:
        one = slice(row, row + 1)
        factor = float(price_factor(usage.world, ways, usage.base.rows.way[one], usage.base.rows.technique[one])[0])
        if usage.world.models.frontier[ways.model[way]] and ways.serving[way] == API:
            factor *= usage.scale.frontier_factor
        return bill_lines(costs.bill, int(costs.bill_row[way]), times, factor)
    sizing = usage.times.of[shape].devices.get(way)
    if sizing is None:
        return ()
    return (device_line(sizing, usage.asked.segment, usage.asked.assumptions, volume=times),)


def _searches(usage: Usage, row: int) -> tuple[CostLine, ...]:
    retrieval = usage.asked.retrieval
    if retrieval is None or not GROUNDED[usage.base.rows.technique[row]]:
        return ()
    catalog, segment, seed = usage.world.catalog, usage.asked.segment, usage.world.seed
    return retrieval_usage_lines(
        catalog, segment, retrieval.embedder, retrieval.store, volume=usage.scale.requests, seed=seed
    )


def _passed_on(line: CostLine, share: Draws) -> CostLine:
    """A line of the stronger model, for the requests that it gets."""
    usd = line.monthly_usd * share
    # Shares and tokens vary together, so the share that multiplies out is the one weighted by money.
    weight = float(usd.mean()) / max(float(line.monthly_usd.mean()), 1e-300)
    passed = Factor(weight * 100.0, "% passed on", 1e-2)
    formula = Formula(tuple((*factors, passed) for factors in line.formula.products))
    return replace(line, name=f"{PASSED_ON}{line.name}", monthly_usd=usd, formula=formula)
