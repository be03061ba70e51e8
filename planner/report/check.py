"""A check of an accepted plan as Markdown for one sticky comment; nothing at all when nothing differs."""

from typing import Final

from planner.planning.accepted.check import Check, SegmentCheck
from planner.report.format import money
from planner.report.markdown import escape

MARKER: Final = "<!-- planner-check -->"
"""First line of the comment, by which it is found again."""
_HEADS: Final = {
    "within": "Within what may be added",
    "over": "Over what may be added",
    "broken": "The accepted tools no longer do",
    "infeasible": "No plan holds the limits",
}


def check_markdown(check: Check) -> str:
    """The comment; '' when nothing differs."""
    if check.verdict == "unchanged":
        return ""
    parts = [MARKER, f"### Toolbox plan: {_HEADS[check.verdict]}", escape(check.text), _table(check)]
    if check.misses:
        parts += ["**What they do not hold**", _bullets(check.misses)]
    if check.conflict is not None:
        ways = [
            f"Relax {one.limit} from {one.value} to {one.relax_to}" for one in check.conflict.limits if one.relax_to
        ]
        if ways:
            parts += ["**What would help**", _bullets(ways)]
    if check.changes:
        parts += ["**What differs**", _bullets(check.changes)]
    return "\n\n".join(parts) + "\n"


def _table(check: Check) -> str:
    head = "| | Accepted | The same tools now | Planned anew |\n| --- | --: | --: | --: |"
    total = (
        f"| **Total cost a month** | {money(check.accepted_usd)} | {_usd(check.again_usd)} | {_usd(check.anew_usd)} |"
    )
    bills = f"| The bill alone | {' | '.join(_usd(usd) for usd in check.bills_usd)} |"
    rows = [_row(segment) for segment in check.segments]
    return "\n".join([head, total, bills, *rows])


def _row(segment: SegmentCheck) -> str:
    state = {"kept": "", "gone": " (tool is gone)", "added": " (new)", "removed": " (removed)"}[segment.state]
    anew = _usd(segment.anew_usd)
    if segment.anew is not None and segment.anew != segment.accepted:
        anew = f"{anew}: {segment.anew}"
    name = escape(f"{segment.name}{state}")
    return f"| {name} | {_usd(segment.accepted_usd)} | {_usd(segment.again_usd)} | {escape(anew)} |"


def _usd(usd: float | None) -> str:
    return "" if usd is None else money(usd)


def _bullets(items: tuple[str, ...] | list[str]) -> str:
    return "\n".join(f"- {escape(item)}" for item in items)
