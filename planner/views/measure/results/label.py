"""The blind page: one answer at a time, without its model's name; acceptable or not, by key or click."""

from typing import Final

import streamlit as st

from planner.errors import PlannerError
from planner.resources import pages_dir
from planner.session import Session
from planner.session.measuring.labelling import Labelling, keep_label, labelling_of
from planner.session.measuring.results import RunResults, run_results
from planner.session.measuring.runs import kept_runs
from planner.views.measure.choice import pick
from planner.views.measure.results.answers import asked_text, said_block
from planner.views.parts.frame import draw_error

_WHO: Final = "label.who"
_SKIPPED: Final = "label.skipped"
_LAST: Final = "label.last"


def draw_labelling(session: Session) -> None:
    """The run, the person, the next answer."""
    runs = {run.id: run for run in kept_runs()}
    if not runs:
        st.html('<p class="tp-answer">There are <b>0</b> answers to label: nothing has been measured yet.</p>')
        _draw_back(session)
        return
    answer = st.container()
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        chosen = pick(
            session, "run", "Answers of", list(runs), next(iter(runs)), lambda name: _blind(runs[name].suite, name)
        )
        who = st.text_input("Your name", "me", key=_WHO, persist_state="session", width=180, max_chars=40)
    try:
        found = run_results(chosen)
    except PlannerError as error:
        draw_error(error)
        return
    state = labelling_of(found, who, st.session_state.get(_SKIPPED, []))
    with answer:
        _draw_standing(state)
    if state.left:
        _draw_next(found, state)
    _draw_back(session)


def _blind(suite: str, run_id: str) -> str:
    """A run without the names of its models."""
    return f"{suite}, {run_id}"


def _draw_standing(state: Labelling) -> None:
    if not state.total:
        text = "This run has <b>0</b> answers yet."
    elif state.left:
        text = f"<b>{len(state.done)} of {state.total}</b> answers are labelled; which model gave them is not shown."
    else:
        text = f"All <b>{state.total}</b> answers are labelled. Measure shows how far the grader agrees with you."
    st.html(f'<p class="tp-answer">{text}</p>')


def _draw_next(found: RunResults, state: Labelling) -> None:
    one = state.left[0]
    number = one.attempt.id or 0
    item = next((item for item in found.suite.items if item.id == one.attempt.item), None)
    with st.container(horizontal=True, gap="small", key="label.keys"):
        _verdict_button("Acceptable", "a", number, state.who, acceptable=True)
        _verdict_button("Not acceptable", "n", number, state.who, acceptable=False)
        st.button("Skip", key="label.skip", shortcut="s", on_click=_skip, args=(number,), type="tertiary")
        last = st.session_state.get(_LAST)
        if last is not None and any(done.attempt.id == last[0] for done in state.done):
            word = "not acceptable" if last[1] else "acceptable"
            st.button(
                f"Change the last to {word}",
                key="label.undo",
                shortcut="u",
                on_click=_label,
                args=(last[0], state.who, not last[1]),
                type="tertiary",
            )
    left, right = st.columns(2, gap="medium")
    with left:
        st.html(said_block("Asked", asked_text(found.suite, item, one.attempt.condition)))
    with right:
        st.html(said_block("Answered", (one.attempt.answer or "").strip() or "(nothing)"))
        if item is not None and item.reference is not None:
            st.html(said_block("Right would be", str(item.reference)))


def _verdict_button(label: str, key: str, number: int, who: str, *, acceptable: bool) -> None:
    st.button(
        label,
        key=f"label.{key}",
        shortcut=key,
        on_click=_label,
        args=(number, who, acceptable),
        type="primary" if acceptable else "secondary",
        icon=":material/check:" if acceptable else ":material/close:",
    )


def _label(number: int, who: str, acceptable: bool) -> None:
    try:
        keep_label(number, who, acceptable=acceptable)
    except PlannerError as error:
        draw_error(error)
        return
    st.session_state[_LAST] = (number, acceptable)


def _skip(number: int) -> None:
    st.session_state[_SKIPPED] = [*st.session_state.get(_SKIPPED, []), number]


def _draw_back(session: Session) -> None:
    if st.button("Back to the results", key="label.back", icon=":material/arrow_back:"):
        session.measure["view"] = "results"
        st.switch_page(str(pages_dir() / "measure.py"))
