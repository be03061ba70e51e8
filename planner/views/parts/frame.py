"""What stands around every page: the style, the workload looked at, and what must be said once."""

from html import escape

import streamlit as st

from planner.errors import PlannerError
from planner.report.months import month_note, volume_told
from planner.report.theme import Mode
from planner.session import Session, current_session, example_names, example_text, show_value, use_text
from planner.views.parts.figures import alert
from planner.views.parts.style import DARK_STYLE, STYLE

_OWN = "own"
_SWITCH = "frame.workload"


def draw_frame() -> None:
    """Style, and the line that says which workload all pages speak of."""
    st.html(STYLE + DARK_STYLE if shown_mode() == "dark" else STYLE)
    session = current_session()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="frame"):
        _draw_switch(session)
        count = len(session.workload.segments)
        kinds = f"{count} kinds of request" if count > 1 else "1 kind of request"
        st.caption(f"{kinds}, {volume_told(session.workload)}", help=month_note(session.workload), width="content")
    if session.note:
        st.info(session.note, icon=":material/info:")
    if session.problems:
        what = "<b>The workload has an error, so the last good one is shown.</b>"
        st.html(alert(f"{what} {escape(str(session.problems[0]))}"))


def _draw_switch(session: Session) -> None:
    options = [*example_names()] if session.origin else [_OWN, *example_names()]
    show_value(_SWITCH, session.origin or _OWN)
    st.selectbox(
        "Workload",
        options,
        key=_SWITCH,
        format_func=lambda name: session.workload.name if name == (session.origin or _OWN) else title_of(name),
        on_change=_switch,
        args=(session,),
        label_visibility="collapsed",
        width=300,
        filter_mode=None,
    )


def _switch(session: Session) -> None:
    name = st.session_state[_SWITCH]
    if name != _OWN:
        open_example(session, name)


def open_example(session: Session, name: str) -> None:
    """Take an example, and leave behind what was chosen in the workload before."""
    use_text(session, example_text(name), name)
    session.segment, session.changes = "", ()


def title_of(example: str) -> str:
    """An example's id as words: 'support-desk-eu' to 'Support desk eu'."""
    return example.replace("-", " ").capitalize()


def shown_mode() -> Mode:
    """Whether the browser shows the light or the dark theme."""
    return "dark" if st.context.theme.type == "dark" else "light"


def draw_error(error: PlannerError) -> None:
    """An error that a page could not go on from, as one line."""
    st.html(alert(escape(str(error))))
