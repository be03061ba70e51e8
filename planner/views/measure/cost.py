"""Before anything is sent: what a run would cost at least, likely and at worst, the budget, the start."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from planner.errors import InputError, PlannerError
from planner.probing.asking.dry_run import EXPECTED_OUTPUT_SHARE, Estimate
from planner.probing.costs import is_free
from planner.report.format import money, number, percent
from planner.session import Session, show_value
from planner.session.measuring.form import estimated
from planner.session.measuring.runs import is_measuring, start_measuring
from planner.views.measure.form import Asked, may_send
from planner.views.parts.figures import alert, mark
from planner.views.parts.frame import draw_error
from planner.views.parts.tables import Row, draw_csv_button, draw_json_button, wide_table

_CAP = "measure.cap"


def draw_cost(session: Session, asked: Asked) -> None:
    """The dry run, the budget and the button that begins."""
    st.subheader("Before anything is sent", anchor=False)
    everyone = (*asked.targets, *asked.keyless)
    if asked.suite is None or not everyone:
        missing = "questions" if asked.suite is None else "a model that can be asked"
        st.info(f"Choose {missing} to see what a run would cost.", icon=":material/calculate:")
        return
    try:
        rows = estimated(asked.suite, everyone, asked.settings)
    except InputError as error:
        draw_error(error)
        return
    _draw_total(rows, sum(row.worst_usd for row in rows))
    if not asked.targets:
        _draw_table(rows)
        _draw_unready()
        return
    without = {target.name for target in asked.keyless}
    worst = sum(row.worst_usd for row in rows if row.model not in without)
    if without:
        names = ", ".join(escape(name) for name in sorted(without))
        st.html(f'<p class="tp-small tp-dim">Of it {names} can’t be asked without a key: “Ask now” leaves it out.</p>')
    free = all(is_free(target) for target in asked.targets) and (
        asked.settings.judge is None or is_free(asked.settings.judge)
    )
    budget = 0.0 if free else _draw_budget(session, worst)
    _draw_table(rows)
    _draw_start(session, asked, budget, free=free)


def _draw_unready() -> None:
    st.button("Ask now", key="measure.start", type="primary", disabled=True, icon=":material/play_arrow:")
    st.caption("The cost needs no key; asking does: set it in this server’s environment, as said above.")


def _draw_total(rows: Sequence[Estimate], worst: float) -> None:
    asked = sum(row.requests for row in rows)
    if worst == 0.0:
        st.html(
            f'<p class="tp-lead"><b>{number(asked)}</b> requests at <b>no cost</b>: '
            "the models run on machines of yours.</p>"
        )
        return
    low, expected = sum(row.low_usd for row in rows), sum(row.expected_usd for row in rows)
    st.html(
        f'<p class="tp-lead"><b>{number(asked)}</b> requests cost about <b>{money(expected)}</b>{mark("assumed")}: at '
        "least "
        f"{money(low)}, at worst <b>{money(worst)}</b>. Nothing has been sent.</p>"
    )


def _draw_budget(session: Session, worst: float) -> float:
    """The spending cap; reserving the worst case of each request before it leaves keeps it whatever happens."""
    said = session.measure.get("cap", "")
    show_value(_CAP, _amount(said))
    budget = st.number_input(
        "Budget, USD: the run never spends more",
        0.0,
        1e6,
        key=_CAP,
        on_change=_keep_cap,
        args=(session,),
        format="%.4g",
        step=None,
        help="Before each request leaves, its worst case is set aside from the budget. A run that reaches it stops, "
        "and everything answered until then is kept.",
    )
    ceiling = _rounded_up(worst)
    if budget <= 0.0:
        st.html(alert(f"A run that may cost money needs a budget; {money(ceiling)} covers the worst case."))
    elif budget < worst:
        st.html(
            f'<p class="tp-small tp-dim">At worst the run needs {money(worst)}: with {money(budget)} it may stop '
            "before "
            "the last question.</p>"
        )
    if budget < worst:
        st.button(f"Set {money(ceiling)}", key="measure.set_cap", on_click=_set_cap, args=(session, ceiling))
    return budget


def _amount(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1e6)
    except ValueError:
        return 0.0


def _rounded_up(usd: float) -> float:
    """A little more than the worst case, in whole cents."""
    return max(int(usd * 100.0) + 1, 1) / 100.0


def _keep_cap(session: Session) -> None:
    session.measure["cap"] = f"{st.session_state[_CAP]:g}"


def _set_cap(session: Session, usd: float) -> None:
    session.measure["cap"] = f"{usd:g}"


def _draw_table(rows: Sequence[Estimate]) -> None:
    listed = [_row(row) for row in rows]
    cells = "".join(
        f"<tr><td>{escape(row.model)}</td><td class='tp-num'>{number(row.requests)}</td>"
        f"<td class='tp-num'>{row.input_tokens:,}</td><td class='tp-num'>{row.output_tokens:,}</td>"
        f"<td class='tp-num'>{money(row.low_usd)}</td><td class='tp-num'>{money(row.expected_usd)}</td>"
        f"<td class='tp-num'>{money(row.worst_usd)}</td></tr>"
        for row in rows
    )
    head = ["Model", "Requests", "Input tokens", "Output tokens", "At least", "Expected", "At worst"]
    with st.expander("Model by model", icon=":material/table_rows:"):
        st.html(wide_table(head, cells, numeric=range(1, 7)))
        st.caption(
            "Tokens by o200k_base, 15 % more for other makers' models; expected: answers use "
            f"{percent(EXPECTED_OUTPUT_SHARE)} of the longest allowed (assumed); at least: one token each; at worst: "
            "the longest allowed, prompts counted with a margin. Answers that are kept already cost nothing."
        )
        with st.container(horizontal=True, gap="small"):
            draw_csv_button(listed, "dry run")
            draw_json_button(listed, "dry run")


def _row(row: Estimate) -> Row:
    return {
        "model": row.model,
        "litellm name": row.litellm_model,
        "requests": row.requests,
        "input tokens, expected": row.input_tokens,
        "output tokens, expected": row.output_tokens,
        "USD, at least": row.low_usd,
        "USD, expected": row.expected_usd,
        "USD, at worst": row.worst_usd,
    }


def _draw_start(session: Session, asked: Asked, budget: float, *, free: bool) -> None:
    busy = is_measuring()
    ready = not busy and may_send(asked) and (free or budget > 0.0)
    label = "Ask now" if free else f"Ask now, for {money(budget)} at most"
    if st.button(label, key="measure.start", type="primary", disabled=not ready, icon=":material/play_arrow:"):
        assert asked.suite is not None
        try:
            run = start_measuring(asked.suite, asked.targets, asked.settings, budget, asked.racing)
        except PlannerError as error:
            draw_error(error)
            return
        session.measure |= {"run": run, "view": "results"}
        session.segment = asked.segment.name if asked.segment else session.segment
        st.rerun()
    if busy:
        st.caption("A run is going on: stop it above, or wait for its end.")
