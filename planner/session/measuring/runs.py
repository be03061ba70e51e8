"""Probes that the dashboard runs: in threads of the server's process, so that they go on when a page is left.

There is one register a process, not one a browser tab: whoever opens the page sees the run that is going on. What has
been answered lies in the store; a run whose process died is taken up again from there.
"""

import logging
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import streamlit as st

from planner.errors import PlannerError
from planner.planning.certainty.halving import halve
from planner.probing.asking.runner import run_probe, start_run
from planner.probing.wire.redact import redact, secrets_of
from planner.session.cached import hold_facts, release_facts, the_store
from planner.store.database.place import default_url, is_kept
from planner.store.holding import is_held
from planner.store.records import Run, Target
from planner.store.runs import list_runs

if TYPE_CHECKING:
    from planner.planning.certainty.halving import Racing
    from planner.probing.asking.progress import Progress
    from planner.probing.settings import ProbeSettings
    from planner.probing.suites.suite import Suite

Standing: TypeAlias = Literal["going on", "going on elsewhere", "broken off", "finished", "cap reached", "stopped"]
"""How a run stands: going on here, in another process, or nowhere although it has not ended; or how it ended."""
_ENDED: Final[dict[str, Standing]] = {"finished": "finished", "cap": "cap reached", "stopped": "stopped"}
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class LiveRun:
    """A run that a thread of this process works on, or has worked on."""

    id: str
    stop: threading.Event = field(default_factory=threading.Event)
    progress: "Progress | None" = None
    """None until the first word of it: litellm is being loaded, the local model started."""
    error: str = ""
    """Why it could not go on, in a line."""
    ended: bool = False
    seen: bool = False
    """Its end has been told on a page."""


_register: dict[str, LiveRun] = {}
_changing: Final = threading.Lock()


def the_environment() -> Mapping[str, str]:
    """The environment with Streamlit's secrets: where keys come from. They are never shown nor kept."""
    st.secrets.load_if_toml_exists()  # puts the file's plain entries into the environment
    return dict(os.environ)


def start_measuring(
    suite: "Suite",
    targets: "tuple[Target, ...]",
    settings: "ProbeSettings",
    budget_usd: float,
    racing: "Racing | None" = None,
) -> str:
    """Keep a new run and begin it in the background; its id. InputError when it cannot begin.

    `racing` says which models are asked on when some are decided; None asks all of them everything.
    """
    run = start_run(the_store(), suite, targets, settings, budget_usd)
    _begin(run.id, racing=racing, ask_in_doubt=False)
    return run.id


def resume_measuring(run_id: str, *, ask_in_doubt: bool = False) -> None:
    """Go on with a run that was broken off or stopped; nothing where it goes on already."""
    _begin(run_id, racing=None, ask_in_doubt=ask_in_doubt)


def stop_measuring(run_id: str) -> None:
    """Send nothing more; what is on its way is waited for and kept."""
    live = _register.get(run_id)
    if live is not None:
        live.stop.set()


def live_run(run_id: str) -> LiveRun | None:
    """A run of this process, going on or ended; None for any other."""
    return _register.get(run_id)


def live_runs() -> tuple[LiveRun, ...]:
    """Runs that go on in this process."""
    with _changing:
        return tuple(live for live in _register.values() if not live.ended)


def is_measuring() -> bool:
    """Whether a run goes on in this process."""
    return bool(live_runs())


def unseen_ends() -> Iterator[LiveRun]:
    """Runs of this process whose end no page has told yet."""
    with _changing:
        ended = [live for live in _register.values() if live.ended and not live.seen]
    yield from ended


def kept_runs() -> "tuple[Run, ...]":
    """All runs of the store, the newest first; none, and no store made, where nothing is kept."""
    if not is_kept(default_url(os.environ)):
        return ()

    return list_runs(the_store())


def standing_of(run: "Run") -> Standing:
    """How a run stands."""
    if run.status in _ENDED:
        return _ENDED[run.status]
    live = _register.get(run.id)
    if live is not None and not live.ended:
        return "going on"
    return "going on elsewhere" if _is_held(run.id) else "broken off"


def _is_held(run_id: str) -> bool:
    """Whether another process works on it: it holds the run as long as it lives."""
    return is_held(the_store(), run_id)


def _begin(run_id: str, *, racing: "Racing | None", ask_in_doubt: bool) -> None:
    with _changing:
        known = _register.get(run_id)
        if known is not None and not known.ended:
            return
        live = _register[run_id] = LiveRun(run_id)
    hold_facts()
    given = (live, the_environment(), racing, ask_in_doubt)
    # A daemon: stopping the server does not wait for a provider; what was answered is kept and can be taken up.
    threading.Thread(target=_work, args=given, name=f"probe {run_id}", daemon=True).start()


def _work(live: LiveRun, environment: Mapping[str, str], racing: "Racing | None", ask_in_doubt: bool) -> None:

    try:
        run_probe(
            the_store(),
            live.id,
            environment,
            on_progress=lambda progress: _tell(live, progress),
            should_stop=live.stop.is_set,
            pick_next=None if racing is None else halve(racing),
            ask_in_doubt=ask_in_doubt,
        )
    except Exception as error:  # noqa: BLE001 (a thread has nobody above it: the page tells what happened)
        live.error = _line(error, environment)
    finally:
        live.ended = True
        if not is_measuring():
            release_facts()


def _tell(live: LiveRun, progress: "Progress") -> None:
    live.progress = progress


def _line(error: BaseException, environment: Mapping[str, str]) -> str:
    """One line without keys; what nobody foresaw goes to the log as well, redacted too."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    told = redact(str(error), secrets_of(environment))
    if isinstance(error, PlannerError):
        return told
    _log.error("a probe ended with %s: %s", type(error).__name__, told)
    return f"the run ended unexpectedly ({type(error).__name__}: {told}); its answers are kept and it can be resumed"
