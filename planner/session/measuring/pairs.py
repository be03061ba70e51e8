"""Comparisons of a run as the Measure page shows them."""

import os
from typing import TYPE_CHECKING

import streamlit as st

from planner.beliefs.evidence.run_pairs import pair_shares
from planner.session.cached import facts_version, the_store
from planner.session.measuring.results import RunResults
from planner.store.database.place import default_url

if TYPE_CHECKING:
    from planner.beliefs.evidence.run_pairs import PairShare


def run_pairs(found: RunResults) -> "tuple[PairShare, ...]":
    """Win shares of a run's pairs; none where nothing was compared."""
    state = f"{found.run.id} {found.run.status} {len(found.answers)} {found.spent_usd} {facts_version()}"
    return _pairs_for(default_url(os.environ), state, found.run.id)


@st.cache_resource(show_spinner=False, max_entries=6)
def _pairs_for(url: str, key: str, _run_id: str) -> "tuple[PairShare, ...]":  # noqa: ARG001 (the key)

    return pair_shares(the_store(), _run_id)
