"""The Measure page's first words: what to measure next, what that is worth, whether the plan has changed."""

from html import escape
from typing import Final

import streamlit as st

from planner.planning.certainty.next_probe import ProbeIdea
from planner.planning.plan import Conflict, Plan
from planner.planning.what_if.comparison import Comparison
from planner.report.format import money, money_interval, percent, share
from planner.session import Session
from planner.session.measuring.runs import kept_runs
from planner.session.measuring.worth import plan_change, probe_ideas
from planner.views.measure.choice import keep, wanted
from planner.views.parts.tables import Row, draw_csv_button, draw_json_button

VIEWS: Final = {
    "ask": "Ask",
    "results": "Results",
    "forecast": "Forecasts",
    "runs": "Past runs",
}
_SHOWN_IDEAS: Final = 5
_NO_MONEY: Final = 0.005


def draw_answer(session: Session) -> None:
    """What to measure next, in a sentence; below it the ideas that follow, each with a button that fills the form."""
    ideas = probe_ideas(session.workload)
    if not ideas:
        st.html(f'<p class="tp-answer">{_nothing_left(session)}</p>')
        return
    st.html(f'<p class="tp-answer">{_sentence(session, ideas[0])}</p>')
    st.html(f'<p class="tp-lead tp-dim">{_reason(session, ideas[0])}</p>')
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Fill the form with this",
            key="measure.fill.0",
            on_click=_fill,
            args=(session, ideas[0]),
            icon=":material/edit_note:",
            type="primary" if not kept_runs() else "secondary",
        )
        listed = st.expander(
            f"What comes next ({len(ideas)})",
            key="measure.ideas",
            on_change="rerun",
            icon=":material/format_list_numbered:",
        )
    if listed.open:
        with listed:
            _draw_ideas(session, ideas)


def _nothing_left(session: Session) -> str:
    outcome = session.outcome
    if isinstance(outcome, Conflict):
        if outcome.probe:
            return f"No plan is shown to hold the limits yet. {escape(outcome.probe)}"
        return "No plan holds the limits of this workload, and <b>0</b> probes of its models are likely to change that."
    runs = len(kept_runs())
    told = f" after {runs} run{'s' if runs > 1 else ''}" if runs else ""
    return (
        f"Nothing more is worth measuring for this plan{told}: "
        "no probe changes it in more than <b>0.5 %</b> of outcomes."
    )


def _sentence(session: Session, idea: ProbeIdea) -> str:
    who, what = escape(idea.model_name), escape(idea.segment)
    ask = f"Ask <b>{who}</b> {idea.items} samples of <b>{what}</b> next: "
    if idea.worth_usd > _NO_MONEY:
        return f"{ask}worth <b>{money(idea.worth_usd)} a month</b>, costs {money(idea.costs_usd)} once."
    settles = "finds a tool that holds its limits" if isinstance(session.outcome, Conflict) else "changes the tool"
    return f"{ask}{settles} in <b>{percent(idea.change_share)}</b> of outcomes, costs {money(idea.costs_usd)} once."


def _reason(session: Session, idea: ProbeIdea) -> str:
    """How likely the plan changes, and what the money is made of."""
    other = f", most often to {escape(idea.likely_tool)}" if idea.likely_tool else ""
    if isinstance(session.outcome, Conflict):
        found = f"{percent(idea.change_share)} of outcomes{other}"
        parts = [f"Until then no plan holds; a tool of {escape(idea.segment)} does in {found}"]
    else:
        parts = [f"The tool changes in {percent(idea.change_share)} of outcomes{other}"]
    if idea.saves_usd > _NO_MONEY:
        parts.append(f"{money(idea.saves_usd)} a month because something cheaper may prove good enough")
    if idea.protects_usd > _NO_MONEY:
        parts.append(f"{money(idea.protects_usd)} a month because the planned tool may prove not good enough")
    answers = "served by nobody’s API" if idea.answers_usd is None else f"{money(idea.answers_usd)} for answers"
    labels = f" and {money(idea.labels_usd)} of people’s time for right answers" if idea.labels_usd else ""
    parts.append(f"costs: {answers}{labels}")
    return "; ".join(parts) + "."


def _draw_ideas(session: Session, ideas: tuple[ProbeIdea, ...]) -> None:
    for place, idea in enumerate(ideas[:_SHOWN_IDEAS]):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.html(f'<div class="tp-small"><b>{place + 1}.</b> {_sentence(session, idea)}</div>', width="stretch")
            if place:
                st.button("Fill", key=f"measure.fill.{place}", on_click=_fill, args=(session, idea), type="tertiary")
    rows = [_idea_row(idea) for idea in ideas]
    with st.container(horizontal=True, gap="small"):
        draw_csv_button(rows, "what to measure")
        draw_json_button(rows, "what to measure")


def _idea_row(idea: ProbeIdea) -> Row:
    return {
        "segment": idea.segment,
        "model": idea.model,
        "samples": idea.items,
        "plan changes, share of outcomes": idea.change_share,
        "worth, USD a month": idea.worth_usd,
        "of it saved": idea.saves_usd,
        "of it protected": idea.protects_usd,
        "answers, USD": idea.answers_usd,
        "labels, USD": idea.labels_usd,
        "tool that most often takes over": idea.likely_tool,
    }


def _fill(session: Session, idea: ProbeIdea) -> None:
    """Take an idea into the form: the segment's samples where it has some, else a file that the user brings."""
    session.segment = idea.segment
    own = session.workload.segment(idea.segment).samples is not None and bool(session.origin)
    session.measure |= {
        "view": "ask",
        "suite": f"samples:{idea.segment}" if own else "file",
        "for": idea.segment,
        "ask": idea.model,
        "items": str(idea.items),
    }


def draw_switch(session: Session) -> str:
    """The parts of the page; the one looked at is in the address."""
    view = wanted(session, "view", "ask", list(VIEWS))
    st.session_state["measure.view"] = view
    st.segmented_control(
        "Part of the page",
        list(VIEWS),
        key="measure.view",
        format_func=VIEWS.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=keep,
        args=(session, "view"),
    )
    return view


def change_sentence(change: Comparison) -> str:
    """Whether the plan changed by what was measured, as HTML with figures."""
    before, after = change.before.outcome, change.after.outcome
    if isinstance(after, Conflict):
        was = "there was one before" if isinstance(before, Plan) else "as before"
        return f"<b>No plan holds the limits</b> with what was measured ({was}): {escape(after.text)}"
    bill = f"<b>{money_interval(after.totals.monthly_cost_usd)}</b> a month"
    good = f"{share(after.totals.quality)} acceptable"
    if not isinstance(before, Plan):
        return f"<b>There is a plan now:</b> {bill}, {good}; before measuring no plan held the limits."
    moved = [one for one in change.segments if one.tools_changed]
    if not moved:
        was = share(before.totals.quality)
        return f"<b>The plan stays:</b> the same tools, {bill}, {good} (forecast before measuring: {was})."
    tools = "; ".join(
        f"{escape(one.name)} goes to <b>{escape(one.after.label)}</b>, not {escape(one.before.label)}" for one in moved
    )
    return f"<b>The plan changes:</b> {tools}. It costs {bill}{_difference(change)}, {good}."


def _difference(change: Comparison) -> str:
    if change.cost_usd is None:
        return ""
    cost = change.cost_usd
    word = "more" if cost.mean > 0 else "less"
    low, high = sorted((abs(cost.low), abs(cost.high))) if cost.low * cost.high > 0 else (cost.low, cost.high)
    least, most = money(low).removesuffix(" USD"), money(high).removesuffix(" USD")
    interval = f" ({least} to {most})" if least != most else ""
    return f", {money(abs(cost.mean))} {word} than before{interval}"


def draw_change(session: Session) -> None:
    """One sentence: did measuring change the plan; nothing before anything was measured, or where the view says it."""
    if session.measure.get("view") != "forecast" and any(
        run.finished or run.status != "running" for run in kept_runs()
    ):
        st.html(f'<p class="tp-lead">{change_sentence(plan_change(session.workload))}</p>')
