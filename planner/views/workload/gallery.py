"""The Workload page's parts: gallery, upload and paste, and the YAML beside the form."""

from html import escape
from typing import Final

import streamlit as st

from planner.errors import InputError
from planner.report.format import requests
from planner.report.months import volume_of, volume_told
from planner.session import Session, edit_values, example_names, example_text, redo, show_value, undo, use_text
from planner.session.state import link_is_local
from planner.views.parts.figures import alert
from planner.views.parts.frame import open_example, title_of
from planner.views.parts.tables import Row, draw_csv_button, draw_json_button
from planner.workload.load import parse_workload
from planner.workload.schema import Segment
from planner.workload.yaml_text import decode_text

_YAML: Final = "workload_yaml"
_UPLOAD: Final = "workload.upload"
_LARGEST: Final = 2_000_000


def draw_summary(session: Session) -> None:
    """The answer of the page: what is asked, and how much of it nobody said."""
    workload = session.workload
    volume = volume_of(workload)
    areas = sorted({area for segment in workload.segments for area in segment.data.residency or ()})
    where = f", processed in {' or '.join(area.upper() for area in areas)}" if areas else ""
    own = any(not segment.data.may_leave_premises for segment in workload.segments)
    premises = "; some of it never leaves your machines" if own else ""
    kinds = len(workload.segments)
    first, grown = "a month", ""
    if volume.grows:
        grown = f" Over {volume.months} months an average one has <b>{requests(volume.average)}</b>."
        first = "in the first month"
    st.html(
        f'<p class="tp-answer"><b>{requests(volume.first)}</b> requests {first} of '
        f"<b>{kinds}</b> {'kinds' if kinds > 1 else 'kind'}{where}{premises}.{grown}</p>"
    )
    if link_is_local(session):
        st.caption("This workload is too long for a link: the address works as long as this program runs, here alone.")


def draw_steps(session: Session) -> None:
    """Undo and redo."""
    with st.container(horizontal=True, gap="small"):
        st.button("Undo", on_click=undo, args=(session,), icon=":material/undo:", disabled=not session.past)
        st.button("Redo", on_click=redo, args=(session,), icon=":material/redo:", disabled=not session.future)


def draw_gallery(session: Session) -> None:
    """The examples as cards, and the ways to bring one's own."""
    grid = st.grid(4, min_column_width=210)
    for name in example_names():
        workload = parse_workload(example_text(name), name)
        with grid.cell(), st.container(border=True, height="stretch"):
            count = len(workload.segments)
            kinds = f"{count} {'kinds' if count > 1 else 'kind'}, {volume_told(workload)}"
            told = f"{kinds}<br>{escape(_blurb(name))}"
            st.html(f"<b>{escape(workload.name)}</b><br><span class='tp-dim tp-small'>{told}</span>")
            st.button(
                "Open" if name != session.origin else "Opened",
                key=f"gallery.{name}",
                on_click=open_example,
                args=(session, name),
                disabled=name == session.origin,
                help=title_of(name),
            )


def _blurb(name: str) -> str:
    """First sentence of the comment that an example begins with."""
    lines = example_text(name).splitlines()
    comment = " ".join(
        line.lstrip("# ") for line in lines[: next((n for n, line in enumerate(lines) if line[:1] != "#"), 0)]
    )
    return comment.split(". ")[0].rstrip(".") + "." if comment else ""


def draw_upload(session: Session) -> None:
    """Upload of a workload file; pasting is what the editor is for."""
    st.file_uploader(
        "A workload file (YAML); to paste one, use the editor below",
        type=["yaml", "yml"],
        key=_UPLOAD,
        on_change=_take_upload,
        args=(session,),
        max_upload_size=2,
    )


def _take_upload(session: Session) -> None:
    upload = st.session_state[_UPLOAD]
    if upload is None:
        return
    try:
        use_text(session, decode_text(upload.getvalue(), upload.name, _LARGEST))
    except InputError as error:
        session.problems = (error,)


def draw_yaml(session: Session) -> None:
    """The YAML, editable; what is wrong with it in lines beneath."""
    show_value(_YAML, session.text)
    st.text_area(
        "The same as YAML, editable",
        key=_YAML,
        height=620,
        on_change=_take_text,
        args=(session,),
        help="Press Ctrl+Enter, or leave the box, to plan anew",
    )
    for problem in session.problems:
        where = f"<b>{escape(problem.field)}</b>: " if problem.field else ""
        said = f"found {escape(problem.found)}; allowed: {escape(problem.allowed)}"
        st.html(alert(where + said))
    with st.container(horizontal=True):
        if session.problems:
            st.button("Back to the last good one", on_click=_take_back, args=(session,), icon=":material/undo:")
        st.download_button(
            "Save YAML",
            session.text,
            file_name="workload.yaml",
            mime="application/yaml",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
        )


def _take_text(session: Session) -> None:
    use_text(session, st.session_state[_YAML])


def _take_back(session: Session) -> None:
    edit_values(session, {})


def draw_downloads(session: Session) -> None:
    """The page's data."""
    with st.container(horizontal=True, gap="small"):
        draw_csv_button([_segment_row(segment) for segment in session.workload.segments], "workload-segments")
        draw_json_button(session.workload, "workload")


def _segment_row(segment: Segment) -> Row:
    return {
        "segment": segment.name,
        "skill": segment.skill,
        "requests, first month": segment.requests_per_month,
        "input tokens, mean": segment.input_tokens.mean,
        "output tokens, mean": segment.output_tokens.mean,
        "shared prefix, tokens": segment.shared_prefix_tokens,
        "processed in": " ".join(segment.data.residency or ()),
        "may leave premises": segment.data.may_leave_premises,
    }
