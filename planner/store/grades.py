"""Judgements: graders', judges' and people's grades of an attempt, and comparisons of two answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from planner.errors import StoreError
from planner.store.attempts import CHUNK_ROWS, add_to_run, attempt_of
from planner.store.database.engine import Store
from planner.store.database.tables import attempts, grades, insert_into, picodollars, preferences
from planner.store.digest import attempt_key, digest_of_grade, digest_of_preference
from planner.store.records import Attempt, Grade, Preference
from planner.store.runs import require_run

HUMAN: Final = "human:"
"""How a person's grader name begins: 'human:<who>'."""
GRADE_FIELDS: Final = tuple(field.name for field in fields(Grade))
PREFERENCE_FIELDS: Final = tuple(field.name for field in fields(Preference))


def store_grade(store: Store, grade: Grade, *, reserved_usd: float = 0.0) -> None:
    """Keep a grade; the same grader's earlier one of this attempt gives way, what that one cost stays spent.

    Args:
        store: Where the attempt is.
        grade: A person's label is a grade by 'human:<who>'.
        reserved_usd: What `reserve_usd` has set aside for it, replaced by the grade's cost.

    Raises:
        StoreError: There is no such attempt.
        ValueError: The score is no share, or the cost no amount.
    """
    with store.writing() as connection:
        row = connection.execute(sa.select(attempts).where(attempts.c.id == grade.attempt)).mappings().first()
        if row is None:
            msg = f"store {store.place}: attempt {grade.attempt} is not kept, so it takes no grade"
            raise StoreError(msg)
        attempt = attempt_of(row)
        paid = picodollars(grade.cost_usd)
        # Locks the run's row first: two graders of one attempt come one after the other.
        add_to_run(connection, attempt.run, committed=paid - picodollars(reserved_usd), spent=paid)
        put_grade(connection, grade, attempt.run, attempt_key(attempt))


def put_grade(connection: Connection, grade: Grade, run_id: str, key: str) -> None:
    """Add or replace a grade and move the run's digest, within a transaction that holds the run's row."""
    if not 0.0 <= grade.score <= 1.0:
        msg = f"a grade is a share from 0 to 1, not {grade.score!r}"
        raise ValueError(msg)
    same = sa.and_(grades.c.attempt == grade.attempt, grades.c.grader == grade.grader)
    old = connection.execute(sa.select(grades).where(same)).mappings().first()
    gone = 0 if old is None else digest_of_grade(_grade(old), key)
    values = {name: getattr(grade, name) for name in GRADE_FIELDS}
    statement = insert_into(connection, grades).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["attempt", "grader"], set_=values))
    add_to_run(connection, run_id, digest=digest_of_grade(grade, key) - gone)


def grades_of(store: Store, run_id: str) -> list[Grade]:
    """All grades of a run's attempts, by attempt, the earliest grader of each first."""
    with store.reading() as connection:
        require_run(connection, run_id)
    return [grade for _, found in stream_graded(store, attempts.c.run == run_id) for grade in found]


def stream_graded(store: Store, wanted: sa.ColumnElement[bool]) -> Iterator[tuple[Attempt, list[Grade]]]:
    """Attempts that satisfy a condition with their grades, by id, `CHUNK_ROWS` at a time: memory stays flat."""
    last = -1
    while True:
        query = sa.select(attempts).where(wanted, attempts.c.id > last).order_by(attempts.c.id).limit(CHUNK_ROWS)
        with store.reading() as connection:
            chunk = [(int(row["id"]), attempt_of(row)) for row in connection.execute(query).mappings()]
            found = grades_of_attempts(connection, [number for number, _ in chunk])
        for number, attempt in chunk:
            yield attempt, found.get(number, [])
        if len(chunk) < CHUNK_ROWS:
            return
        last = chunk[-1][0]


def grades_of_attempts(connection: Connection, ids: Sequence[int]) -> dict[int, list[Grade]]:
    """Grades of some attempts (at most a chunk of them), by attempt, the earliest grader of each first."""
    query = sa.select(grades).where(grades.c.attempt.in_(ids)).order_by(grades.c.attempt, grades.c.id)
    found: dict[int, list[Grade]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["attempt"], []).append(_grade(row))
    return found


def store_preference(store: Store, preference: Preference, *, reserved_usd: float = 0.0) -> None:
    """Keep a comparison of two answers; `reserved_usd` as in `store_grade`. InputError when the run is unknown."""
    with store.writing() as connection:
        require_run(connection, preference.run)
        paid = picodollars(preference.cost_usd)
        add_to_run(connection, preference.run, committed=paid - picodollars(reserved_usd), spent=paid)
        put_preference(connection, preference)


def put_preference(connection: Connection, preference: Preference) -> None:
    """Add a comparison and move the run's digest, within a transaction that is under way."""
    values = {name: getattr(preference, name) for name in PREFERENCE_FIELDS}
    connection.execute(sa.insert(preferences).values(**values))
    add_to_run(connection, preference.run, digest=digest_of_preference(preference))


def preferences_of(store: Store, run_id: str) -> list[Preference]:
    """All comparisons of a run, in the order in which they came."""
    with store.reading() as connection:
        require_run(connection, run_id)
        query = sa.select(preferences).where(preferences.c.run == run_id).order_by(preferences.c.id)
        rows = connection.execute(query).mappings()
        return [Preference(**{name: row[name] for name in PREFERENCE_FIELDS}) for row in rows]


def _grade(row: Mapping[Any, Any]) -> Grade:
    return Grade(**{name: row[name] for name in GRADE_FIELDS})
