"""Measure: is it true for our data?"""

import streamlit as st

from planner.session import current_session
from planner.views.measure import cost as measure_cost
from planner.views.measure import forecast as measure_forecast
from planner.views.measure import form as measure_form
from planner.views.measure import ideas as measure
from planner.views.measure import live as measure_live
from planner.views.measure import runs as measure_runs
from planner.views.measure.results import answers as measure_answers
from planner.views.measure.results import findings as measure_results
from planner.views.measure.results import speed as measure_speed

session = current_session()
measure.draw_answer(session)
measure.draw_change(session)
measure_live.draw_live(session)
view = measure.draw_switch(session)
if view == "ask":
    form, cost = st.columns([3, 2], gap="large")
    with form:
        asked = measure_form.draw_form(session)
    with cost:
        measure_cost.draw_cost(session, asked)
elif view == "results":
    found = measure_results.draw_results(session)
    if found is not None:
        measure_answers.draw_answers(found)
elif view == "forecast":
    measure_forecast.draw_plan_change(session)
    measure_forecast.draw_forecasts(session)
    measure_forecast.draw_checks(session)
    measure_speed.draw_speeds()
else:
    measure_runs.draw_runs(session)
    measure_runs.draw_import(session)
