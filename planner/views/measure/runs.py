"""Past runs: a table, one to open, files out and in."""

from collections.abc import Callable
from html import escape
from typing import Final

import streamlit as st

from planner.errors import PlannerError
from planner.report.format import money
from planner.session import Session, measured_anew, the_store
from planner.session.measuring.results import file_of_run, run_results, take_run_file
from planner.session.measuring.runs import kept_runs, standing_of
from planner.store.attempts import answered_counts
from planner.store.records import Run
from planner.store.runs import spending
from planner.views.measure.live import draw_resume, run_words
from planner.views.measure.results.findings import result_row
from planner.views.parts.frame import draw_error
from planner.views.parts.tables import Row, draw_csv_button, draw_json_button

_TABLE: Final = "measure.runs"
_TALL: Final = 10
_IMPORT: Final = "measure.import"


def draw_runs(session: Session) -> None:
    """All runs; a line opens one."""
    runs = kept_runs()
    if not runs:
        st.info("No runs yet: begin one, or import a file that this program exported.", icon=":material/history:")
        return
    rows = run_rows(runs)
    st.dataframe(
        rows,
        key=_TABLE,
        hide_index=True,
        on_select=lambda: _open(session, runs),
        selection_mode="single-row",
        height="auto" if len(rows) < _TALL else 380,
        column_config={
            "Spent, USD": st.column_config.NumberColumn(format="%.4g"),
            "Budget, USD": st.column_config.NumberColumn(format="%.4g"),
        },
    )
    st.caption("Click a line to open its results.")
    with st.container(horizontal=True, gap="small"):
        draw_csv_button(rows, "runs")
        draw_json_button(rows, "runs")
    chosen = next((run for run in runs if run.id == session.measure.get("run")), runs[0])
    _draw_files(session, chosen)


def run_rows(runs: tuple[Run, ...]) -> list[Row]:
    """One line a run, the newest first."""
    counts = answered_counts(the_store())
    return [
        {
            "Begun (UTC)": f"{run.created:%Y-%m-%d %H:%M}",
            "Questions": run.suite,
            "Stand for": run.segment or f"{run.skill.replace('_', ' ')} in general",
            "Workload": run.workload,
            "Models": ", ".join(target.name for target in run.targets),
            "Answers": counts.get(run.id, 0),
            "Spent, USD": spending(the_store(), run.id).spent_usd,
            "Budget, USD": run.budget_usd,
            "State": standing_of(run),
            "Run": run.id,
        }
        for run in runs
    ]


def _open(session: Session, runs: tuple[Run, ...]) -> None:
    chosen = st.session_state[_TABLE]["selection"]["rows"]
    if chosen:
        session.measure |= {"run": runs[chosen[0]].id, "view": "results"}


def _draw_files(session: Session, run: Run) -> None:
    st.subheader("Take a run away", anchor=False)
    st.html(
        f'<p class="tp-small">{escape(run_words(run))} '
        f'<span class="tp-dim">({escape(run.id)}, {money(run.budget_usd)} at most)</span></p>'
    )
    if standing_of(run) in {"broken off", "stopped"}:
        draw_resume(session, run, "runs")
    with st.container(horizontal=True, gap="small"):
        for ending, mime in (("jsonl", "application/jsonl"), ("parquet", "application/vnd.apache.parquet")):
            st.download_button(
                ending.upper() if ending == "jsonl" else "Parquet",
                data=_file_maker(run.id, ending),
                file_name=f"{run.id}.{ending}",
                mime=mime,
                key=f"measure.{ending}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
                help="The whole run: questions, answers, times, grades; no keys",
            )
        draw_csv_button([result_row(one) for one in run_results(run.id).shares], f"results of {run.id}")


def _file_maker(run_id: str, ending: str) -> Callable[[], bytes]:
    return lambda: file_of_run(run_id, ending)


def draw_import(session: Session) -> None:
    """Bring a run of another machine in."""
    with st.expander("Import a run", icon=":material/upload:"):
        upload = st.file_uploader(
            "A .jsonl or .parquet that this program exported", type=["jsonl", "parquet"], key=_IMPORT
        )
        if upload is None:
            return
        if st.button("Import", key="measure.import_now"):
            try:
                run = take_run_file(upload.name, upload.getvalue())
            except PlannerError as error:
                draw_error(error)
                return
            measured_anew()
            session.measure |= {"run": run.id, "view": "results"}
            st.rerun()
