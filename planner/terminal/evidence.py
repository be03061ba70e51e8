"""What `models refresh --evidence` has found and kept, with its attribution."""

from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from planner.catalog.evidence.connectors import Found
from planner.terminal.layout import bullets, show

_MOST_NAMES: Final = 20


def print_found(source: str, found: Found, place: str) -> None:
    """Print what was kept and where, what could not be joined, and whom the scores are to be credited to."""
    show(render_found(source, found, place))


def render_found(source: str, found: Found, place: str) -> RenderableType:
    """The same, to be shown."""
    models = len({score.model for score in found.scores})
    benchmarks = len({score.benchmark for score in found.scores})
    scores, of_models = _counted(len(found.scores), "score"), _counted(models, "model")
    told = f"{source}: {scores} of {of_models} on {_counted(benchmarks, 'benchmark')} kept"
    note = f" ({found.note})" if found.note else ""
    credits_to = ", ".join(dict.fromkeys(score.source for score in found.scores))
    named = f"Name the source wherever you show them: {credits_to}"
    parts: list[RenderableType] = [Text(f"{told}{note}.", style="bold"), Text(place, style="dim"), Text(named)]
    if found.unmapped:
        parts += bullets("Left out: no model of the catalog by this name", _shortened(found.unmapped), style="dim")
    if found.unread:
        parts += bullets("Left out: evaluations that this version doesn't know", _shortened(found.unread), style="dim")
    return Group(*parts)


def _shortened(names: Sequence[str]) -> list[str]:
    more = len(names) - _MOST_NAMES
    return [*names[:_MOST_NAMES], *([f"and {more} more"] if more > 0 else [])]


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
