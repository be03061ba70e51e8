"""What a run found, worked out once: shares with intervals, paired differences, what context adds, single answers."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st

from planner.beliefs.evidence.probe_statistics import (
    Agreement,
    PairedDifference,
    Share,
    agreement_with_labels,
    paired_difference,
    share_of,
)
from planner.errors import InputError
from planner.probing.asking.imported import bring_in
from planner.probing.judging.judge import agreement
from planner.probing.results import results_of
from planner.probing.settings import ProbeSettings
from planner.probing.suites.suite import Suite
from planner.probing.tasks import count_tasks
from planner.session.cached import facts_version, the_store
from planner.session.measuring.runs import live_run
from planner.store.attempts import in_doubt, iter_attempts
from planner.store.database.place import default_url
from planner.store.grades import grades_of
from planner.store.learnable import main_score
from planner.store.runs import read_run, read_suite_text, spending
from planner.store.transfer import export_run
from planner.units import Interval
from planner.workload.yaml_text import Said

if TYPE_CHECKING:
    from planner.probing.results import ResultRow
    from planner.probing.suites.suite import Suite
    from planner.store.records import Attempt, Grade, Run

WITHOUT: Final = "closed_book"
WITH: Final = "with_context"
_MOST_COMPARED: Final = 4
"""More models than this are compared with the best one alone, not each with each."""


@dataclass(frozen=True, slots=True)
class GradedAttempt:
    """One question with what came of it."""

    attempt: "Attempt"
    grades: "tuple[Grade, ...]"
    score: float | None
    """The score that counts: people's mean, else the run's grader's; None: nobody has graded it."""


@dataclass(frozen=True, slots=True)
class MeasuredShare:
    """One model asked in one way."""

    row: "ResultRow"
    share: Share


@dataclass(frozen=True, slots=True)
class Difference:
    """One way of asking less another, on the same items."""

    first: str
    second: str
    condition: str
    """How both were asked; '' where that is what differs."""
    paired: PairedDifference


@dataclass(frozen=True, slots=True)
class GraderAgreement:
    """A grader beside people's labels on the same answers."""

    grader: str
    found: Agreement
    kappa: Interval


@dataclass(frozen=True, slots=True, eq=False)
class RunResults:
    """A run as the pages show it."""

    run: "Run"
    suite: "Suite"
    shares: tuple[MeasuredShare, ...]
    differences: tuple[Difference, ...]
    """Between models."""
    context: tuple[Difference, ...]
    """With context less without, model by model."""
    agreements: tuple[GraderAgreement, ...]
    answers: tuple[GradedAttempt, ...]
    """Answered questions, in the order in which they were asked."""
    spent_usd: float
    committed_usd: float
    """That, and what is reserved for questions on their way or in doubt."""
    questions: int
    """Questions that the run may ask; one that steers itself may end before."""
    in_doubt: int
    """Questions that were sent, may have been paid for, and have no answer."""

    @property
    def graded(self) -> int:
        """Answers with a score."""
        return sum(one.score is not None for one in self.answers)

    @property
    def labelled(self) -> int:
        """Answers that people have labelled."""
        return sum(any(is_label(grade) for grade in one.grades) for one in self.answers)


def is_label(grade: "Grade") -> bool:
    """Whether a person gave it."""
    return grade.grader.startswith("human:")


def run_results(run_id: str) -> RunResults:
    """Results of a run, also of one that goes on; InputError when there is none of that id."""
    run = read_run(the_store(), run_id)
    live = live_run(run_id)
    done = live.progress.done if live is not None and live.progress is not None else 0
    return _results_for(default_url(os.environ), f"{run_id} {run.status} {done} {facts_version()}", run)


def scores_so_far(run_id: str) -> "tuple[ResultRow, ...]":
    """What a run that goes on has found until now, without intervals: read at every call."""
    return results_of(the_store(), run_id)


@st.cache_resource(show_spinner="Reading the run …", max_entries=6)
def _results_for(url: str, key: str, _run: "Run") -> RunResults:  # noqa: ARG001 (the key)

    store = the_store()
    suite = Suite.model_validate_json(read_suite_text(store, _run.suite_hash))
    rows = results_of(store, _run.id)
    answers = _answers(_run)
    money = spending(store, _run.id)
    return RunResults(
        run=_run,
        suite=suite,
        shares=tuple(MeasuredShare(row, share_of(row.scores, row.clusters)) for row in rows),
        differences=_differences(rows, answers),
        context=_context_effects(rows, answers),
        agreements=_agreements(answers),
        answers=answers,
        spent_usd=money.spent_usd,
        committed_usd=money.committed_usd,
        questions=count_tasks(suite, _run.targets, ProbeSettings.model_validate_json(_run.settings)),
        in_doubt=_doubtful(_run, in_doubt(store, _run.id), answers),
    )


def _answers(run: "Run") -> tuple[GradedAttempt, ...]:

    grades: dict[int, list[Grade]] = {}
    for grade in grades_of(the_store(), run.id):
        grades.setdefault(grade.attempt, []).append(grade)
    found = []
    for attempt in iter_attempts(the_store(), run.id):
        if attempt.state == "answered":
            mine = grades.get(attempt.id or 0, [])
            found.append(GradedAttempt(attempt, tuple(mine), main_score(run, mine)))
    return tuple(found)


def _doubtful(run: "Run", sent: "Sequence[Attempt]", answers: Sequence[GradedAttempt]) -> int:
    """Questions in doubt: those that cost nothing, and those that were asked again since, are not."""
    free = {target.name for target in run.targets if target.input_usd_per_mtok == target.output_usd_per_mtok == 0.0}
    done = {_question(one.attempt) for one in answers}
    return len({_question(one) for one in sent if one.model not in free} - done)


def _question(attempt: "Attempt") -> tuple[str, str, str, int]:
    return attempt.model, attempt.item, attempt.condition, attempt.repeat


def _by_item(answers: Sequence[GradedAttempt], model: str, condition: str) -> dict[str, tuple[float, str]]:
    """Mean score and cluster of each item that a model answered, repeats averaged."""
    scores: dict[str, list[float]] = {}
    clusters: dict[str, str] = {}
    for one in answers:
        attempt = one.attempt
        if one.score is not None and (attempt.model, attempt.condition) == (model, condition):
            scores.setdefault(attempt.item, []).append(one.score)
            clusters[attempt.item] = attempt.cluster
    return {item: (float(np.mean(found)), clusters[item]) for item, found in scores.items()}


def _paired(first: dict[str, tuple[float, str]], second: dict[str, tuple[float, str]]) -> PairedDifference:
    both = [item for item in first if item in second]
    return paired_difference(
        [first[item][0] for item in both], [second[item][0] for item in both], [first[item][1] for item in both]
    )


def _differences(rows: "Sequence[ResultRow]", answers: Sequence[GradedAttempt]) -> tuple[Difference, ...]:
    """Models beside each other in each way of asking: all pairs of a few, the best with each of many."""
    found: list[Difference] = []
    for condition in dict.fromkeys(row.condition for row in rows):
        graded = [row for row in rows if row.condition == condition and row.mean_score is not None]
        names = [row.model for row in sorted(graded, key=lambda row: -(row.mean_score or 0.0))]
        items = {name: _by_item(answers, name, condition) for name in names}
        pairs = combinations(names, 2) if len(names) <= _MOST_COMPARED else ((names[0], name) for name in names[1:])
        found += [Difference(one, two, condition, _paired(items[one], items[two])) for one, two in pairs]
    return tuple(one for one in found if one.paired.items)


def _context_effects(rows: "Sequence[ResultRow]", answers: Sequence[GradedAttempt]) -> tuple[Difference, ...]:
    conditions = {row.condition for row in rows}
    if not {WITHOUT, WITH} <= conditions:
        return ()
    found = [
        Difference(model, model, "", _paired(_by_item(answers, model, WITH), _by_item(answers, model, WITHOUT)))
        for model in dict.fromkeys(row.model for row in rows)
    ]
    return tuple(one for one in found if one.paired.items)


def _agreements(answers: Sequence[GradedAttempt]) -> tuple[GraderAgreement, ...]:
    """Each grader beside people, on the answers that both judged; people's mean where several did."""
    said: dict[str, list[tuple[float, float, str]]] = {}
    for one in answers:
        labels = [grade.score for grade in one.grades if is_label(grade)]
        if not labels:
            continue
        for grade in one.grades:
            if not is_label(grade):
                label = float(np.mean(labels))
                said.setdefault(grade.grader, []).append((grade.score, label, one.attempt.cluster))
    found = []
    for grader, pairs in said.items():
        verdicts, judged, clusters = zip(*pairs, strict=True)
        told = agreement([(_word(verdict), _word(label)) for verdict, label, _ in pairs])
        if told is not None:
            found.append(GraderAgreement(grader, agreement_with_labels(verdicts, judged, clusters), told.kappa))
    return tuple(found)


def _word(score: float) -> str:
    """A score cut at one half, as agreement is counted."""
    return "acceptable" if score >= 0.5 else "not"


def file_of_run(run_id: str, ending: str) -> bytes:
    """A run as a .jsonl or .parquet file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{run_id}.{ending}"
        export_run(the_store(), run_id, path)
        return path.read_bytes()


def take_run_file(name: str, content: bytes) -> "Run":
    """Add a run from an exported file; InputError when it is none."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"run{Path(name).suffix.lower()}"
        path.write_bytes(content)
        try:
            return bring_in(the_store(), path)
        except InputError as error:
            # The file that the user chose, not the copy that was read.
            raise InputError(name, error.field, found=Said(error.found), allowed=error.allowed) from error
