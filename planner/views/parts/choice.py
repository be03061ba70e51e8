"""A box to choose one of some that stands in the page's address, so that a link or a reload brings it back."""

from collections.abc import Callable, Sequence
from typing import Final, Literal

import streamlit as st

from planner.session import Session, show_value

_FEW: Final = 8
"""Options that are seen at a glance: beyond them one types to find."""


def _place(session: Session, key: str) -> tuple[dict[str, str], str]:
    """What the page's address says, and under which name: 'serving.gpu' is 'gpu' of the Serving page."""
    page, _, name = key.partition(".")
    return {"measure": session.measure, "serving": session.serving}[page], name


def wanted_of(session: Session, key: str, usual: str, options: Sequence[str]) -> str:
    """What the address says, where that is on offer; else the usual."""
    kept, name = _place(session, key)
    said = kept.get(name, usual)
    return said if said in options else usual


def choose(
    session: Session,
    key: str,
    label: str,
    options: Sequence[str],
    usual: str,
    told: Callable[[str], str],
    *,
    width: int | Literal["stretch"] = "stretch",
    help_text: str | None = None,
) -> str:
    """A box to choose one of some by its key, 'serving.gpu'; one that is not on offer gives way to the usual one."""
    show_value(key, wanted_of(session, key, usual, options))
    return str(
        st.selectbox(
            label,
            options,
            key=key,
            format_func=told,
            on_change=keep_choice,
            args=(session, key),
            width=width,
            help=help_text,
            filter_mode=None if len(options) <= _FEW else "fuzzy",
        )
    )


def keep_choice(session: Session, key: str) -> None:
    """Take what a widget says into the address."""
    kept, name = _place(session, key)
    kept[name] = str(st.session_state[key])
