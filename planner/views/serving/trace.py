"""The Serving page's replay: the user's own trace of requests on the pool that is shown."""

from html import escape
from typing import Final

import streamlit as st

from planner.errors import InputError
from planner.planning.self_hosting.answer import Answer
from planner.planning.self_hosting.trace import TraceCase
from planner.report import charts
from planner.report.format import milliseconds
from planner.report.serving.trace import TraceRow, burst_sentence, replicas_text, trace_rows, trace_sentence
from planner.report.svg.plan import ink_of
from planner.report.svg.trace import wait_curves, wait_svg
from planner.session import Session
from planner.session.serving.question import replay_of
from planner.views.parts.frame import draw_error, shown_mode
from planner.views.parts.pictures import draw_chart
from planner.views.parts.tables import Row, draw_csv_button, draw_json_button, draw_svg_button, wide_table

_UPLOAD: Final = "serving.trace"
_NAME: Final = "trace-replay"


def draw_trace(session: Session, found: Answer | str) -> None:
    """Upload, the sentence, the picture with its spread, all percentiles as a table."""
    if isinstance(found, str):
        return
    st.subheader("Replay your own traffic", anchor=False)
    st.caption(
        "A trace of requests is served by a simulation of this pool: the same replicas and step times, the trace's "
        "moments and lengths, at its own rate and sped up to the planned busiest hour. It is kept nowhere."
    )
    upload = st.file_uploader(
        "Trace: CSV (TIMESTAMP, ContextTokens, GeneratedTokens) or JSON lines (timestamp, input_length, output_length)",
        type=["csv", "jsonl"],
        key=_UPLOAD,
    )
    if upload is None:
        return
    try:
        with st.spinner("Replaying the trace …", show_time=True):
            case = replay_of(session.workload, found, upload.name, upload.getvalue())
    except InputError as error:
        draw_error(error)
        return
    if isinstance(case, str):
        st.html(f"<p>The trace cannot be replayed: {escape(case)}.</p>")
        return
    _draw_replay(case)


def _draw_replay(case: TraceCase) -> None:
    st.html(f"<p><b>{escape(trace_sentence(case))}</b></p><p class='tp-dim'>{escape(burst_sentence(case))}</p>")
    curves, limit, mode = wait_curves(case), case.ttft_p95_ms, shown_mode()
    draw_chart(charts.wait_chart(curves, limit, mode), "serving.trace.chart", trace_sentence(case))
    st.caption(
        f"Simulated on {replicas_text(case.replicas)} at the mean speeds of the fit, up to {case.max_batch} at once; "
        "bands hold 90 % of the speeds' draws. Diamonds: the formula for the trace's lengths and bursts."
        + ("" if limit is None else " Dotted: the limit.")
    )
    rows = trace_rows(case)
    body = "".join(_row_html(row) for row in rows)
    st.html(wide_table(("Rate", "Time", "", "Replayed", "Fast to slow speeds", "Formula", "Limit"), body))
    with st.container(horizontal=True, gap="small"):
        data = [_data(row) for row in rows]
        draw_csv_button(data, _NAME)
        draw_json_button(data, _NAME)
        draw_svg_button(lambda: wait_svg(curves, limit, ink_of(mode)), _NAME)


def _row_html(row: TraceRow) -> str:
    formula, limit = ("" if one is None else milliseconds(one) for one in (row.formula_ms, row.limit_ms))
    return (
        f"<tr><td>{escape(row.rate)}</td><td>{row.what}</td><td>{row.percentile}</td>"
        f"<td><b>{milliseconds(row.replayed_ms)}</b></td>"
        f"<td class='tp-dim'>{milliseconds(row.fast_ms)} to {milliseconds(row.slow_ms)}</td>"
        f"<td>{formula}</td><td>{limit}</td></tr>"
    )


def _data(row: TraceRow) -> Row:
    return {
        "rate": row.rate,
        "time": row.what,
        "percentile": row.percentile,
        "replayed, ms": row.replayed_ms,
        "fast speeds, ms": row.fast_ms,
        "slow speeds, ms": row.slow_ms,
        "formula, ms": row.formula_ms,
        "limit, ms": row.limit_ms,
    }
