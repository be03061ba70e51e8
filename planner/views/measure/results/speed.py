"""What measuring changed in the forecasts of times and of hidden reasoning, beside every measured answer."""

from collections.abc import Sequence

import streamlit as st

from planner.report import charts
from planner.report.charts import SpeedForecast, SpeedUnit
from planner.report.format import milliseconds, number
from planner.session.measuring.speeds import Speeds, speed_changes
from planner.views.parts.frame import shown_mode
from planner.views.parts.pictures import draw_chart
from planner.views.parts.tables import Row, draw_csv_button, draw_json_button


def draw_speeds() -> None:
    """Times to the first token and per token, and hidden reasoning, before and after."""
    st.subheader("Times and lengths, before and after", anchor=False)
    found = speed_changes()
    if not found.answers:
        st.caption(
            "No accepted times yet: a run that asks few questions at once times the server, not this machine, and "
            "moves the forecasts of the models that it asked."
        )
        return
    _draw_words(found)
    first, token = st.columns(2, gap="medium")
    with first:
        _draw_one("To the first token, p95", "ms", "ttft", found.first_tokens)
    with token:
        _draw_one("Per token after it, p95", "ms", "tpot", found.tokens)
    _draw_one("Hidden reasoning, mean tokens of an answer", "tokens", "hidden", found.hidden)
    rows = speed_rows(found)
    if rows:
        with st.container(horizontal=True, gap="small"):
            draw_csv_button(rows, "times before and after measuring")
            draw_json_button(rows, "times before and after measuring")


def _draw_words(found: Speeds) -> None:
    """What the pictures rest on, and what they leave out."""
    timed = f"{found.answers:,} accepted answer{'s' if found.answers > 1 else ''} with times."
    if found.first_tokens:
        timed += (
            " Bars are 90 % intervals of the 95th percentile over requests; ticks are single answers, of which one in "
            "twenty should be slower. The first token is told for the median prompt asked, without hidden reasoning."
        )
    if found.elsewhere:
        timed += (
            f" {', '.join(found.elsewhere)}: timed on a machine of your own or under load, which says nothing of an "
            "API; the Serving page sizes machines."
        )
    told = ", ".join(f"{name} {number(tokens)}" for name, tokens in found.visible)
    timed += f" Visible answers, mean tokens: {told}; plans take the lengths that the workload states."
    if not found.hidden:
        timed += " No answer held hidden reasoning, so its forecast stays."
    st.caption(timed)


def _draw_one(title: str, unit: SpeedUnit, key: str, rows: Sequence[SpeedForecast]) -> None:
    if not rows:
        return
    st.html(f"<b class='tp-small'>{title}</b>")
    told = "; ".join(f"{row.name} {_said(row.before.mean, unit)} to {_said(row.after.mean, unit)}" for row in rows)
    axis = "Milliseconds (log scale)" if unit == "ms" else "Tokens (log scale)"
    draw_chart(charts.speed_chart(rows, axis, unit, shown_mode()), f"measure.speed.{key}", f"{title}: {told}")


def _said(value: float, unit: SpeedUnit) -> str:
    return milliseconds(value) if unit == "ms" else f"{number(value)} tokens"


def speed_rows(found: Speeds) -> list[Row]:
    """Each forecast with its intervals, and the median of what was measured."""
    kinds = (
        ("time to first token p95, ms", found.first_tokens),
        ("time per token p95, ms", found.tokens),
        ("hidden reasoning, mean tokens", found.hidden),
    )
    return [
        {
            "what": what,
            "model": row.model,
            "name": row.name,
            "before": row.before.mean,
            "before, low": row.before.low,
            "before, high": row.before.high,
            "after": row.after.mean,
            "after, low": row.after.low,
            "after, high": row.after.high,
            "answers": len(row.seen),
            "measured median": sorted(row.seen)[len(row.seen) // 2],
            "prompt tokens": row.at_tokens or None,
        }
        for what, rows in kinds
        for row in rows
    ]
