"""Workload: what do we need?"""

import streamlit as st

from planner.session import current_session
from planner.views.workload import anchors, assumptions, beginning, samples
from planner.views.workload import form as workload_form
from planner.views.workload import gallery as workload

session = current_session()
workload.draw_summary(session)

begin = st.expander(
    "New workload: say it, answer three questions, open an example or a file",
    key="workload.begin",
    on_change="rerun",
    icon=":material/folder_open:",
)
if begin.open:
    with begin:
        said, asked = st.columns(2, gap="medium")
        with said:
            beginning.draw_sentence(session)
            workload.draw_upload(session)
        with asked:
            beginning.draw_questions(session, more=False)
        workload.draw_gallery(session)
workload.draw_steps(session)

form, yaml = st.columns([3, 2], gap="medium")
with form:
    segment = workload_form.draw_segment_switch(session)
    more = st.expander("Add a kind of request", key="workload.more", on_change="rerun", icon=":material/add:")
    if more.open:
        with more:
            beginning.draw_questions(session, more=True)
    each, hard, tokens, whole = st.tabs(
        ["This kind of request", "How good, how hard", "Samples", "The whole"], key="workload.tab", on_change="rerun"
    )
    if each.open:
        with each:
            workload_form.draw_segment_form(session, segment)
    if hard.open:
        with hard:
            anchors.draw_anchor(session, segment)
    if tokens.open:
        with tokens:
            samples.draw_samples(session, segment)
    if whole.open:
        with whole:
            workload_form.draw_whole_form(session)
with yaml:
    workload.draw_yaml(session)

st.subheader("What nobody said", anchor=False)
assumptions.draw_assumptions(session)
workload.draw_downloads(session)
