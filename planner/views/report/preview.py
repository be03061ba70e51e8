"""The Report page's parts: the preview as it will be, and what can be taken away."""

import base64
from collections.abc import Callable

import streamlit as st

from planner.planning.plan import Outcome, Plan
from planner.report.render import report_bytes
from planner.session import Session
from planner.views.toolbox.answer import draw_answer


def draw_summary(session: Session) -> None:
    """The answer of the page: what the report says, and what it was made from."""
    outcome = session.outcome
    draw_answer(outcome)
    facts = f", facts of {outcome.catalog_date}" if isinstance(outcome, Plan) else ""
    st.caption(
        f"Workload {outcome.workload_hash[:16]}, catalog {outcome.catalog_version}{facts}: both stand on every report, "
        "so that a number can be traced and the report made again."
    )


def draw_downloads(session: Session) -> None:
    """One button a format; a file is made when its button is pressed."""
    outcome = session.outcome
    stem = "".join(letter if letter.isalnum() else "-" for letter in session.workload.name.lower()).strip("-")
    with st.container(horizontal=True, gap="small"):
        _button("HTML", lambda: report_bytes(outcome, ".html"), f"{stem}.html", "text/html", primary=True)
        _button("PDF", lambda: report_bytes(outcome, ".pdf"), f"{stem}.pdf", "application/pdf")
        _button("Markdown", lambda: report_bytes(outcome, ".md"), f"{stem}.md", "text/markdown")
        _button("JSON", lambda: report_bytes(outcome, ".json"), f"{stem}.json", "application/json")
        _button("Workload YAML", session.text.encode, f"{stem}.yaml", "application/yaml")


def _button(label: str, make: Callable[[], bytes], name: str, mime: str, *, primary: bool = False) -> None:
    st.download_button(
        label,
        data=make,
        file_name=name,
        mime=mime,
        on_click="ignore",
        icon=":material/download:",
        type="primary" if primary else "secondary",
    )


def draw_preview(outcome: Outcome) -> None:
    """The HTML report as it will be, in a frame of its own origin: nothing in it can touch this page."""
    page = base64.b64encode(report_bytes(outcome, ".html")).decode()
    st.iframe(f"data:text/html;charset=utf-8;base64,{page}", height=1100, alt="Preview of the report")
