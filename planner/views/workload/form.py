"""The form that writes the workload: a table of fields, drawn widget by widget, each with its own error beneath."""

from dataclasses import dataclass
from html import escape
from typing import Final, Literal, TypeAlias

import streamlit as st

from planner.session import Session, add_segment, edit_field, edit_values, field_value, show_value
from planner.terms import AREAS, SKILLS
from planner.views.parts.figures import alert
from planner.workload.load import plain_workload
from planner.workload.schema import Segment

_SWITCH: Final = "workload.segment"
Kind: TypeAlias = Literal["number", "count", "share", "text", "choice", "choices", "flag"]


@dataclass(frozen=True, slots=True)
class Field:
    """One widget of the form."""

    path: str
    """Path in the workload, or in a segment."""
    label: str
    kind: Kind
    help: str
    choices: tuple[str, ...] = ()
    optional: bool = False


WHOLE: Final = (
    Field("name", "Name of the workload", "text", "Shown in the report and in the file names."),
    Field(
        "limits.monthly_budget_usd", "Budget, USD a month", "number", "Fixed costs and people included.", optional=True
    ),
    Field("limits.max_models", "Most models", "count", "Fewer models are less work to keep.", optional=True),
    Field(
        "limits.min_providers",
        "Fewest providers",
        "count",
        "So that one provider's outage is not yours.",
        optional=True,
    ),
    Field("growth_per_month", "Growth a month, share", "number", "0.03 is 3 % more requests each month."),
    Field("horizon_months", "Months looked ahead", "count", "Costs are the average month of this time."),
    Field(
        "confidence", "Confidence", "number", "Share of possible worlds in which every limit must hold: 0.9 is 9 in 10."
    ),
)
VOLUME: Final = (
    Field("name", "Name", "text", "Short, and unique in the workload."),
    Field("skill", "Skill", "choice", "What these requests exercise most.", SKILLS),
    Field(
        "task",
        "Kind of task within it",
        "text",
        "text_to_sql or programming, flat_fields, nested_fields or tool_calls, from_template or free_writing ...",
        optional=True,
    ),
    Field(
        "requests_per_month",
        "Requests a month",
        "number",
        "Model calls of the first month; growth comes on top.",
    ),
    Field("input_tokens.mean", "Input tokens, mean", "number", "The prompt with its history; a page is about 600."),
    Field("input_tokens.p95", "Input tokens, p95", "number", "Only 1 in 20 prompts is longer.", optional=True),
    Field(
        "output_tokens.mean",
        "Output tokens, mean",
        "number",
        "The visible answer; hidden reasoning is added per model.",
    ),
    Field("output_tokens.p95", "Output tokens, p95", "number", "Only 1 in 20 answers is longer.", optional=True),
    Field(
        "shared_prefix_tokens",
        "Same in every prompt, tokens",
        "number",
        "System prompt and examples: cheaper when cached.",
    ),
    Field("peak_to_mean", "Busiest hour over mean", "number", "Sizes own machines and slows shared ones."),
    Field("turns_per_conversation", "Turns a conversation", "number", "Requests that belong together."),
    Field("tool_calls_per_request", "Tool calls a request", "number", "Each is one more model call."),
    Field("batchable", "Answers may come within a day", "flag", "Then the half-price batch offers apply."),
)
QUALITY: Final = (
    Field("novelty", "Unlike anything seen, share", "number", "Weighs against small and tuned models."),
    Field("error_cost_usd", "Cost of one wrong answer, USD", "number", "Counted beside the bill in what is minimised."),
    Field(
        "training.labelled_examples",
        "Labelled examples you own",
        "count",
        "With some thousands a small model can be tuned.",
    ),
    Field("training.retrain_per_year", "Tuned anew, times a year", "number", "Each time costs."),
)
SPEED: Final = (
    Field(
        "latency.ttft_p95_ms", "First token within, ms (p95)", "number", "Until the first word appears.", optional=True
    ),
    Field(
        "latency.total_p95_ms",
        "Whole answer within, ms (p95)",
        "number",
        "Until the last word is there.",
        optional=True,
    ),
)
DATA: Final = (
    Field("data.residency", "May be processed in", "choices", "Empty: anywhere.", AREAS),
    Field("data.may_leave_premises", "Data may leave your machines", "flag", "Off: own machines or devices only."),
    Field(
        "data.unknown_place_allowed",
        "Sensitive data may go to unknown places",
        "flag",
        "Off: personal or confidential data goes to no provider that hides where it processes.",
    ),
    Field(
        "data.sensitivity",
        "Sensitivity",
        "choice",
        "Shown in the report.",
        ("public", "internal", "personal", "confidential"),
    ),
    Field("data.licences_allowed", "Licences allowed", "choices", "Empty: any.", ("open", "permissive")),
    Field("modalities", "Requests contain", "choices", "", ("text", "image", "audio", "video", "pdf")),
    Field(
        "languages",
        "Languages",
        "choices",
        "Two-letter codes.",
        ("en", "de", "fr", "es", "it", "nl", "pt", "pl", "zh", "ja"),
    ),
)
KNOWLEDGE: Final = (
    Field(
        "knowledge.private_or_fresh_share",
        "Need private or fresh facts, share",
        "number",
        "No model was trained on these.",
    ),
    Field("knowledge.corpus_tokens", "Searchable documents, tokens", "number", "A page is about 600."),
    Field("knowledge.changed_tokens_per_month", "Changed a month, tokens", "number", "Indexed anew."),
    Field("knowledge.reindex_every_days", "Indexed anew every, days", "number", "An answer may be as old as that."),
)
GROUPS: Final = (
    ("Volume", VOLUME),
    ("Quality", QUALITY),
    ("Speed", SPEED),
    ("Data", DATA),
    ("Knowledge", KNOWLEDGE),
)


def draw_segment_switch(session: Session) -> Segment:
    """Which kind of request the form shows; more of them, or fewer."""
    segments = session.workload.segments
    names = [segment.name for segment in segments]
    show_value(_SWITCH, session.segment_of_interest().name)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            "Kind of request", names, key=_SWITCH, on_change=_look_at, args=(session,), width=260, filter_mode=None
        )
        st.button(
            "Copy", on_click=_copy, args=(session,), icon=":material/content_copy:", help="One more, like this one"
        )
        st.button(
            "Remove",
            on_click=_remove,
            args=(session,),
            icon=":material/delete:",
            disabled=len(segments) == 1,
            help="A workload needs at least one kind" if len(segments) == 1 else None,
        )
    return session.segment_of_interest()


def _look_at(session: Session) -> None:
    session.segment = st.session_state[_SWITCH]


def _copy(session: Session) -> None:
    segments = plain_workload(session.workload)["segments"]
    add_segment(session, segments[session.workload.segments.index(session.segment_of_interest())])


def _remove(session: Session) -> None:
    number = session.workload.segments.index(session.segment_of_interest())
    session.segment = ""
    edit_values(session, {f"segments[{number}]": None})


def draw_whole_form(session: Session) -> None:
    """Fields of the whole workload."""
    _draw_fields(session, WHOLE, "")


def draw_segment_form(session: Session, segment: Segment) -> None:
    """Fields of one segment, in groups."""
    number = session.workload.segments.index(segment)
    for tab, (_, fields) in zip(st.tabs([name for name, _ in GROUPS]), GROUPS, strict=True):
        with tab:
            _draw_fields(session, fields, f"segments[{number}].")


def _draw_fields(session: Session, fields: tuple[Field, ...], prefix: str) -> None:
    grid = st.grid(2, min_column_width=230)
    for field in fields:
        with grid.cell():
            _draw_field(session, field, prefix + field.path)


def _draw_field(session: Session, field: Field, path: str) -> None:
    key = f"form.{path}"
    problem = next((problem for problem in session.problems if _concerns(problem.field, path)), None)
    if problem is None or key not in st.session_state:
        show_value(key, _widget_value(field, field_value(session.workload, path)))
    _draw_widget(session, field, path, key)
    if problem is not None:
        st.html(alert(f"Found {escape(problem.found)}. Allowed: {escape(problem.allowed)}."))


def _concerns(problem_field: str, path: str) -> bool:
    """Whether a problem's field is this widget's, or the part that holds it ('input_tokens' for its p95)."""
    return bool(problem_field) and (path == problem_field or path.startswith(f"{problem_field}."))


def _widget_value(field: Field, value: object) -> object:
    if field.kind == "choices":
        return list(value) if isinstance(value, list | tuple) else []
    if field.kind == "number" and isinstance(value, int | float):
        return float(value)
    return value


def _draw_widget(session: Session, field: Field, path: str, key: str) -> None:
    hint, args = field.help or None, (session, path, key)
    if field.kind == "text":
        st.text_input(field.label, max_chars=80, key=key, help=hint, on_change=edit_field, args=args)
    elif field.kind == "choice":
        st.selectbox(field.label, field.choices, key=key, help=hint, on_change=edit_field, args=args)
    elif field.kind == "choices":
        st.multiselect(
            field.label, field.choices, key=key, help=hint, on_change=edit_field, args=args, accept_new_options=True
        )
    elif field.kind == "flag":
        st.toggle(field.label, key=key, help=hint, on_change=edit_field, args=args)
    elif field.kind == "count":
        st.number_input(
            field.label, step=1, format="%d", placeholder="none", key=key, help=hint, on_change=edit_field, args=args
        )
    else:
        st.number_input(
            field.label, format="%g", placeholder="none", key=key, help=hint, on_change=edit_field, args=args
        )
