"""Why there is no plan: the smallest set of limits that cannot hold together, and what would free it.

Within a segment the set is exact: all subsets of its limits, smallest first, are tried on the options that the rules in
the subset leave (rules that keep options out altogether, such as residency, are lifted by enumerating anew). Between
segments a deletion filter (Chinneck and Dravnieks 1991) leaves a set of which no member can be spared.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from statistics import NormalDist
from typing import Any, Final, TypeAlias

import numpy as np

from planner.catalog.schema import Catalog
from planner.options.table import Exclusion, OptionTable
from planner.planning.explain.option_text import model_name
from planner.planning.infeasible.between import LIKELY, conflict_between
from planner.planning.infeasible.relaxation import relax_within
from planner.planning.limits import LIMIT_NAMES, Held, held_limits
from planner.planning.plan import Conflict, LimitInConflict
from planner.planning.problem import Problem
from planner.planning.wording import listed, percent_text, time_text
from planner.units import Ints
from planner.version import VERSION
from planner.workload.load import workload_hash
from planner.workload.schema import Segment

Widen: TypeAlias = Callable[[Segment], OptionTable]
"""Options of a segment that is asked otherwise."""

_LIFTED: Final[Mapping[str, Any]] = {
    "data.residency": None,
    "data.unknown_place_allowed": True,
    "data.may_leave_premises": True,
    "data.providers_allowed": None,
    "data.licences_allowed": None,
    "serving_allowed": None,
    "offline": False,
    "modalities": ("text",),
    "context_p99_tokens": 1.0,
}
"""Rules that keep options out of the table, and the value that lifts each."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A segment without a fitting option."""

    problem: Problem
    number: int
    rules: tuple[str, ...]
    """Rules of the segment that keep options out."""
    widen: Widen | None
    known: dict[frozenset[str], tuple[OptionTable, Held]] = field(default_factory=dict)

    @property
    def segment(self) -> Segment:
        """The segment."""
        return self.problem.parts[self.number].segment

    def options_under(self, rules: frozenset[str]) -> tuple[OptionTable, Held]:
        """Options and held limits when only these rules stand."""
        if rules not in self.known:
            self.known[rules] = self._enumerate(rules)
        return self.known[rules]

    def _enumerate(self, rules: frozenset[str]) -> tuple[OptionTable, Held]:
        part = self.problem.parts[self.number]
        lifted = [path for path in self.rules if path not in rules]
        if not lifted or self.widen is None:
            return part.table, part.held
        table = self.widen(lift(self.segment, lifted))
        return table, held_limits(self.segment, table, self.problem.strictness)


def lift(segment: Segment, paths: list[str]) -> Segment:
    """The segment with some rules lifted."""
    data: dict[str, Any] = {}
    update: dict[str, Any] = {}
    for path in paths:
        head, _, leaf = path.partition(".")
        if leaf:
            data[leaf] = _LIFTED[path]
        else:
            update[head] = _LIFTED[path]
    if data:
        update["data"] = segment.data.model_copy(update=data)
    return segment.model_copy(update=update)


def find_conflict(problem: Problem, catalog: Catalog, widen: Widen | None = None) -> Conflict:
    """The conflict of a problem that has no plan.

    Args:
        problem: Workload, options and held limits.
        catalog: Names of models.
        widen: Enumerates a segment's options anew, so that rules which keep options out can be lifted; without it
            they are told from the options' exclusions.
    """
    stuck = [number for number, part in enumerate(problem.parts) if part.rows.size == 0]
    if not stuck:
        return conflict_between(problem, catalog)
    cases = [Case(problem, number, _rules(problem, number, widen), widen) for number in stuck]
    conflict = _tell_segment(cases[0], catalog)
    others = [case.segment.name for case in cases[1:]]
    if not others:
        return conflict
    return conflict.model_copy(update={"text": f"{conflict.text} {listed(others)} cannot be served either."})


def _rules(problem: Problem, number: int, widen: Widen | None) -> tuple[str, ...]:
    """Rules of a segment that keep some option out, as far as the exclusions name them."""
    segment = problem.parts[number].segment
    named = {e.limit for e in problem.options.exclusions if e.segment == segment.name}
    standing = [path for path in _LIFTED if path in named or _stands(segment, path)]
    return tuple(standing) if widen is not None else ()


def _stands(segment: Segment, path: str) -> bool:
    head, _, leaf = path.partition(".")
    if path == "context_p99_tokens":
        return False
    value = getattr(segment.data, leaf) if leaf else getattr(segment, head)
    return bool(value != _LIFTED[path])


def smallest_set(case: Case) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(limits, rules) of the smallest subset that no option holds; limits before rules among equals."""
    soft = tuple(case.problem.parts[case.number].held.shares)
    everything = (*soft, *case.rules)
    for size in range(1, len(everything) + 1):
        for subset in combinations(everything, size):
            limits = tuple(path for path in subset if path in soft)
            rules = tuple(path for path in subset if path not in soft)
            if not _any_holds(case, limits, rules):
                return limits, rules
    return soft, case.rules


def _any_holds(case: Case, limits: tuple[str, ...], rules: tuple[str, ...]) -> bool:
    table, held = case.options_under(frozenset(rules))
    return table.size > 0 and bool(held.holds(limits).any())


def _tell_segment(case: Case, catalog: Catalog) -> Conflict:
    part = case.problem.parts[case.number]
    if case.widen is None and part.table.size == 0:
        return _tell_excluded(case)
    limits, rules = smallest_set(case)
    table, held = case.options_under(frozenset(rules))
    reached = held.reached(limits) if table.size else np.zeros(0)
    best = float(reached.max()) if reached.size else 0.0
    shown = _confidence_of(best) if limits and best >= LIKELY else None
    told = tuple(_tell_limit(case, limits, rules, path, shown) for path in (*limits, *rules))
    names = listed(
        [f"{LIMIT_NAMES.get(path, path)} ({each.value})" for path, each in zip((*limits, *rules), told, strict=True)]
    )
    probe = "" if shown is None else _probe(case, catalog, table, reached, limits, shown)
    return Conflict(
        planner_version=VERSION,
        workload_hash=workload_hash(case.problem.workload),
        catalog_version=catalog.version,
        kind="impossible" if shown is None else "not_shown",
        segment=case.segment.name,
        limits=told,
        text=_text(case, names, told, shown),
        probe=probe,
        accept_confidence=shown,
    )


def _confidence_of(share: float) -> float:
    """Highest confidence in whole percents at which a limit held in this share of draws passes."""
    return float(np.floor(share * 100.0 + 1e-9) / 100.0)


def _tell_limit(
    case: Case, limits: tuple[str, ...], rules: tuple[str, ...], path: str, shown: float | None
) -> LimitInConflict:
    """One member of the set: its value, the best to be had and the least change that frees the set."""
    prefix = f"segments.{case.segment.name}.{path}"
    if path in limits:
        table, held = case.options_under(frozenset(rules))
        others = tuple(each for each in limits if each != path)
        rows = np.flatnonzero(held.holds(others)) if table.size else np.zeros(0, dtype=np.int64)
        relaxation = relax_within(case.segment, table, path, rows, case.problem.strictness)
        best, relax_to = relaxation.best_reachable, relaxation.relax_to
    else:
        best, relax_to = _relax_rule(case, limits, rules, path)
    return LimitInConflict(
        limit=prefix,
        value=value_text(case.segment, case.problem.parts[case.number].table, path),
        best_reachable=best,
        relax_to=relax_to,
        confidence_reached=shown if path in limits else None,
    )


def _relax_rule(case: Case, limits: tuple[str, ...], rules: tuple[str, ...], path: str) -> tuple[str, str]:
    """What lifting one rule brings: the cheapest option that then holds the rest of the set."""
    table, held = case.options_under(frozenset(each for each in rules if each != path))
    rows: Ints = np.flatnonzero(held.holds(limits)) if table.size else np.zeros(0, dtype=np.int64)
    if rows.size == 0:
        return "nothing, even without it", ""
    row = int(rows[np.argmin(table.usage_usd[rows].mean(axis=1))])
    place = table.places[table.place[row]]
    model = table.model_ids[table.model[row]]
    allowed = {
        "data.residency": f"also {place.area}",
        "data.may_leave_premises": "true",
        "data.providers_allowed": f"also {place.provider}",
        "data.licences_allowed": f"also the licence of {model}",
        "serving_allowed": f"also {place.serving}",
        "offline": "false",
        "modalities": "text",
        "context_p99_tokens": "a shorter context",
    }
    return f"{model} at {place.label}", allowed[path]


def value_text(segment: Segment, table: OptionTable, path: str) -> str:
    """A limit's value as people read it."""
    if path == "quality_floor":
        return table.floor_text
    head, _, leaf = path.partition(".")
    if head == "latency":
        return f"at most {time_text(float(getattr(segment.latency, leaf)))}"
    value = getattr(segment.data, leaf) if leaf else getattr(segment, head)
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value)
    return {True: "true", False: "false", None: "derived from the tokens"}.get(value, f"{value}")


def _text(case: Case, names: str, told: tuple[LimitInConflict, ...], shown: float | None) -> str:
    asked = percent_text(case.problem.confidence)
    freed = [each for each in told if each.relax_to]
    way = ""
    if freed:
        leaf = freed[0].limit.removeprefix(f"segments.{case.segment.name}.")
        way = f" Least change: {leaf} to {freed[0].relax_to} ({freed[0].best_reachable})."
    many = "cannot hold together" if len(told) > 1 else "cannot be held"
    if shown is None:
        return f"{case.segment.name}: {names} {many}: no option is likely to.{way}"
    return (
        f"{case.segment.name}: {names} cannot be shown to hold at {asked} confidence yet; an option does at"
        f" {percent_text(shown)}. Measure it, or accept {percent_text(shown)}.{way}"
    )


def samples_to_show(quality: float, floor: float, confidence: float) -> int:
    """Answers to look at so that a share of `quality` among them shows the floor at this confidence.

    Normal approximation: n = (z / (quality - floor))^2 x quality x (1 - quality), up to the next ten, 20 to 2,000.

    >>> samples_to_show(0.95, 0.90, 0.9)
    40
    """
    margin = quality - floor
    if margin <= 0.0:
        return 2000
    z = NormalDist().inv_cdf(confidence)
    needed = (z / margin) ** 2 * quality * (1.0 - quality)
    return int(min(2000.0, max(20.0, np.ceil(needed / 10.0 - 1e-9) * 10.0)))


def _probe(
    case: Case, catalog: Catalog, table: OptionTable, reached: np.ndarray, limits: tuple[str, ...], shown: float
) -> str:
    """What to measure, in words."""
    row = int(np.argmax(reached))
    model = table.model_ids[table.model[row]]
    passes = f"It would pass as it stands at {percent_text(shown)} confidence"
    if "quality_floor" in limits:
        quality, floor = float(table.quality[row].mean()), float(table.floor.mean())
        count = samples_to_show(quality, floor, case.problem.workload.quality_confidence)
        expected = f"{percent_text(quality)} acceptable answers are expected, {percent_text(floor)} are asked for"
        what = f"Measure {model} on {count:,} of your own samples of {case.segment.name}: {expected}."
    else:
        what = (
            f"Time {model} ({model_name(catalog, model)}) on 200 requests of {case.segment.name} at the busiest hour."
        )
    return f"{what} {passes}."


def _tell_excluded(case: Case) -> Conflict:
    """No option is left and none can be enumerated anew: the fields that the exclusions name."""
    segment = case.segment.name
    out = [e for e in case.problem.options.exclusions if e.segment == segment]
    limits = _covering_fields(out)
    told = tuple(
        LimitInConflict(
            limit=f"segments.{segment}.{path}",
            value=value_text(case.segment, case.problem.parts[case.number].table, path) if path in _LIFTED else "",
            best_reachable=next(e.reason for e in out if e.limit == path),
            relax_to="",
        )
        for path in limits
    )
    names = listed([LIMIT_NAMES.get(path, path) for path in limits]) or "its rules"
    return Conflict(
        planner_version=VERSION,
        workload_hash=workload_hash(case.problem.workload),
        catalog_version="",
        kind="impossible",
        segment=segment,
        limits=told,
        text=f"{segment}: {names} leave no option at all.",
        probe="",
        accept_confidence=None,
    )


def _covering_fields(exclusions: list[Exclusion]) -> tuple[str, ...]:
    """Fewest fields such that each model's every exclusion-bearing way is out by one of them."""
    ways: dict[tuple[str, str, str], set[str]] = {}
    for each in exclusions:
        ways.setdefault((each.model, each.serving, each.place), set()).add(each.limit)
    fields = sorted({each.limit for each in exclusions})
    for size in range(1, len(fields) + 1):
        for subset in combinations(fields, size):
            if all(limits & set(subset) for limits in ways.values()):
                return subset
    return tuple(fields)
