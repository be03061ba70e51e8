"""Edits of the workload, as YAML or field by field; a wrong one is kept apart and the last good state stays."""

import re
from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from planner.errors import InputError
from planner.planning.what_if.changes import Change, apply_changes
from planner.session.state import Session, example_names, example_text
from planner.workload.edit_text import edit_text, place_value
from planner.workload.load import check_workload, dump_workload, parse_workload, plain_workload, workload_problems
from planner.workload.schema import Workload

_MOST_STEPS: Final = 50
"""Edits that can be undone."""
_PART = re.compile(r"[^.\[\]]+")


def use_text(session: Session, text: str, origin: str = "") -> bool:
    """Take a YAML text; whether it was right. When it is wrong the text is kept for the editor, the workload stays."""
    session.note = ""
    problems = workload_problems(text, origin or "workload.yaml")
    if problems:
        session.text, session.problems = text, problems
        return False
    _take_up(session, parse_workload(text), text, origin)
    return True


def use_workload(session: Session, workload: Workload) -> None:
    """Take a workload; its YAML becomes the editor's text."""
    _take_up(session, workload, dump_workload(workload), "")


def _take_up(session: Session, workload: Workload, text: str, origin: str) -> None:
    """Make a workload the one looked at; the one before can be had back."""
    if text != session.good_text:
        session.past, session.future = (*session.past, session.good_text)[-_MOST_STEPS:], ()
    _look_at(session, workload, text, origin)


def _look_at(session: Session, workload: Workload, text: str, origin: str) -> None:
    session.segment = _same_segment(session, workload)
    session.workload, session.text, session.good_text, session.origin = workload, text, text, origin
    session.problems, session.note = (), ""


def _same_segment(session: Session, workload: Workload) -> str:
    """Name of the segment looked at; one that was renamed in its place is still the one looked at."""
    names = [segment.name for segment in workload.segments]
    if not session.segment or session.segment in names:
        return session.segment
    before = [segment.name for segment in session.workload.segments]
    place = before.index(session.segment) if session.segment in before else len(before)
    return names[place] if len(names) == len(before) and place < len(names) else ""


def undo(session: Session) -> None:
    """The workload before the last edit; what is undone can be had again."""
    _step(session, session.past[-1:], session.past[:-1], (*session.future, session.good_text))


def redo(session: Session) -> None:
    """The workload that was undone last."""
    _step(session, session.future[-1:], (*session.past, session.good_text), session.future[:-1])


def _step(session: Session, to: tuple[str, ...], past: tuple[str, ...], future: tuple[str, ...]) -> None:
    for text in to:
        origin = next((name for name in example_names() if example_text(name) == text), "")
        _look_at(session, parse_workload(text), text, origin)
        session.past, session.future = past, future


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


def edit_values(session: Session, values: Mapping[str, object]) -> None:
    """Set several fields together, so that none is checked without the others; comments of the text stay."""
    data = plain_workload(session.workload)
    placed = {tuple(_parts(path)): None if value in ([], (), "") else value for path, value in values.items()}
    # A kind of task belongs to its skill: another skill starts without one.
    placed = {(*path[:-1], "task"): None for path in placed if path[-1] == "skill"} | placed
    for path, value in placed.items():
        place_value(data, list(path), value)
    try:
        workload = check_workload(data, "workload")
    except InputError as error:
        session.problems = (error,)
        return
    _take_up(session, workload, _edited_text(session, placed, workload), "")


def _edited_text(session: Session, placed: Mapping[tuple[str | int, ...], object], workload: Workload) -> str:
    """The present text with the fields set where that says the same as the workload, else the workload written anew."""
    text = edit_text(session.good_text, placed)
    if text is not None and not workload_problems(text) and parse_workload(text) == workload:
        return text
    return dump_workload(workload)


def add_segment(session: Session, segment: Mapping[str, Any]) -> None:
    """One more kind of request, which is then the one looked at; a name that is taken gets a number."""
    names = {one.name for one in session.workload.segments}
    base = str(segment["name"])
    numbered = (f"{base[:75]}-{number}" for number in range(2, len(names) + 3))
    name = base if base not in names else next(name for name in numbered if name not in names)
    edit_values(session, {f"segments[{len(names)}]": {**segment, "name": name}})
    if not session.problems:
        session.segment = name


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
