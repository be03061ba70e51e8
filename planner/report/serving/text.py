"""The answer of own machines against an API in sentences: the page and the terminal say the same.

Figures that matter stand between double asterisks.
"""

from planner.planning.self_hosting.answer import Answer
from planner.planning.self_hosting.break_even import BreakEven, NotReached, NotVerified, Reached
from planner.planning.self_hosting.case import ServingCase
from planner.planning.self_hosting.served import TECHNIQUE_TEXTS
from planner.report.format import money, number, percent, requests


def answer_sentence(found: Answer) -> str:
    """From which volume the own model pays, or up to where it does not."""
    first = found.rented or found.owned
    if first is None:
        return f"{found.case.why_not_owned}, and no price to rent it at."
    return _sentence(found.case, first, rented=found.rented is not None)


def answer_notes(found: Answer, *, api_allowed: bool) -> tuple[str, ...]:
    """The other path, what is not owned, and for whom it is for information only."""
    notes = []
    if found.rented is not None and found.owned is not None:
        notes.append(f"On an {found.case.owned.label if found.case.owned else ''}: {state_text(found.owned)}.")
    if found.rented is not None and found.owned is None:
        notes.append(f"Not owned: {found.case.why_not_owned}.")
    if found.case.demand.waits:
        notes.append("These answers may wait a day: their work is spread over all hours, whatever its peaks.")
    if not api_allowed:
        notes.append("The data may not go to any API: the comparison is for information.")
    return tuple(notes)


def doubts_in(found: Answer) -> tuple[str, ...]:
    """What the comparison rests on that is not shown."""
    first = found.rented or found.owned
    return first.reasons if isinstance(first, NotVerified) else ()


def _what(case: ServingCase) -> str:
    ways = list(dict.fromkeys(TECHNIQUE_TEXTS[one.technique] for one in case.served))
    way = f" {ways[0]}" if len(ways) == 1 else ""
    return f"**{case.setup.model.name}**{way} on {case.setup.gpus_per_replica}x {case.setup.gpu.name}"


def _sentence(case: ServingCase, found: BreakEven, *, rented: bool) -> str:
    result = found.would_be if isinstance(found, NotVerified) else found
    for_what = case.served[0].segment.name if len(case.served) == 1 else f"{len(case.served)} kinds together"
    how = "rented" if rented else "owned"
    if isinstance(result, Reached):
        verb = "would beat" if isinstance(found, NotVerified) else "beats"
        return (
            f"{_what(case)}, {how}, {verb} {case.api.label} for {for_what} from"
            f" **{requests(result.requests)} requests a month** {interval_text(result)};"
            f" the plan has {requests(case.demand.requests_per_month)}."
        )
    verb = "would not beat" if isinstance(found, NotVerified) else "does not beat"
    return (
        f"{_what(case)}, {how}, {verb} {case.api.label} for {for_what} **up to"
        f" {requests(result.up_to)} requests a month**: there it still costs {_dearer(result)};"
        f" in {percent(result.share_reached)} of the draws it does."
    )


def _dearer(result: NotReached) -> str:
    more = result.dearer_usd_per_1000
    return f"{money(more.mean)} more per 1,000 ({number(more.low)} to {number(more.high)})"


def interval_text(result: Reached) -> str:
    """'(1.2 million to 3.4 million)', or why it has no end."""
    if result.high is None:
        short = 1.0 - result.share_reached
        return (
            f"({requests(result.low)} to no end: in {percent(short)} of the draws not up to {requests(result.up_to)})"
        )
    return f"({requests(result.low)} to {requests(result.high)})"


def state_text(found: BreakEven) -> str:
    """A break-even in a few words, for a table."""
    result = found.would_be if isinstance(found, NotVerified) else found
    if isinstance(result, Reached):
        text = f"from {requests(result.requests)} {interval_text(result)}"
    else:
        text = f"not up to {requests(result.up_to)}"
    return f"not verified: {text}" if isinstance(found, NotVerified) else text
