"""Evidence that the user keeps and that is never shipped: its origins, and what Artificial Analysis' fields mean."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from planner.catalog.files import load_csv_rows, parse_rows
from planner.catalog.schema import Source

ARTIFICIAL_ANALYSIS: Final = "artificial-analysis"
USER: Final = "user"
ATTRIBUTION: Final = "Artificial Analysis, https://artificialanalysis.ai/"


def is_kept_row(row_id: str) -> bool:
    """Whether an evidence row comes from the user's store and not from what is shipped.

    >>> is_kept_row("user:ours.csv#3"), is_kept_row("artificial-analysis#12"), is_kept_row("livebench#12")
    (True, True, False)
    """
    return row_id.startswith((f"{ARTIFICIAL_ANALYSIS}#", f"{USER}:"))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One field of their evaluations: which benchmark it is, and what it measures."""

    field: str
    benchmark: str
    name: str
    skill: str
    reason: str
    chance: float
    composite: bool
    """A mean of other evaluations on a scale of 0 to 100: taken only where none of those is given."""
    source: Source

    @property
    def benchmark_id(self) -> str:
        """Id under which its scores are kept."""
        return f"{ARTIFICIAL_ANALYSIS}:{self.benchmark}"


def load_evaluations(path: Path) -> dict[str, Evaluation]:
    """What each field of their evaluations measures, by field."""
    rows = parse_rows(path, load_csv_rows(path), Evaluation, "field")
    return {row.field: row for row in rows}
