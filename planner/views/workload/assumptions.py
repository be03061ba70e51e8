"""What nobody said, as a table: value, whose it is, why; editable, and with a tick that takes the default again."""

from typing import Any, Final

import streamlit as st

from planner.errors import InputError
from planner.session import Session, edit_values, field_value, indexed, reset_field
from planner.workload.assumptions import WorkloadAssumption, list_assumptions
from planner.workload.load import check_workload, plain_workload
from planner.workload.schema import Workload
from planner.workload.yaml_text import parse_yaml

_KEY: Final = "workload.assumptions"
_NEEDED: Final = ("name", "skill", "requests_per_month", "input_tokens", "output_tokens")


def draw_assumptions(session: Session) -> None:
    """The table; an edit makes the number the user's, a tick under 'Reset' ours again."""
    ours = list_assumptions(session.workload)
    yours = given(session.workload)
    st.caption(
        f"{len(ours)} numbers are ours until you change one; the first ones decide most. "
        "A tick under 'Reset' takes ours again."
    )
    rows = [_row(item, item.value, "ours") for item in ours]
    rows += [
        _row(item, _as_text(field_value(session.workload, indexed(session.workload, item.path))), "yours")
        for item in yours
    ]
    # A new key with every change of the workload: the editor's own memory of edits must not outlive them.
    key = f"{_KEY}.{hash(session.text)}"
    st.data_editor(
        rows,
        key=key,
        hide_index=True,
        disabled=("For", "Assumption", "Unit", "Whose", "Why this value"),
        column_config={
            "Reset": st.column_config.CheckboxColumn("Reset", width="small"),
            "Assumption": st.column_config.TextColumn("Assumption", width=236),
            "Value": st.column_config.TextColumn("Value", width=104, help="As in the YAML: 0.6, true, [eu, us]"),
            "Why this value": st.column_config.TextColumn("Why this value", width="large"),
        },
        on_change=_take_edits,
        args=(session, [*ours, *yours], key),
    )


def given(workload: Workload) -> list[WorkloadAssumption]:
    """What would be assumed had the user not said it."""
    data = plain_workload(workload)
    bare = {"version": 1, "name": workload.name}
    bare["segments"] = [{name: segment[name] for name in _NEEDED} for segment in data["segments"]]
    ours = {item.path for item in list_assumptions(workload)}
    return [item for item in list_assumptions(check_workload(bare)) if item.path not in ours]


def _row(item: WorkloadAssumption, value: str, whose: str) -> dict[str, str | bool]:
    segment = item.path.split(".")[1] if item.path.startswith("segments.") else "all"
    return {
        "Assumption": item.label,
        "Value": value,
        "Unit": item.unit,
        "For": segment,
        "Whose": whose,
        "Reset": False,
        "Why this value": item.reason if whose == "ours" else "You said so.",
    }


def _as_text(value: Any) -> str:  # noqa: ANN401 (any field)
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_as_text(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_as_text(part) for part in value) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _take_edits(session: Session, items: list[WorkloadAssumption], key: str) -> None:
    for number, edit in st.session_state[key]["edited_rows"].items():
        path = indexed(session.workload, items[int(number)].path)
        if edit.get("Reset"):
            reset_field(session, path)
        elif "Value" in edit:
            set_text(session, path, str(edit["Value"] or ""))


def set_text(session: Session, path: str, text: str) -> None:
    """Take what was typed into a cell: YAML, with thousands separators, 'yes', 'no' and '90 %' understood."""
    try:
        value = parse_yaml(_yaml_of(text), path)
    except InputError as error:
        session.problems = (error,)
        return
    edit_values(session, {path: value})


def _yaml_of(text: str) -> str:
    """A cell's text as YAML.

    >>> _yaml_of("1,200"), _yaml_of("90 %"), _yaml_of("yes")
    ('1200', '0.9', 'true')
    """
    text = text.strip()
    if text.endswith("%") and text[:-1].strip().replace(".", "", 1).isdigit():
        return f"{float(text[:-1]) / 100:g}"
    if text.replace(",", "").replace(".", "", 1).isdigit():
        return text.replace(",", "")
    return {"yes": "true", "no": "false", "none": "null"}.get(text.lower(), text)
