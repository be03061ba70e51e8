"""The Serving page's tables of money: every path at the planned volume, and from when it pays kind by kind."""

from html import escape

import streamlit as st

from planner.planning.self_hosting.answer import Answer
from planner.planning.self_hosting.break_even import Lens
from planner.planning.self_hosting.case import Question
from planner.report.format import number, percent, requests
from planner.report.serving.paths import PathRow, path_rows
from planner.report.serving.text import state_text
from planner.session import Session
from planner.session.serving.question import answer_for, question_for, sharing
from planner.views.parts.figures import figure_html, interval_bar
from planner.views.parts.tables import draw_csv_button, draw_json_button, wide_table
from planner.views.serving.question import Asked


def draw_paths(asked: Asked, found: Answer | str) -> None:
    """What each path costs at the planned volume, how many machines, how idle they are, who waits."""
    if isinstance(found, str):
        return
    case = found.case
    st.subheader("At the planned volume", anchor=False)
    rows = path_rows(case, asked.lens)
    highest = max(row.cost.high for row in rows)
    body = "".join(_row_html(row, highest) for row in rows)
    st.html(wide_table(("Path", "USD a month", "", "Per 1,000", "Machines", "Idle", "Waiting"), body, numeric=(3, 5)))
    with st.container(horizontal=True, gap="small"):
        data = [row.data for row in rows]
        draw_csv_button(data, "paths")
        draw_json_button(data, "paths")


def _row_html(row: PathRow, highest: float) -> str:
    idle = "" if row.idle is None else percent(row.idle.mean)
    return (
        f"<tr><td>{escape(row.path)}</td><td>{figure_html(row.cost, 'usd')}</td>"
        f"<td style='min-width:90px'>{interval_bar(row.cost, 0.0, highest)}</td>"
        f'<td class="tp-num">{number(row.per_1000.mean)}</td><td>{escape(row.machines)}</td>'
        f'<td class="tp-num">{idle}</td><td class="tp-dim">{escape(row.wait)}</td></tr>'
    )


def draw_break_evens(session: Session, asked: Asked) -> None:
    """From which volume it pays for each kind of request alone, and for all that could share the machines."""
    question = asked.question
    if question is None or len(session.workload.segments) < 2:
        return
    st.subheader("Kind by kind, and together", anchor=False)
    names = tuple(segment.name for segment in sharing(session.workload, question.model, question.precision))
    groups: list[tuple[str, tuple[str, ...]]] = [(one.name, (one.name,)) for one in session.workload.segments]
    if len(names) > 1:
        groups.append((f"{len(names)} kinds on one pool", names))
    rows = [_group_row(session, label, question, group, asked.lens) for label, group in groups]
    body = "".join(
        f"<tr><td>{escape(row['kind'])}<br><span class='tp-dim'>{escape(row['note'])}</span></td>"
        f"<td class='tp-num'>{escape(row['planned'])}</td>"
        f"<td>{escape(row['rented'])}</td><td>{escape(row['owned'])}</td></tr>"
        for row in rows
    )
    st.html(wide_table(("Kind of request", "Planned", "Rented pays", "Owned pays"), body, numeric=(1,)))
    st.caption(
        "Requests a month, each against the same API. One pool: the kinds whose rules let the model serve them and for "
        "which it is likely good enough; their busiest hours are taken to fall together."
    )
    draw_csv_button(rows, "break-evens")


def _group_row(session: Session, label: str, question: Question, names: tuple[str, ...], lens: Lens) -> dict[str, str]:
    own, may = question_for(session.workload, question, names)
    found = answer_for(session.workload, own, lens)
    if isinstance(found, str):
        return {"kind": label, "planned": "", "rented": found, "owned": "", "note": ""}
    notes = [] if may else ["this API may not serve it"]
    if own.rent is not None and own.rent != question.rent:
        notes.append(f"rented in {own.rent.region}, as its data rules ask")
    return {
        "kind": label,
        "planned": requests(found.case.demand.requests_per_month),
        "rented": state_text(found.rented) if found.rented is not None else "not rented: no allowed place has a price",
        "owned": state_text(found.owned) if found.owned is not None else "no price to buy it at",
        "note": "; ".join(notes),
    }
