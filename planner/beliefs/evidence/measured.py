"""What the user's own probes measured, as the fitted models take it: answers by suite, and times.

Which answers speak for which segment: those to samples of the segment itself, then those to the suite that the
segment is said to be like (`like: probe:SUITE`), then those to other suites of its skill, which tell how able a model
is but not how hard the segment is.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from planner.beliefs.evidence.item_outcomes import ItemOutcomes
from planner.workload.schema import Segment

LIKE_PROBE: Final = "probe:"
"""`like: probe:SUITE` anchors a segment's difficulty at a suite that was run."""
GROUNDED: Final = "with_context"
"""Condition in which the evidence stands in the prompt: what retrieval at its best would give."""


@dataclass(frozen=True, slots=True, eq=False)
class SuiteAnswers:
    """Graded answers to one suite under one condition, over all its runs."""

    suite: str
    condition: str
    skill: str
    workload: str | None
    segment: str | None
    """Segment whose samples the items are; None: a suite of its skill in general."""
    runs: tuple[str, ...]
    date: str
    """Day of the newest run."""
    outcomes: ItemOutcomes
    """Models are ids of the catalog."""

    @property
    def text(self) -> str:
        """What was asked of whom, in a few words."""
        models = len(self.outcomes.models)
        return f"{self.outcomes.item.size:,} answers of {models} model{'' if models == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class RunUse:
    """A run that a figure rests on."""

    id: str
    what: str
    """'600 answers of 3 models (suite ticket-triage)'."""
    date: str


@dataclass(frozen=True, slots=True)
class TimedAnswer:
    """Times of one accepted answer: neither client-bound nor a warm-up nor a stored one."""

    model: str
    """Id of the catalog."""
    provider: str
    input_tokens: int
    output_tokens: int
    """Reasoning included."""
    reasoning_tokens: int
    ttft_ms: float
    total_ms: float
    skill: str
    kind: Literal["probe", "load"] = "probe"
    """load: answered under load, which says nothing of an idle server."""
    day: date | None = None
    """When it was asked: older answers tell less of today. None: as of the catalog."""
    reasoning_streamed: bool | None = None
    """Its reasoning arrived as tokens after the first; False: it was hidden before it; None: told by the times."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Everything measured that beliefs learn from."""

    version: str = ""
    """Content hash; '' when nothing was measured."""
    suites: tuple[SuiteAnswers, ...] = ()
    times: tuple[TimedAnswer, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SegmentMeasurement:
    """What was measured that bears on one segment."""

    own: tuple[SuiteAnswers, ...] = ()
    """Answers to the segment's samples, or to the suite it is like."""
    stands_for: bool = True
    """The items of `own` are the segment's own; False: of a suite that it is like."""
    skill: tuple[SuiteAnswers, ...] = ()
    """Answers to other suites of its skill."""
    grounded: tuple[SuiteAnswers, ...] = ()
    """Answers to the segment's samples with the evidence in the prompt."""

    @property
    def runs(self) -> tuple[RunUse, ...]:
        """Runs behind it, each once."""
        found = {
            run: RunUse(run, f"{part.text} (suite {part.suite})", part.date)
            for part in (*self.own, *self.skill, *self.grounded)
            for run in part.runs
        }
        return tuple(found.values())


NOTHING: Final = Measured()


def measured_on(measured: Measured, workload: str, segment: Segment) -> SegmentMeasurement:
    """The part of what was measured that bears on a segment of a workload."""
    ours = [part for part in measured.suites if part.segment == segment.name and part.workload == workload]
    like = segment.like.removeprefix(LIKE_PROBE) if segment.like and segment.like.startswith(LIKE_PROBE) else None
    alike = [part for part in measured.suites if like is not None and part.suite == like]
    direct = _direct(ours) or _direct(alike)
    chosen = {id(part) for part in (*ours, *alike)}
    others = [part for part in measured.suites if part.skill == segment.skill and id(part) not in chosen]
    return SegmentMeasurement(
        own=direct,
        stands_for=bool(_direct(ours)),
        skill=tuple(part for name in dict.fromkeys(part.suite for part in others) for part in _direct_of(others, name)),
        grounded=tuple(part for part in ours if part.condition == GROUNDED and len(ours) > 1),
    )


def _direct_of(parts: list[SuiteAnswers], suite: str) -> tuple[SuiteAnswers, ...]:
    return _direct([part for part in parts if part.suite == suite])


def _direct(parts: list[SuiteAnswers]) -> tuple[SuiteAnswers, ...]:
    """Answers without evidence in the prompt; a suite asked in one way alone is asked directly, whatever its name."""
    found: list[SuiteAnswers] = []
    for suite in dict.fromkeys(part.suite for part in parts):
        ways = [part for part in parts if part.suite == suite]
        plain = [part for part in ways if part.condition != GROUNDED] or ways
        found.append(plain[0])
    return tuple(found)
