"""One segment of the plan: why this tool, its cost line by line, its limits, and what else was near."""

from html import escape

import streamlit as st

from planner.options.eligibility.exclusions import why_not
from planner.planning.plan import CostPart, Figure, NamedModel, Plan, SegmentPlan
from planner.report.format import money, more_or_less, number, percent
from planner.session import Session, planned, the_catalog
from planner.views.parts.figures import figure_html, interval_bar, mark
from planner.views.parts.tables import stacked_table
from planner.views.toolbox.tuning import draw_tuning


def draw_segments(session: Session, plan: Plan) -> None:
    """A closed line a segment; the one that is open is drawn, and is in the address."""
    for segment in plan.segments:
        key = f"segment.{segment.name}"
        panel = st.expander(
            segment_title(segment),
            expanded=segment.name == session.segment,
            key=key,
            on_change=_look_at,
            args=(session, segment.name, key),
        )
        if panel.open:
            with panel:
                draw_segment(segment, plan)
                draw_tuning(session, segment.name)
                draw_why_not(session, segment)


def _look_at(session: Session, name: str, key: str) -> None:
    session.segment = name if st.session_state[key] else ""


def segment_title(segment: SegmentPlan) -> str:
    """One line for the closed panel."""
    cost, quality = money(segment.monthly_cost_usd.mean), percent(segment.quality.mean)
    return f"**{segment.name}** · {segment.option.label} · {cost} a month · {quality} acceptable"


def draw_segment(segment: SegmentPlan, plan: Plan) -> None:
    """The open panel of one segment."""
    st.html(f"<p><b>Why:</b> {escape(segment.why)}</p>")
    if segment.retrieval is not None:
        st.html(f"<p><b>Answers from documents:</b> {escape(segment.retrieval.text)}</p>")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _draw_cost(segment, plan)
    with right:
        _draw_limits(segment)
    lower_left, lower_right = st.columns([3, 2], gap="medium")
    with lower_left:
        _draw_others(segment)
    with lower_right:
        _draw_relaxed(segment)
    _draw_named(segment)


def _draw_cost(segment: SegmentPlan, plan: Plan) -> None:
    rows = "".join(_cost_row(part, plan) for part in segment.cost_parts)
    total = figure_html(segment.monthly_cost_usd, "usd")
    answer = figure_html(segment.cost_per_acceptable_answer_usd, "usd")
    request = figure_html(segment.cost_per_request_usd, "usd")
    body = f'{rows}<tr><td><b>Together</b></td><td colspan="2">{total}</td></tr>'
    st.html(
        stacked_table(("Cost a month", "USD", "How"), body, numeric=(1,))
        + f'<div class="tp-small">Per request {request}<br>Per acceptable answer {answer}</div>'
    )


def _cost_row(part: CostPart, plan: Plan) -> str:
    sources = [
        f"{item.what}: {item.value}, {item.source} ({item.date})" for item in plan.evidence if item.id in part.evidence
    ]
    hover = escape("; ".join(sources[:4])) or "no source row: computed from the lines above"
    return (
        f'<tr><td>{escape(part.name)}</td><td class="tp-num">{number(part.monthly_usd)}{mark(part.number_class)}</td>'
        f'<td class="tp-dim" title="{hover}">{escape(part.how)}</td></tr>'
    )


def _draw_limits(segment: SegmentPlan) -> None:
    quality = interval_bar(segment.quality, 0.0, 1.0, segment.quality_floor)
    floor = f"{escape(segment.floor_text)}: {_held(segment, 'quality_floor')}"
    shown = f"{figure_html(segment.quality, 'share')}<br><span class='tp-dim'>{floor}</span>"
    lines = [
        f"<tr><td>Acceptable answers{quality}</td><td>{shown}</td></tr>",
        _time_row("First token, p95", segment.ttft_p95_ms, _held(segment, "latency.ttft_p95_ms")),
        _time_row("Whole answer, p95", segment.total_p95_ms, _held(segment, "latency.total_p95_ms")),
    ]
    assumed = mark("assumed") if segment.anchor_kind == "usual" else ""
    st.html(
        f'<table class="tp-table tp-limits">{"".join(lines)}</table>'
        f'<div class="tp-small tp-dim">{escape(segment.anchor)} {assumed}</div>'
    )


def _time_row(name: str, figure: Figure, held: str) -> str:
    bar = interval_bar(figure, 0.0, 1.2 * figure.high)
    return f'<tr><td>{name}{bar}</td><td>{figure_html(figure, "ms")}<br><span class="tp-dim">{held}</span></td></tr>'


def _held(segment: SegmentPlan, limit: str) -> str:
    share = segment.meets.get(limit)
    return "no limit" if share is None else f"holds in {percent(share)} of draws"


def _draw_others(segment: SegmentPlan) -> None:
    rows = ""
    if segment.runner_up:
        other = segment.runner_up
        rows += (
            f"<tr><td>{escape(other.option.label)}<br><span class='tp-dim'>{escape(other.option.place)}</span></td>"
            f"<td>runner-up, {more_or_less(other.extra_cost_usd)}</td>"
            f"<td>{figure_html(other.quality, 'share')}</td></tr>"
        )
    for rival in segment.rivals:
        rows += (
            f"<tr><td>{escape(rival.option.label)}<br><span class='tp-dim'>{escape(rival.option.place)}</span></td>"
            f"<td>would win in {percent(rival.share)} of draws</td><td></td></tr>"
        )
    if rows:
        st.html(
            f'<table class="tp-table"><tr><th>What else was near</th><th></th><th>Acceptable</th></tr>{rows}</table>'
        )
    st.caption(
        f"{number(segment.options_considered)} ways looked at, {number(segment.options_fitting)} hold every limit."
    )


def _draw_relaxed(segment: SegmentPlan) -> None:
    if segment.relaxed:
        items = "".join(f"<li>{escape(part.text)}</li>" for part in segment.relaxed)
        st.html(f'<b class="tp-small">What relaxing a limit is worth</b><ul class="tp-list tp-small">{items}</ul>')


def _draw_named(segment: SegmentPlan) -> None:
    if segment.named:
        rows = "".join(_named_row(named) for named in segment.named)
        st.html(stacked_table(("Model you named", "Why", "Cost a month", "Acceptable", "Verdict"), rows, numeric=(2,)))


def _named_row(named: NamedModel) -> str:
    cost = figure_html(named.monthly_cost_usd, "usd") if named.monthly_cost_usd else "unknown"
    quality = figure_html(named.quality, "share") if named.quality else "unknown"
    role = "serves it today" if named.role == "today" else "you would like it"
    fits = "holds every limit" if named.fits else "does not fit"
    return (
        f"<tr><td>{escape(named.model)}<br><span class='tp-dim'>{role}</span></td><td>{fits}</td>"
        f"<td class='tp-num'>{cost}</td><td>{quality}</td><td class='tp-dim'>{escape(named.reason)}</td></tr>"
    )


def draw_why_not(session: Session, segment: SegmentPlan) -> None:
    """A search box: why some model is not the answer here."""
    catalog = the_catalog()
    chosen = st.selectbox(
        "Why not some other model?",
        list(catalog.models),
        index=None,
        format_func=lambda model: catalog.models[model].name,
        placeholder="Type a model's name",
        key=f"why_not.{segment.name}",
    )
    if chosen:
        reasons = why_not_reasons(session, segment, chosen)
        st.html('<ul class="tp-list">' + "".join(f"<li>{escape(reason)}</li>" for reason in reasons) + "</ul>")


def why_not_reasons(session: Session, segment: SegmentPlan, model: str) -> list[str]:
    """Sentences that say what keeps a model out of a segment, or that another was better."""
    if model == segment.option.model:
        return ["It is the answer here."]
    found = why_not(planned(session.workload).problem.options, segment.name, model)
    reasons = list(dict.fromkeys(item.reason for item in found))
    if not any(item.model == model for item in found):
        reasons.insert(0, "Nothing keeps it out; at the confidence asked for, the tool above costs less.")
    return reasons
