"""Kept runs in a terminal, and what to measure next."""

import shlex
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from planner.beliefs.evidence.run_comparison import Comparison
from planner.planning.certainty.next_probe import ProbeIdea
from planner.planning.certainty.next_timing import TimingIdea
from planner.planning.wording import percent_text, usd_text
from planner.store.records import Run
from planner.terminal.layout import bullets, headed, plain_table, show
from planner.terminal.probing import ShownRow, results_table
from planner.workload.schema import Segment, Workload

_BROKEN_OFF: Final = "broken off"
_CAP_FACTOR: Final = 4.0
"""The suggested cap over the expected price of the answers."""
_LEAST_CAP_USD: Final = 0.05


def print_timings(timings: Sequence[TimingIdea], found: int) -> None:
    """APIs whose times decide, by worth; nothing where no time limit shuts out a cheaper tool."""
    if not timings:
        return
    table = plain_table("Segment", "Model", "Where", "Requests", "Holds", "Worth USD/month", "Costs USD once")
    for idea in timings:
        worth, cost = (usd_text(usd).removesuffix(" USD") for usd in (idea.worth_usd, idea.costs_usd))
        table.add_row(idea.segment, idea.model, idea.place, str(idea.requests), percent_text(idea.chance), worth, cost)
    show(*headed(f"What to time next: {len(timings)} of {found} APIs that only a time limit shuts out", table))
    show(
        *bullets(
            "The first of them", [timings[0].text, "planner probe SUITE --times-only --models " + timings[0].model]
        )
    )


def print_ideas(workload: Workload, folder: Path, ideas: Sequence[ProbeIdea], found: int) -> None:
    """Probes by worth, and the command that runs the first."""
    if not ideas:
        show("No probe would change the plan: measuring more is worth nothing at this confidence and these limits.")
        return
    table = plain_table(
        "Segment", "Model", "Items", "Changes the tool", "Worth USD/month", "Costs USD once", "Most often to"
    )
    for idea in ideas:
        price = usd_text(idea.costs_usd).removesuffix(" USD")
        table.add_row(
            idea.segment,
            idea.model,
            str(idea.items),
            percent_text(idea.change_share),
            usd_text(idea.worth_usd).removesuffix(" USD"),
            price if idea.answers_usd is not None else f"{price} + serving it",
            idea.likely_tool,
        )
    show(*headed(f"What to measure next for {workload.name}: {len(ideas)} of {found} probes", table))
    first = ideas[0]
    worth = (
        "worth: what a cheaper tool saves where answers show that it holds the floor, and what holding the floor costs"
        " where they show that the planned one misses it"
    )
    costs = (
        "costs: answers at the cheapest API, and a minute of a person for each reference that the segment's samples"
        " lack (assumed)"
    )
    show(*bullets("Read as", [worth, costs]))
    show(*bullets("The first of them", [first.text, command_of(workload, folder, first)]))


def command_of(workload: Workload, folder: Path, idea: ProbeIdea) -> str:
    """The command line that runs a probe; SAMPLES.csv stands for samples that are still to be gathered."""
    segment: Segment = next(one for one in workload.segments if one.name == idea.segment)
    samples = "SAMPLES.csv" if segment.samples is None else str(folder / segment.samples)
    words = ["planner", "probe", samples, "--skill", segment.skill]
    words += ["--workload", workload.name, "--segment", segment.name]
    words += ["--models", idea.model, "--limit", str(idea.items)]
    budget = max((idea.answers_usd or 0.0) * _CAP_FACTOR, _LEAST_CAP_USD)
    return f"{shlex.join(words)} --budget {budget:.2f}"


def print_runs(runs: Sequence[Run], broken: Collection[str] = ()) -> None:
    """Kept runs, the newest first; `broken` are ids of those whose process was killed."""
    if not runs:
        show("No run is kept yet. Without any key: planner probe general-facts --models local/smollm2 --limit 8")
        return
    table = plain_table("Run", "Kind", "Suite", "Models", "For", "Cap USD", "Status", "Started (UTC)")
    for run in runs:
        stands_for = f"{run.workload} / {run.segment}" if run.segment else run.skill.replace("_", " ")
        models = ", ".join(target.name for target in run.targets)
        status = _BROKEN_OFF if run.id in broken else run.status
        started = f"{run.created:%Y-%m-%d %H:%M}"
        table.add_row(run.id, run.kind, run.suite, models, stands_for, f"{run.budget_usd:g}", status, started)
    show(*headed(f"{len(runs)} {'run' if len(runs) == 1 else 'runs'}", table))
    show(*bullets("Broken off", [_how_to_go_on(run) for run in runs if run.id in broken]))


def _how_to_go_on(run: Run) -> str:
    """What to do with a run whose process was killed."""
    if run.kind == "load":
        return f"{run.id}: its process died; a load run is begun anew, what arrived when can't be made up for"
    return f"{run.id}: its process died; what was answered is kept, and planner probe resume {run.id} asks the rest"


def print_run(run: Run, rows: Sequence[ShownRow], compared: Sequence[Comparison], *, broken: bool = False) -> None:
    """What a run measured, and who is better on the same items; `broken`: its process was killed."""
    status = _BROKEN_OFF if broken else run.status
    show(*headed(f"Run {run.id}: {run.suite}, {status}", results_table(rows)))
    show(*bullets("Broken off", [_how_to_go_on(run)] if broken else []))
    show(*bullets("On the same items", [_told(one) for one in compared if one.difference.items]))


def _told(one: Comparison) -> str:
    (first, condition), (second, other), found = one.first, one.second, one.difference
    if condition == other:
        sides = f"{first} against {second}" + (f" ({condition})" if condition != "plain" else "")
    else:
        sides = f"{first}: {condition} against {other}"
    points = [f"{100.0 * value:+.0f}" for value in (found.interval.mean, found.interval.low, found.interval.high)]
    verdict = "a difference" if found.called else "no difference shown"
    return f"{sides}: {points[0]} points ({points[1]} to {points[2]}) on {found.items} items: {verdict}"
