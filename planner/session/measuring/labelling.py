"""Blind labelling: a run's answers in an order that says nothing of their models, and people's verdicts kept."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from planner.session.cached import measured_anew, the_store
from planner.session.measuring.results import GradedAttempt, RunResults
from planner.store.grades import store_grade
from planner.store.records import Grade
from planner.units import SEED, stream

_PLAIN: Final = re.compile(r"[^\w.-]+")
_LONGEST: Final = 40


@dataclass(frozen=True, slots=True)
class Labelling:
    """Where a person stands in a run."""

    who: str
    left: tuple[GradedAttempt, ...]
    """Answers without a label of theirs, in a shuffled order that stays the same."""
    done: tuple[GradedAttempt, ...]
    """Answers that they have labelled."""

    @property
    def total(self) -> int:
        """Answers of the run."""
        return len(self.left) + len(self.done)


def labeller(name: str) -> str:
    """A person's name as part of a grader's: letters, digits, dots and hyphens.

    >>> labeller(" Ada Lovelace "), labeller("")
    ('Ada-Lovelace', 'me')
    """
    return _PLAIN.sub("-", name.strip())[:_LONGEST].strip("-") or "me"


def labelling_of(found: RunResults, name: str, skipped: Sequence[int] = ()) -> Labelling:
    """What a person has still to label; what they skipped comes last.

    The order is drawn anew for each person and run from a fixed seed: it depends neither on model nor on item.
    """
    who = labeller(name)
    order = stream(SEED, "labels", found.run.id, who).permutation(len(found.answers))
    shuffled = [found.answers[place] for place in order]
    done = [one for one in shuffled if any(grade.grader == f"human:{who}" for grade in one.grades)]
    left = [one for one in shuffled if one not in done]
    later = {number: place for place, number in enumerate(skipped)}
    left.sort(key=lambda one: later.get(one.attempt.id or 0, -1))
    return Labelling(who, tuple(left), tuple(done))


def keep_label(attempt: int, who: str, *, acceptable: bool) -> None:
    """Keep a person's verdict on an answer; an earlier one of theirs gives way."""
    now = datetime.now(tz=UTC)
    store_grade(the_store(), Grade(attempt, f"human:{who}", float(acceptable), "labelled blind", 0.0, now))
    measured_anew()
