"""The Serving page's parts: what to compare, from which volume it pays, the picture of the three paths."""

from html import escape
from typing import Final

import streamlit as st

from planner.planning.self_hosting.answer import Answer
from planner.planning.self_hosting.break_even import BreakEven, NotReached, NotVerified, Reached, curve_of, volumes
from planner.planning.self_hosting.case import ServingCase
from planner.report import charts
from planner.report.format import money, percent, requests
from planner.report.serving.text import answer_notes, answer_sentence
from planner.report.svg.plan import ink_of
from planner.report.svg.serving import PathCurve, break_even_svg
from planner.session import Session, the_catalog
from planner.session.serving.question import answer_for
from planner.views.parts.figures import chip
from planner.views.parts.frame import shown_mode
from planner.views.parts.pictures import draw_chart
from planner.views.parts.tables import Row, draw_csv_button, draw_json_button, draw_svg_button
from planner.views.serving.question import PRECISION_TEXTS, Asked

_POINTS: Final = 160
_WIDER: Final = 30.0


def answer_of(session: Session, asked: Asked) -> Answer | str:
    """The case, or a sentence saying why there is none."""
    if asked.question is None:
        name = the_catalog().models[asked.model].name
        return f"No GPU of the catalog holds {name} at {PRECISION_TEXTS[asked.precision]} for these requests."
    return answer_for(session.workload, asked.question, asked.lens)


def draw_answer(asked: Asked, found: Answer | str) -> None:
    """The page's sentence, what is not shown, and the two other paths in a line."""
    if isinstance(found, str):
        st.html(f'<p class="tp-answer">{escape(found)}</p>')
        return
    st.html(f'<p class="tp-answer">{bold_html(answer_sentence(found))}</p>')
    first = found.rented or found.owned
    if first is None:
        return
    _draw_state(first)
    notes = answer_notes(found, api_allowed=asked.api_allowed)
    if notes:
        st.html(f'<p class="tp-lead tp-dim">{escape(" ".join(notes))}</p>')


def bold_html(text: str) -> str:
    """A sentence as HTML, what stands between double asterisks in bold."""
    parts = escape(text).split("**")
    return "".join(f"<b>{part}</b>" if place % 2 else part for place, part in enumerate(parts))


def _draw_state(found: BreakEven) -> None:
    """Which of the three states, why, and whether it flips before."""
    if isinstance(found, NotVerified):
        items = "".join(f"<li>{escape(reason)}</li>" for reason in found.reasons)
        st.html(
            f"{chip('not verified', 'warn', 'Something the comparison rests on is not shown')}"
            f'<ul class="tp-list tp-small">{items}</ul>'
        )
    result = found.would_be if isinstance(found, NotVerified) else found
    chips = [] if isinstance(found, NotVerified) else [_state_chip(result)]
    if isinstance(result, Reached):
        busy = result.utilisation
        chips.append(chip(f"busy {percent(busy.mean)} of the paid hours there", "plain", "Mean over the month"))
        if result.flips_share >= 0.05:
            text = f"in {percent(result.flips_share)} of the draws cheaper for a while before"
            first = f"for the first time from about {requests(result.first_cheaper)} on, until one more machine is due"
            chips.append(chip(text, "plain", first))
    if chips:
        st.html("".join(chips))


def _state_chip(result: Reached | NotReached) -> str:
    if isinstance(result, Reached):
        return chip(f"reached at {requests(result.requests)}", "good")
    return chip(f"not reached up to {requests(result.up_to)}", "bad")


def draw_picture(asked: Asked, found: Answer | str) -> None:
    """Monthly cost against volume: the API, rented, owned."""
    if isinstance(found, str):
        return
    case = found.case
    scale = volumes(*_range(found), _POINTS)
    today = case.demand.requests_per_month
    paths = [PathCurve("api", curve_of(case.api, scale, today, asked.lens))]
    if case.rented is not None:
        curve = curve_of(case.rented, scale, today, asked.lens)
        paths.append(PathCurve("rented", curve, _reached(found.rented)))
    if case.owned is not None:
        paths.append(PathCurve("owned", curve_of(case.owned, scale, today, asked.lens), _reached(found.owned)))
    told = "; ".join(f"{path.curve.label} {money(float(path.curve.usd[len(scale) // 2]))}" for path in paths)
    key = f"serving.chart.{len(paths)}"
    draw_chart(charts.break_even_chart(paths, today, shown_mode()), key, f"Cost a month against volume: {told}")
    st.caption(
        f"{case.api.label}; {_paths_text(case)}. Lines are medians, bands hold 90 % of the draws; machines come whole, "
        "so costs rise in steps. "
        "A diamond marks where running it ourselves gets cheaper for good, with its interval."
    )
    with st.container(horizontal=True, gap="small"):
        rows = [row for path in paths for row in _curve_rows(path)]
        draw_csv_button(rows, "break-even")
        draw_json_button(rows, "break-even")
        draw_svg_button(lambda: break_even_svg(paths, today, ink_of(shown_mode())), "break-even")


def _curve_rows(path: PathCurve) -> list[Row]:
    curve = path.curve
    return [
        {
            "path": path.kind,
            "label": curve.label,
            "requests a month": float(count),
            "USD a month, median": float(middle),
            "low": float(low),
            "high": float(high),
        }
        for count, middle, low, high in zip(curve.requests, curve.usd, curve.low_usd, curve.high_usd, strict=True)
    ]


def _paths_text(case: ServingCase) -> str:
    paths = [path.label for path in (case.rented, case.owned) if path is not None]
    return "; ".join(paths)


def _reached(found: BreakEven | None) -> Reached | None:
    result = found.would_be if isinstance(found, NotVerified) else found
    return result if isinstance(result, Reached) else None


def _range(found: Answer) -> tuple[float, float]:
    """Multiples of the planned volume that the picture spans: around it and around the crossings."""
    today = found.case.demand.requests_per_month
    at = [1.0]
    for one in (_reached(found.rented), _reached(found.owned)):
        if one is not None:
            at += [one.low / today, (one.high or one.requests) / today]
    return max(min(at) / _WIDER, 1e-4), min(max(at) * _WIDER, 1000.0)
