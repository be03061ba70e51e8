"""One process at a time works on a run; the hold ends with its process, however that ends."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from planner.errors import StoreError
from planner.store.engine import Store


@contextmanager
def hold_run(store: Store, run_id: str) -> Iterator[None]:
    """Hold a run while the block lasts.

    SQLite: a lock on a small file beside the database. PostgreSQL: an advisory lock of a connection kept open. The
    system lets go of both when the process is killed, so nothing stale is left to be detected.

    Raises:
        StoreError: Another process, or another thread of this one, works on it.
    """
    hold = _hold_file if store.engine.dialect.name == "sqlite" else _hold_row
    with hold(store, run_id):
        yield


@contextmanager
def _hold_file(store: Store, run_id: str) -> Iterator[None]:
    path = Path(f"{store.engine.url.database}.{run_id}.lock")
    with path.open("w") as file:
        if not _lock(file):
            raise _held(run_id)
        yield
        path.unlink(missing_ok=True)


def _lock(file: IO[str]) -> bool:
    """Take the file's lock without waiting; False when another has it."""
    try:
        import fcntl  # noqa: PLC0415 (POSIX only)
    except ImportError:  # pragma: no cover (Windows)
        return _lock_windows(file)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _lock_windows(file: IO[str]) -> bool:  # pragma: no cover (Windows)
    import importlib  # noqa: PLC0415

    msvcrt = importlib.import_module("msvcrt")
    try:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True


@contextmanager
def _hold_row(store: Store, run_id: str) -> Iterator[None]:
    key = int.from_bytes(hashlib.sha256(f"planner run {run_id}".encode()).digest()[:8], "big", signed=True)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(key))):
            raise _held(run_id)
        try:
            yield
        finally:
            connection.scalar(sa.select(sa.func.pg_advisory_unlock(key)))


def _held(run_id: str) -> StoreError:
    return StoreError(f"run {run_id}: it is going on in another process; wait for it or stop it there")
