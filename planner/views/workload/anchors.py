"""How good is good enough, and how hard the requests are: the floor, the anchor, and the three ways to a better one."""

from html import escape
from typing import Final

import streamlit as st

from planner.planning.plan import Plan
from planner.session import Session, edit_values, field_value, show_value, the_catalog
from planner.views.parts.figures import Shade, chip
from planner.workload.schema import Segment

_KINDS: Final[dict[str, tuple[str, Shade]]] = {
    "measured": ("Measured on your samples", "good"),
    "observed": ("Anchored by what you saw", "good"),
    "like": ("Anchored by a benchmark you named", "plain"),
    "usual": ("Assumed: the skill's usual benchmark", "warn"),
}


def draw_anchor(session: Session, segment: Segment) -> None:
    """What fixes this segment's difficulty now, and the three ways to fix it better."""
    plan = session.last_plan
    found = [part for part in plan.segments if part.name == segment.name] if isinstance(plan, Plan) else []
    if found:
        text, kind = _KINDS[found[0].anchor_kind]
        st.html(chip(text, kind) + f'<p class="tp-small">{escape(found[0].anchor)}</p>')
    number = session.workload.segments.index(segment)
    prefix = f"segments[{number}]"
    columns = st.columns(3, gap="medium", border=True)
    with columns[0]:
        _draw_observed(session, prefix)
    with columns[1]:
        _draw_like(session, segment, prefix)
    with columns[2]:
        draw_floor(session, prefix)


def _draw_observed(session: Session, prefix: str) -> None:
    st.markdown("**1 · Say what you saw** (best)")
    st.caption("“Today model M gets 92 % of 300 right”: look at some hundred answers and count.")
    catalog = the_catalog()
    model = st.selectbox(
        "Model",
        list(catalog.models),
        index=None,
        format_func=lambda name: catalog.models[name].name,
        key=f"anchor.model.{prefix}",
    )
    right = st.number_input("Acceptable, share", 0.0, 1.0, None, key=f"anchor.quality.{prefix}", placeholder="0.92")
    looked = st.number_input("Answers looked at", 1, None, None, key=f"anchor.n.{prefix}", placeholder="300")
    ready = model is not None and right is not None and looked is not None
    st.button(
        "Take it",
        key=f"anchor.take.{prefix}",
        disabled=not ready,
        on_click=edit_values,
        args=(session, {f"{prefix}.observed": [{"model": model, "quality": right, "n": looked}]}),
    )
    if field_value(session.workload, f"{prefix}.observed"):
        st.button(
            "Forget it", key=f"anchor.drop.{prefix}", on_click=edit_values, args=(session, {f"{prefix}.observed": None})
        )


def _draw_like(session: Session, segment: Segment, prefix: str) -> None:
    st.markdown("**2 · Say what it is like**")
    st.caption("“About as hard as” a public benchmark; those of the same skill come first.")
    benchmarks = the_catalog().benchmarks
    ordered = sorted(benchmarks, key=lambda name: (benchmarks[name].skill != segment.skill, name))
    key = f"anchor.like.{prefix}"
    show_value(key, segment.like if segment.like in benchmarks else None)
    st.selectbox(
        "Benchmark",
        ordered,
        format_func=lambda name: f"{benchmarks[name].name} ({benchmarks[name].skill.replace('_', ' ')})",
        key=key,
        placeholder="the skill's usual one",
        on_change=_take,
        args=(session, f"{prefix}.like", key),
    )


def draw_floor(session: Session, prefix: str) -> None:
    """How good is good enough: a share, or relative to a model, which needs far less evidence."""
    st.markdown("**3 · Ask relative to a model**")
    st.caption("“95 % as good as the best” needs no anchor: what is unknown of the requests is unknown of both.")
    floor = field_value(session.workload, f"{prefix}.quality_floor")
    kind_key, value_key, of_key = (f"floor.{name}.{prefix}" for name in ("kind", "value", "of"))
    absolute = isinstance(floor, float | int)
    show_value(kind_key, "a share of answers" if absolute else "relative")
    st.segmented_control(
        "Good enough is",
        ["relative", "a share of answers"],
        key=kind_key,
        required=True,
        on_change=_take_kind,
        args=(session, prefix, kind_key),
    )
    show_value(value_key, float(floor) if absolute else float(getattr(floor, "at_least", 0.95)))
    st.number_input(
        "At least",
        0.0,
        1.0 if absolute else 1.5,
        step=0.01,
        format="%.3g",
        key=value_key,
        on_change=_take_floor,
        args=(session, prefix, value_key, of_key, absolute),
    )
    if not absolute:
        models = the_catalog().models
        show_value(of_key, getattr(floor, "of", "best"))
        st.selectbox(
            "As good as",
            ["best", *models],
            format_func=lambda name: models[name].name if name in models else "the best model",
            key=of_key,
            on_change=_take_floor,
            args=(session, prefix, value_key, of_key, absolute),
        )


def _take(session: Session, path: str, key: str) -> None:
    edit_values(session, {path: st.session_state[key]})


def _take_kind(session: Session, prefix: str, key: str) -> None:
    share = st.session_state[key] == "a share of answers"
    edit_values(session, {f"{prefix}.quality_floor": 0.85 if share else {"at_least": 0.95, "of": "best"}})


def _take_floor(session: Session, prefix: str, value_key: str, of_key: str, absolute: bool) -> None:
    value = st.session_state[value_key]
    of = st.session_state.get(of_key, "best")
    edit_values(session, {f"{prefix}.quality_floor": value if absolute else {"at_least": value, "of": of}})
