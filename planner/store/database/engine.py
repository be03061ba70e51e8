"""Opening a store, and the transactions in which everything is read and written.

SQLite: a write-ahead log, so that readers never wait for a writer; foreign keys on; a writer waits up to 30 s for
another. Every writing transaction begins with BEGIN IMMEDIATE: one that reads first and writes later could not be
made to wait. PostgreSQL: READ COMMITTED, where an UPDATE locks its row until the end of the transaction.

A database error leaves this module as a StoreError of one line, without the password of the address.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError, StatementError

from planner.errors import StoreError
from planner.store.database.migrate import migrate, schema_of
from planner.store.database.place import URL_VARIABLE, default_url, is_kept
from planner.store.migrations import SCHEMA

__all__ = ["Store", "default_url", "is_kept", "open_store"]

_BUSY_S: Final = 30.0
_CONNECT_S: Final = 5
_ALLOWED: Final = "sqlite:////path/to/file or postgresql://user:password@host:5432/database"


@dataclass(frozen=True, slots=True)
class Store:
    """An open store; safe to share between threads. Close it, or use it as a context manager."""

    engine: Engine
    place: str
    """Its address without password, as errors show it."""
    _secret: str = field(default="", repr=False)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads, on one state of the database under SQLite."""
        with self._told(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: all of it is kept when the block ends, none of it when it raises."""
        writes = self.engine.execution_options(planner_writes=True)
        with self._told(), writes.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close its connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """The database's errors as one line of ours."""
        try:
            yield
        except SQLAlchemyError as error:
            msg = f"store {self.place}: {_reason(error, self._secret)}"
            raise StoreError(msg) from error


def open_store(url: str) -> Store:
    """Open a store, make it when there is none, and bring its tables to this version's form.

    Several processes may open one store at once: one of them migrates, the others wait.

    Args:
        url: `sqlite:////absolute/path` or `postgresql://...`, as `default_url` gives it.

    Raises:
        StoreError: The address is none, the server cannot be reached, its driver is missing, the file is no database
            or cannot be written, or a newer planner has made the tables.
    """
    address = _address(url)
    store = Store(_engine(address), address.render_as_string(hide_password=True), address.password or "")
    try:
        with store.reading() as connection:
            found = schema_of(connection)
        if found != SCHEMA:
            with store.writing() as connection:
                migrate(connection, store.place)
    except BaseException:
        store.close()
        raise
    return store


def _address(url: str) -> URL:
    """The parsed address with the driver we use; StoreError when it is none, never showing it whole."""
    scheme = url.partition(":")[0][:20]
    try:
        address = make_url(url)
        kind = address.get_backend_name()
    except (ArgumentError, ValueError) as error:
        msg = f"{URL_VARIABLE}: found no database address ({scheme}…); allowed: {_ALLOWED}"
        raise StoreError(msg) from error
    if kind in {"postgresql", "postgres"}:
        return address.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and address.database and address.database != ":memory:":
        return address
    found = f"{kind} {'without a file' if kind == 'sqlite' else 'database'}"
    msg = f"{URL_VARIABLE}: found a {found}; allowed: {_ALLOWED}"
    raise StoreError(msg)


def _engine(address: URL) -> Engine:
    if address.get_backend_name() == "sqlite":
        return _sqlite_engine(address)
    try:
        return sa.create_engine(address, pool_pre_ping=True, connect_args={"connect_timeout": _CONNECT_S})
    except ImportError as error:
        msg = "a PostgreSQL store needs its driver: pip install 'toolbox-planner[postgres]'"
        raise StoreError(msg) from error


def _sqlite_engine(address: URL) -> Engine:
    file = Path(address.database or "")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"store {file}: its folder cannot be made ({(error.strerror or type(error).__name__).lower()})"
        raise StoreError(msg) from error
    engine = sa.create_engine(address, connect_args={"timeout": _BUSY_S})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:  # noqa: ANN401 (SQLAlchemy's record)
    # The driver's own BEGIN comes too late and never IMMEDIATE; ours is in `_begin_sqlite`.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    # In WAL mode NORMAL loses nothing when a process is killed; only FULL loses nothing when the power is cut.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("planner_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _reason(error: SQLAlchemyError, secret: str) -> str:
    """The driver's own words on one line, the password masked however it is spelt."""
    original = error.orig if isinstance(error, StatementError) and error.orig is not None else error
    text = " ".join(str(original).split()) or type(original).__name__
    for spelling in {secret, quote(secret, safe=""), quote(secret)} - {""}:
        text = text.replace(spelling, "***")
    return text
