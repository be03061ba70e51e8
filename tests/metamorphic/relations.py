"""What may not happen to the least cost of a plan when one thing about a workload, or about the world, changes.

Every relation turns a case into another whose optimum may not be cheaper ('dearer'), may not be dearer ('cheaper') or
is the same ('same'). Costs are those of the optimum before ties are settled, at the bar that the first plan resolved.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from planner.beliefs.model import Beliefs
from planner.catalog.schema import Catalog
from planner.options.cache import OptionsCache
from planner.planning.choose import Planned, plan_bundle
from planner.planning.plan import Plan
from planner.workload.schema import RelativeFloor, ResolvedFloor, Segment, Workload

ROUNDING = 1e-6
Expected = Literal["dearer", "cheaper", "same"]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A workload in a world."""

    workload: Workload
    catalog: Catalog
    beliefs: Beliefs
    day: date

    def planned(self, cache: OptionsCache | None = None) -> Planned:
        """Planned without its explanations."""
        return plan_bundle(self.workload, self.catalog, self.beliefs, self.day, cache, detail="quick", front=0)


@dataclass(frozen=True, slots=True)
class Relation:
    """A change and what it may not do."""

    name: str
    expected: Expected
    change: Callable[[Case, Planned], Case | None]
    """None where it does not apply."""


def cost_of(planned: Planned) -> float:
    """Least that the objective comes to; infinite when nothing holds the limits."""
    outcome = planned.outcome
    return float(outcome.optimum_usd or 0.0) if isinstance(outcome, Plan) else float("inf")


def pinned(case: Case, planned: Planned) -> Case:
    """The case with every relative bar where this plan resolved it."""
    if not isinstance(planned.outcome, Plan):
        return case
    told = {segment.name: segment.floor_resolved for segment in planned.outcome.segments}

    def pin(segment: Segment) -> Segment:
        floor, found = segment.quality_floor, told[segment.name]
        if isinstance(floor, float) or found is None:
            return segment
        relative = floor or RelativeFloor(at_least=0.95)
        resolved = ResolvedFloor(model=found.model, value=found.value)
        return segment.model_copy(update={"quality_floor": relative.model_copy(update={"resolved": resolved})})

    return _with_segments(case, [pin(segment) for segment in case.workload.segments])


def _with_segments(case: Case, segments: list[Segment]) -> Case:
    return replace(case, workload=case.workload.model_copy(update={"segments": tuple(segments)}))


def _assuming(**values: Any) -> Callable[[Case, Planned], Case]:
    def change(case: Case, _: Planned) -> Case:
        assumptions = case.workload.assumptions.model_copy(update=values)
        return replace(case, workload=case.workload.model_copy(update={"assumptions": assumptions}))

    return change


def _each(change: Callable[[Segment], Segment]) -> Callable[[Case, Planned], Case | None]:
    def changed(case: Case, _: Planned) -> Case | None:
        segments = [change(segment) for segment in case.workload.segments]
        return None if segments == list(case.workload.segments) else _with_segments(case, segments)

    return changed


def _floor_times(factor: float) -> Callable[[Segment], Segment]:
    def change(segment: Segment) -> Segment:
        floor = segment.quality_floor
        if isinstance(floor, float):
            return segment.model_copy(update={"quality_floor": min(floor * factor, 1.0)})
        if floor is None or floor.resolved is None:
            return segment
        value = min(floor.resolved.value * factor, 1.0)
        moved = floor.resolved.model_copy(update={"value": value})
        return segment.model_copy(update={"quality_floor": floor.model_copy(update={"resolved": moved})})

    return change


def _times_times(factor: float) -> Callable[[Segment], Segment]:
    def change(segment: Segment) -> Segment:
        asked = {name: value * factor for name, value in segment.latency.model_dump().items() if value is not None}
        return segment.model_copy(update={"latency": segment.latency.model_copy(update=asked)}) if asked else segment

    return change


def _labels(of: Callable[[int], int]) -> Callable[[Segment], Segment]:
    def change(segment: Segment) -> Segment:
        training = segment.training
        labels = training.model_copy(update={"labelled_examples": of(training.labelled_examples)})
        return segment.model_copy(update={"training": labels})

    return change


def _only_eu(segment: Segment) -> Segment:
    data = segment.data
    if not data.may_leave_premises or (data.residency is not None and "eu" not in data.residency):
        return segment
    return segment.model_copy(update={"data": data.model_copy(update={"residency": ("eu",)})})


def _anywhere(segment: Segment) -> Segment:
    return segment.model_copy(update={"data": segment.data.model_copy(update={"residency": None})})


def _premises_only(segment: Segment) -> Segment:
    data = segment.data.model_copy(update={"may_leave_premises": False, "residency": None})
    return segment.model_copy(update={"data": data})


def _confidence(value: float) -> Callable[[Case, Planned], Case]:
    return lambda case, _: replace(case, workload=case.workload.model_copy(update={"confidence": value}))


def _limits(**values: Any) -> Callable[[Case, Planned], Case]:
    def change(case: Case, _: Planned) -> Case:
        limits = case.workload.limits.model_copy(update=values)
        return replace(case, workload=case.workload.model_copy(update={"limits": limits}))

    return change


def _renamed(case: Case, _: Planned) -> Case:
    return _with_segments(
        case,
        [s.model_copy(update={"name": f"x{n} {s.name[::-1]}x"[:60]}) for n, s in enumerate(case.workload.segments)],
    )


def _reversed(case: Case, _: Planned) -> Case | None:
    return _with_segments(case, list(case.workload.segments[::-1])) if len(case.workload.segments) > 1 else None


def _unsold(case: Case, planned: Planned) -> Case | None:
    """The first model of the plan that an API serves is sold by nobody."""
    if not isinstance(planned.outcome, Plan):
        return None
    used = [s.option.model for s in planned.outcome.segments if s.option.serving == "api"]
    if not used:
        return None
    offers = tuple(offer for offer in case.catalog.offers if offer.model != used[0])
    return replace(case, catalog=replace(case.catalog, offers=offers))


def _no_such_machine(case: Case, planned: Planned) -> Case | None:
    """The first kind of GPU of the plan's pools is sold by nobody."""
    if not isinstance(planned.outcome, Plan) or not planned.outcome.pools:
        return None
    gpu = planned.outcome.pools[0].gpu
    prices = tuple(price for price in case.catalog.gpu_prices if price.gpu != gpu)
    return replace(case, catalog=replace(case.catalog, gpu_prices=prices))


RELATIONS: tuple[Relation, ...] = (
    Relation("dearer machines", "dearer", _assuming(gpu_price_factor=1.3)),
    Relation("cheaper machines", "cheaper", _assuming(gpu_price_factor=0.7)),
    Relation("dearer frontier models", "dearer", _assuming(frontier_price_factor=1.5)),
    Relation("cheaper frontier models", "cheaper", _assuming(frontier_price_factor=0.6)),
    Relation("dearer electricity", "dearer", _assuming(electricity_usd_per_kwh=0.2)),
    Relation("cheaper electricity", "cheaper", _assuming(electricity_usd_per_kwh=0.08)),
    Relation("dearer engineers", "dearer", _assuming(engineer_hour_usd=140.0)),
    Relation("a higher floor", "dearer", _each(_floor_times(1.01))),
    Relation("a lower floor", "cheaper", _each(_floor_times(0.98))),
    Relation("shorter times", "dearer", _each(_times_times(0.85))),
    Relation("longer times", "cheaper", _each(_times_times(1.25))),
    Relation("fewer labels", "dearer", _each(_labels(lambda count: count // 4))),
    Relation("no labels", "dearer", _each(_labels(lambda _: 0))),
    Relation("more labels", "cheaper", _each(_labels(lambda count: 5 * count + 5))),
    Relation("the EU only", "dearer", _each(_only_eu)),
    Relation("anywhere", "cheaper", _each(_anywhere)),
    Relation("on the premises only", "dearer", _each(_premises_only)),
    Relation("less confidence", "cheaper", _confidence(0.7)),
    Relation("more confidence", "dearer", _confidence(0.95)),
    Relation("one model", "dearer", _limits(max_models=1)),
    Relation("two providers", "dearer", _limits(min_providers=2)),
    Relation("other names", "same", _renamed),
    Relation("another order", "same", _reversed),
    Relation("a model that nobody sells", "dearer", _unsold),
    Relation("a GPU that nobody sells", "dearer", _no_such_machine),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One relation tried on one case."""

    relation: str
    before_usd: float
    after_usd: float
    broken: bool


def findings(case: Case, relations: tuple[Relation, ...] = RELATIONS) -> Iterator[Finding]:
    """Try relations on a case."""
    cache = OptionsCache()
    first = case.planned(cache)
    at_bar = pinned(case, first)
    base = at_bar.planned(cache)
    before = cost_of(base)
    for relation in relations:
        other = relation.change(at_bar, base)
        if other is None:
            continue
        same_world = other.catalog is case.catalog and relation.expected != "same"
        after = cost_of(other.planned(cache if same_world else None))
        yield Finding(relation.name, before, after, _broken(relation.expected, before, after))


def _broken(expected: Expected, before: float, after: float) -> bool:
    if before == after:
        return False
    slack = ROUNDING * max(min(before, after), 1.0)
    cheaper, dearer = after < before - slack, after > before + slack
    return {"dearer": cheaper, "cheaper": dearer, "same": cheaper or dearer}[expected]
