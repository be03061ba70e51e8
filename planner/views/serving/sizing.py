"""The Serving page's sizing: line by line, the commands that would measure it, the measurements behind it."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from planner.beliefs.serving.load_test import load_command, server_command
from planner.catalog.evidence.measurements import Measurement
from planner.planning.plan import Plan, PoolPlan
from planner.planning.self_hosting.answer import Answer, case_lines
from planner.planning.self_hosting.case import ServingCase
from planner.report.serving.times import TIMES_HEADING, time_rows
from planner.session import Session, the_catalog
from planner.session.serving.question import measured_like
from planner.views.parts.figures import chip, figure_html
from planner.views.parts.tables import Row, draw_csv_button, draw_json_button
from planner.views.serving.question import Asked


def draw_sizing(session: Session, asked: Asked, found: Answer | str) -> None:
    """Sizing as a table, the times at the utilisation cap beside the limits."""
    if isinstance(found, str):
        return
    case = found.case
    st.subheader("Sizing, line by line", anchor=False)
    lines = case_lines(session.workload, case)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        rows = "".join(
            f'<tr><td><b>{escape(name)}</b></td><td class="tp-wrap">{escape(text)}</td></tr>' for name, text in lines
        )
        st.html(f'<div class="tp-scroll"><table class="tp-table tp-lines">{rows}</table></div>')
        draw_csv_button([{"line": name, "how": text} for name, text in lines], "sizing")
    with right:
        _draw_times(case)
        _draw_plan_pools(session, asked)


def _draw_times(case: ServingCase) -> None:
    rows = "".join(
        f"<tr><td>{escape(row.segment)}<br><span class='tp-dim'>{row.what}</span></td>"
        f"<td>{figure_html(row.figure, row.unit)}<br><span class='tp-dim'>{escape(row.limit)}</span></td></tr>"
        for row in time_rows(case)
    )
    st.html(f'<table class="tp-table"><tr><th>{TIMES_HEADING}</th><th></th></tr>{rows}</table>')


def _draw_plan_pools(session: Session, asked: Asked) -> None:
    """What the plan itself runs on own machines, when it does."""
    plan = session.outcome
    pools: Sequence[PoolPlan] = plan.pools if isinstance(plan, Plan) else ()
    wanted = {segment.name for segment in asked.segments}
    for pool in pools:
        if wanted & set(pool.segments):
            count = f"{pool.replicas} x {pool.gpus_per_replica} {pool.gpu}"
            st.html(chip(f"The plan runs {pool.model} on {count} here", "good", "Its sizing is in the report"))


def draw_commands(session: Session, found: Answer | str) -> None:
    """The load generator's command line that measures what the sizing states."""
    if isinstance(found, str):
        return
    case, cap = found.case, session.workload.assumptions.gpu_utilisation_cap
    st.subheader("Check it yourself", anchor=False)
    st.caption(
        "On one replica: the same weights, lengths, precision and rate. It prints throughput and the time to the first "
        "token, per token and to the end at p50, p95 and p99: the figures above. $WEIGHTS is your copy of the model."
    )
    st.code(server_command(the_catalog(), case.setup), language="bash", wrap_lines=True)
    for one in case.served:
        command = load_command(
            the_catalog(),
            one.sizing,
            one.segment,
            utilisation_cap=cap,
            extra_input_tokens=one.added.sizing_tokens,
        )
        if len(case.served) > 1:
            st.caption(one.segment.name)
        st.code(command, language="bash", wrap_lines=True)


def draw_evidence(asked: Asked, found: Answer | str) -> None:
    """Published measurements of this model on this GPU, or of others on it."""
    if isinstance(found, str) or asked.question is None:
        return
    rows = measured_like(asked.question)
    gpu = found.case.setup.gpu.name
    same = [row for row in rows if row.model == asked.question.model]
    if same:
        text = f"{len(same)} published measurements of this model on {gpu}"
    elif rows:
        text = f"{len(rows)} published measurements of other models on {gpu}"
    else:
        text = f"No published measurement on {gpu}"
    with st.expander(f"Evidence: {text}", icon=":material/fact_check:"):
        st.caption(
            "The step model is fitted on all published measurements, of other GPUs too; the Evidence page and "
            "`planner validate --part serving` show how far off it is on models and GPUs it had not seen. "
            f"{found.case.setup.gpu.name}: {found.case.setup.gpu.source.url} ({found.case.setup.gpu.source.date})."
        )
        if rows:
            table = [_measured_row(row) for row in rows]
            st.dataframe(table, hide_index=True, height=260, key="serving.measured")
            with st.container(horizontal=True, gap="small"):
                draw_csv_button(table, "measurements")
                draw_json_button(table, "measurements")


def _measured_row(row: Measurement) -> Row:
    return {
        "Model": row.model,
        "GPUs": row.gpus,
        "Engine": f"{row.engine} {row.version}".strip(),
        "Precision": row.precision,
        "Batch": row.batch,
        "Input": row.input_tokens,
        "Output": row.output_tokens,
        "TPOT, ms": row.tpot_ms,
        "TTFT, ms": row.ttft_ms,
        "Tokens/s": row.throughput_tok_s,
        "J per token": row.energy_j_per_token,
        "Source": row.source_id,
    }
