"""What-if: when would we decide otherwise?"""

import streamlit as st

from planner.session import current_session
from planner.views.what_if import comparison as what_if
from planner.views.what_if import scenarios, sliders

session = current_session()
comparison = what_if.draw_answer(session)
moves, shows = st.columns([1, 3], gap="large")
with moves:
    sliders.draw_sliders(session)
    what_if.draw_take_over(session)
with shows:
    if comparison is not None:
        what_if.draw_comparison(comparison)
        what_if.draw_strip(session)
scenarios.draw_scenarios(session)
what_if.draw_tornado(session)
