"""Attempts: reserved before they leave, answered or failed after, and never lost between.

An attempt lives through two transactions. `reserve_attempt` adds it as 'sent' with its worst-case cost, if the cap
allows; `store_answer` puts what came back in its place and the true cost in place of the reservation. A process that
dies between the two leaves it 'sent' (`in_doubt`) with the reservation counted as spent: it may have been paid.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from planner.errors import StoreError
from planner.store.database.engine import Store
from planner.store.database.tables import attempts, cap_in_pico, picodollars, runs
from planner.store.digest import MODULUS, digest_of_attempt
from planner.store.records import Attempt
from planner.store.runs import require_run, spending

CHUNK_ROWS: Final = 500
"""Attempts in memory at once while streaming."""
ATTEMPT_FIELDS: Final = tuple(field.name for field in fields(Attempt))
_FIXED: Final = frozenset(
    {
        "id",
        "run",
        "model",
        "item",
        "condition",
        "repeat",
        "request_hash",
        "cluster",
        "sent",
        "warm_up",
        "reserved_usd",
    }
)
"""What is known when an attempt leaves and doesn't change by its answer."""

# Statements that every attempt needs are made once: building them took longer than the database took to run them.
_BIG: Final = sa.BigInteger()
_INSERT: Final = sa.insert(attempts).returning(attempts.c.id)
_COMMIT: Final = (
    sa.update(runs)
    .where(runs.c.id == sa.bindparam("of_run"), runs.c.committed_pico <= sa.bindparam("highest", type_=_BIG))
    .values(committed_pico=runs.c.committed_pico + sa.bindparam("amount", type_=_BIG))
)
_ANSWER: Final = (
    sa.update(attempts)
    .where(attempts.c.id == sa.bindparam("of_attempt"), attempts.c.state == "sent")
    .values({name: sa.bindparam(name) for name in ATTEMPT_FIELDS if name not in _FIXED})
    .returning(attempts.c.run, attempts.c.reserved_usd)
)
_ADD: Final = (
    sa.update(runs)
    .where(runs.c.id == sa.bindparam("of_run"))
    .values(
        committed_pico=runs.c.committed_pico + sa.bindparam("committed", type_=_BIG),
        spent_pico=runs.c.spent_pico + sa.bindparam("spent", type_=_BIG),
        digest=(runs.c.digest + sa.bindparam("added", type_=_BIG)) % MODULUS,
    )
)


def reserve_attempt(store: Store, attempt: Attempt, cap_usd: float) -> int | None:
    """Add an attempt as 'sent' with its reservation, unless the run could then pass its cap.

    One transaction, atomic across processes, with work that doesn't grow with the run: the running total is raised by
    an UPDATE that applies only while total + reservation <= cap. It locks the run's row on PostgreSQL; SQLite has one
    writer at a time.

    Returns:
        The attempt's id; None when everything spent or reserved plus this reservation would pass `cap_usd`.

    Raises:
        InputError: There is no such run.
        ValueError: The reservation or the cap is negative or no number.
    """
    with store.writing() as connection:
        if not commit_money(connection, attempt.run, picodollars(attempt.reserved_usd), cap_in_pico(cap_usd)):
            return None
        return insert_attempt(connection, attempt, state="sent")


def reserve_usd(store: Store, run_id: str, amount_usd: float, cap_usd: float) -> bool:
    """Reserve money of a run for something that is no attempt: a judge's request. False when the cap would be passed.

    `store_grade(..., reserved_usd=amount_usd)` replaces it by the cost; until then, or when the process dies before,
    it counts as spent. Atomic as `reserve_attempt` is.
    """
    with store.writing() as connection:
        return commit_money(connection, run_id, picodollars(amount_usd), cap_in_pico(cap_usd))


def commit_money(connection: Connection, run_id: str, amount: int, cap: int) -> bool:
    """Raise a run's committed total by an amount unless it would pass the cap (picodollars); whether it was."""
    given = {"of_run": run_id, "amount": amount, "highest": cap - amount}
    if connection.execute(_COMMIT, given).rowcount:
        return True
    require_run(connection, run_id)
    return False


def store_answer(store: Store, attempt: Attempt) -> None:
    """Replace an attempt that was 'sent' by what came of it, and its reservation by its cost.

    Args:
        store: Where it was reserved.
        attempt: With the id that `reserve_attempt` gave, and state 'answered' or 'failed'. `cost_usd` is what was
            paid; None means that nobody knows, and the reservation stays counted as spent.

    Raises:
        StoreError: No attempt of this id is on its way: it was never reserved, or has its answer already.
    """
    if attempt.state == "sent":
        msg = "an answer is 'answered' or 'failed'"
        raise ValueError(msg)
    with store.writing() as connection:
        if not put_answer(connection, attempt):
            msg = f"store {store.place}: attempt {attempt.id} is not on its way, so it takes no answer"
            raise StoreError(msg)


def put_answer(connection: Connection, attempt: Attempt) -> bool:
    """The same within a transaction that is under way; False when the attempt is not on its way."""
    values = {name: getattr(attempt, name) for name in ATTEMPT_FIELDS if name not in _FIXED}
    done = connection.execute(_ANSWER, {"of_attempt": attempt.id, **values}).first()
    if done is None:
        return False
    reserved = picodollars(done.reserved_usd)
    paid = reserved if attempt.cost_usd is None else picodollars(attempt.cost_usd)
    add_to_run(connection, done.run, committed=paid - reserved, spent=paid, digest=digest_of_attempt(attempt))
    return True


def store_attempt(store: Store, attempt: Attempt) -> int:
    """Add an attempt that needs no reservation because no request leaves: a reused answer, at no cost. Its id."""
    with store.writing() as connection:
        require_run(connection, attempt.run)
        return add_attempt(connection, attempt)


def add_attempt(connection: Connection, attempt: Attempt) -> int:
    """Add an attempt in its own state with its money and digest, within a transaction that is under way; its id."""
    given = insert_attempt(connection, attempt, state=attempt.state)
    committed, spent = charges_of(attempt)
    add_to_run(connection, attempt.run, committed=committed, spent=spent, digest=digest_of_attempt(attempt))
    return given


def charges_of(attempt: Attempt) -> tuple[int, int]:
    """What an attempt adds to its run, picodollars: spent or reserved, and spent."""
    charged = picodollars(attempt.counted_usd)
    return charged, 0 if attempt.state == "sent" else charged


def insert_attempt(connection: Connection, attempt: Attempt, *, state: str) -> int:
    """Add the row alone; its id."""
    row = {name: getattr(attempt, name) for name in ATTEMPT_FIELDS if name != "id"} | {"state": state}
    return int(connection.execute(_INSERT, row).scalar_one())


def add_to_run(connection: Connection, run_id: str, *, committed: int = 0, spent: int = 0, digest: int = 0) -> None:
    """Move a run's totals (picodollars) and digest; locks its row until the transaction ends."""
    given = {"of_run": run_id, "committed": committed, "spent": spent, "added": digest % MODULUS}
    connection.execute(_ADD, given)


def attempts_of(store: Store, run_id: str) -> list[Attempt]:
    """All attempts of a run in the order in which they were reserved; a big run is better streamed."""
    return list(iter_attempts(store, run_id))


def iter_attempts(store: Store, run_id: str) -> Iterator[Attempt]:
    """The attempts of a run in the order in which they were reserved, `CHUNK_ROWS` at a time.

    Each chunk is a transaction of its own, so a slow reader holds up nobody; attempts added meanwhile are seen.
    """
    with store.reading() as connection:
        require_run(connection, run_id)
    yield from stream_attempts(store, attempts.c.run == run_id)


def stream_attempts(store: Store, wanted: sa.ColumnElement[bool]) -> Iterator[Attempt]:
    """Attempts that satisfy a condition, by id, `CHUNK_ROWS` at a time: memory doesn't grow with their number."""
    last = -1
    while True:
        query = sa.select(attempts).where(wanted, attempts.c.id > last).order_by(attempts.c.id).limit(CHUNK_ROWS)
        with store.reading() as connection:
            chunk = [attempt_of(row) for row in connection.execute(query).mappings()]
        yield from chunk
        if len(chunk) < CHUNK_ROWS:
            return
        last = int(chunk[-1].id or 0)


def find_answer(store: Store, request_hash: str, repeat: int) -> Attempt | None:
    """The newest answer of any run to an equal request, as its own attempt and not as one that reuses it."""
    query = (
        sa.select(attempts)
        .where(
            attempts.c.request_hash == request_hash,
            attempts.c.repeat == repeat,
            attempts.c.state == "answered",
            attempts.c.reused.is_(None),
        )
        .order_by(attempts.c.id.desc())
        .limit(1)
    )
    with store.reading() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else attempt_of(row)


def spent_usd(store: Store, run_id: str) -> float:
    """What a run has paid, or taken as paid because nobody knows, USD; what is under way comes in `spending`."""
    return spending(store, run_id).spent_usd


def answered_counts(store: Store) -> dict[str, int]:
    """How many answers each run has; runs without any are left out."""
    query = sa.select(attempts.c.run, sa.func.count()).where(attempts.c.state == "answered").group_by(attempts.c.run)
    with store.reading() as connection:
        return {str(run): int(count) for run, count in connection.execute(query)}


def in_doubt(store: Store, run_id: str) -> list[Attempt]:
    """Attempts that were sent and have no answer: under way now, or in doubt because their process died."""
    with store.reading() as connection:
        require_run(connection, run_id)
    return list(stream_attempts(store, sa.and_(attempts.c.run == run_id, attempts.c.state == "sent")))


def attempt_of(row: Mapping[Any, Any]) -> Attempt:
    """The record of a row of `attempts`."""
    values = {name: row[name] for name in ATTEMPT_FIELDS}
    return Attempt(**values | {"gaps_ms": tuple(row["gaps_ms"])})
