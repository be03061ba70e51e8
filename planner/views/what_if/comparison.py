"""The What-if page's parts: plan now against plan before, the strip of who wins where, the tornado."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from planner.errors import PlannerError
from planner.planning.plan import Conflict, Figure, Plan
from planner.planning.what_if.comparison import Comparison, SegmentChange
from planner.report import charts
from planner.report.format import milliseconds, money, number, points
from planner.session import Session, apply_changes_for_good, compared, swings, switches_along
from planner.views.parts.figures import mark
from planner.views.parts.frame import draw_error, shown_mode
from planner.views.parts.pictures import draw_chart
from planner.views.parts.tables import Row, draw_csv_button, stacked_table
from planner.views.what_if.sliders import last_moved, moved_words, other_changes, today_of, value_of


def draw_answer(session: Session) -> Comparison | None:
    """What the moved inputs change, as a sentence; None when they can't be planned."""
    try:
        comparison = compared(session.workload, session.changes)
    except PlannerError as error:
        draw_error(error)
        return None
    _draw_sentence(session, comparison)
    return comparison


def draw_comparison(comparison: Comparison) -> None:
    """Plan now against plan before as picture and table."""
    before, after = comparison.before.outcome, comparison.after.outcome
    if isinstance(before, Plan) and isinstance(after, Plan):
        draw_chart(
            charts.what_if_comparison(before, after, shown_mode()), "what_if.before_after", "Plan before and after"
        )
        _draw_segments(comparison)


def _draw_sentence(session: Session, comparison: Comparison) -> None:
    moved = ", ".join(moved_words(session.changes))
    after = comparison.after.outcome
    if isinstance(after, Conflict):
        text = f"With {moved} no plan holds the limits: {after.text}" if moved else after.text
        st.html(f'<p class="tp-answer">{escape(text)}</p>')
        return
    cost = after.totals.monthly_cost_usd
    total = f"<b>{money(cost.mean)}</b> a month ({number(cost.low)} to {number(cost.high)})"
    if not moved:
        text = f"Today’s plan costs {total}. Move a slider to see when another would be better."
    else:
        text = f"With {escape(moved)}: {total}{_difference(comparison)}."
    st.html(f'<p class="tp-answer">{text}</p>')


def _difference(comparison: Comparison) -> str:
    if comparison.cost_usd is None:
        return "; there was no plan before"
    cost = comparison.cost_usd
    more = "more" if cost.mean > 0 else "less"
    changed = len(comparison.tools_added)
    tools = "the same tools" if not changed else f"{changed} other {'tools' if changed > 1 else 'tool'}"
    return f", {money(abs(cost.mean))} {more} than today, with {tools}"


def _draw_segments(comparison: Comparison) -> None:
    rows = "".join(_segment_row(change) for change in comparison.segments)
    head = ("Kind of request", "Tool", "Cost, USD a month", "Acceptable", "Whole answer, p95")
    st.html(stacked_table(head, rows, numeric=(2, 3, 4)))
    draw_csv_button([comparison_row(change) for change in comparison.segments], "what-if")


def _segment_row(change: SegmentChange) -> str:
    tool = escape(change.after.label)
    if change.tools_changed:
        tool = f'<span class="tp-dim"><s>{escape(change.before.label)}</s></span><br><b>{tool}</b>'
    return (
        f"<tr><td>{escape(change.name)}</td><td>{tool}</td>"
        f"<td class='tp-num'>{_signed(change.cost_usd, 'usd')}</td>"
        f"<td class='tp-num'>{_signed(change.quality, 'share')}</td>"
        f"<td class='tp-num'>{_signed(change.total_p95_ms, 'ms')}</td></tr>"
    )


def _signed(figure: Figure, unit: str) -> str:
    """A difference with its sign and interval."""
    show = number if unit == "usd" else points if unit == "share" else milliseconds
    if figure.low == figure.high == 0.0:
        return '<span class="tp-dim">as before</span>'
    sign = "+" if figure.mean > 0 and unit != "share" else ""
    return (
        f"{sign}{show(figure.mean)}{mark(figure.number_class)}<br>"
        f'<span class="tp-dim">{show(figure.low)} to {show(figure.high)}</span>'
    )


def comparison_row(change: SegmentChange) -> Row:
    """A segment before and after, for the CSV."""
    return {
        "segment": change.name,
        "tool before": change.before.label,
        "tool after": change.after.label,
        "cost change, USD a month": change.cost_usd.mean,
        "cost change, low": change.cost_usd.low,
        "cost change, high": change.cost_usd.high,
        "quality change, share": change.quality.mean,
        "whole answer p95 change, ms": change.total_p95_ms.mean,
    }


def draw_strip(session: Session) -> None:
    """Along the slider moved last: which tool serves each kind where, and between which marks it changes."""
    slider, scope = last_moved()
    st.subheader(f"Who wins where: {slider.label.lower()}", anchor=False)
    if not isinstance(session.outcome, Plan):
        st.caption(
            "There is no plan today: relax a limit on the Toolbox page first, then see where tools would change."
        )
        return
    now = value_of(slider, scope, session)
    marks = sorted({*slider.marks, today_of(slider, session.workload), now})
    others = other_changes(slider, scope, session)
    steps = [(value, (*others, *slider.changes(scope, value, session.workload))) for value in marks]
    spans, switches = switches_along(session.workload, tuple(steps))
    if not spans:
        st.caption("No plan holds the limits anywhere along this slider.")
        return
    figure = charts.switch_strip(spans, switches, slider.help, float(marks.index(now)), shown_mode())
    figure.update_xaxes(tickvals=list(range(len(marks))), ticktext=[slider.shown(value) for value in marks])
    draw_chart(
        figure,
        "what_if.strip",
        f"Tools along {slider.label}: " + "; ".join(f"{span.segment} {span.label}" for span in spans),
    )
    st.caption("A bar at a change of tool spans the two marks between which it happens.")


def draw_tornado(session: Session) -> None:
    """What moves the bill most."""
    plan = session.outcome
    st.subheader("What moves the bill most", anchor=False)
    if not isinstance(plan, Plan):
        st.caption("There is no plan to move.")
        return
    found = swings(session.workload)
    draw_chart(
        charts.tornado_chart(found, plan.totals.monthly_cost_usd, shown_mode()),
        "what_if.tornado",
        "What moves the bill most: " + "; ".join(swing.label for swing in found),
    )
    draw_csv_button(_swing_rows(found), "tornado")


def _swing_rows(found: Sequence[charts.Swing]) -> list[Row]:
    return [
        {
            "input": swing.label,
            "low": swing.low_value,
            "high": swing.high_value,
            "USD a month at low": swing.cost_at_low.mean,
            "USD a month at high": swing.cost_at_high.mean,
        }
        for swing in found
    ]


def draw_take_over(session: Session) -> None:
    """Make the moved inputs the workload's own."""
    if session.changes:
        st.button(
            "Make this the workload",
            on_click=apply_changes_for_good,
            args=(session,),
            icon=":material/check:",
            help="Writes the moved inputs into the workload; all pages follow",
        )
