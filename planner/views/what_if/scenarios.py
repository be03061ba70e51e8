"""Scenarios: moved inputs saved under a name, side by side, out to a file and in again."""

from html import escape
from typing import Any, Final

import streamlit as st

from planner.errors import InputError, PlannerError
from planner.planning.plan import Plan
from planner.planning.what_if.changes import Change
from planner.session import Scenario, Session, compared
from planner.views.parts.figures import figure_html
from planner.views.parts.tables import Row, draw_csv_button, draw_json_button, stacked_table
from planner.views.what_if.sliders import moved_words, set_changes
from planner.workload.yaml_text import decode_text, dump_yaml, parse_yaml

_UPLOAD: Final = "scenarios.upload"
_NAME: Final = "scenarios.name"
_MOST: Final = 12


def draw_scenarios(session: Session) -> None:
    """Save, name, compare, export, import."""
    st.subheader("Scenarios", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input("Name for what is moved now", key=_NAME, max_chars=60, placeholder="Black Friday", width=280)
        st.button("Save", on_click=_save, args=(session,), icon=":material/bookmark_add:", disabled=not session.changes)
        with st.popover("File", icon=":material/folder_open:"):
            _draw_files(session)
    if session.scenarios:
        _draw_table(session)
    else:
        st.caption("None yet: move sliders, give it a name, save. Saved ones are compared side by side.")


def _save(session: Session) -> None:
    name = (st.session_state[_NAME] or f"Scenario {len(session.scenarios) + 1}").strip()
    others = tuple(scenario for scenario in session.scenarios if scenario.name != name)
    session.scenarios = (*others, Scenario(name, session.changes))[-_MOST:]


def _draw_table(session: Session) -> None:
    every = [Scenario("Today", ()), *session.scenarios]
    rows, listed = "", []
    for scenario in every:
        html, row = _scenario_row(session, scenario)
        rows += html
        listed.append(row)
    st.html(stacked_table(("Scenario", "Moved", "Cost a month", "Acceptable", "Tools"), rows))
    with st.container(horizontal=True, gap="small"):
        for scenario in session.scenarios:
            st.button(f"Show {scenario.name}", on_click=set_changes, args=(session, scenario.changes), type="tertiary")
        draw_csv_button(listed, "scenarios")
        draw_json_button(listed, "scenarios")


def _scenario_row(session: Session, scenario: Scenario) -> tuple[str, Row]:
    moved = ", ".join(moved_words(scenario.changes)) or "nothing"
    name = escape(scenario.name)
    try:
        outcome = compared(session.workload, scenario.changes).after.outcome
    except PlannerError as error:
        return f"<tr><td>{name}</td><td>{escape(moved)}</td><td colspan=3>{escape(str(error))}</td></tr>", {
            "scenario": name
        }
    if not isinstance(outcome, Plan):
        html = f"<tr><td>{name}</td><td>{escape(moved)}</td><td colspan=3>No plan: {escape(outcome.text)}</td></tr>"
        return html, {"scenario": scenario.name, "moved": moved, "no plan": outcome.text}
    tools = sorted({segment.option.label for segment in outcome.segments})
    totals = outcome.totals
    html = (
        f"<tr><td><b>{name}</b></td><td class='tp-dim'>{escape(moved)}</td>"
        f"<td>{figure_html(totals.monthly_cost_usd, 'usd')}</td><td>{figure_html(totals.quality, 'share')}</td>"
        f"<td>{escape(', '.join(tools))}</td></tr>"
    )
    return html, {
        "scenario": scenario.name,
        "moved": moved,
        "cost, USD a month": totals.monthly_cost_usd.mean,
        "cost, low": totals.monthly_cost_usd.low,
        "cost, high": totals.monthly_cost_usd.high,
        "acceptable answers, share": totals.quality.mean,
        "tools": "; ".join(tools),
    }


def _draw_files(session: Session) -> None:
    st.download_button(
        "Save all to a file",
        data=lambda: scenarios_text(session.scenarios),
        file_name="scenarios.yaml",
        mime="application/yaml",
        on_click="ignore",
        disabled=not session.scenarios,
        icon=":material/download:",
    )
    st.file_uploader("Open a file", type=["yaml", "yml", "json"], key=_UPLOAD, on_change=_load, args=(session,))


def scenarios_text(scenarios: tuple[Scenario, ...]) -> str:
    """Scenarios as YAML; `read_scenarios` takes it back, and JSON as well."""
    data = [
        {"name": one.name, "changes": [{"path": change.path, "value": change.value} for change in one.changes]}
        for one in scenarios
    ]
    return dump_yaml({"version": 1, "scenarios": data})


def read_scenarios(text: str, file_name: str) -> tuple[Scenario, ...]:
    """Scenarios of a text; InputError when it is not a file of them."""
    data: Any = parse_yaml(text, file_name)
    try:
        return tuple(
            Scenario(str(one["name"])[:60], tuple(Change(str(part["path"]), part["value"]) for part in one["changes"]))
            for one in data["scenarios"][:_MOST]
        )
    except (TypeError, KeyError, IndexError) as error:
        allowed = "version: 1 and scenarios: a list of {name, changes: [{path, value}]}"
        raise InputError(file_name, "scenarios", found=type(data).__name__, allowed=allowed) from error


def _load(session: Session) -> None:
    upload = st.session_state[_UPLOAD]
    if upload is None:
        return
    try:
        session.scenarios = read_scenarios(decode_text(upload.getvalue(), upload.name), upload.name)
    except InputError as error:
        session.note = str(error)
