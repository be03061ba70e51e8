"""What can be taken away from a page: tables as CSV, pictures as SVG, data as JSON."""

import streamlit as st

from planner.planning.plan import Figure, Plan
from planner.report.svg.plan import cost_svg, flow_svg, ink_of
from planner.views.parts.frame import shown_mode
from planner.views.parts.tables import Row, draw_csv_button, draw_json_button, draw_svg_button


def draw_plan_downloads(plan: Plan) -> None:
    """The Toolbox page's downloads, in one line."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="downloads"):
        st.html('<span class="tp-dim tp-small">Take away</span>', width="content")
        draw_csv_button(segment_rows(plan), "segments")
        draw_json_button(plan, "plan")
        draw_svg_button(lambda: flow_svg(plan, "requests", ink_of(shown_mode())), "flow")
        draw_svg_button(lambda: cost_svg(plan, ink_of(shown_mode())), "cost")


def segment_rows(plan: Plan) -> list[Row]:
    """One row a segment: the tool and its figures with their intervals."""
    rows: list[Row] = []
    for segment in plan.segments:
        option = segment.option
        row: dict[str, str | float | int | bool | None] = {
            "segment": segment.name,
            "skill": segment.skill,
            "requests, average month": segment.requests_per_month,
            "tier": option.tier,
            "tool": option.label,
            "place": option.place,
        }
        row |= _columns("cost, USD a month", segment.monthly_cost_usd)
        row |= _columns("USD per acceptable answer", segment.cost_per_acceptable_answer_usd)
        row |= _columns("acceptable answers, share", segment.quality)
        row |= _columns("first token p95, ms", segment.ttft_p95_ms)
        row |= _columns("whole answer p95, ms", segment.total_p95_ms)
        rows.append(row)
    return rows


def _columns(name: str, figure: Figure) -> dict[str, float | str]:
    return {
        name: figure.mean,
        f"{name}, low": figure.low,
        f"{name}, high": figure.high,
        f"{name}, class": figure.number_class,
    }
