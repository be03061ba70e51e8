"""Whether a changed workload may go ahead on an accepted plan: what its tools cost now, what a new plan would cost."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from planner.beliefs.model import Beliefs
from planner.catalog.schema import Catalog
from planner.options.cache import OptionsCache
from planner.planning.accepted.again import Again, price_again
from planner.planning.assemble import assemble_plan
from planner.planning.choose import plan_bundle
from planner.planning.explain.missed_limits import limits_told
from planner.planning.explain.option_text import facts_of
from planner.planning.plan import Conflict, Figure, Plan
from planner.workload.load import plain_workload, workload_hash
from planner.workload.schema import Workload

_SAME_SHARE: Final = 0.001
_SHOWN: Final = 12

Verdict = Literal["unchanged", "within", "over", "broken", "infeasible"]


@dataclass(frozen=True, slots=True)
class SegmentCheck:
    """One segment: as accepted, its tool now, planned anew. None where it is not in one of them."""

    name: str
    state: Literal["kept", "gone", "added", "removed"]
    accepted: str | None
    accepted_usd: float | None
    again_usd: float | None
    anew: str | None
    anew_usd: float | None


@dataclass(frozen=True, slots=True)
class Check:
    """The answer; `verdict` says what a door makes of it."""

    verdict: Verdict
    text: str
    """One sentence."""
    accepted_usd: float
    """Total cost a month as accepted."""
    again_usd: float | None
    """The same tools now; None when they cannot be had."""
    anew_usd: float | None
    """Planned anew; None when nothing fits."""
    bills_usd: tuple[float, float | None, float | None]
    """The bill alone of the three."""
    allowed_usd: float
    """Most that the accepted tools may cost more."""
    segments: tuple[SegmentCheck, ...]
    misses: tuple[str, ...]
    """Limits and rules that the accepted tools do not hold now."""
    changes: tuple[str, ...]
    """What differs in the workload, in prices, in retirements: one sentence each."""
    conflict: Conflict | None

    @property
    def increase_usd(self) -> float | None:
        """What the accepted tools cost more now."""
        return None if self.again_usd is None else self.again_usd - self.accepted_usd


def check_plan(
    workload: Workload,
    accepted: Plan,
    catalog: Catalog,
    beliefs: Beliefs,
    day: date,
    *,
    max_increase: float | None = None,
    cache: OptionsCache | None = None,
) -> Check:
    """Price the accepted tools for the workload as it is now, and plan it anew beside.

    Args:
        workload: As it is now.
        accepted: The plan that was agreed to.
        catalog: Prices, offers and retirements of today.
        beliefs: As `fit_beliefs` gives them.
        day: The day that both are for.
        max_increase: Share of the accepted total cost that may be added; the materiality when None.
        cache: Options kept between calls.
    """
    planned = plan_bundle(workload, catalog, beliefs, day, cache, "quick", front=0)
    again = price_again(planned.problem, accepted, planned.solution)
    facts = facts_of(catalog, beliefs.seed)
    repriced = None
    if again.solution is not None:
        repriced = assemble_plan(planned.problem, facts, again.solution, full=False, front=0)
    conflict = planned.outcome if isinstance(planned.outcome, Conflict) else None
    anew = planned.outcome if isinstance(planned.outcome, Plan) else None
    return _judged(workload, accepted, again, repriced, anew, conflict, max_increase)


def total_of(plan: Plan) -> Figure:
    """What a plan minimises, USD a month: the total cost where it states one, else the bill."""
    return plan.totals.total_cost_usd or plan.totals.monthly_cost_usd


def _judged(
    workload: Workload,
    accepted: Plan,
    again: Again,
    repriced: Plan | None,
    anew: Plan | None,
    conflict: Conflict | None,
    max_increase: float | None,
) -> Check:
    was = total_of(accepted).mean
    now = None if repriced is None else total_of(repriced).mean
    bill = accepted.totals.monthly_cost_usd.mean
    allowed = workload.materiality.usd_of(bill) if max_increase is None else max_increase * was
    segments = _segments(accepted, repriced, anew, again)
    changes = (*_workload_changes(accepted, workload), *_fact_changes(accepted, repriced))
    misses = tuple(dict.fromkeys(_missed_text(again))) if again.misses or again.gone else ()
    verdict = _verdict(accepted, workload, now, was, allowed, again, conflict, segments)
    return Check(
        verdict=verdict,
        text=_text(verdict, was, now, allowed, again, conflict),
        accepted_usd=was,
        again_usd=now,
        anew_usd=None if anew is None else total_of(anew).mean,
        bills_usd=(bill, _bill(repriced), _bill(anew)),
        allowed_usd=allowed,
        segments=segments,
        misses=misses,
        changes=changes,
        conflict=conflict,
    )


def _verdict(
    accepted: Plan,
    workload: Workload,
    now: float | None,
    was: float,
    allowed: float,
    again: Again,
    conflict: Conflict | None,
    segments: tuple[SegmentCheck, ...],
) -> Verdict:
    if conflict is not None:
        return "infeasible"
    if now is None or again.gone or again.misses:
        return "broken"
    if now - was > allowed:
        return "over"
    same = workload_hash(workload) == accepted.workload_hash or not _workload_changes(accepted, workload)
    quiet = abs(now - was) <= _SAME_SHARE * was and all(one.anew == one.accepted for one in segments)
    return "unchanged" if same and quiet else "within"


def _bill(plan: Plan | None) -> float | None:
    return None if plan is None else plan.totals.monthly_cost_usd.mean


def _segments(accepted: Plan, repriced: Plan | None, anew: Plan | None, again: Again) -> tuple[SegmentCheck, ...]:
    old = {segment.name: segment for segment in accepted.segments}
    now = {segment.name: segment for segment in repriced.segments} if repriced else {}
    new = {segment.name: segment for segment in anew.segments} if anew else {}
    out = []
    for name in dict.fromkeys([*old, *now, *new]):
        state: Literal["kept", "gone", "added", "removed"] = "kept"
        if name in again.gone:
            state = "gone"
        elif name in again.added:
            state = "added"
        elif name not in now and name not in new:
            state = "removed"
        was, priced, planned = old.get(name), now.get(name), new.get(name)
        out.append(
            SegmentCheck(
                name=name,
                state=state,
                accepted=_tool(was),
                accepted_usd=None if was is None else was.monthly_cost_usd.mean,
                again_usd=None if priced is None else priced.monthly_cost_usd.mean,
                anew=_tool(planned),
                anew_usd=None if planned is None else planned.monthly_cost_usd.mean,
            )
        )
    return tuple(out)


def _tool(segment: Any) -> str | None:  # noqa: ANN401 (a SegmentPlan or None)
    return None if segment is None else f"{segment.option.label} at {segment.option.place}"


def _missed_text(again: Again) -> list[str]:
    gone = [f"{name}: its accepted tool is no option any more." for name in again.gone]
    return [*gone, *([f"The accepted tools would not hold {limits_told(again.misses)}."] if again.misses else [])]


def _text(
    verdict: Verdict, was: float, now: float | None, allowed: float, again: Again, conflict: Conflict | None
) -> str:
    if verdict == "infeasible" and conflict is not None:
        return f"No plan holds the limits any more. {conflict.text}"
    if now is None:
        return "The accepted tools cannot be had in the size that the workload needs now."
    moved = _moved(was, now)
    if verdict == "unchanged":
        return "Nothing differs from the accepted plan."
    if verdict == "broken":
        stands_in = "With what stands in, the tools" if again.gone else "The tools"
        return f"{_missed_text(again)[0]} {stands_in} would cost {moved}."
    if verdict == "over":
        return f"The accepted tools cost {moved}, more than the {allowed:,.0f} USD a month that may be added."
    return f"The accepted tools cost {moved}; {allowed:,.0f} USD a month may be added."


def _moved(was: float, now: float) -> str:
    if was <= 0.0:
        return f"{now:,.0f} USD a month now"
    share = (now - was) / was
    word = "more" if now >= was else "less"
    return (
        f"{now:,.0f} USD a month now, {abs(share):.1%} ({abs(now - was):,.0f} USD) {word} than the {was:,.0f} accepted"
    )


def _workload_changes(accepted: Plan, workload: Workload) -> tuple[str, ...]:
    """Fields that differ, path by path; segments by their names."""
    old, new = _flat(accepted.workload), _flat(plain_workload(workload))
    found = [
        f"{path}: {_said(old.get(path))}, now {_said(new.get(path))}"
        for path in dict.fromkeys([*old, *new])
        if old.get(path) != new.get(path)
    ]
    return _cut(found, "more fields of the workload differ")


def _flat(data: object, path: str = "") -> dict[str, object]:
    if isinstance(data, dict):
        found: dict[str, object] = {}
        for name, value in data.items():
            found |= _flat(value, f"{path}.{name}" if path else str(name))
        return found
    if isinstance(data, list) and path == "segments" and all(isinstance(one, dict) and "name" in one for one in data):
        found = {}
        for one in data:
            rest = {name: value for name, value in one.items() if name != "name"}
            found |= _flat(rest, f"segments.{one['name']}")
        return found
    return {path: list(data) if isinstance(data, tuple) else data}


def _said(value: object) -> str:
    if value is None:
        return "not given"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or "nothing"
    return f"{value:,g}" if isinstance(value, float | int) and not isinstance(value, bool) else str(value)


def _fact_changes(accepted: Plan, repriced: Plan | None) -> tuple[str, ...]:
    """Prices that both rest on and that differ, and warnings (a retirement) that are new."""
    if repriced is None:
        return ()
    old = {item.id: item for item in accepted.evidence}
    prices = [
        f"{item.what}: {old[item.id].value}, now {item.value}"
        for item in repriced.evidence
        if item.id in old and item.value != old[item.id].value and item.id.partition(":")[0] in _PRICED
    ]
    known = set(accepted.warnings)
    warnings = [text for text in repriced.warnings if text not in known]
    return (*_cut(prices, "more prices differ"), *_cut(warnings, "more warnings"))


_PRICED: Final = frozenset({"offer", "gpu_price", "embedder", "store", "fine_tune_price", "carbon"})


def _cut(texts: list[str], what: str) -> tuple[str, ...]:
    if len(texts) <= _SHOWN:
        return tuple(texts)
    return (*texts[:_SHOWN], f"{len(texts) - _SHOWN} {what}")
