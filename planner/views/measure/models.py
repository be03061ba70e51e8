"""The Measure page's models: those of the catalog, the embedded one, a server of the user's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import streamlit as st

from planner.errors import InputError
from planner.planning.plan import Plan
from planner.probing.targets import LOCAL_MODEL, key_notes, resolve_targets
from planner.session import Session, show_value, the_catalog, today
from planner.session.measuring.form import Askable, local_problem
from planner.session.measuring.runs import the_environment
from planner.store.records import Target
from planner.views.measure.choice import keep_list
from planner.views.parts.figures import alert

FIRST_ITEMS: Final = 8
"""Enough to see a run of the embedded model in a minute or two."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The models of the form."""

    targets: tuple[Target, ...]
    """Those that can be asked now."""
    keyless: tuple[Target, ...]
    """Those whose price is known and whose key is missing: a dry run counts them, a run does not ask them."""


def draw_models(session: Session, offered: Sequence[Askable]) -> Chosen:
    """Models of the catalog, the embedded one, a server of the user's own."""
    by_id = {one.id: one for one in offered}
    usual = _usual_models(session, by_id)
    said = [name for name in session.measure.get("ask", usual).split(",") if name]
    show_value("measure.ask", said)
    st.multiselect(
        "Models to ask",
        list(dict.fromkeys([*by_id, *said])),
        key="measure.ask",
        format_func=lambda name: _model_text(by_id, name),
        on_change=keep_list,
        args=(session, "ask"),
        accept_new_options=True,
        wrap=True,
        placeholder="Choose models, or type a litellm name",
        help="Keys are read from this server's environment (or Streamlit's secrets file), never typed here.",
    )
    environment = the_environment()
    targets, problems = resolve_targets(said, the_catalog(), environment, today())
    told = [_model_problem(problem) for problem in problems]
    priced, _ = resolve_targets(said, the_catalog(), environment, today(), needs_key=False)
    keyless = tuple(target for target in priced if target.name in key_notes(priced, environment))
    if not any(not one.missing for one in offered if one.id != LOCAL_MODEL):
        _tell_no_key(session, said)
    if LOCAL_MODEL in said and (trouble := local_problem()):
        told.append(escape(f"The embedded model is not there yet: run `planner local --fetch` ({trouble})."))
        targets = tuple(target for target in targets if target.name != LOCAL_MODEL)
    if told:
        st.html(alert("<br>".join(told)))
    return Chosen((*targets, *_draw_own_server()), keyless)


def _model_text(by_id: dict[str, Askable], name: str) -> str:
    if name not in by_id:
        return name
    one = by_id[name]
    return f"{one.name} · needs {' and '.join(one.missing)}" if one.missing else one.name


def _usual_models(session: Session, by_id: dict[str, Askable]) -> str:
    """The planned tool of the segment looked at where a key opens it, else the embedded model."""
    if isinstance(session.outcome, Plan):
        name = session.segment_of_interest().name
        part = next((one for one in session.outcome.segments if one.name == name), None)
        if part is not None and part.option.model in by_id and not by_id[part.option.model].missing:
            return part.option.model
    return LOCAL_MODEL


def _model_problem(problem: InputError) -> str:
    """Why a model can't be asked, in the page's words and not the command line's."""
    if "no key" in problem.found:
        keys = escape(problem.allowed.removesuffix(" set"))
        return f"<b>{escape(problem.field)}</b> needs a key: set {keys} in this server’s environment."
    if "price" in problem.found:
        return f"<b>{escape(problem.field)}</b> has no known price, and the spending cap needs one: give it below."
    return escape(
        f"{problem.field or problem.found}: {problem.allowed.replace('--api-base asks', 'the fold below asks')}"
    )


def _tell_no_key(session: Session, said: Sequence[str]) -> None:
    st.html(
        '<p class="tp-small tp-dim">No provider’s key is in this server’s environment. The embedded model needs none: '
        "a real run of it takes no key, no money and about two minutes.</p>"
    )
    if LOCAL_MODEL not in said:
        st.button("Take the embedded model", on_click=_take_local, args=(session,), icon=":material/memory:")


def _take_local(session: Session) -> None:
    session.measure["ask"] = LOCAL_MODEL
    session.measure["items"] = str(FIRST_ITEMS)


def _draw_own_server() -> tuple[Target, ...]:
    """An OpenAI-compatible address with its model, its price and the variable that holds its key."""
    with st.expander("A server of your own, or a model without a known price", icon=":material/dns:"):
        address, model = st.columns(2, gap="small")
        base = address.text_input(
            "Address (OpenAI-compatible; empty: the provider’s own)",
            key="measure.base",
            persist_state="session",
            placeholder="http://10.0.0.5:8000/v1",
        )
        names = model.text_input(
            "Its names for the models, a comma between", key="measure.name", persist_state="session"
        )
        into, out = st.columns(2, gap="small")
        price_in = into.number_input(
            "Input, USD per 1M tokens", 0.0, 1e4, None, key="measure.price_in", persist_state="session", format="%g"
        )
        price_out = out.number_input(
            "Output, USD per 1M tokens", 0.0, 1e4, None, key="measure.price_out", persist_state="session", format="%g"
        )
        variable = st.text_input(
            "Variable of this server’s environment that holds its key (empty: it is sent none)",
            key="measure.key_env",
            persist_state="session",
            placeholder="MY_SERVER_KEY",
        )
        insecure = st.checkbox(
            "Plain http to another machine is all right", key="measure.insecure", persist_state="session"
        )
        st.caption(
            "OPENAI_API_KEY goes to OpenAI alone: give your server’s key a name of its own. 0 and 0: it is free."
        )
        if not names.strip(" ,"):
            return ()
        price = (price_in, price_out) if price_in is not None and price_out is not None else None
        targets, problems = resolve_targets(
            names.split(","),
            the_catalog(),
            the_environment(),
            today(),
            api_base=base.strip() or None,
            api_key_env=variable.strip() or None,
            insecure=insecure,
            price=price,
        )
        if problems:
            st.html(alert("<br>".join(_model_problem(problem) for problem in problems)))
        return targets
