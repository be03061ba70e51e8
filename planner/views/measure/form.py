"""The Measure page's form: which questions, of which models, how often, for how much at most."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import streamlit as st

from planner.errors import InputError
from planner.planning.certainty.halving import Racing
from planner.probing.settings import ProbeSettings
from planner.probing.suites.suite import GRADER_KINDS, Suite
from planner.session import Session
from planner.session.measuring.form import (
    askable_models,
    barred,
    samples_file,
    shipped_suite,
    shipped_suites,
    standing_for,
    suite_of_file,
    suite_of_samples,
)
from planner.session.measuring.runs import the_environment
from planner.store.records import Target
from planner.table_text import decode_table
from planner.terms import SKILLS
from planner.views.measure.choice import pick
from planner.views.measure.models import draw_models
from planner.views.measure.settings import draw_settings
from planner.views.parts.figures import alert, chip
from planner.workload.schema import Segment
from planner.workload.yaml_text import decode_text

_LARGEST: Final = 5_000_000
_FILE: Final = "file"
_SAMPLES: Final = "samples:"
_GENERAL: Final = "general"
_GUESSED: Final = "as the samples suggest"
_SHOWN_LINES: Final = 8
GRADER_WORDS: Final = {
    "exact_match": "it is the right one, word for word",
    "includes": "it holds the right one",
    "regex": "it fits a pattern",
    "numeric": "its number is the right one",
    "f1": "it shares the right words",
    "rouge_l": "it follows the right text",
    "chrf": "it shares the right letters",
    "levenshtein": "it is nearly the right text",
    "json_schema": "its JSON fits the schema",
    "json_equals": "its JSON is the right one",
    "rules": "it keeps the rules",
    "embedding": "it means the same",
    "code_execution": "its code passes the tests",
    "llm_judge": "a judge model says so",
    "human": "people say so",
}
"""Graders as a sentence goes on: an answer counts when ..."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form says."""

    suite: Suite | None
    """None: not yet, or its file is wrong."""
    segment: Segment | None
    """Segment that the suite stands for."""
    targets: tuple[Target, ...]
    settings: ProbeSettings
    racing: Racing | None
    keyless: tuple[Target, ...] = ()
    """Models that were chosen and whose key is missing: their cost is told, and they are not asked."""


def draw_form(session: Session) -> Asked:
    """Suite, what it stands for, models, items; the rest behind a fold."""
    environment = the_environment()
    offered = askable_models(environment)
    st.subheader("Questions", anchor=False)
    suite, segment = _draw_suite(session)
    st.subheader("Models", anchor=False)
    chosen = draw_models(session, offered)
    targets = chosen.targets
    if suite is None:
        return Asked(None, segment, targets, ProbeSettings(), None, chosen.keyless)
    _draw_rules(suite, segment, targets)
    settings, racing = draw_settings(session, suite, segment, targets or chosen.keyless, offered)
    return Asked(suite, segment, targets, settings, racing, chosen.keyless)


def _draw_suite(session: Session) -> tuple[Suite | None, Segment | None]:
    suites = {summary.name: summary for summary in shipped_suites()}
    own = [f"{_SAMPLES}{part.name}" for part in session.workload.segments if samples_file(session, part)]

    def told(name: str) -> str:
        if name == _FILE:
            return "A file of mine (CSV or JSONL)"
        if name in suites:
            return f"{suites[name].title} · {suites[name].skill.replace('_', ' ')}"
        return f"Samples of {name.removeprefix(_SAMPLES)}"

    name = pick(
        session,
        "suite",
        "What to ask",
        [*own, *suites, _FILE],
        _usual_suite(session, own),
        told,
        "Your own samples say most about your requests. The shipped suites are questions of our own for each skill.",
    )
    if name.startswith(_SAMPLES):
        segment = session.workload.segment(name.removeprefix(_SAMPLES))
        suite = _read(lambda: suite_of_samples(session, segment))
    else:
        segment_or_none = _draw_stands_for(session, name)
        suite = (
            _draw_file(session, segment_or_none)
            if name == _FILE
            else standing_for(shipped_suite(name), session.workload, segment_or_none.name if segment_or_none else "")
        )
        _tell_suite(suite, segment_or_none)
        return suite, segment_or_none
    _tell_suite(suite, segment)
    return suite, segment


def _usual_suite(session: Session, own: Sequence[str]) -> str:
    """The segment's own samples, else the shipped suite of its skill, else the first."""
    segment = session.segment_of_interest()
    if f"{_SAMPLES}{segment.name}" in own:
        return f"{_SAMPLES}{segment.name}"
    fitting = [summary.name for summary in shipped_suites() if summary.skill == segment.skill]
    return fitting[0] if fitting else "general-facts"


def _draw_stands_for(session: Session, suite: str) -> Segment | None:
    """Which kind of request the items stand for; None: their skill in general."""
    names = [segment.name for segment in session.workload.segments]
    usual = session.segment_of_interest().name if suite == _FILE else _GENERAL
    name = pick(
        session,
        "for",
        "They stand for",
        [_GENERAL, *names],
        usual,
        lambda one: "their skill in general" if one == _GENERAL else f"requests of {one}",
        "Questions in general tell how able a model is. Only questions like your own requests tell how hard those are: "
        "choose a kind of request here when a right answer to these is as likely as one to yours.",
    )
    return None if name == _GENERAL else session.workload.segment(name)


def _draw_file(session: Session, segment: Segment | None) -> Suite | None:
    """A CSV or JSONL of prompts and right answers, kept for this tab."""
    upload = st.file_uploader(
        "File: columns or fields prompt and reference (the right answer); context, document and id if known",
        type=["csv", "tsv", "jsonl"],
        key="measure.upload",
    )
    left, right = st.columns(2, gap="small")
    with left:
        grader = st.selectbox(
            "An answer counts when",
            [_GUESSED, *GRADER_KINDS],
            key="measure.grader",
            persist_state="session",
            format_func=lambda kind: GRADER_WORDS.get(kind, kind),
            help="How answers are compared with the right ones. Your file's right answers suggest it.",
        )
    with right:
        wanted = segment.skill if segment else _draw_skill()
    if upload is not None:
        st.session_state["measure.file"] = (upload.name, upload.getvalue())
    kept: tuple[str, bytes] | None = st.session_state.get("measure.file")
    if kept is None:
        st.info(
            "No file yet. Fifty real requests with their right answers say more than any public score.",
            icon=":material/upload_file:",
        )
        return None
    name, content = kept
    kind = next((kind for kind in GRADER_KINDS if kind == grader), None)
    skill = next((skill for skill in SKILLS if skill == wanted), None)
    stands = (session.workload.name, segment.name) if segment else (None, None)
    return _read(lambda: suite_of_file(_text_of(content, name), name, skill, kind, *stands))


def _text_of(content: bytes, name: str) -> str:
    """Text of an upload: samples in any encoding that spreadsheets write."""
    if len(content) > _LARGEST or name.lower().endswith((".yaml", ".yml")):
        return decode_text(content, name, _LARGEST)
    return decode_table(content, name)


def _draw_skill() -> str:
    """Skill of a file that stands for no kind of request."""
    return str(
        st.selectbox(
            "Skill",
            [_GUESSED, *SKILLS],
            key="measure.skill",
            persist_state="session",
            format_func=lambda name: name.replace("_", " "),
        )
    )


def _read(make: Callable[[], Suite]) -> Suite | None:
    try:
        return make()
    except InputError as error:
        lines = [escape(line) for line in str(error).splitlines()[:_SHOWN_LINES]]
        if error.field == "skill":
            lines = [f"{escape(error.file)}: its samples don’t show which skill they ask for; choose it beside."]
        st.html(alert("<br>".join(lines)))
        return None


def _tell_suite(suite: Suite | None, segment: Segment | None) -> None:
    if suite is None:
        return
    counts = f"counts when {GRADER_WORDS[suite.grader.kind]}"
    chips = chip(f"{len(suite.items)} questions") + chip(counts) + chip(suite.skill.replace("_", " "))
    st.html(f'<div>{chips}<p class="tp-small tp-dim">{escape(suite.description)}</p></div>')
    if segment is not None and segment.skill != suite.skill:
        mine, theirs = segment.skill.replace("_", " "), suite.skill.replace("_", " ")
        st.html(
            alert(
                f"{escape(segment.name)} asks for {mine}, these questions for {theirs}: their share of right answers "
                "is taken as that of your requests. Choose “their skill in general” unless that is what you mean."
            )
        )


def _draw_rules(suite: Suite, segment: Segment | None, targets: Sequence[Target]) -> None:
    """Own samples obey the segment's data rules."""
    if suite.segment is None or segment is None or suite.licence != "the user's own":
        return
    told = [reason for target in targets if (reason := barred(segment, target))]
    if told:
        st.html(alert("<br>".join(escape(line) for line in told)))


def may_send(asked: Asked) -> bool:
    """Whether the data rules let these questions go to these models."""
    if asked.suite is None or asked.segment is None or asked.suite.licence != "the user's own":
        return True
    return not any(barred(asked.segment, target) for target in asked.targets)
