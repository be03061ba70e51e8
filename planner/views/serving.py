"""The Serving page's parts: what to compare, from which volume it pays, the picture of the three paths."""

from html import escape
from typing import Final

import streamlit as st

from planner.planning.break_even import BreakEven, NotReached, NotVerified, Reached, curve_of, volumes
from planner.planning.served import TECHNIQUE_TEXTS
from planner.planning.serving_case import ServingCase
from planner.report import charts
from planner.report.format import money, number, percent, requests
from planner.report.serving_svg import PathCurve, break_even_svg
from planner.report.svg import ink_of
from planner.session import Session, the_catalog
from planner.session.serving import Answer, answer_for
from planner.views.figures import chip
from planner.views.frame import shown_mode
from planner.views.pictures import draw_chart
from planner.views.serving_question import PRECISION_TEXTS, Asked
from planner.views.tables import Row, draw_csv_button, draw_json_button, draw_svg_button

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
    first, other = (found.rented, found.owned) if found.rented is not None else (found.owned, None)
    if first is None:
        st.html(f'<p class="tp-answer">{escape(found.case.why_not_owned)}, and no price to rent it at.</p>')
        return
    st.html(f'<p class="tp-answer">{_sentence(found.case, first, rented=found.rented is not None)}</p>')
    _draw_state(first)
    notes = [_other_path(found.case, other)] if other is not None else []
    if found.rented is not None and found.owned is None:
        notes.append(f"Not owned: {escape(found.case.why_not_owned)}.")
    if found.spread is not None:
        notes.append(f"These answers may wait a day: spread evenly over it, {escape(state_text(found.spread))}.")
    if not asked.api_allowed:
        notes.append("The data may not go to any API: the comparison is for information.")
    if notes:
        st.html(f'<p class="tp-lead tp-dim">{" ".join(notes)}</p>')


def _what(case: ServingCase) -> str:
    ways = list(dict.fromkeys(TECHNIQUE_TEXTS[one.technique] for one in case.served))
    way = f" {ways[0]}" if len(ways) == 1 else ""
    gpu = f"{case.setup.gpus_per_replica}x {case.setup.gpu.name}"
    return f"<b>{escape(case.setup.model.name)}</b>{escape(way)} on {escape(gpu)}"


def _sentence(case: ServingCase, found: BreakEven, *, rented: bool) -> str:
    result = found.would_be if isinstance(found, NotVerified) else found
    for_what = escape(case.served[0].segment.name) if len(case.served) == 1 else f"{len(case.served)} kinds together"
    how = "rented" if rented else "owned"
    if isinstance(result, Reached):
        verb = "would beat" if isinstance(found, NotVerified) else "beats"
        planned = f"the plan has {requests(case.demand.requests_per_month)}"
        return (
            f"{_what(case)}, {how}, {verb} {escape(case.api.label)} for {for_what} from"
            f" <b>{requests(result.requests)} requests a month</b> {_interval(result)}; {planned}."
        )
    verb = "would not beat" if isinstance(found, NotVerified) else "does not beat"
    return (
        f"{_what(case)}, {how}, {verb} {escape(case.api.label)} for {for_what} <b>up to"
        f" {requests(result.up_to)} requests a month</b>: there it still costs {_dearer(result)};"
        f" in {percent(result.share_reached)} of the draws it does."
    )


def _dearer(result: NotReached) -> str:
    more = result.dearer_usd_per_1000
    return f"{money(more.mean)} more per 1,000 ({number(more.low)} to {number(more.high)})"


def _interval(result: Reached) -> str:
    if result.high is None:
        short = 1.0 - result.share_reached
        return (
            f"({requests(result.low)} to no end: in {percent(short)} of the draws not up to {requests(result.up_to)})"
        )
    return f"({requests(result.low)} to {requests(result.high)})"


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


def state_text(found: BreakEven) -> str:
    """A break-even in a few words, for a table."""
    result = found.would_be if isinstance(found, NotVerified) else found
    if isinstance(result, Reached):
        text = f"from {requests(result.requests)} {_interval(result)}"
    else:
        text = f"not up to {requests(result.up_to)}"
    return f"not verified: {text}" if isinstance(found, NotVerified) else text


def _other_path(case: ServingCase, found: BreakEven) -> str:
    label = escape(case.owned.label) if case.owned else ""
    return f"On an {label}: {escape(state_text(found))}."


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
