"""Edits of the workload, as YAML or field by field; a wrong one is kept apart and the last good state stays."""

import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from planner.errors import InputError
from planner.planning.what_if.changes import Change, apply_changes
from planner.session.state import Session
from planner.workload.load import check_workload, dump_workload, parse_workload, plain_workload, workload_problems
from planner.workload.schema import Workload

_PART = re.compile(r"[^.\[\]]+")


def use_text(session: Session, text: str, origin: str = "") -> bool:
    """Take a YAML text; whether it was right. When it is wrong the text is kept for the editor, the workload stays."""
    session.text, session.note = text, ""
    session.problems = workload_problems(text, origin or "workload.yaml")
    if session.problems:
        return False
    session.workload, session.origin = parse_workload(text), origin
    return True


def use_workload(session: Session, workload: Workload) -> None:
    """Take a workload; its YAML becomes the editor's text."""
    session.workload, session.text, session.origin = workload, dump_workload(workload), ""
    session.problems, session.note = (), ""


def show_value(key: str, value: object) -> None:
    """Make a widget show a value; untouched when it does, so that what is being typed is not overwritten."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def edit_field(session: Session, path: str, key: str) -> None:
    """Take what the widget `key` says for the field at `path`."""
    edit_field_value(session, path, st.session_state[key])


def edit_field_value(session: Session, path: str, value: object) -> None:
    """Set one field; None or an empty list removes it, so that its default applies. A wrong value becomes a problem."""
    edit_values(session, {path: value})


def reset_field(session: Session, path: str) -> None:
    """Take the default again."""
    edit_field_value(session, path, None)


def field_value(workload: Workload, path: str) -> Any:  # noqa: ANN401 (fields differ in type)
    """Value of the field at 'segments[0].latency.ttft_p95_ms'; None where a part of the path is not there."""
    at: Any = workload
    for part in _parts(path):
        at = at[part] if isinstance(part, int) else getattr(at, part, None)
    return at


def indexed(workload: Workload, path: str) -> str:
    """A path with the segment's number for its name: 'segments[0].novelty' for 'segments.triage.novelty'."""
    for number, segment in enumerate(workload.segments):
        start = f"segments.{segment.name}."
        if path.startswith(start):
            return f"segments[{number}].{path.removeprefix(start)}"
    return path


def _parts(path: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in _PART.findall(path)]


def _place(data: Any, parts: list[str | int], value: object) -> None:  # noqa: ANN401 (plain YAML data)
    """Set or remove one entry of nested plain data; a mapping left empty goes too."""
    first, rest = parts[0], parts[1:]
    if rest:
        below = data[first] if isinstance(first, int) else data.setdefault(first, {})
        _place(below, rest, value)
        if below == {} and isinstance(first, str):
            del data[first]
    elif value is None:
        data.pop(first, None)
    else:
        data[first] = value


def edit_values(session: Session, values: Mapping[str, object]) -> None:
    """Set several fields together, so that none is checked without the others."""
    data = plain_workload(session.workload)
    for path, value in values.items():
        _place(data, _parts(path), None if value in ([], (), "") else value)
    try:
        use_workload(session, check_workload(data, "workload"))
    except InputError as error:
        session.problems = (error,)


def apply_change(session: Session, change: Change) -> None:
    """Take one change of the what-if kind into the workload for good."""
    _take(session, (change,))


def apply_changes_for_good(session: Session) -> None:
    """Take the moved inputs of the What-if page into the workload."""
    _take(session, session.changes)
    session.changes = () if not session.problems else session.changes


def _take(session: Session, changes: tuple[Change, ...]) -> None:
    try:
        use_workload(session, apply_changes(session.workload, changes))
    except InputError as error:
        session.problems = (error,)
