"""The Measure page's settings: how many questions, how often, in which ways; who grades."""

from collections.abc import Sequence
from html import escape
from typing import Final

import streamlit as st

from planner.planning.certainty.halving import Racing
from planner.probing.judging.pairs import own_judge_lines, pairs_words
from planner.probing.settings import ProbeSettings
from planner.probing.suites.suite import Suite
from planner.probing.targets import resolve_targets
from planner.session import Session, show_value, the_catalog, today
from planner.session.measuring.form import Askable, racing_of
from planner.session.measuring.runs import the_environment
from planner.store.records import Target
from planner.views.measure.choice import keep_list, pick_number
from planner.views.measure.models import FIRST_ITEMS
from planner.views.parts.figures import alert
from planner.views.parts.frame import draw_error
from planner.workload.schema import Segment

_USUAL_ITEMS: Final = 30
_MOST_ITEMS: Final = 20_000


def draw_settings(
    session: Session,
    suite: Suite,
    segment: Segment | None,
    targets: Sequence[Target],
    offered: Sequence[Askable],
) -> tuple[ProbeSettings, Racing | None]:
    """How many questions, how often, in which ways; the rest behind a fold."""
    free = all(target.input_usd_per_mtok == 0 for target in targets)
    usual = min(FIRST_ITEMS if free else _USUAL_ITEMS, len(suite.items))
    left, right = st.columns(2, gap="small")
    with left:
        items = pick_number(
            session, "items", f"Questions, of {len(suite.items)}", usual, (1, min(len(suite.items), _MOST_ITEMS))
        )
    with right:
        repeats = pick_number(
            session,
            "repeats",
            "Each asked so often",
            1,
            (1, 20),
            "Repeats show how steady a model is. More questions say more than more repeats.",
        )
    ways = _draw_ways(session, suite)
    with st.expander("More", icon=":material/tune:"):
        return _draw_more(
            suite, segment, targets, offered, ProbeSettings(limit=items, repeats=repeats, conditions=ways)
        )


def _draw_ways(session: Session, suite: Suite) -> tuple[str, ...]:
    names = [condition.name for condition in suite.conditions]
    if len(names) < 2:
        return ()
    said = [name for name in session.measure.get("ways", "").split(",") if name in names] or names
    show_value("measure.ways", said)
    st.pills(
        "Asked in these ways",
        names,
        selection_mode="multi",
        key="measure.ways",
        format_func=way_text,
        on_change=keep_list,
        args=(session, "ways"),
        help="With and without the document in the prompt: the difference is what retrieval could add at its best.",
    )
    return tuple(said) if len(said) < len(names) else ()


def way_text(condition: str) -> str:
    """A way of asking in words."""
    return {"plain": "plainly", "closed_book": "without the document", "with_context": "with the document"}.get(
        condition, condition.replace("_", " ")
    )


def _draw_more(
    suite: Suite,
    segment: Segment | None,
    targets: Sequence[Target],
    offered: Sequence[Askable],
    settings: ProbeSettings,
) -> tuple[ProbeSettings, Racing | None]:
    kinds = {suite.grader.kind, *(item.grader.kind for item in suite.items if item.grader)}
    at_once = st.slider(
        "Questions under way at once, each provider",
        1,
        32,
        4,
        key="measure.at_once",
        persist_state="session",
        help="Few, so that the times are the server's.",
    )
    fresh = st.checkbox(
        "Ask anew what was answered before",
        key="measure.fresh",
        persist_state="session",
        help="Else an equal question to the same model takes its kept answer, at no cost.",
    )
    racing = None
    if len(targets) > 1:
        on = st.checkbox(
            "Stop asking models that are decided",
            value=True,
            key="measure.racing",
            help="After 10, 20, 40 … questions a model is dropped once it is shown above or below the floor, or "
            "(without a floor) worse than the best: the money goes where the decision is open.",
        )
        racing = racing_of(targets, segment) if on else None
    code = "code_execution" in kinds and st.checkbox(
        "Run the code that models write, to test it",
        key="measure.code",
        persist_state="session",
        help="Shut in without files, network or keys, bounded in time, memory and disk; refused where that cannot be.",
    )
    pairwise = len(targets) > 1 and st.checkbox(
        "Let a judge compare their answers two at a time",
        key="measure.pairwise",
        persist_state="session",
        help=f"Each question in both orders: {pairs_words(targets)}. What the judge costs is in the sum below.",
    )
    judge = _draw_judge(offered) if "llm_judge" in kinds or pairwise else None
    pairwise = pairwise and judge is not None
    update = {"concurrency": at_once, "fresh": fresh, "allow_code": code, "judge": judge, "pairwise": pairwise}
    for line in own_judge_lines(suite, targets, settings.model_copy(update=update)):
        st.html(alert(escape(line)))
    return settings.model_copy(update=update), racing


def _draw_judge(offered: Sequence[Askable]) -> Target | None:
    names = {one.id: one.name for one in offered if not one.missing}
    name = st.selectbox("Judge: the model that grades", list(names), key="measure.judge", format_func=names.__getitem__)
    targets, problems = resolve_targets([name], the_catalog(), the_environment(), today())
    for problem in problems:
        draw_error(problem)
    return targets[0] if targets else None
