"""Choices of the Measure page that stand in its address, so that a link or a reload brings them back."""

from collections.abc import Callable, Sequence

import streamlit as st

from planner.session import Session, show_value
from planner.views.parts.choice import choose, keep_choice, wanted_of


def wanted(session: Session, name: str, usual: str, options: Sequence[str]) -> str:
    """What the address says, where that is on offer; else the usual."""
    return wanted_of(session, f"measure.{name}", usual, options)


def keep(session: Session, name: str) -> None:
    """Take what a widget says into the address."""
    keep_choice(session, f"measure.{name}")


def keep_list(session: Session, name: str) -> None:
    """The same of a widget with several values."""
    session.measure[name] = ",".join(str(one) for one in st.session_state[f"measure.{name}"])


def pick(
    session: Session,
    name: str,
    label: str,
    options: Sequence[str],
    usual: str,
    told: Callable[[str], str],
    help_text: str | None = None,
) -> str:
    """A box to choose one of some."""
    return choose(session, f"measure.{name}", label, options, usual, told, help_text=help_text)


def pick_number(
    session: Session,
    name: str,
    label: str,
    usual: int,
    bounds: tuple[int, int],
    help_text: str | None = None,
) -> int:
    """A whole number."""
    low, high = bounds
    said = session.measure.get(name, "")
    value = int(said) if said.isdigit() else usual
    show_value(f"measure.{name}", min(max(value, low), high))
    return int(
        st.number_input(
            label, low, high, key=f"measure.{name}", on_change=keep, args=(session, name), help=help_text, step=1
        )
    )
