"""What measuring changed: the plan, every model's forecast before and after, forecasts against what was measured."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from planner.planning.plan import Plan
from planner.report import charts
from planner.report.charts import ForecastChange, ForecastCheck
from planner.report.format import money_interval, percent, share
from planner.report.svg.marks import ink_of
from planner.report.svg.probes import check_svg, forecast_svg
from planner.session import Session, show_value
from planner.session.measuring.runs import is_measuring, kept_runs
from planner.session.measuring.worth import forecast_changes, forecast_checks, plan_change, shown_changes
from planner.views.measure.ideas import change_sentence
from planner.views.parts.figures import chip, mark
from planner.views.parts.frame import shown_mode
from planner.views.parts.pictures import draw_chart
from planner.views.parts.tables import (
    Row,
    draw_csv_button,
    draw_json_button,
    draw_svg_button,
    stacked_table,
    wide_table,
)
from planner.workload.schema import Segment


def draw_plan_change(session: Session) -> None:
    """Does the plan change? A sentence with figures, and the tools kind by kind."""
    st.subheader("Does the plan change?", anchor=False)
    if not kept_runs():
        st.info("Nothing has been measured yet: the plan rests on published evidence alone.", icon=":material/science:")
        return
    if is_measuring():
        st.caption("A run is going on; what it finds counts when it ends.")
    change = plan_change(session.workload)
    st.html(f'<p class="tp-lead">{change_sentence(change)}</p>')
    before, after = change.before.outcome, change.after.outcome
    if not isinstance(before, Plan) or not isinstance(after, Plan):
        return
    cells = "".join(
        f"<tr><td>{escape(was.name)}</td><td>{escape(was.option.label)}</td>"
        f"<td>{_now(was.option.label, now.option.label)}</td>"
        f"<td class='tp-num'>{share(was.quality)}</td><td class='tp-num'>{share(now.quality)}</td>"
        f"<td class='tp-num'>{money_interval(was.monthly_cost_usd)}</td>"
        f"<td class='tp-num'>{money_interval(now.monthly_cost_usd)}</td></tr>"
        for was, now in zip(before.segments, after.segments, strict=True)
    )
    head = [
        "Kind of request",
        "Tool before",
        "Tool now",
        "Acceptable before",
        "now",
        "USD a month before",
        "now",
    ]
    with st.expander("Kind by kind", expanded=any(one.tools_changed for one in change.segments)):
        st.html(wide_table(head, cells, numeric=range(3, 7)))
        rows = _plan_rows(before, after)
        with st.container(horizontal=True, gap="small"):
            draw_csv_button(rows, "plan before and after measuring")
            draw_json_button(rows, "plan before and after measuring")


def _now(before: str, after: str) -> str:
    return '<span class="tp-dim">the same</span>' if before == after else f"<b>{escape(after)}</b>"


def _plan_rows(before: Plan, after: Plan) -> list[Row]:
    return [
        {
            "segment": was.name,
            "tool before": was.option.label,
            "tool after": now.option.label,
            "acceptable before, share": was.quality.mean,
            "acceptable after, share": now.quality.mean,
            "cost before, USD a month": was.monthly_cost_usd.mean,
            "cost after, USD a month": now.monthly_cost_usd.mean,
        }
        for was, now in zip(before.segments, after.segments, strict=True)
    ]


def draw_forecasts(session: Session) -> None:
    """Forecasts before and after, for the models of a kind of request."""
    st.subheader("Forecast before and after", anchor=False)
    names = [segment.name for segment in session.workload.segments]
    show_value("measure.segment", session.segment_of_interest().name)
    st.selectbox(
        "Kind of request",
        names,
        key="measure.segment",
        on_change=_look_at,
        args=(session,),
        width=260,
        filter_mode=None if len(names) <= 8 else "fuzzy",
    )
    segment = session.segment_of_interest()
    changes = forecast_changes(session.workload, segment)
    rows = shown_changes(changes, _planned_models(session))
    moved = sum(abs(one.after.mean - one.before.mean) > 0.005 for one in changes)
    asked = sum(one.measured is not None for one in changes)
    st.caption(_told(segment, asked, moved, len(changes)))
    floor = segment.quality_floor if isinstance(segment.quality_floor, float) else None
    told = "; ".join(f"{row.name} {percent(row.before.mean)} to {percent(row.after.mean)}" for row in rows)
    draw_chart(charts.forecast_chart(rows, floor, shown_mode()), f"measure.forecast.{segment.name}", told)
    table = [_forecast_row(one) for one in changes]
    with st.expander(f"All {len(table)} models"):
        st.dataframe(table, hide_index=True, height=320)
    with st.container(horizontal=True, gap="small"):
        draw_csv_button(table, f"forecasts {segment.name}")
        draw_json_button(table, f"forecasts {segment.name}")
        draw_svg_button(lambda: forecast_svg(rows, ink_of(shown_mode())), f"forecasts {segment.name}")


def _look_at(session: Session) -> None:
    session.segment = str(st.session_state["measure.segment"])


def _planned_models(session: Session) -> Sequence[str]:
    plan = session.outcome if isinstance(session.outcome, Plan) else session.last_plan
    return [part.option.model for part in plan.segments] if plan is not None else ()


def _told(segment: Segment, asked: int, moved: int, every: int) -> str:
    if asked:
        return (
            f"{asked} model{'s' if asked > 1 else ''} answered samples of {segment.name}; that told how hard its "
            f"requests are, and moved the forecast of {moved} of {every} models, asked or not."
        )
    if moved:
        return (
            f"No samples of {segment.name} itself were answered; runs of other suites of its skill moved the forecast "
            f"of {moved} of {every} models."
        )
    return f"No run bears on {segment.name} yet: before and after are the same."


def _forecast_row(one: ForecastChange) -> Row:
    row: dict[str, str | float | int | bool | None] = {"Model": one.name}
    for name, figure in (("before", one.before), ("after", one.after), ("measured", one.measured)):
        row[f"{name}, %"] = None if figure is None else round(100.0 * figure.mean, 1)
        row[f"{name}, low"] = None if figure is None else round(100.0 * figure.low, 1)
        row[f"{name}, high"] = None if figure is None else round(100.0 * figure.high, 1)
    return row | {"Id": one.model}


def draw_checks(session: Session) -> None:
    """Forecast against measured: were we right before we asked?"""
    st.subheader("Were the forecasts right?", anchor=False)
    checks = forecast_checks(session.workload)
    if not checks:
        st.caption(
            "Nothing to compare yet: a run whose questions stand for a kind of request shows its measured share "
            "beside the forecast that was made without it. Questions of a skill in general are of another difficulty."
        )
        return
    held = sum(check.held for check in checks)
    st.html(
        f'<p class="tp-lead"><b>{held} of {len(checks)}</b> measured shares lie where the forecast made before '
        "expected "
        "them (90 % interval, the chance of so few answers counted in).</p>"
    )
    told = "; ".join(
        f"{one.name}: forecast {percent(one.forecast.mean)}, measured {percent(one.measured.mean)}" for one in checks
    )
    picture, table = st.columns(2, gap="medium")
    with picture:
        draw_chart(charts.forecast_check_chart(checks, shown_mode()), "measure.checks", told)
    with table:
        cells = "".join(_check_line(check) for check in checks)
        st.html(stacked_table(("Model, kind of request", "Forecast before", "Measured", ""), cells))
    rows = [_check_row(check) for check in checks]
    with st.container(horizontal=True, gap="small"):
        draw_csv_button(rows, "forecast against measured")
        draw_json_button(rows, "forecast against measured")
        draw_svg_button(lambda: check_svg(checks, ink_of(shown_mode())), "forecast against measured")


def _check_line(check: ForecastCheck) -> str:
    told = chip("as expected", "good") if check.held else chip("not expected", "warn")
    return (
        f"<tr><td>{escape(check.name)}<br><span class='tp-dim'>{escape(check.segment)}</span></td>"
        f"<td>{share(check.forecast)}{mark('fitted')}</td><td>{share(check.measured)}{mark('measured')}</td>"
        f"<td>{told}</td></tr>"
    )


def _check_row(check: ForecastCheck) -> Row:
    return {
        "segment": check.segment,
        "model": check.model,
        "forecast, share": check.forecast.mean,
        "forecast, low": check.forecast.low,
        "forecast, high": check.forecast.high,
        "measured, share": check.measured.mean,
        "measured, low": check.measured.low,
        "measured, high": check.measured.high,
        "held": check.held,
    }
