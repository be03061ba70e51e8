"""The Traffic page's reading: uploaded or named logs as a profile, a workload and a replay, kept by their content."""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from planner.errors import InputError
from planner.logs import Asked, Profile, profile_log, read_logs, workload_of
from planner.planning.plan import Plan
from planner.planning.traffic.replay import Replay, replay_log
from planner.session.cached import the_catalog
from planner.session.state import Session
from planner.terms import Skill
from planner.workload.load import check_workload
from planner.workload.schema import Workload


@dataclass(frozen=True, slots=True)
class Upload:
    """A dropped file."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class LogAsked:
    """What the page asks of a log."""

    uploads: tuple[Upload, ...]
    paths: tuple[str, ...]
    """Files and globs on this machine, or one database's URL."""
    by: str | None
    requests_per_month: float | None
    skill: Skill | None


@dataclass(frozen=True, slots=True, eq=False)
class LogFound:
    """What a log says, and what the plan makes of it."""

    profile: Profile
    workload: Workload | InputError
    """The error tells what the log cannot tell."""
    replay: Replay | InputError | None
    """The error tells why not; None without a plan."""


def read_log(session: Session, asked: LogAsked) -> LogFound:
    """Read what was asked; InputError where it cannot be read. The same files and plan are read once."""
    plan = session.outcome if isinstance(session.outcome, Plan) else None
    digest = hashlib.sha256(repr((asked.paths, asked.by)).encode())
    for one in asked.uploads:
        digest.update(one.name.encode() + b"\0" + one.content)
    for path in asked.paths:
        digest.update(str(Path(path).stat().st_mtime_ns).encode() if Path(path).is_file() else b"")
    found = _read(digest.hexdigest(), session.planned_for + session.planned_on, the_catalog().version, asked, plan)
    return LogFound(found[0], _workload(found[0], asked), found[1])


@st.cache_resource(max_entries=4, show_spinner=False)
def _read(
    key: str,  # noqa: ARG001 (stands for the files, which are not hashed again)
    planned: str,  # noqa: ARG001 (stands for the plan)
    version: str,  # noqa: ARG001 (stands for the catalog)
    _asked: LogAsked,
    _plan: Plan | None,
) -> tuple[Profile, Replay | InputError | None]:
    with tempfile.TemporaryDirectory(prefix="toolbox-planner-traffic-") as folder:
        names = [*_asked.paths, *_kept(Path(folder), _asked.uploads)]
        log = read_logs(names, by=_asked.by)
        try:
            profile = profile_log(log, the_catalog())
            if _plan is None:
                return profile, None
            try:
                return profile, replay_log(log, _plan, check_workload(_plan.workload, "the plan"), the_catalog())
            except InputError as error:
                return profile, error
        finally:
            log.engine.close()


def _kept(folder: Path, uploads: Sequence[Upload]) -> list[str]:
    """Uploaded files under their own names, for as long as they are read."""
    names = []
    for number, one in enumerate(uploads):
        path = folder / str(number) / Path(one.name).name
        path.parent.mkdir()
        path.write_bytes(one.content)
        names.append(str(path))
    return names


def _workload(profile: Profile, asked: LogAsked) -> Workload | InputError:
    try:
        return workload_of(profile, Asked("Traffic", asked.requests_per_month, asked.skill))
    except InputError as error:
        return error
