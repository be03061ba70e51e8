"""The What-if page's sliders: what each moves, its marks, today's place on it, the changes it stands for."""

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import streamlit as st

from planner.planning.what_if.changes import Change
from planner.report.format import number, percent, points
from planner.session import Session, field_value, show_value
from planner.workload.schema import Workload

Kind: TypeAlias = Literal["times", "plus", "set"]
EVERY: Final = "*"


@dataclass(frozen=True, slots=True)
class Slider:
    """One input that can be moved."""

    id: str
    label: str
    paths: tuple[str, ...]
    """What it changes; '{segment}' stands for the segment, or '*' for all."""
    kind: Kind
    marks: tuple[float, ...]
    help: str

    def changes(self, scope: str, value: float, workload: Workload) -> tuple[Change, ...]:
        """The changes that a value stands for; limits that nobody set stay unset."""
        said: object = {"times": f"x{value:g}", "plus": f"{value:+g}", "set": value}[self.kind]
        paths = [path for path in self.paths if _is_there(path, scope, workload)]
        return tuple(Change(path.replace("{segment}", scope), said) for path in paths)

    def shown(self, value: float) -> str:
        """A value as the slider says it."""
        if self.kind == "times":
            return f"{number(value)} ×"
        return points(value) if self.kind == "plus" else percent(value)


_TIMES: Final = (0.25, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0, 4.0)
SLIDERS: Final = (
    Slider(
        "volume",
        "Requests",
        ("segments.{segment}.requests_per_month",),
        "times",
        (0.1, 0.2, 0.3, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0),
        "Requests a month, times today's.",
    ),
    Slider(
        "input",
        "Input length",
        ("segments.{segment}.input_tokens", "segments.{segment}.shared_prefix_tokens"),
        "times",
        _TIMES,
        "Prompt tokens, times today's; the part that all prompts share grows with them.",
    ),
    Slider(
        "output",
        "Output length",
        ("segments.{segment}.output_tokens",),
        "times",
        _TIMES,
        "Answer tokens, times today's.",
    ),
    Slider(
        "frontier_price",
        "Frontier price",
        ("assumptions.frontier_price_factor",),
        "times",
        (0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0),
        "API prices of the makers' strongest models, times today's.",
    ),
    Slider(
        "gpu_price",
        "GPU price",
        ("assumptions.gpu_price_factor",),
        "times",
        (0.25, 0.4, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0),
        "An hour of any GPU, times today's.",
    ),
    Slider(
        "floor",
        "Quality floor",
        ("segments.{segment}.quality_floor",),
        "plus",
        (-0.1, -0.07, -0.05, -0.03, -0.02, -0.01, 0.0, 0.01, 0.02, 0.03, 0.05),
        "Least acceptable share of good answers, plus or minus percentage points.",
    ),
    Slider(
        "latency",
        "Latency limits",
        ("segments.{segment}.latency.ttft_p95_ms", "segments.{segment}.latency.total_p95_ms"),
        "times",
        (0.25, 0.4, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0, 5.0),
        "Limits on the time to answer, times today's; kinds without a limit stay so.",
    ),
    Slider(
        "cache",
        "Cache hits",
        ("assumptions.cache_hit_share",),
        "set",
        (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
        "Share of the part that all prompts have in common which a provider's cache serves.",
    ),
    Slider(
        "confidence",
        "Confidence",
        ("confidence",),
        "set",
        (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99),
        "Share of possible worlds in which every limit must hold.",
    ),
)
_USUAL_CACHE: Final = 0.5
"""Where the slider stands when the workload leaves cache hits to the prior."""


def _is_there(path: str, scope: str, workload: Workload) -> bool:
    """Whether the workload has something at a path for a slider to move."""
    leaf = path.removeprefix("segments.{segment}.")
    if leaf == path or not leaf.startswith("latency."):
        return True
    segments = [segment for segment in workload.segments if scope in (EVERY, segment.name)]
    return any(getattr(segment.latency, leaf.removeprefix("latency.")) is not None for segment in segments)


def today_of(slider: Slider, workload: Workload) -> float:
    """Where the slider stands today."""
    if slider.kind == "times":
        return 1.0
    if slider.kind == "plus":
        return 0.0
    value = field_value(workload, slider.paths[0])
    return _USUAL_CACHE if value is None else float(value)


def value_of(slider: Slider, scope: str, session: Session) -> float:
    """Where the slider stands now."""
    mine = {path.replace("{segment}", scope) for path in slider.paths}
    for change in session.changes:
        if change.path in mine:
            return float(str(change.value).lstrip("x"))
    return today_of(slider, session.workload)


def draw_sliders(session: Session) -> None:
    """All sliders, for one kind of request or for all, and the button that puts them back."""
    names = [EVERY, *(segment.name for segment in session.workload.segments)]
    scope = st.selectbox(
        "Move for",
        names,
        format_func=lambda name: "all kinds of request" if name == EVERY else name,
        key="what_if.scope",
        persist_state="session",
        filter_mode=None,
    )
    for slider in SLIDERS:
        _draw_slider(session, slider, scope)
    moved = bool(session.changes)
    st.button("Back to today", on_click=set_changes, args=(session, ()), disabled=not moved, icon=":material/undo:")


def _draw_slider(session: Session, slider: Slider, scope: str) -> None:
    here, now = today_of(slider, session.workload), value_of(slider, scope, session)
    marks = sorted({*slider.marks, here, now})
    key = f"what_if.{slider.id}.{scope if '{segment}' in slider.paths[0] else EVERY}"
    show_value(key, now)
    st.select_slider(
        slider.label,
        marks,
        key=key,
        format_func=slider.shown,
        help=slider.help,
        on_change=_move,
        args=(session, slider, scope, key),
        disabled=not slider.changes(scope, now, session.workload),
    )
    left = 100 * marks.index(here) / (len(marks) - 1)
    st.html(f'<div class="tp-today"><i style="left:{left:.1f}%" title="today: {slider.shown(here)}"></i></div>')


def _move(session: Session, slider: Slider, scope: str, key: str) -> None:
    value = float(st.session_state[key])
    others = other_changes(slider, scope, session)
    same = value == today_of(slider, session.workload)
    set_changes(session, others if same else (*others, *slider.changes(scope, value, session.workload)))
    st.session_state["what_if.last"] = (slider.id, scope)


def other_changes(slider: Slider, scope: str, session: Session) -> tuple[Change, ...]:
    """What the other sliders have moved."""
    mine = {path.replace("{segment}", scope) for path in slider.paths}
    return tuple(change for change in session.changes if change.path not in mine)


def set_changes(session: Session, changes: tuple[Change, ...]) -> None:
    """Take these changes and no others."""
    session.changes = changes


def last_moved() -> tuple[Slider, str]:
    """The slider moved last, and for which kind; volume for all before any was."""
    last: Any = st.session_state.get("what_if.last", (SLIDERS[0].id, EVERY))
    return next(slider for slider in SLIDERS if slider.id == last[0]), last[1]


def moved_words(changes: tuple[Change, ...]) -> list[str]:
    """Changes for people, a slider once: 'requests 2 ×', 'ticket-triage: quality floor +2 points'."""
    return list(dict.fromkeys(words for change in changes if (words := _words(change))))


def _words(change: Change) -> str:
    """A change in words; '' for the second field that a slider moves together with the first."""
    for slider in SLIDERS:
        for at, path in enumerate(slider.paths):
            before, _, after = path.partition("{segment}")
            scope = change.path.removeprefix(before).removesuffix(after)
            if change.path == path.replace("{segment}", scope):
                start = "" if not after or scope == EVERY else f"{scope}: "
                value = slider.shown(float(str(change.value).lstrip("x")))
                return f"{start}{slider.label.lower()} {value}" if at == 0 or slider.id == "latency" else ""
    return f"{change.path} = {change.value}"
