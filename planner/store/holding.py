"""One process at a time measures a run: two that resume the same one would both pay for the same items.

The hold is a lock of the operating system or of the server, so it ends with its process, kill -9 included.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from planner.errors import StoreError
from planner.store.database.engine import Store
from planner.store.records import Run


@contextmanager
def hold_run(store: Store, run_id: str) -> Iterator[None]:
    """Hold a run while it is measured.

    SQLite: an exclusive lock on a small file beside the database, `<database>.holds/<run>`. PostgreSQL: an advisory
    lock on a connection of its own.

    Raises:
        StoreError: Another process, or another part of this one, holds it.
    """
    hold = _hold_row if store.engine.dialect.name == "postgresql" else _hold_file
    with hold(store, run_id):
        yield


def is_held(store: Store, run_id: str) -> bool:
    """Whether a living process measures a run; held for the moment of asking where none does."""
    try:
        with hold_run(store, run_id):
            return False
    except StoreError:
        return True


def broken_off(store: Store, some: Iterable[Run]) -> frozenset[str]:
    """Ids of the runs that are kept as running and that no living process measures: theirs was killed."""
    return frozenset(run.id for run in some if run.status == "running" and not is_held(store, run.id))


def _refused(store: Store, run_id: str) -> StoreError:
    return StoreError(f"store {store.place}: run {run_id} is being measured by another process")


@contextmanager
def _hold_file(store: Store, run_id: str) -> Iterator[None]:
    database = Path(store.engine.url.database or "")
    folder = database.with_name(f"{database.name}.holds")
    try:
        folder.mkdir(exist_ok=True)
        with closing(sqlite3.connect(folder / _name(run_id), timeout=0.0, isolation_level=None)) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            yield
    except sqlite3.OperationalError as error:
        raise _refused(store, run_id) from error
    except OSError as error:
        msg = f"store {store.place}: run {run_id} cannot be held ({(error.strerror or type(error).__name__).lower()})"
        raise StoreError(msg) from error


@contextmanager
def _hold_row(store: Store, run_id: str) -> Iterator[None]:
    key = int(_name(run_id)[:15], 16)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(sa.cast(key, sa.BigInteger)))):
            raise _refused(store, run_id)
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(sa.cast(key, sa.BigInteger))))


def _name(run_id: str) -> str:
    """A file name and a key for any id."""
    return hashlib.sha256(run_id.encode()).hexdigest()[:32]
