"""What beliefs are learnt from: graded answers, timed answers, and one hash of it all to cache by."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from planner.store.attempts import stream_attempts
from planner.store.database.engine import Store
from planner.store.database.tables import attempts, grades, runs
from planner.store.digest import hash_text
from planner.store.evidence import kept_scores
from planner.store.grades import HUMAN, stream_graded
from planner.store.records import Grade, GradedAnswer, Run, TimedAnswer
from planner.store.runs import list_runs


def answers_for_learning(store: Store) -> Iterator[GradedAnswer]:
    """Graded answers of all runs, finished or not, by attempt, with the score that counts.

    Warm-ups and reused answers are among them: `attempt.reused` tells a learner which answers are one and the same.
    """
    by_id = {run.id: run for run in list_runs(store)}
    graded = sa.exists().where(grades.c.attempt == attempts.c.id)
    for attempt, found in stream_graded(store, sa.and_(attempts.c.state == "answered", graded)):
        run = by_id.get(attempt.run)
        score = None if run is None else main_score(run, found)
        if run is not None and score is not None:
            yield GradedAnswer(run, attempt, score)


def main_score(run: Run, of_attempt: Sequence[Grade]) -> float | None:
    """The score that counts among an attempt's grades: people's mean, else the run's grader's, else the earliest.

    None when the run names its grader and that one has not graded yet.
    """
    people = [grade.score for grade in of_attempt if grade.grader.startswith(HUMAN)]
    if people:
        return sum(people) / len(people)
    if run.grader:
        return next((grade.score for grade in of_attempt if grade.grader == run.grader), None)
    return of_attempt[0].score if of_attempt else None


def latency_samples(store: Store) -> Iterator[TimedAnswer]:
    """Answers whose times are the server's: not of a lagging client, no warm-up, not reused."""
    by_id = {run.id: run for run in list_runs(store)}
    wanted = sa.and_(
        attempts.c.state == "answered",
        attempts.c.client_bound.is_(False),
        attempts.c.warm_up.is_(False),
        attempts.c.reused.is_(None),
    )
    for attempt in stream_attempts(store, wanted):
        run = by_id.get(attempt.run)
        if run is not None:
            yield TimedAnswer(run, attempt)


def measured_hash(store: Store) -> str:
    """Content hash of everything that beliefs use: answers, grades, comparisons, kept scores.

    Equal in two stores that hold the same facts, whatever their order and database. Reads one row a run and the kept
    scores, no attempt.
    """
    columns = (
        runs.c.id,
        runs.c.skill,
        runs.c.workload,
        runs.c.segment,
        runs.c.suite_hash,
        runs.c.grader,
        runs.c.digest,
    )
    query = sa.select(*columns).where(runs.c.digest != 0)
    with store.reading() as connection:
        facts = sorted(hash_text(*row) for row in connection.execute(query))
    return hash_text(*facts, scores_hash(store))


def scores_hash(store: Store) -> str:
    """Content hash of the kept scores alone, without the moment at which they were fetched; '' when there are none."""
    lines = sorted(
        hash_text(*(getattr(score, name) for name in score.__dataclass_fields__ if name != "fetched"))
        for score in kept_scores(store)
    )
    return hash_text(*lines) if lines else ""
