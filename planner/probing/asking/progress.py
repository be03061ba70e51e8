"""How far a run is: what the progress bars of terminal and app show."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Progress:
    """A run at one moment."""

    run: str
    total: int
    answered: int
    """Asked in this run, or its answer reused."""
    reused: int
    """Of them: answered before, at no cost."""
    failed: int
    """Given up, after the tries that could help."""
    skipped: int
    """Not asked: their model has failed for good, or they are in doubt."""
    in_doubt: int
    spent_usd: float
    cap_usd: float
    judged: int
    """Verdicts of a judge on pairs of answers; part of `total` where a run asks for them."""
    elapsed_s: float
    eta_s: float | None
    """None before the first answer."""
    errors: Mapping[str, int]
    """Failed tries by kind, retried ones included."""
    notes: tuple[str, ...]
    """One line for each model that is no longer asked, and the latest error of each kind."""

    @property
    def done(self) -> int:
        """Questions that need no more work."""
        return self.answered + self.judged + self.failed + self.skipped


OnProgress: TypeAlias = Callable[[Progress], None]


@dataclass(slots=True)
class Counts:
    """The same, counted up by the runner."""

    total: int
    cap_usd: float
    spent_usd: float
    answered: int = 0
    reused: int = 0
    failed: int = 0
    skipped: int = 0
    judged: int = 0
    in_doubt: int = 0
    ungraded: int = 0
    """Answers that could not be judged here: neither right nor wrong."""
    already: int = 0
    """Done before this process took the run up: no measure of its speed."""
    errors: Counter[str] = field(default_factory=Counter)
    notes: dict[str, str] = field(default_factory=dict)

    def note(self, key: str, line: str) -> None:
        """Keep the latest line of each key."""
        self.notes[key] = line

    def snapshot(self, run: str, elapsed_s: float, paused_s: float = 0.0) -> Progress:
        """This moment, frozen; `paused_s`: until the last model that asked to be left alone may be asked again."""
        done = self.answered + self.judged + self.failed + self.skipped
        fresh = done - self.already
        eta_s = elapsed_s / fresh * (self.total - done) if fresh > 0 else None
        if paused_s > 0.0 and done < self.total:
            eta_s = max(eta_s or 0.0, paused_s)
        return Progress(
            run=run,
            total=self.total,
            answered=self.answered,
            reused=self.reused,
            failed=self.failed,
            skipped=self.skipped,
            in_doubt=self.in_doubt,
            spent_usd=self.spent_usd,
            cap_usd=self.cap_usd,
            judged=self.judged,
            elapsed_s=elapsed_s,
            eta_s=eta_s,
            errors=dict(self.errors),
            notes=tuple(self.notes.values()),
        )
