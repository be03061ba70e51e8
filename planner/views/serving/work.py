"""The Serving page's work around a model: what tuning it costs, and what searching one's documents costs."""

from html import escape

import streamlit as st

from planner.beliefs.cost.api import volume_factor
from planner.beliefs.cost.retrieval import RetrievalLine, retrieval_lines
from planner.beliefs.cost.tuning_jobs import TuningJob, adapter_megabytes, tuning_jobs
from planner.planning.wording import figure_of
from planner.report.format import number
from planner.session import Session, the_catalog
from planner.session.serving.question import retrieval_of, sharing
from planner.views.parts.figures import figure_html, mark
from planner.views.parts.tables import Row, draw_csv_button, wide_table
from planner.views.serving.question import Asked
from planner.workload.schema import Segment


def draw_tuning(session: Session, asked: Asked) -> None:
    """Jobs by method, how often, and what many adapters on one pool take; where there are labels."""
    catalog = the_catalog()
    model = catalog.models[asked.model]
    shown = [segment for segment in asked.segments if segment.training.labelled_examples > 0]
    if not shown:
        return
    st.subheader("Tuning it", anchor=False)
    for segment in shown:
        jobs = tuning_jobs(catalog, model, segment, session.workload.assumptions)
        if not jobs:
            st.caption(f"{model.name} cannot be tuned on its weights, and no provider names a price for it.")
            return
        _draw_jobs(segment, jobs)
    _draw_adapters(session, asked)


def _draw_jobs(segment: Segment, jobs: tuple[TuningJob, ...]) -> None:
    first = jobs[0]
    again = segment.training.retrain_per_year
    st.caption(
        f"{segment.name}: {segment.training.labelled_examples:,} examples make {first.mtok:,.1f} million trained "
        f"tokens a job; {number(again)} retrainings a year, {number(first.jobs_per_month)} jobs a month with the first "
        "one spread over the months of amortisation. People's hours come on top, in the full cost."
    )
    body = "".join(_job_row(job) for job in jobs)
    st.html(wide_table(("Method", "Where", "GPU hours a job", "A job", "A month"), body))
    draw_csv_button([_job_data(job) for job in jobs], f"tuning-{segment.name}")


def _job_row(job: TuningJob) -> str:
    hours = "by the token" if job.gpu_hours is None else figure_html(figure_of(job.gpu_hours, job.number_class), "")
    cost = figure_html(figure_of(job.job_usd, job.number_class), "usd")
    month = figure_html(figure_of(job.job_usd * job.jobs_per_month, job.number_class), "usd")
    where = f'<span title="{escape(job.source)}">{escape(job.where)}</span>'
    return f"<tr><td>{job.method}</td><td>{where}</td><td>{hours}</td><td>{cost}</td><td>{month}</td></tr>"


def _job_data(job: TuningJob) -> Row:
    cost = figure_of(job.job_usd)
    return {
        "method": job.method,
        "where": job.where,
        "million tokens a job": job.mtok,
        "GPU hours a job": None if job.gpu_hours is None else float(job.gpu_hours.mean()),
        "USD a job": cost.mean,
        "USD a job, low": cost.low,
        "USD a job, high": cost.high,
        "jobs a month": job.jobs_per_month,
        "class": job.number_class,
        "source": job.source,
    }


def _draw_adapters(session: Session, asked: Asked) -> None:
    """Several tuned kinds on one copy of the weights."""
    size = adapter_megabytes(the_catalog().models[asked.model])
    able = {segment.name for segment in sharing(session.workload, asked.model, asked.precision)}
    tuned = [s.name for s in session.workload.segments if s.training.labelled_examples > 0 and s.name in able]
    if size is None or len(tuned) < 2:
        return
    st.html(
        f'<p class="tp-small">{len(tuned)} kinds have labels ({escape(", ".join(tuned))}): one pool serves them from '
        f"one copy of the weights and an adapter of about {number(size)} MB each{mark('assumed')} (LoRA of rank 16), "
        "so they share replicas instead of needing a pool each.</p>"
    )


def draw_retrieval(session: Session, asked: Asked) -> None:
    """Chunks, embedding, store, changes, longer prompts, a reranker; where there are documents."""
    catalog = the_catalog()
    for segment in asked.segments:
        found = retrieval_of(segment)
        if found is None:
            continue
        offer = asked.question.offer if asked.question is not None else None
        lines = retrieval_lines(
            catalog,
            segment,
            found.embedder,
            found.store,
            offer,
            session.workload.assumptions,
            volume=volume_factor(session.workload),
        )
        st.subheader(f"Searching the documents of {segment.name}", anchor=False)
        body = "".join(_line_row(line) for line in lines)
        st.html(wide_table(("Part", "USD a month", "How"), body))
        st.caption("The same on every path but for the longer prompts, which own machines pay in time. People apart.")
        draw_csv_button([_line_data(line) for line in lines], f"retrieval-{segment.name}")


def _line_row(line: RetrievalLine) -> str:
    dim = "" if line.planned else ' class="tp-dim"'
    money = "" if not line.usd.any() else figure_html(figure_of(line.usd, line.number_class), "usd")
    return (
        f"<tr{dim}><td>{escape(line.name)}</td><td>{money}</td>"
        f'<td class="tp-dim" title="{escape(line.source)}">{escape(line.how)}{mark(line.number_class)}</td></tr>'
    )


def _line_data(line: RetrievalLine) -> Row:
    usd = figure_of(line.usd)
    return {
        "part": line.name,
        "USD a month": usd.mean,
        "low": usd.low,
        "high": usd.high,
        "planned": line.planned,
        "how": line.how,
        "class": line.number_class,
        "source": line.source,
    }
