"""What doubt costs in a few lines: safe, measured first, try first, the curve's knee, the dearest cliffs."""

from planner.planning.certainty.records import CertaintyStep, Cliff, MeasuredFirst, TryFirst
from planner.planning.limits import LIMIT_NAMES
from planner.planning.plan import Plan
from planner.planning.wording import listed, percent_text, usd_text

_MOST_CLIFFS = 3


def ways_lines(plan: Plan) -> tuple[tuple[str, str], ...]:
    """(way, sentence): safe, measured first, try first; those that do not pay are left out."""
    total = (plan.totals.total_cost_usd or plan.totals.monthly_cost_usd).mean
    lines = [("Safe", f"{usd_text(total)} a month, as planned.")]
    if plan.measured_first is not None:
        lines.append(("Measured first", _measured(plan.measured_first)))
    if plan.try_first is not None:
        lines.append(("Try first", _tried(plan.try_first)))
    return tuple(lines)


def _measured(way: MeasuredFirst) -> str:
    hours = f" and {way.hours:.0f} h of people" if way.hours >= 0.5 else ""
    probes = f"{len(way.probes)} probes" if len(way.probes) > 1 else "one probe"
    expected = f"{usd_text(way.expected_total_cost_usd)} a month expected"
    return f"{expected}, after {probes} for {usd_text(way.cost_usd)}{hours}. First: {way.probes[0]}"


def _tried(way: TryFirst) -> str:
    begun = listed(
        [f"{one.segment} with {one.start} ({percent_text(one.chance)} likely to hold)" for one in way.segments]
    )
    expected = f"{usd_text(way.expected_total_cost_usd)} a month expected"
    return f"{expected}: begin {begun}; {way.segments[0].test}; where it fails, the safe tool follows."


def curve_lines(plan: Plan) -> tuple[str, ...]:
    """A line a step: up to which confidence, what it costs, what it takes."""
    return tuple(_step(step, place) for place, step in enumerate(plan.certainty))


def _step(step: CertaintyStep, place: int) -> str:
    knee = " (beyond this, certainty costs most)" if step.knee else ""
    more = len(step.changes) - 1
    changes = f": {step.changes[0]}{f' and {more} more' if more > 0 else ''}" if step.changes else ""
    word = "holds" if place == 0 else "takes"
    return f"up to {percent_text(step.confidence)} {word} {usd_text(step.total_cost_usd)} a month{knee}{changes}"


def cliff_lines(plan: Plan) -> tuple[str, ...]:
    """The dearest cliffs, each in a sentence."""
    return tuple(_cliff(cliff) for cliff in plan.cliffs[:_MOST_CLIFFS])


def _cliff(cliff: Cliff) -> str:
    where = f"{cliff.segment}: " if cliff.segment else ""
    saved = f"{usd_text(cliff.saves_usd)} a month less"
    if cliff.limit == "data.may_leave_premises":
        return f"{where}if its data might leave your machines: {saved}"
    if cliff.limit == "data.residency":
        return f"{where}processed {cliff.loosened} instead of in {cliff.value}: {saved}"
    name = LIMIT_NAMES.get(cliff.limit, cliff.limit)
    return f"{where}{name} {cliff.loosened} instead of {cliff.value}: {saved}"
