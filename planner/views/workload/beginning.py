"""Beginning a workload: from a sentence, or from three questions; one more kind of request by the same questions."""

from html import escape
from typing import Final

import streamlit as st

from planner.session import Session, add_segment, use_workload
from planner.views.parts.tables import stacked_table
from planner.workload.beginning import LENGTHS, SKILL_WORDS, Heard, Kind, Proposal, hear, new_workload, segment_of
from planner.workload.load import check_workload

_SENTENCE: Final = "workload.sentence"
_EXAMPLE: Final = "200 agents, 20,000 tickets a day, answers from our handbook, EU only"
_USUAL_REQUESTS: Final = 100_000


def draw_sentence(session: Session) -> None:
    """Say it in a sentence: what was understood is shown, and taken only when accepted."""
    text = st.text_area(
        "Say it in a sentence",
        key=_SENTENCE,
        height=80,
        max_chars=2000,
        placeholder=_EXAMPLE,
        help="Read by rules on this machine: how many in which time, what for, where the data may be.",
    )
    if not text.strip():
        return
    proposal = hear(text)
    if proposal is None:
        st.caption(f"How many, in which time? Say for example: {_EXAMPLE}.")
        return
    rows = "".join(_heard_row(heard) for heard in proposal.heard)
    st.html(stacked_table(("Understood", "Value", "From your words"), rows, numeric=()))
    st.button(
        "Take this as the workload",
        type="primary",
        on_click=_take,
        args=(session, proposal),
        key="workload.sentence_take",
    )


def _heard_row(heard: Heard) -> str:
    said = escape(heard.said) if heard.said else "<span class='tp-dim'>assumed: not said</span>"
    return f"<tr><td>{escape(heard.field)}</td><td>{escape(heard.value)}</td><td>{said}</td></tr>"


def _take(session: Session, proposal: Proposal) -> None:
    use_workload(session, check_workload(proposal.data, "the sentence"))
    session.segment, session.changes = "", ()


def draw_questions(session: Session, *, more: bool) -> None:
    """Three questions: what, how many, how long. `more`: a further kind of this workload, else a new one."""
    scope = "more" if more else "new"
    with st.form(f"workload.questions.{scope}", border=False):
        words = st.selectbox(
            "What should the model do?",
            SKILL_WORDS,
            format_func=lambda choice: choice.words.capitalize(),
            key=f"workload.{scope}.what",
            filter_mode=None,
        )
        name = st.text_input(
            "What do you call it?", max_chars=60, placeholder="ticket triage", key=f"workload.{scope}.name"
        )
        count = st.number_input(
            "How many a month?",
            min_value=1,
            value=_USUAL_REQUESTS,
            step=1000,
            format="%d",
            key=f"workload.{scope}.count",
        )
        usual = ["as usual for this", *(length.words for length in LENGTHS)]
        read = st.selectbox("How long is what it reads?", usual, key=f"workload.{scope}.read", filter_mode=None)
        write = st.selectbox("How long is its answer?", usual, key=f"workload.{scope}.write", filter_mode=None)
        if st.form_submit_button("Add it" if more else "Begin with this", type="primary"):
            tokens = {length.words: length.tokens for length in LENGTHS}
            kind = Kind(
                name=name.strip() or words.words,
                skill=words.skill,
                requests_per_month=count,
                input_tokens=tokens.get(read, words.prompt.tokens),
                output_tokens=tokens.get(write, words.answer.tokens),
            )
            _begin(session, kind, more=more)
            st.rerun()


def _begin(session: Session, kind: Kind, *, more: bool) -> None:
    if more:
        add_segment(session, segment_of(kind))
        return
    use_workload(session, check_workload(new_workload(kind.name.capitalize(), kind), "the questions"))
    session.segment, session.changes = "", ()
