"""Models: what is there, and what is it good for?"""

import streamlit as st

from planner.session import current_session
from planner.session.browsing import priced_models
from planner.views.models import one_model as model_page
from planner.views.models import overview as models

session = current_session()
answer = st.container()
asked = models.draw_question(session)
rows = models.draw_filters(priced_models(asked))
with answer:
    models.draw_answer(rows, asked)
models.draw_picture(session, rows)
models.draw_table(session, rows)
model_page.draw_model(session)
