"""What is computed once and kept: catalog, beliefs, plans by the content of their workload; never keyed by arrays."""

import os
import threading
from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

import streamlit as st

from planner.beliefs.evidence.kept_scores import catalog_of_store
from planner.beliefs.evidence.learning import learn
from planner.beliefs.latency.answer_lengths import with_measured_lengths
from planner.beliefs.model import Beliefs, fit_beliefs, with_measured
from planner.catalog.schema import Catalog
from planner.errors import InputError
from planner.facts import shipped_catalog, today
from planner.options.cache import OptionsCache
from planner.planning.certainty.ways import add_certainty
from planner.planning.choose import Planned, plan_bundle, plan_workload
from planner.planning.explain.tuning import TuningAnswer
from planner.planning.plan import Outcome
from planner.planning.what_if.changes import Change, apply_changes
from planner.planning.what_if.comparison import Comparison, what_if
from planner.planning.what_if.sweep import sweep
from planner.planning.what_if.tornado import tornado
from planner.planning.what_if.tuning_case import explain_tuning
from planner.report.charts import StripSpan, Swing, SwitchPoint
from planner.resources import data_dir
from planner.session.link import write_changes
from planner.session.strip import strip_of
from planner.store.database.engine import open_store
from planner.store.database.place import default_url, is_kept
from planner.store.learnable import measured_hash, scores_hash
from planner.workload.load import workload_hash
from planner.workload.schema import Workload

if TYPE_CHECKING:
    from planner.store.database.engine import Store

_MEASURED_EVERY_S: Final = 3.0
Step: TypeAlias = tuple[float, tuple[Change, ...]]
"""A mark of a slider and the changes that it stands for."""
_planning = threading.RLock()
"""One plan at a time: two tabs share the options' cache."""


def the_catalog() -> Catalog:
    """The catalog with the newest fetched price map and the scores that the user keeps, as the command line has it."""
    return _catalog_with(_kept_version(default_url(os.environ)))


@st.cache_resource(show_spinner="Reading the catalog …", max_entries=2)
def _catalog_with(kept: str) -> Catalog:
    """The catalog with the scores of this hash, read once a process."""
    shipped = shipped_catalog()
    if not kept:
        return shipped

    return catalog_of_store(shipped, the_store())


@st.cache_data(show_spinner=False, ttl=timedelta(seconds=_MEASURED_EVERY_S))
def _kept_version(url: str) -> str:
    """Hash of the kept scores; looked at again every few seconds, since they may be fetched meanwhile."""
    if not is_kept(url):
        return ""

    return scores_hash(_store(url))


@st.cache_resource(show_spinner=False)
def _store(url: str) -> "Store":
    """The store at an address, open for the life of the process."""
    return open_store(url)


def the_store() -> "Store":
    """The user's store; made when there is none."""
    return _store(default_url(os.environ))


@st.cache_data(show_spinner=False, ttl=timedelta(seconds=_MEASURED_EVERY_S))
def _measured_version(url: str) -> str:
    """Hash of what was measured; looked at again every few seconds, since a run may go on elsewhere."""
    if not is_kept(url):
        return ""

    return measured_hash(_store(url))


def measured_anew() -> None:
    """Look at the store again at the next question: this process has just measured something."""
    _measured_version.clear()


_held: dict[str, str] = {}
"""By store: what was measured when a run of this process began."""


def hold_facts() -> None:
    """While a run goes on here its answers don't count yet: else every one of them would have all plans made anew."""
    url = default_url(os.environ)
    _held.setdefault(url, _measured_version(url))


def release_facts() -> None:
    """Let count what was measured since."""
    _held.pop(default_url(os.environ), None)
    measured_anew()


def facts_version() -> str:
    """Hash of everything that plans rest on: the catalog, and what was measured."""
    url = default_url(os.environ)
    measured = _held[url] if url in _held else _measured_version(url)
    return f"{the_catalog().version} {measured}".strip()


def the_beliefs() -> Beliefs:
    """Beliefs of this version of the facts, fitted once a process; measurements leave the published fit as it is."""
    return _beliefs_of(facts_version())


@st.cache_resource(show_spinner="Fitting what is known of each model …", max_entries=2)
def _published_beliefs(version: str) -> Beliefs:  # noqa: ARG001 (the version is the key)
    return fit_beliefs(the_catalog(), kept_in=data_dir())


@st.cache_resource(show_spinner=False, max_entries=4)
def _beliefs_of(version: str) -> Beliefs:
    published = _published_beliefs(the_catalog().version)
    if version == the_catalog().version:
        return published

    return with_measured(published, the_catalog(), learn(the_store(), the_catalog()))


def planning_catalog() -> Catalog:
    """The catalog that plans are made with: hidden reasoning as it was measured, where it was."""
    return _planning_catalog(facts_version())


@st.cache_resource(show_spinner=False, max_entries=4)
def _planning_catalog(version: str) -> Catalog:  # noqa: ARG001 (the version is the key)
    return with_measured_lengths(the_catalog(), the_beliefs().measured)


def published_beliefs() -> Beliefs:
    """Beliefs without the user's measurements: the forecast before."""
    return _published_beliefs(the_catalog().version)


@st.cache_resource(show_spinner=False, max_entries=2)
def _options_of(version: str) -> OptionsCache:  # noqa: ARG001 (the version is the key)
    return OptionsCache()


def planned(workload: Workload) -> Planned:
    """Answer for a workload, in full, made once for each content of it."""
    return _planned_for(workload_hash(workload), facts_version(), today(), workload)


@st.cache_resource(show_spinner="Planning …", max_entries=4)
def _planned_for(key: str, version: str, day: date, _workload: Workload) -> Planned:  # noqa: ARG001
    with _planning:
        return plan_bundle(_workload, planning_catalog(), the_beliefs(), day, _options_of(version))


def tuning_of(workload: Workload, segment: str) -> TuningAnswer:
    """When a tuned small model wins on a segment; kept while workload and facts stay the same."""
    return _tuning_for(workload_hash(workload), segment, facts_version(), today(), workload)


@st.cache_resource(show_spinner="Comparing …", max_entries=16)
def _tuning_for(key: str, segment: str, version: str, day: date, _workload: Workload) -> TuningAnswer:  # noqa: ARG001
    with _planning:
        return explain_tuning(_workload, segment, planning_catalog(), the_beliefs(), day)


def certain_plan(workload: Workload) -> Outcome:
    """The answer with what doubt costs, made once for each content of the workload; seconds, so the page asks last."""
    return _certain_for(workload_hash(workload), facts_version(), today(), workload)


@st.cache_resource(show_spinner="Asking what certainty costs …", max_entries=4)
def _certain_for(key: str, version: str, day: date, _workload: Workload) -> Outcome:  # noqa: ARG001
    with _planning:
        bundle = planned(_workload)
        return add_certainty(bundle, planning_catalog(), the_beliefs(), day, _options_of(version))


def compared(workload: Workload, changes: tuple[Change, ...]) -> Comparison:
    """Plan with the changes against the plan without."""
    key = f"{workload_hash(workload)} {write_changes(changes)}"
    return _compared_for(key, facts_version(), today(), workload, changes)


@st.cache_resource(show_spinner=False, max_entries=8)
def _compared_for(  # the key stands for the workload and the changes
    key: str,  # noqa: ARG001
    version: str,
    day: date,
    _workload: Workload,
    _changes: tuple[Change, ...],
) -> Comparison:
    with _planning:
        return what_if(planned(_workload), _changes, planning_catalog(), the_beliefs(), day, _options_of(version))


def _answer(workload: Workload) -> Outcome:
    """What is chosen, without what only a full plan tells; not kept."""
    with _planning:
        options = _options_of(facts_version())
        return plan_workload(workload, planning_catalog(), the_beliefs(), today(), options, "quick")


def switches_along(workload: Workload, steps: tuple[Step, ...]) -> tuple[list[StripSpan], list[SwitchPoint]]:
    """Tools along a slider's marks, evenly spaced from 0 on, and between which marks a kind of request changes tool."""
    key = f"{workload_hash(workload)} " + " ".join(f"{value:g}:{write_changes(changes)}" for value, changes in steps)
    return _strip_for(key, facts_version(), today(), workload, steps)


@st.cache_resource(show_spinner=False, max_entries=32)
def _strip_for(
    key: str,  # noqa: ARG001
    version: str,  # noqa: ARG001
    day: date,  # noqa: ARG001
    _workload: Workload,
    _steps: tuple[Step, ...],
) -> tuple[list[StripSpan], list[SwitchPoint]]:
    marks: list[tuple[float, Workload]] = []
    for place, (_, changes) in enumerate(_steps):
        # A mark at which the workload would be none is left out.
        with suppress(InputError):
            marks.append((float(place), apply_changes(_workload, changes)))
    return strip_of(sweep(marks, _answer), [segment.name for segment in _workload.segments])


def swings(workload: Workload) -> tuple[Swing, ...]:
    """What each driver moves the bill by; those at an end of which there is no plan are left out."""
    return _swings_for(workload_hash(workload), facts_version(), today(), workload)


@st.cache_resource(show_spinner=False, max_entries=8)
def _swings_for(key: str, version: str, day: date, _workload: Workload) -> tuple[Swing, ...]:  # noqa: ARG001
    return tuple(
        Swing(one.label, one.low_value, one.high_value, one.cost_at_low, one.cost_at_high)
        for one in tornado(_workload, _answer)
        if one.cost_at_low is not None and one.cost_at_high is not None
    )
