"""What doubt costs: three ways side by side, the curve as steps, the limits that cost most."""

from html import escape

import streamlit as st

from planner.planning.plan import Plan
from planner.report.certainty_text import cliff_lines, curve_lines, ways_lines
from planner.session import Session, certain_plan
from planner.views.toolbox.answer import bold_figures


def draw_certainty(session: Session) -> None:
    """What certainty costs; worked out when it is opened, since it asks for many more plans."""
    panel = st.expander(
        "Safe, measured first or try first: what certainty costs",
        key="toolbox.certainty",
        on_change="rerun",
        icon=":material/balance:",
    )
    if panel.open:
        with panel:
            _draw_ways(session)


def _draw_ways(session: Session) -> None:
    """Safe, measured first and try first side by side, the curve, the cliffs."""
    plan = certain_plan(session.workload)
    if not isinstance(plan, Plan) or not plan.certainty:
        return
    cards = "".join(
        f'<div class="tp-card tp-way"><h4>{escape(way)}</h4><div>{bold_figures(text)}</div></div>'
        for way, text in ways_lines(plan)
    )
    st.html(f'<div class="tp-cards" data-testid="ways">{cards}</div>')
    curve, cliffs = st.columns(2, gap="medium")
    with curve:
        st.html(f'<b class="tp-small">What certainty costs</b>{_list(curve_lines(plan))}')
    if plan.cliffs:
        with cliffs:
            st.html(f'<b class="tp-small">Limits that cost most</b>{_list(cliff_lines(plan))}')


def _list(lines: tuple[str, ...]) -> str:
    return '<ul class="tp-list tp-small">' + "".join(f"<li>{bold_figures(line)}</li>" for line in lines) + "</ul>"
