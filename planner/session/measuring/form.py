"""What the Measure page's form offers: suites, samples, models that can be reached; the cost of a run beforehand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from planner.errors import PlannerError
from planner.facts import today
from planner.planning.certainty.halving import Racing
from planner.probing.asking.dry_run import Estimate, estimate_run
from planner.probing.local_model import check_server, find_model_file
from planner.probing.settings import ProbeSettings
from planner.probing.suites.files import SuiteSummary, list_suites, load_suite, suite_hash
from planner.probing.suites.suite import GraderKind, Suite
from planner.probing.suites.user_samples import suite_from_samples, suite_from_text
from planner.probing.targets import KEY_VARIABLES, LOCAL, LOCAL_MODEL, missing_keys
from planner.resources import catalogs_dir
from planner.session.cached import the_catalog
from planner.session.state import Session
from planner.store.records import Target
from planner.terms import Skill
from planner.workload.schema import Segment, Workload

if TYPE_CHECKING:
    from planner.catalog.schema import Offer

_SAMPLES_FOLDER: Final = "workloads"


@dataclass(frozen=True, slots=True)
class Askable:
    """A model that the form offers."""

    id: str
    name: str
    missing: tuple[str, ...]
    """Variables of the environment that would let us in; empty when it can be asked."""


@st.cache_resource(show_spinner="Reading the suites …")
def shipped_suites() -> tuple[SuiteSummary, ...]:
    """All shipped suites."""
    return list_suites()


@st.cache_resource(show_spinner=False, max_entries=8)
def shipped_suite(name: str) -> Suite:
    """One of them, with its items."""
    return load_suite(name)


def samples_file(session: Session, segment: Segment) -> Path | None:
    """Where the samples that a segment names lie; None where there are none.

    Only an example's samples are read: a workload that came by link or upload may name no file of this machine.
    """
    if segment.samples is None or not session.origin:
        return None
    path = catalogs_dir() / _SAMPLES_FOLDER / segment.samples
    return path if path.is_file() else None


def suite_of_samples(session: Session, segment: Segment) -> Suite:
    """A segment's own samples as a suite; InputError when they can't be read."""
    path = samples_file(session, segment)
    assert path is not None
    return _suite_of_samples(str(path), path.stat().st_mtime_ns, segment.skill, session.workload.name, segment.name)


@st.cache_resource(show_spinner="Reading the samples …", max_entries=8)
def _suite_of_samples(path: str, written: int, skill: Skill, workload: str, segment: str) -> Suite:  # noqa: ARG001 (written is part of the key)
    return suite_from_samples(Path(path), skill=skill, workload=workload, segment=segment)


@st.cache_resource(show_spinner="Reading the file …", max_entries=8)
def suite_of_file(
    text: str,
    name: str,
    skill: Skill | None,
    grader: GraderKind | None,
    workload: str | None,
    segment: str | None,
) -> Suite:
    """A user's own file as a suite; InputError with the line of what is wrong."""
    return suite_from_text(text, name, skill, grader, workload, segment)


def standing_for(suite: Suite, workload: Workload, segment: str) -> Suite:
    """The suite as samples of a segment of the workload; '' makes it one of its skill in general."""
    stands = {"workload": workload.name, "segment": segment} if segment else {"workload": None, "segment": None}
    return suite.model_copy(update=stands)


def askable_models(environment: Mapping[str, str]) -> tuple[Askable, ...]:
    """The local model and every catalog model that an API sells; those that can be asked now come first."""
    catalog = the_catalog()
    missing: dict[str, tuple[str, ...]] = {}
    offers: dict[str, list[Offer]] = {}
    for offer in catalog.offers:
        # A server that wants no key may not be there at all: it is asked by its litellm name, and listed for nobody.
        open_to_all = () in KEY_VARIABLES.get(offer.provider, ())
        if offer.model is not None and not catalog.providers[offer.provider].resells and not open_to_all:
            offers.setdefault(offer.model, []).append(offer)
            if offer.provider not in missing:
                missing[offer.provider] = missing_keys(offer.provider, environment)
    found = [Askable(LOCAL_MODEL, "SmolLM2 135M, on this machine", ())]
    for model, of_model in offers.items():
        ways = {missing[offer.provider] for offer in of_model if offer.retires is None or offer.retires >= today()}
        if ways:
            shortest = min(ways, key=lambda way: (len(way), way))
            found.append(Askable(model, catalog.models[model].name, shortest))
    return tuple(sorted(found, key=lambda one: (bool(one.missing), one.id != LOCAL_MODEL, one.name)))


@st.cache_data(show_spinner=False, ttl=timedelta(seconds=60))
def local_problem() -> str:
    """Why the embedded model cannot be asked; '' when it can."""
    try:
        check_server()
        find_model_file()
    except PlannerError as error:
        return str(error)
    return ""


def estimated(suite: Suite, targets: Sequence[Target], settings: ProbeSettings) -> tuple[Estimate, ...]:
    """Tokens and cost of a run, before anything is sent; InputError when a price is unknown."""
    key = f"{suite_hash(suite)} {settings.model_dump_json()}"
    return _estimated_for(key, tuple(targets), suite, settings)


@st.cache_resource(show_spinner="Counting tokens …", max_entries=16)
def _estimated_for(
    key: str,  # noqa: ARG001 (it stands for suite and settings)
    targets: tuple[Target, ...],
    _suite: Suite,
    _settings: ProbeSettings,
) -> tuple[Estimate, ...]:
    return estimate_run(_suite, targets, _settings)


def racing_of(targets: Sequence[Target], segment: Segment | None) -> Racing | None:
    """What decides whom to ask on: the segment's floor where it is a plain share, else who is best; None for one."""
    if len(targets) < 2:
        return None
    floor = segment.quality_floor if segment is not None and isinstance(segment.quality_floor, float) else None
    return Racing(tuple(target.name for target in targets), floor)


def barred(segment: Segment, target: Target) -> str:
    """Why a segment's own samples may not be sent to a model; '' when they may."""
    if target.provider == LOCAL:
        return ""
    if not segment.data.may_leave_premises and target.api_base is None:
        return f"{target.name}: samples of {segment.name} may not leave your premises"
    allowed = segment.data.providers_allowed
    if allowed is not None and target.provider not in allowed and target.api_base is None:
        return f"{target.name}: {target.provider} is not among the providers allowed for {segment.name}"
    return ""
