"""Everything the workers of one run share."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from planner.probing.asking.pace import Pace
from planner.probing.asking.progress import Counts
from planner.probing.asking.writer import Writer
from planner.probing.judging.grading import Grading
from planner.probing.settings import ProbeSettings
from planner.probing.suites.suite import Suite
from planner.probing.wire.litellm_client import LiteLLMClient
from planner.store.database.engine import Store
from planner.store.records import Run, RunStatus, Verdict

Key: TypeAlias = tuple[str, str, str, int]
"""Which question of a run: model, item, condition, repeat."""

PairKey: TypeAlias = tuple[str, str, str, str]
"""Which verdict of a run: item, condition, model whose answer stands first, the other."""


@dataclass(frozen=True, slots=True)
class ScoredAnswer:
    """One graded answer, as a run that steers itself sees it."""

    model: str
    item: str
    condition: str
    score: float
    cost_usd: float


PickNext: TypeAlias = Callable[[Sequence[ScoredAnswer]], frozenset[str]]
"""Models that the next item is worth asking, from the scores so far; none of them ends the run."""
ShouldStop: TypeAlias = Callable[[], bool]


@dataclass(slots=True)
class Job:
    """State of one run while it lasts."""

    store: Store
    writer: Writer
    client: LiteLLMClient
    run: Run
    suite: Suite
    settings: ProbeSettings
    grading: Grading
    counts: Counts
    addresses: Mapping[str, str]
    """Address of each target that is only known while the run lasts."""
    done: frozenset[Key]
    """Questions that an earlier process got an answer to."""
    in_doubt: frozenset[Key]
    """Questions that an earlier process may have paid for."""
    should_stop: ShouldStop
    pick_next: PickNext | None
    paces: dict[str, Pace] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    """Targets that are no longer asked."""
    failures_in_a_row: dict[str, int] = field(default_factory=dict)
    warm: set[str] = field(default_factory=set)
    """Targets that were asked once by this process."""
    scores: list[ScoredAnswer] = field(default_factory=list)
    """Kept only for a run that steers itself."""
    under_way: int = 0
    holding: int = 0
    """Reservations whose true cost is not kept yet; counted by the writer's thread, in its order."""
    settlements: int = 0
    settled: asyncio.Condition = field(default_factory=asyncio.Condition)
    """Told whenever a reservation has given way to a true cost: there may be room under the cap again."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    verdicts: Mapping[PairKey, Verdict] = field(default_factory=dict)
    """What the judge has said of pairs already."""
    verdicts_in_doubt: frozenset[PairKey] = frozenset()
    """What an earlier process may have paid the judge for."""
    status: RunStatus = "finished"
    """How the run will have ended."""

    @property
    def over(self) -> bool:
        """Whether nothing more is to be sent."""
        return self.ended.is_set()

    def end(self, status: RunStatus) -> None:
        """Send nothing more; the first reason stays."""
        if not self.over:
            self.status = status
            self.ended.set()
