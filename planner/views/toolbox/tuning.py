"""When a tuned small model would win on a segment: the answer, the numbers, what would have to be true."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from planner.planning.explain.tuning import TuningAnswer
from planner.report.format import money, percent, requests
from planner.session import Session, tuning_of
from planner.views.parts.tables import draw_json_button, stacked_table


def draw_tuning(session: Session, segment: str) -> None:
    """A switch that compares the segment's tuned small models with the cheapest model that only prompts."""
    if not st.toggle("When would a tuned small model win?", key=f"tuning.{segment}"):
        return
    answer = tuning_of(session.workload, segment)
    st.html(f"<p><b>{escape(answer.answer)}</b></p>")
    if answer.ways:
        st.html(_ways(answer))
    lines = "".join(f"<li>{escape(line)}</li>" for line in answer.conditions)
    st.html(f'<p>What would have to be true:</p><ul class="tp-list">{lines}</ul>')
    st.html(_studies(answer))
    draw_json_button(answer, f"tuning-{segment}")


def _ways(answer: TuningAnswer) -> str:
    head = ("Option", "USD a month, alone", "Good answers", "As good", "Cheaper and good enough", "Cheaper from")
    rows = []
    if answer.generalist and answer.generalist_cost_usd and answer.generalist_quality:
        cost, quality = money(answer.generalist_cost_usd.mean), percent(answer.generalist_quality.mean)
        rows.append((f"{answer.generalist.label} (prompted)", cost, quality, "", "", ""))
    for way in answer.ways:
        volume = way.break_even_requests
        rows.append(
            (
                f"{way.option.label}, {way.option.place}",
                money(way.monthly_cost_usd.mean),
                percent(way.quality.mean),
                percent(way.better),
                percent(way.wins),
                "at no volume" if volume is None else f"{requests(volume)} a month",
            )
        )
    return stacked_table(head, _body(rows), numeric=(1, 2, 3, 4, 5))


def _studies(answer: TuningAnswer) -> str:
    head = ("What studies found", "Rows", "Studies", "Reached the large model", "Median gap, points")
    rows = [
        (
            row.kind.replace("_", " ") + (" (this segment)" if row.kind == answer.kind else ""),
            f"{row.rows:,}",
            f"{row.studies:,}",
            percent(row.reached),
            f"{100.0 * row.median_gap:+.1f}",
        )
        for row in answer.published
    ]
    return stacked_table(head, _body(rows), numeric=(1, 2, 3, 4))


def _body(rows: Sequence[tuple[str, ...]]) -> str:
    cells = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    return "".join(f"<tr>{row}</tr>" for row in cells)
