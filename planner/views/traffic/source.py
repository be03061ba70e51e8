"""The Traffic page's question: which log, how it is read; and its end: take it as the workload."""

import streamlit as st

from planner.errors import InputError
from planner.report.format import requests
from planner.session import Session, use_workload
from planner.session.traffic import LogAsked, LogFound, Upload, read_log
from planner.terms import SKILLS
from planner.views.parts.frame import draw_error
from planner.workload.schema import Workload

_TYPES = ["csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet", "gz", "zst"]


def draw_source() -> LogAsked:
    """Drop files or name them; say what the log cannot."""
    uploads = st.file_uploader(
        "Request logs: Parquet, CSV, JSON lines, plain or packed (.gz, .zst)",
        type=_TYPES,
        accept_multiple_files=True,
        key="traffic.files",
        max_upload_size=200,
        help="LiteLLM, OpenTelemetry, Langfuse, Helicone, OpenRouter, OpenAI and Anthropic usage, Azure, Mooncake, "
        "BurstGPT, or plain columns. Read here and kept nowhere.",
    )
    with st.expander("Larger logs, and what a log cannot tell"):
        named = st.text_input(
            "Files on this machine, a glob, or a database's URL",
            key="traffic.paths",
            placeholder="logs/2026-11-*.parquet",
            help="Read where they lie, at any size; postgresql://HOST/DB reads LiteLLM's own table",
        )
        by = st.text_input("Column that tells segments apart", key="traffic.by", placeholder="the format's own")
        month = st.number_input(
            "Requests a month (0: as the log tells)", min_value=0, max_value=10**12, value=0, key="traffic.month"
        )
        skill = st.selectbox("What requests exercise", SKILLS, index=None, key="traffic.skill", placeholder="not known")
    return LogAsked(
        uploads=tuple(Upload(one.name, one.getvalue()) for one in uploads or ()),
        paths=tuple(named.split()),
        by=by.strip() or None,
        requests_per_month=float(month) or None,
        skill=skill,
    )


def read_asked(session: Session, asked: LogAsked) -> LogFound | None:
    """What the log says; None where there is none yet or it cannot be read, which is said."""
    if not asked.uploads and not asked.paths:
        return None
    try:
        with st.spinner("Reading the log …", show_time=True):
            return read_log(session, asked)
    except InputError as error:
        draw_error(error)
        return None


def draw_accept(session: Session, log: LogFound | None) -> None:
    """Take what the log says as the workload, what is assumed told beside it."""
    if log is None:
        return
    st.subheader("Plan with it", anchor=False)
    workload = log.workload
    if isinstance(workload, InputError):
        draw_error(workload)
        return
    for item in workload.assumed:
        st.caption(f"Assumed: {item.path.removeprefix('segments.')}. {item.reason}")
    total = sum(part.requests_per_month for part in workload.segments)
    st.button(
        f"Take it as the workload: {requests(total)} requests a month",
        type="primary",
        key="traffic.accept",
        on_click=_take,
        args=(session, workload),
        help="Replaces the workload that is open; its YAML is on the Workload page",
    )


def _take(session: Session, workload: Workload) -> None:
    use_workload(session, workload)
    session.note = "The workload is now what your log says: see the Workload page for what it assumes."
