"""What was worked out before, kept by content key, so that a slider recomputes its own part alone."""

from collections.abc import Callable, Hashable
from datetime import date
from typing import Any, Final, TypeVar

from planner.beliefs.model import Beliefs
from planner.catalog.schema import Catalog

T = TypeVar("T")
WORKLOAD: Final = "workload"
"""Owner of the parts that all segments share."""
_KEPT: Final = 3


class OptionsCache:
    """Parts of earlier enumerations, the last few of each stage and owner (a segment's name, or the workload).

    A part is a pure function of its key and of the catalog, beliefs, day and months of prices that the cache is bound
    to; another of these empties it. Values are shared between enumerations: nobody may write into their arrays.
    """

    def __init__(self, keep: int = _KEPT) -> None:
        """Keep at most `keep` values of each stage and owner."""
        self._keep = keep
        self._bound: tuple[Catalog, Beliefs, date, int] | None = None
        self._parts: dict[tuple[str, str], list[tuple[Hashable, Any]]] = {}
        self.misses: dict[str, int] = {}
        """How often each stage was worked out anew."""

    def bind(self, catalog: Catalog, beliefs: Beliefs, today: date, months: int = 0) -> None:
        """Hold for these facts; forget everything when they are others than before.

        `months` is the horizon over which prices are averaged, 0 where no price is announced to change.
        """
        now = (catalog, beliefs, today, months)
        if self._bound is None or any(old is not new and old != new for old, new in zip(self._bound, now, strict=True)):
            self._parts.clear()
            self._bound = now

    def recall(self, stage: str, owner: str, key: Hashable, make: Callable[[], T]) -> T:
        """The value made for this key before, or a new one."""
        kept = self._parts.setdefault((stage, owner), [])
        for number, (known, value) in enumerate(kept):
            if known == key:
                kept.append(kept.pop(number))
                return value  # type: ignore[no-any-return]  # one stage always makes one type
        self.misses[stage] = self.misses.get(stage, 0) + 1
        made = make()
        kept.append((key, made))
        del kept[: -self._keep]
        return made
