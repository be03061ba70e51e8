"""What a log says: the answer, lengths, hours, tables and what was counted out."""

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from planner.report import charts
from planner.report.format import requests
from planner.report.traffic.profile_told import tell_profile
from planner.session.traffic import LogFound
from planner.views.parts.frame import shown_mode
from planner.views.parts.pictures import draw_chart
from planner.views.parts.tables import draw_csv_button, draw_json_button, wide_table


def draw_answer(log: LogFound | None) -> None:
    """The sentence with its figures; without a log what the page is for."""
    if log is None:
        st.html(
            '<p class="tp-answer">Drop your request logs: volumes, lengths, peaks and today\'s bill become the '
            "workload, and the plan is priced on the very same requests.</p>"
            '<p class="tp-dim">Nothing leaves this machine; prompts are not read.</p>'
        )
        return
    told = tell_profile(log.profile)
    notes = "".join(f"<li>{escape(note)}</li>" for note in told.notes)
    st.html(f'<p class="tp-answer">{escape(told.answer)}</p><ul class="tp-dim">{notes}</ul>')


def draw_lengths(log: LogFound | None) -> None:
    """Histograms of the tokens of one segment."""
    if log is None or not any(part.spreads for part in log.profile.segments):
        return
    st.subheader("How long requests are", anchor=False)
    names = [part.name for part in log.profile.segments if part.spreads]
    chosen = st.selectbox("Segment", names, key="traffic.segment") if len(names) > 1 else names[0]
    part = next(one for one in log.profile.segments if one.name == chosen)
    told = f"Tokens of {requests(part.served)} served requests of {chosen}, every one counted"
    draw_chart(charts.lengths_chart(part, shown_mode()), "traffic.lengths", told)
    st.caption(f"{told}; bins grow by a constant factor.")


def draw_hours(log: LogFound | None) -> None:
    """Requests by hour of the week, of logs that span one."""
    if log is None or log.profile.volume is None or not log.profile.volume.hours_of_week.size:
        return
    st.subheader("When they come", anchor=False)
    hours = log.profile.volume.hours_of_week
    draw_chart(charts.hours_chart(hours, shown_mode()), "traffic.hours", "Share of requests by hour of the week, UTC")


def draw_tables(log: LogFound | None) -> None:
    """Segments, times, models and their bill, and what was counted out."""
    if log is None:
        return
    told = tell_profile(log.profile)
    for title, rows in (
        ("Segments", told.segments),
        ("Times as seen", told.times),
        ("Today's models and their bill", told.models),
        ("Counted out, and why", told.counted_out),
    ):
        if rows:
            st.subheader(title, anchor=False)
            draw_rows(rows)


def draw_rows(rows: Sequence[Mapping[str, str]]) -> None:
    """A table of texts; a column that tells nothing throughout is left out."""
    columns = [name for name in rows[0] if any(row[name] != "not told" for row in rows)]
    body = "".join("<tr>" + "".join(f"<td>{escape(row[name])}</td>" for name in columns) + "</tr>" for row in rows)
    st.html(wide_table([escape(name) for name in columns], body))


def draw_downloads(log: LogFound | None) -> None:
    """The page's data."""
    if log is None:
        return
    told = tell_profile(log.profile)
    with st.container(horizontal=True, gap="small"):
        draw_csv_button(told.segments, "traffic-segments")
        draw_csv_button(told.models, "traffic-models")
        draw_json_button(told.segments, "traffic")
