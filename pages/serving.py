"""Serving: can we run it ourselves, and from when does it pay?"""

import streamlit as st

from planner.session import current_session
from planner.views import (
    serving,
    serving_assumptions,
    serving_energy,
    serving_paths,
    serving_question,
    serving_sizing,
    serving_trace,
    serving_work,
)

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
