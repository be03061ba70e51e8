"""Single answers of a run: what was asked, what came, what would have been right, how it was graded."""

from collections.abc import Sequence
from html import escape
from typing import Final

import streamlit as st

from planner.probing.suites.files import render
from planner.probing.suites.suite import Item, Suite
from planner.report.format import milliseconds, money, number
from planner.session.measuring.results import GradedAttempt, RunResults, is_label
from planner.views.measure.settings import way_text
from planner.views.parts.tables import Row, draw_csv_button

_ALL: Final = "all"
_SHOWN: Final = 500
_TABLE: Final = "measure.answers"


def draw_answers(found: RunResults) -> None:
    """A table of the answers, filtered; the one chosen in full."""
    if not found.answers:
        return
    st.subheader("Single answers", anchor=False)
    rows = _filtered(found)
    listed = [answer_row(one) for one in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        st.caption(f"The first {_SHOWN} of {len(rows)}; the CSV of the run has all.")
    if not listed:
        st.caption("No answer passes these filters.")
        return
    st.dataframe(
        listed,
        key=_TABLE,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        height=260,
        column_config={
            "Score": st.column_config.NumberColumn(format="%.2f", width="small"),
            "Answer": st.column_config.TextColumn(width="large"),
        },
    )
    draw_csv_button([answer_row(one) for one in rows], f"answers {found.run.id}")
    state = st.session_state.get(_TABLE)
    chosen = state["selection"]["rows"] if state else []
    place = chosen[0] if chosen and chosen[0] < len(listed) else 0
    _draw_one(found.suite, rows[place])


def _filtered(found: RunResults) -> Sequence[GradedAttempt]:
    models = list(dict.fromkeys(one.attempt.model for one in found.answers))
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        verdict = st.segmented_control(
            "Answers that are",
            [_ALL, "acceptable", "not acceptable", "not graded"],
            default=_ALL,
            required=True,
            key="measure.verdict",
        )
        model = _ALL
        if len(models) > 1:
            model = st.selectbox("Of", [_ALL, *models], key="measure.of", width=260)
    return [
        one
        for one in found.answers
        if model in {_ALL, one.attempt.model} and (verdict == _ALL or _verdict(one) == verdict)
    ]


def _verdict(one: GradedAttempt) -> str:
    if one.score is None:
        return "not graded"
    return "acceptable" if one.score >= 0.5 else "not acceptable"


def answer_row(one: GradedAttempt) -> Row:
    """An answer as a line of the table."""
    attempt = one.attempt
    return {
        "Question": attempt.item,
        "Model": attempt.model,
        "Asked": way_text(attempt.condition),
        "Repeat": attempt.repeat + 1,
        "Score": one.score,
        "Answer": (attempt.answer or "").strip(),
    }


def _draw_one(suite: Suite, one: GradedAttempt) -> None:
    """The chosen answer in full; the first when none was chosen."""
    attempt = one.attempt
    item = next((item for item in suite.items if item.id == attempt.item), None)
    st.html(f"<p><b>{escape(attempt.item)}</b> <span class='tp-dim'>asked of {escape(attempt.model)}</span></p>")
    left, right = st.columns(2, gap="medium")
    with left:
        st.html(said_block("Asked", asked_text(suite, item, attempt.condition)))
    with right:
        st.html(said_block("Answered", (attempt.answer or "").strip() or "(nothing)"))
        if item is not None and item.reference is not None:
            st.html(said_block("Right would be", str(item.reference)))
        st.html(f'<p class="tp-small">{_grades(one)}</p><p class="tp-small tp-dim">{_facts(one)}</p>')


def asked_text(suite: Suite, item: Item | None, condition: str) -> str:
    """The messages as they were sent."""
    way = next((way for way in suite.conditions if way.name == condition), None)
    if item is None or way is None:
        return "(the suite of this run doesn’t hold the question any more)"
    messages = render(way, item)
    if len(messages) == 1:
        return messages[0]["content"]
    return "\n\n".join(f"[{message['role']}]\n{message['content']}" for message in messages)


def said_block(title: str, text: str) -> str:
    """A text in a frame under its title; all of it is escaped."""
    return f'<p class="tp-small tp-dim">{escape(title)}</p><div class="tp-said" tabindex="0">{escape(text)}</div>'


def _grades(one: GradedAttempt) -> str:
    if not one.grades:
        return "Not graded yet."
    told = []
    for grade in one.grades:
        who = grade.grader.removeprefix("human:") if is_label(grade) else grade.grader.replace("_", " ")
        why = f": {escape(grade.detail)}" if grade.detail else ""
        told.append(f"<b>{escape(who)}</b> gives {number(grade.score)}{why}")
    return "<br>".join(told)


def _facts(one: GradedAttempt) -> str:
    attempt = one.attempt
    facts = []
    if attempt.prompt_tokens is not None and attempt.completion_tokens is not None:
        facts.append(f"{attempt.prompt_tokens:,} tokens in, {attempt.completion_tokens:,} out")
    if attempt.ttft_ms is not None and attempt.total_ms is not None:
        left_out = " (left out: this machine was too busy)" if attempt.client_bound else ""
        warm = " (warm-up)" if attempt.warm_up else ""
        facts.append(
            f"first token {milliseconds(attempt.ttft_ms)}, all {milliseconds(attempt.total_ms)}{left_out}{warm}"
        )
    if attempt.cost_usd is not None:
        facts.append(money(attempt.cost_usd))
    if attempt.finish_reason and attempt.finish_reason != "stop":
        facts.append(f"ended by {escape(attempt.finish_reason)}")
    if attempt.reused is not None:
        facts.append("kept from an earlier run")
    return "; ".join(facts)
