"""The same requests on the plan: today's bill beside it, times, tiers by hour."""

import streamlit as st

from planner.errors import InputError
from planner.report.traffic.replay_told import tell_replay
from planner.session.traffic import LogFound
from planner.views.traffic.found import draw_rows


def draw_replay(log: LogFound | None) -> None:
    """Today's money beside the plan's; why not, where the plan does not know the log's segments."""
    if log is None or log.replay is None:
        return
    st.subheader("The same requests on the plan", anchor=False)
    if isinstance(log.replay, InputError):
        st.caption(
            "The plan that is open is for other segments. Take the log as the workload, below: then it is priced here."
        )
        return
    told = tell_replay(log.replay)
    st.markdown(f"**{told.answer}**")
    for note in told.notes:
        st.caption(note)
    draw_rows(told.segments)
    for title, rows in (("Limits to ask for", told.limits), ("Tiers by hour of the day", told.tiers)):
        if rows:
            with st.expander(title):
                draw_rows(rows)
