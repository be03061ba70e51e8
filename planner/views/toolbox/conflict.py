"""No plan holds the limits: which can't hold together, what each would have to become, and a button that does it."""

import re
from html import escape
from typing import Final

import streamlit as st

from planner.planning.plan import Conflict, LimitInConflict
from planner.planning.what_if.changes import Change
from planner.report.format import milliseconds, money, percent
from planner.session import Session, apply_change, field_value, indexed
from planner.views.parts.figures import chip
from planner.workload.schema import Workload

_OF: Final = re.compile(r"^(?P<share>[\d.]+) of (?P<model>\S+)$")
_TIMES: Final = re.compile(r"^(?P<factor>[\d.]+) times the present floor$")
_AMOUNT: Final = re.compile(r"^(?P<amount>[\d,]+(?:\.\d+)?(?:e\+?\d+)?) ?(?:ms|USD|kg)?$")
_ALSO: Final = re.compile(r"^also (?P<one>\S+)$")
_WORDS: Final = {
    "quality_floor": "Least acceptable quality",
    "latency.ttft_p95_ms": "First token, p95",
    "latency.total_p95_ms": "Whole answer, p95",
    "data.residency": "Where data may be processed",
    "data.unknown_place_allowed": "Sensitive data at unknown places",
    "data.may_leave_premises": "Data may leave your machines",
    "data.providers_allowed": "Providers allowed",
    "data.licences_allowed": "Licences allowed",
    "context_p99_tokens": "Length of prompt plus answer",
    "modalities": "What requests contain",
    "limits.monthly_budget_usd": "Budget, USD a month",
    "limits.max_models": "Most models",
    "limits.min_providers": "Fewest providers",
    "limits.carbon_kg_per_month": "Most CO2 a month, kg",
}


def draw_conflict(session: Session, conflict: Conflict) -> None:
    """The state 'no plan', told as an answer: limits, reachable values, ways out."""
    if conflict.kind == "impossible":
        st.html(chip("No option is likely to hold these limits together", "bad"))
    else:
        hover = "An option may hold them, but that can't be said surely enough yet"
        st.html(chip("Can't be shown at the confidence asked for", "warn", hover))
    st.subheader("These limits can't hold together", anchor=False)
    st.caption("Relaxing any one of them frees the set; should other limits then stand in the way, they are told next.")
    for number, limit in enumerate(conflict.limits):
        _draw_limit(session, limit, number)
    if conflict.kind == "not_shown":
        _draw_not_shown(session, conflict)


def _draw_limit(session: Session, limit: LimitInConflict, number: int) -> None:
    shown = f" It holds in {percent(limit.confidence_reached)} of draws now." if limit.confidence_reached else ""
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium"):
        st.html(
            f"<b>{escape(limit_words(limit.limit))}: {escape(limit.value)}</b><br><span class='tp-dim'>With the others "
            f"held, the best that can be reached is {escape(limit.best_reachable)}.{shown}</span>",
            width="stretch",
        )
        change = relaxation(limit, session.workload)
        if change is not None:
            st.button(
                f"Relax to {relaxed_words(limit)}",
                key=f"conflict.{number}",
                on_click=apply_change,
                args=(session, change),
                icon=":material/lock_open:",
                type="primary" if number == 0 else "secondary",
            )
        elif limit.relax_to:
            st.html(f"<b>{escape(limit.relax_to)}</b>", width="content")
        if limit.limit.startswith("limits."):
            st.button(
                "Leave it out",
                key=f"conflict.out.{number}",
                on_click=apply_change,
                args=(session, Change(limit.limit, None)),
                type="tertiary",
                help="Shows the plan without this limit",
            )


def _draw_not_shown(session: Session, conflict: Conflict) -> None:
    st.subheader("Or settle it", anchor=False)
    if conflict.probe:
        st.html(f"<p>{escape(conflict.probe)}</p>")
    if conflict.accept_confidence is not None:
        st.button(
            f"Accept a confidence of {percent(conflict.accept_confidence)}",
            help="Every limit then has to hold in this share of draws only",
            on_click=apply_change,
            args=(session, Change("confidence", max(conflict.accept_confidence, 0.5))),
        )


def relaxation(limit: LimitInConflict, workload: Workload) -> Change | None:
    """The change that a conflict proposes; None when it is told in words only."""
    text = limit.relax_to
    if found := _OF.match(text):
        return Change(limit.limit, {"at_least": float(found["share"]), "of": found["model"]})
    if found := _TIMES.match(text):
        return Change(limit.limit, f"x{found['factor']}")
    if found := _AMOUNT.match(text):
        amount = float(found["amount"].replace(",", ""))
        return Change(limit.limit, int(amount) if limit.limit in _COUNTS else amount)
    if found := _ALSO.match(text):
        given = field_value(workload, indexed(workload, limit.limit)) or ()
        return Change(limit.limit, list(dict.fromkeys((*given, found["one"]))))
    return Change(limit.limit, True) if text == "true" else None


_COUNTS: Final = ("limits.max_models", "limits.min_providers")


def relaxed_words(limit: LimitInConflict) -> str:
    """What the button says: seconds for milliseconds, per cent for shares.

    >>> shown = {"value": "", "best_reachable": ""}
    >>> relaxed_words(LimitInConflict(limit="segments.a.latency.ttft_p95_ms", relax_to="56200 ms", **shown))
    '56.2 s'
    >>> relaxed_words(LimitInConflict(limit="segments.a.quality_floor", relax_to="0.852 of best", **shown))
    '85 % of the best'
    """
    if found := _OF.match(limit.relax_to):
        of = "the best" if found["model"] == "best" else found["model"]
        return f"{percent(float(found['share']))} of {of}"
    found = _AMOUNT.match(limit.relax_to)
    amount = float(found["amount"].replace(",", "")) if found else 0.0
    if found and limit.limit.endswith(("_ms", "_usd")):
        return milliseconds(amount) if limit.limit.endswith("_ms") else money(amount)
    return limit.relax_to


def limit_words(path: str) -> str:
    """A limit's path as a person reads it.

    >>> limit_words("segments.ticket-triage.latency.ttft_p95_ms")
    'ticket-triage · First token, p95'
    """
    for leaf, words in _WORDS.items():
        if path == leaf:
            return words
        if path.startswith("segments.") and path.endswith(f".{leaf}"):
            return f"{path.removeprefix('segments.').removesuffix(f'.{leaf}')} · {words}"
    return path.replace("_", " ")
