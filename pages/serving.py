"""Serving: can we run it ourselves, and from when does it pay?"""

import streamlit as st

from planner.session import current_session
from planner.views.serving import answer as serving
from planner.views.serving import assumptions as serving_assumptions
from planner.views.serving import energy as serving_energy
from planner.views.serving import paths as serving_paths
from planner.views.serving import question as serving_question
from planner.views.serving import sizing as serving_sizing
from planner.views.serving import trace as serving_trace
from planner.views.serving import work as serving_work

session = current_session()
answer = st.container()
asked = serving_question.draw_question(session)
found = serving.answer_of(session, asked)
with answer:
    serving.draw_answer(asked, found)
serving.draw_picture(asked, found)
serving_paths.draw_paths(asked, found)
serving_paths.draw_break_evens(session, asked)
serving_sizing.draw_sizing(session, asked, found)
serving_sizing.draw_commands(session, found)
serving_trace.draw_trace(session, found)
serving_sizing.draw_evidence(asked, found)
serving_assumptions.draw_rests_on(session, found)
serving_energy.draw_energy(session, found)
serving_energy.draw_devices(asked)
serving_work.draw_tuning(session, asked)
serving_work.draw_retrieval(session, asked)
