"""How much models wrote: visible and hidden tokens of an answer by benchmark, skill and effort, one file a source."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from planner.catalog.evidence.api_speeds import load_speed_sources
from planner.catalog.files import check_range, load_csv_rows, parse_rows
from planner.catalog.source import Source
from planner.catalog.speeds import Effort
from planner.errors import InputError
from planner.resources import catalogs_dir

_BLANKS: Final = ("effort", "prompt_tokens", "visible_tokens", "hidden_tokens", "output_tokens", "n")
_MOST: Final = 1e6


@dataclass(frozen=True, slots=True)
class TokenSpend:
    """Mean tokens of one model's answers in one benchmark and skill."""

    source_id: str
    model: str
    """Catalog id."""
    name: str
    """As published."""
    benchmark: str
    skill: str
    """Nearest of our skills."""
    effort: Effort | None
    """None: not stated."""
    prompt_tokens: float | None
    visible_tokens: float | None
    hidden_tokens: float | None
    """Reasoning that is billed and not shown."""
    output_tokens: float | None
    """Both together."""
    n: float | None
    """Answers behind it."""
    source: Source


@lru_cache(maxsize=2)
def load_token_spend(model_ids: frozenset[str], folder: Path | None = None) -> tuple[TokenSpend, ...]:
    """Rows of every source, by file name and then in file order.

    Raises:
        InputError: A model or source that no table has, a row without tokens, or a count out of range.
    """
    place = folder or catalogs_dir() / "token_spend"
    listed = load_speed_sources(place)
    found: list[TokenSpend] = []
    for path in sorted(place.glob("*.csv")):
        if path.name == "sources.csv":
            continue
        if path.stem not in listed:
            raise InputError(path.name, "", found="not in sources.csv", allowed="a row of sources.csv each")
        rows = [{**row, "source_id": path.stem} for row in load_csv_rows(path, _BLANKS)]
        spends = parse_rows(path, rows, TokenSpend, "model")
        _check(path.name, spends, model_ids)
        found.extend(spends)
    return tuple(found)


def _check(file: str, rows: Iterable[TokenSpend], models: frozenset[str]) -> None:
    for number, row in enumerate(rows, start=1):
        if row.model not in models:
            raise InputError(file, f"row {number}: model", found=row.model, allowed="an id of models.yaml")
        counts = {name: getattr(row, name) for name in ("visible_tokens", "hidden_tokens", "output_tokens")}
        for name, value in counts.items():
            check_range(file, f"row {number}: {name}", value, 0.0, _MOST)
        if all(value is None for value in counts.values()):
            raise InputError(file, f"row {number}", found="no tokens", allowed="visible, hidden or output tokens")
