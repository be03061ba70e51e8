"""Where a fact was read: every row of every table has one."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was read."""

    url: str
    """Address, repository@commit:path, or paper."""
    date: date
    """When it was read, or the date that it states for itself."""
    note: str = ""
