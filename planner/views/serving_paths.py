"""The Serving page's tables of money: every path at the planned volume, and from when it pays kind by kind."""

from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
import streamlit as st

from planner.planning.break_even import ApiPath, Lens, OwnedPath, RentedPath, utilisation
from planner.planning.plan import Figure
from planner.planning.serving_case import Question, ServingCase
from planner.planning.wording import figure_of
from planner.report.format import number, percent, requests
from planner.session import Session
from planner.session.serving import Answer, answer_for, other_modes, question_for, sharing
from planner.units import HOURS_PER_MONTH, Draws
from planner.views.figures import figure_html, interval_bar
from planner.views.serving import state_text
from planner.views.serving_question import MODE_TEXTS, Asked
from planner.views.tables import Row, draw_csv_button, draw_json_button, wide_table

_PLANNED: Final = np.ones((1, 1))


def draw_paths(asked: Asked, found: Answer | str) -> None:
    """What each path costs at the planned volume, how many machines, how idle they are, who waits."""
    if isinstance(found, str):
        return
    case = found.case
    st.subheader("At the planned volume", anchor=False)
    rows = [_api_row(case.api, case, asked.lens)]
    if case.rented is not None:
        rows += [_rented_row(path, case, asked.lens) for path in other_modes(case.rented)]
    if case.owned is not None:
        rows.append(_owned_row(case.owned, case, asked.lens))
    highest = max(row.cost.high for row in rows)
    body = "".join(_row_html(row, highest) for row in rows)
    st.html(wide_table(("Path", "USD a month", "", "Per 1,000", "Machines", "Idle", "Waiting"), body, numeric=(3, 5)))
    with st.container(horizontal=True, gap="small"):
        data = [row.data for row in rows]
        draw_csv_button(data, "paths")
        draw_json_button(data, "paths")


@dataclass(frozen=True, slots=True)
class _PathRow:
    """One path's figures."""

    path: str
    cost: Figure
    per_1000: Figure
    machines: str = ""
    idle: Figure | None = None
    """Share of the paid hours in which nobody asks."""
    wait: str = ""

    @property
    def data(self) -> Row:
        """The same for a download."""
        return {
            "path": self.path,
            "USD a month": self.cost.mean,
            "USD a month, low": self.cost.low,
            "USD a month, high": self.cost.high,
            "USD per 1,000": self.per_1000.mean,
            "machines": self.machines,
            "idle share of paid hours": None if self.idle is None else self.idle.mean,
            "waiting": self.wait,
        }


def _path_row(name: str, usd: Draws, case: ServingCase, machines: str, idle: Draws, wait: str = "") -> _PathRow:
    per_1000 = figure_of(usd / case.demand.requests_per_month * 1000.0)
    return _PathRow(name, figure_of(usd, "simulated"), per_1000, machines, figure_of(idle), wait)


def _row_html(row: _PathRow, highest: float) -> str:
    idle = "" if row.idle is None else percent(row.idle.mean)
    return (
        f"<tr><td>{escape(row.path)}</td><td>{figure_html(row.cost, 'usd')}</td>"
        f"<td style='min-width:90px'>{interval_bar(row.cost, 0.0, highest)}</td>"
        f'<td class="tp-num">{number(row.per_1000.mean)}</td><td>{escape(row.machines)}</td>'
        f'<td class="tp-num">{idle}</td><td class="tp-dim">{escape(row.wait)}</td></tr>'
    )


def _api_row(path: ApiPath, case: ServingCase, lens: Lens) -> _PathRow:
    usd = path.usd(_PLANNED, lens)[0]
    return _PathRow(f"API: {path.label}", figure_of(usd), figure_of(usd / case.demand.requests_per_month * 1000.0))


def _rented_row(path: RentedPath, case: ServingCase, lens: Lens) -> _PathRow:
    hours = path.instance_hours(_PLANNED)[0]
    count = _range_text(path.instances(_PLANNED)[0])
    size = f" of {path.gpus_per_instance} GPUs" if path.gpus_per_instance > 1 else ""
    machines = f"{count}{size}, {hours.mean():,.0f} machine hours"
    waiting = path.waiting_share(_PLANNED)[0]
    start = figure_of(path.startup.hours * 60.0)
    wait = ""
    if path.mode == "scale_to_zero" and not path.committed:
        minutes = f"{number(start.mean, 2)} min ({number(start.low, 2)} to {number(start.high, 2)})"
        wait = f"{percent(float(waiting.mean()))} of requests, for a start of {minutes}"
    elif path.mode == "active_hours" and not path.committed:
        wait = f"no answers outside {path.profile.active_hours:,.0f} of {HOURS_PER_MONTH:,.0f} hours"
    label = f"rented, {MODE_TEXTS[path.mode]}" if not path.committed else f"reserved, {MODE_TEXTS[path.mode]}"
    return _path_row(label, path.usd(_PLANNED, lens)[0], case, machines, 1.0 - utilisation(path, _PLANNED)[0], wait)


def _owned_row(path: OwnedPath, case: ServingCase, lens: Lens) -> _PathRow:
    count = _range_text(path.servers(_PLANNED)[0])
    idle = 1.0 - utilisation(path, _PLANNED)[0]
    label = f"owned: {path.label.removeprefix('own ')}"
    return _path_row(label, path.usd(_PLANNED, lens)[0], case, count, idle)


def _range_text(counts: Draws) -> str:
    low, high = np.quantile(counts, (0.05, 0.95), method="inverted_cdf")
    return f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"


def draw_break_evens(session: Session, asked: Asked) -> None:
    """From which volume it pays for each kind of request alone, and for all that could share the machines."""
    question = asked.question
    if question is None or len(session.workload.segments) < 2:
        return
    st.subheader("Kind by kind, and together", anchor=False)
    names = tuple(segment.name for segment in sharing(session.workload, question.model, question.precision))
    groups: list[tuple[str, tuple[str, ...]]] = [(one.name, (one.name,)) for one in session.workload.segments]
    if len(names) > 1:
        groups.append((f"{len(names)} kinds on one pool", names))
    rows = [_group_row(session, label, question, group, asked.lens) for label, group in groups]
    body = "".join(
        f"<tr><td>{escape(row['kind'])}<br><span class='tp-dim'>{escape(row['note'])}</span></td>"
        f"<td class='tp-num'>{escape(row['planned'])}</td>"
        f"<td>{escape(row['rented'])}</td><td>{escape(row['owned'])}</td></tr>"
        for row in rows
    )
    st.html(wide_table(("Kind of request", "Planned", "Rented pays", "Owned pays"), body, numeric=(1,)))
    st.caption(
        "Requests a month, each against the same API. One pool: the kinds whose rules let the model serve them and for "
        "which it is likely good enough; their busiest hours are taken to fall together."
    )
    draw_csv_button(rows, "break-evens")


def _group_row(session: Session, label: str, question: Question, names: tuple[str, ...], lens: Lens) -> dict[str, str]:
    own, may = question_for(session.workload, question, names)
    found = answer_for(session.workload, own, lens)
    if isinstance(found, str):
        return {"kind": label, "planned": "", "rented": found, "owned": "", "note": ""}
    notes = [] if may else ["this API may not serve it"]
    if own.rent is not None and own.rent != question.rent:
        notes.append(f"rented in {own.rent.region}, as its data rules ask")
    return {
        "kind": label,
        "planned": requests(found.case.demand.requests_per_month),
        "rented": state_text(found.rented) if found.rented is not None else "not rented: no allowed place has a price",
        "owned": state_text(found.owned) if found.owned is not None else "no price to buy it at",
        "note": "; ".join(notes),
    }
