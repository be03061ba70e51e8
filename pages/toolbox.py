"""Toolbox: what should we use, and what will it cost?"""

import streamlit as st

from planner.planning.plan import Plan
from planner.session import current_session
from planner.views.parts import downloads, pictures
from planner.views.toolbox import answer as toolbox
from planner.views.toolbox import certainty, conflict, segment

session = current_session()
outcome = session.outcome
toolbox.draw_answer(outcome)

if isinstance(outcome, Plan):
    toolbox.draw_status(outcome)
    toolbox.draw_totals(outcome)
    certainty.draw_certainty(session)
    flow, beside = st.columns([3, 2], gap="medium")
    with flow:
        pictures.draw_flow(outcome)
    with beside:
        pictures.draw_baselines(outcome)
    st.subheader("The tools", anchor=False)
    toolbox.draw_cards(outcome)
    front, first = st.columns([3, 2], gap="medium")
    with front:
        pictures.draw_front(session, outcome)
    with first:
        toolbox.draw_first_steps(outcome)
        toolbox.draw_warnings(outcome)
    st.subheader("Kind by kind: why this tool", anchor=False)
    segment.draw_segments(session, outcome)
    downloads.draw_plan_downloads(outcome)
else:
    conflict.draw_conflict(session, outcome)
    if session.last_plan is not None:
        st.subheader("The last plan that held", anchor=False)
        toolbox.draw_totals(session.last_plan)
        toolbox.draw_cards(session.last_plan)
