"""A log as text for a terminal: the answer, notes, segments, times, models and what was counted out."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from planner.logs.samples.draw import Drawn
from planner.logs.verdicts import JUDGE_AGREES, Verdicts
from planner.report.traffic.profile_told import ProfileTold
from planner.report.traffic.replay_told import ReplayTold
from planner.terminal.layout import bullets, headed, plain_table, show


def print_profile(told: ProfileTold, wrote: str = "") -> None:
    """Print to standard output; `wrote` is the workload file that was written."""
    parts: list[RenderableType] = [Text(told.answer, style="bold")]
    parts += bullets("What to know of it", told.notes)
    parts += headed("Segments (tokens of served requests)", _table(told.segments))
    if told.times:
        parts += headed("Times as seen", _table(told.times))
    if told.models:
        parts += headed("Today's models and their bill", _table(told.models))
    if told.counted_out:
        parts += headed("Counted out, and why", _table(told.counted_out))
    if wrote:
        parts += [Text(), Text(f"Wrote {wrote}: planner plan {wrote}", style="dim")]
    show(Group(*parts))


def print_verdicts(verdicts: Verdicts, *, accepted: bool) -> None:
    """Print what verdicts say of today's models."""
    table = plain_table("Segment", "Model in the log", "Verdict", "Acceptable", "Answers", "Counted as")
    for one in verdicts.observed:
        model = (
            one.logged_model if one.model is not None else f"{one.logged_model or 'none named'} (not in the catalog)"
        )
        share = f"{100 * one.quality:.3g} %"
        table.add_row(one.segment, model, one.name, share, f"{one.answers:,}", f"{one.n:,}")
    notes = [
        *verdicts.told,
        f"A judge is taken to agree with a careful person on {100 * JUDGE_AGREES:.0f} % of answers",
    ]
    if not accepted:
        notes.append("Not taken into the workload: --accept-verdicts writes them as observed")
    show(Group(*headed("What verdicts say", table), *bullets("Of them", notes)))


def print_samples(samples: Sequence[Drawn], redacted: Mapping[str, int], wrote: str) -> None:
    """Print what was drawn and what was taken out."""
    counts: dict[str, int] = {}
    for one in samples:
        counts[one.segment] = counts.get(one.segment, 0) + 1
    table = plain_table("Segment", "Samples", "with a reference")
    for segment, count in counts.items():
        known = sum(one.reference is not None for one in samples if one.segment == segment)
        table.add_row(segment, str(count), str(known))
    places = ", ".join(f"{count:,} [{kind}]" for kind, count in sorted(redacted.items())) or "nothing"
    parts: list[RenderableType] = [Text(f"{len(samples):,} samples in {wrote}", style="bold")]
    parts += headed("Drawn", table)
    parts += bullets("Before you share it", [f"Taken out: {places}", "Names and addresses stay: read it through"])
    parts += [Text(), Text(f"planner probe {wrote} --skill SKILL --models A,B --dry-run", style="dim")]
    show(Group(*parts))


def print_replay(told: ReplayTold, notes: Sequence[str]) -> None:
    """Print a replay; `notes` is what reading the plan told."""
    parts: list[RenderableType] = [Text(told.answer, style="bold")]
    parts += bullets("What to know of it", (*notes, *told.notes))
    parts += headed("By segment, over the stretch of the log", _table(told.segments))
    if told.limits:
        parts += headed("Limits to ask for", _table(told.limits))
    if told.tiers:
        parts += headed("Share of the model calls a tier takes, by hour of the day", _table(told.tiers))
    show(Group(*parts))


def _table(rows: Sequence[Mapping[str, str]]) -> Table:
    """The columns that tell anything; one that says 'not told' throughout is left out."""
    columns = [name for name in rows[0] if any(row[name] != "not told" for row in rows)]
    table = plain_table(*columns)
    for row in rows:
        table.add_row(*(row[name] for name in columns))
    return table
