"""The Toolbox page's pictures: requests flowing to tools, the bill beside the baselines, the cost-quality front."""

from collections.abc import Callable
from html import escape
from typing import Final, Literal

import streamlit as st

from planner.planning.plan import Baseline, FrontPoint, Plan
from planner.report import charts
from planner.report.format import money, percent
from planner.report.picture_data import Width
from planner.session import Session, edit_values
from planner.views.parts.figures import figure_html
from planner.views.parts.frame import shown_mode
from planner.views.parts.tables import stacked_table

_CONFIG: Final = {"displayModeBar": False, "scrollZoom": False}
_FRONT: Final = "toolbox.front"


def draw_chart(
    figure: object, key: str, alt: str, on_select: Callable[[], None] | Literal["rerun", "ignore"] = "ignore"
) -> None:
    """A chart that stands still on scrolling, with a text for those who can't see it; its marks can be clicked."""
    st.plotly_chart(
        figure,
        theme=None,
        width="stretch",
        key=key,
        config=_CONFIG,
        alt=alt,
        on_select=on_select,
        selection_mode="points",
    )


def clicked(key: str) -> str | int | None:
    """What the mark stands for that was clicked in a chart: the first of its custom data; None when none was."""
    state = st.session_state.get(key)
    for point in state["selection"]["points"] if state else []:
        found = point.get("customdata")
        if found is not None:
            first: str | int = found[0] if isinstance(found, list) else found
            return first
    return None


def draw_flow(plan: Plan) -> None:
    """What goes where; the width is requests, or cost."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("What goes where", anchor=False, width="stretch")
        by_cost = st.segmented_control(
            "Width of the bands",
            ["requests", "cost"],
            default="requests",
            required=True,
            key="toolbox.width",
            label_visibility="collapsed",
            persist_state="session",
        )
    width: Width = "cost" if by_cost == "cost" else "requests"
    draw_chart(charts.flow_chart(plan, width, shown_mode()), "toolbox.flow", _flow_text(plan))


def _flow_text(plan: Plan) -> str:
    parts = [f"{segment.name} goes to {segment.option.label}" for segment in plan.segments]
    return "Flow from kinds of request to tools: " + "; ".join(parts)


def draw_baselines(plan: Plan) -> None:
    """The plan's bill beside simpler ways, with intervals, and whether those would hold the limits."""
    st.subheader("Beside simpler ways", anchor=False)
    told = [f"{one.label}: {money(one.monthly_cost_usd.mean)}" for one in plan.baselines if one.monthly_cost_usd]
    draw_chart(
        charts.cost_comparison(plan, shown_mode()), "toolbox.baselines", "USD a month beside: " + "; ".join(told)
    )
    notes = "".join(_baseline_row(baseline) for baseline in plan.baselines)
    with st.expander("What each would save or lose"):
        st.html(stacked_table(("Instead", "The plan saves, USD a month", "Acceptable", "Limits"), notes))


def _baseline_row(baseline: Baseline) -> str:
    saving = figure_html(baseline.saving_usd, "usd") if baseline.saving_usd else "unknown"
    quality = figure_html(baseline.quality, "share") if baseline.quality else "unknown"
    told = [*(["holds every limit"] if baseline.fits else []), *([baseline.note] if baseline.note else [])]
    verdict = "; ".join(told) or "does not hold every limit"
    return (
        f"<tr><td>{escape(baseline.label)}</td><td>{saving}</td><td>{quality}</td>"
        f'<td class="tp-dim">{escape(verdict)}</td></tr>'
    )


def draw_front(session: Session, plan: Plan) -> None:
    """Cost against quality; a click shows another plan, a button takes it."""
    st.subheader("More quality for more money", anchor=False)
    if len(plan.front) < 2:
        st.caption("No other mix gives more quality for more money: this plan is the front.")
        return
    picked = _picked(plan)
    told = "; ".join(f"{money(p.monthly_cost_usd.mean)} for {percent(p.quality.mean)}" for p in plan.front)
    draw_chart(
        charts.front_chart(plan.front, picked, shown_mode()),
        _FRONT,
        f"Cost a month and acceptable answers of the plans on the front: {told}",
        on_select="rerun",
    )
    if picked is not None and not plan.front[picked].chosen:
        _draw_offer(session, plan.front[picked])
    else:
        st.caption("Click a point to see what more, or less, money would buy.")


def _picked(plan: Plan) -> int | None:
    number = clicked(_FRONT)
    return int(number) if number is not None and int(number) < len(plan.front) else None


def _draw_offer(session: Session, point: FrontPoint) -> None:
    st.html(
        f"<p>{figure_html(point.monthly_cost_usd, 'usd')} a month for {figure_html(point.quality, 'share')} acceptable "
        f"answers, with {escape(', '.join(point.models))}.</p>"
    )
    st.button(
        "Take this plan",
        help=f"Sets a budget of {money(point.monthly_cost_usd.high)} and asks for the best quality within it",
        on_click=edit_values,
        args=(
            session,
            {
                "limits.monthly_budget_usd": float(point.monthly_cost_usd.high),
                "objective": {"maximise": "quality"},
            },
        ),
        icon=":material/check:",
    )
