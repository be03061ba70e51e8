"""A run that goes on: how far it is, what it spent, what went wrong, and the button that stops it."""

from html import escape
from typing import Final

import streamlit as st

from planner.errors import PlannerError
from planner.probing.asking.progress import Progress
from planner.report.format import milliseconds, money, number, percent
from planner.session import Session
from planner.session.measuring.results import run_results, scores_so_far
from planner.session.measuring.runs import (
    LiveRun,
    kept_runs,
    live_runs,
    resume_measuring,
    standing_of,
    stop_measuring,
    unseen_ends,
)
from planner.store.records import Run
from planner.views.measure.settings import way_text
from planner.views.parts.figures import alert, chip
from planner.views.parts.frame import draw_error

_EVERY_S: Final = 1.0
_FEWEST_FOR_TIME: Final = 4
_MOST_READ: Final = 2000
"""Questions up to which a run's answers are read again every second."""
_KINDS: Final = {
    "auth": "key refused",
    "rate_limit": "slowed down by the provider",
    "timeout": "no answer in time",
    "bad_request": "refused by the provider",
    "not_found": "unknown to the provider",
    "context_window": "longer than the model reads",
    "content_filter": "held back by the provider's filter",
    "server": "the provider failed",
    "connection": "not reached, or cut off",
    "malformed": "an answer that can't be read",
    "unsupported": "a setting that the model doesn't take",
    "payment": "the account is empty",
    "internal": "failed here",
}


def error_words(kind: str) -> str:
    """A kind of failure in words."""
    return _KINDS.get(kind, kind.replace("_", " "))


def draw_live(session: Session) -> None:
    """Runs that go on here, redrawn every second; the newest that was broken off, with the button that resumes it."""
    _draw_ends(session)
    if live_runs():
        st.fragment(_draw_running, run_every=_EVERY_S)()
        return
    broken = next((run for run in kept_runs() if standing_of(run) == "broken off"), None)
    if broken is not None:
        with st.container(border=True):
            st.html(
                f"<p><b>A run was broken off</b> when its program ended: {escape(run_words(broken))}. "
                "What was answered is kept.</p>"
            )
            draw_resume(session, broken, "top")


def _draw_ends(session: Session) -> None:
    """Say once how a run ended that this process worked on."""
    for live in unseen_ends():
        live.seen = True
        if live.error:
            st.html(alert(escape(live.error)))
            continue
        session.measure["run"] = live.id
        st.toast(f"Run {live.id} has ended.", icon=":material/check:")


def _draw_running() -> None:
    if not live_runs():
        st.rerun()  # the whole page: there is something new to show
    for live in live_runs():
        with st.container(border=True, key=f"measure_live_{live.id}"):
            st.html(progress_html(live))
            stopping = live.stop.is_set()
            st.button(
                "Stopping: waiting for what is on its way" if stopping else "Stop",
                key=f"measure.stop.{live.id}",
                on_click=stop_measuring,
                args=(live.id,),
                disabled=stopping,
                icon=":material/stop_circle:",
            )


def progress_html(live: LiveRun) -> str:
    """A run at this moment: bars of questions and money, time left, errors by kind."""
    told = live.progress
    if told is None:
        return (
            f"<p><b>Run {escape(live.id)} begins</b>: loading what asks the models. "
            "You may leave this page; the run goes on.</p>"
        )
    # The first answers waited for litellm and the local model to start: they say little of the rest.
    known = told.eta_s is not None and told.done >= _FEWEST_FOR_TIME
    left = f"about {milliseconds(1e3 * (told.eta_s or 0.0))} left" if known else "time left not known yet"
    whose = f'<span class="tp-dim">(run {escape(live.id)}; you may leave this page, it goes on)</span>'
    lines = [
        f"<p><b>{told.done} of {told.total}</b> questions, {left} {whose}</p>",
        _bar("questions answered", told.done, told.total),
    ]
    if told.cap_usd > 0.0:
        lines.append(f'<p class="tp-small">Spent <b>{money(told.spent_usd)}</b> of {money(told.cap_usd)} at most</p>')
        lines.append(_bar("money spent", told.spent_usd, told.cap_usd))
    else:
        lines.append('<p class="tp-small tp-dim">No cost.</p>')
    return "".join([*lines, _so_far(told), _troubles(told)])


def _so_far(told: Progress) -> str:
    """Share right until now of each model; left out of long runs, whose answers are too many to read every second."""
    if not told.answered or told.total > _MOST_READ:
        return ""
    shown = [
        f"{escape(row.model)} ({way_text(row.condition)}): <b>{percent(row.mean_score)}</b> of {row.graded}"
        for row in scores_so_far(told.run)
        if row.mean_score is not None
    ]
    return f'<p class="tp-small"><span class="tp-dim">Acceptable so far:</span> {"; ".join(shown)}</p>' if shown else ""


def _bar(name: str, done: float, total: float) -> str:
    share = min(max(done / total, 0.0), 1.0) if total else 0.0
    return (
        f'<div class="tp-progress" role="progressbar" aria-label="{name}" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{100 * share:.0f}"><i style="width:{100 * share:.1f}%"></i></div>'
    )


def _troubles(told: Progress) -> str:
    chips = [chip(f"{count} × {error_words(kind)}", "warn") for kind, count in told.errors.items()]
    if told.failed:
        chips.append(chip(f"{told.failed} given up", "bad"))
    if told.skipped:
        chips.append(
            chip(f"{told.skipped} not asked", hover="Their model is no longer asked, or they may be paid already")
        )
    if told.in_doubt:
        chips.append(chip(f"{told.in_doubt} in doubt", "warn", "Sent by a process that died: they may have been paid"))
    if told.reused:
        chips.append(chip(f"{told.reused} answers kept from before, at no cost", "good"))
    notes = "".join(f"<li>{escape(note)}</li>" for note in told.notes)
    return f"<div>{''.join(chips)}</div>" + (f'<ul class="tp-list tp-small">{notes}</ul>' if notes else "")


def run_words(run: Run) -> str:
    """A run in a few words: 'general-facts of local/smollm2, 24 Nov 10:15'."""
    models = ", ".join(target.name for target in run.targets[:3])
    more = f" and {len(run.targets) - 3} more" if len(run.targets) > 3 else ""
    return f"{run.suite} of {models}{more}, {run.created:%d %b %H:%M} UTC"


def draw_resume(session: Session, run: Run, place: str) -> None:
    """The buttons that go on with a run; asking again what may be paid already is a choice of its own."""
    if run.imported:
        st.caption(
            "This run came from a file: it is here to read. Going on with it asks whom, at what price and up to what "
            f"sum anew, in a terminal: `planner probe resume {run.id} --budget USD`."
        )
        return
    doubtful = run_results(run.id).in_doubt
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            "Resume",
            key=f"measure.resume.{place}.{run.id}",
            on_click=_resume,
            args=(session, run.id, False),
            icon=":material/play_arrow:",
            help="Goes on with the questions that have no answer; pays for nothing twice. In a terminal: "
            f"`planner probe resume {run.id}`.",
        )
        if doubtful:
            st.button(
                f"Resume and ask {number(doubtful)} in doubt again",
                key=f"measure.resume_all.{place}.{run.id}",
                on_click=_resume,
                args=(session, run.id, True),
                help="They were sent and their answers never came: they may be paid for already.",
            )


def _resume(session: Session, run_id: str, ask_in_doubt: bool) -> None:
    try:
        resume_measuring(run_id, ask_in_doubt=ask_in_doubt)
    except PlannerError as error:
        draw_error(error)
        return
    session.measure["run"] = run_id
