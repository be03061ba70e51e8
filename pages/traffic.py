"""Traffic: what do we really send?"""

import streamlit as st

from planner.session import current_session
from planner.views.traffic import found, replayed, source

session = current_session()
answer = st.container()
asked = source.draw_source()
log = source.read_asked(session, asked)
with answer:
    found.draw_answer(log)
replayed.draw_replay(log)
found.draw_lengths(log)
found.draw_hours(log)
found.draw_tables(log)
source.draw_accept(session, log)
found.draw_downloads(log)
