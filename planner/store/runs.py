"""Runs and the suites that they asked."""

import difflib
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from planner.catalog.price import Price, PriceStep
from planner.errors import InputError, StoreError
from planner.store.database.engine import Store
from planner.store.database.tables import insert_into, runs, suites, targets, usd_of
from planner.store.records import Run, RunStatus, Spending, Target

RUN_FIELDS: Final = tuple(field.name for field in fields(Run) if field.name != "targets")
_TARGET_FIELDS: Final = tuple(field.name for field in fields(Target))
_SHOWN: Final = 3


def store_suite(store: Store, suite_hash: str, name: str, text: str) -> None:
    """Keep a suite's text under its hash, once."""
    with store.writing() as connection:
        insert_suite(connection, suite_hash, name, text)


def insert_suite(connection: Connection, suite_hash: str, name: str, text: str) -> None:
    """Keep a suite's text within a transaction that is under way."""
    row = {"hash": suite_hash, "name": name, "text": text}
    connection.execute(insert_into(connection, suites).values(row).on_conflict_do_nothing())


def read_suite_text(store: Store, suite_hash: str) -> str:
    """Text of a kept suite; StoreError when there is none of this hash."""
    with store.reading() as connection:
        text = connection.scalar(sa.select(suites.c.text).where(suites.c.hash == suite_hash))
    if text is None:
        msg = f"store {store.place}: no suite {suite_hash} is kept"
        raise StoreError(msg)
    return str(text)


def store_run(store: Store, run: Run) -> None:
    """Keep a new run; its suite comes first.

    Raises:
        StoreError: A run of this id is kept already, or its suite is not.
    """
    with store.writing() as connection:
        if connection.scalar(sa.select(runs.c.id).where(runs.c.id == run.id)) is not None:
            msg = f"store {store.place}: run {run.id} is kept already"
            raise StoreError(msg)
        if connection.scalar(sa.select(suites.c.hash).where(suites.c.hash == run.suite_hash)) is None:
            msg = f"store {store.place}: run {run.id} is of suite {run.suite}, whose text is not kept"
            raise StoreError(msg)
        insert_run(connection, run)


def insert_run(connection: Connection, run: Run) -> None:
    """Add a run, nothing spent, within a transaction that is under way."""
    row = {name: getattr(run, name) for name in RUN_FIELDS}
    connection.execute(sa.insert(runs).values(**row, committed_pico=0, spent_pico=0, digest=0))
    _insert_targets(connection, run)


def _insert_targets(connection: Connection, run: Run) -> None:
    if run.targets:
        connection.execute(
            sa.insert(targets),
            [{"run": run.id, "place": place, **asdict(target)} for place, target in enumerate(run.targets)],
        )


def adopt_run(store: Store, run: Run) -> None:
    """Make an imported run this store's own: its targets, settings and cap are those of `run`, said anew here.

    Raises:
        InputError: There is no such run.
    """
    said = {"settings": run.settings, "budget_usd": run.budget_usd, "grader": run.grader, "imported": False}
    with store.writing() as connection:
        if connection.execute(sa.update(runs).where(runs.c.id == run.id).values(**said)).rowcount == 0:
            raise _unknown(connection, run.id)
        connection.execute(sa.delete(targets).where(targets.c.run == run.id))
        _insert_targets(connection, run)


def finish_run(store: Store, run_id: str, status: RunStatus, at: datetime | None) -> None:
    """Say how a run ended and when (UTC); 'running' and None when it is taken up again. InputError when unknown."""
    with store.writing() as connection:
        done = connection.execute(sa.update(runs).where(runs.c.id == run_id).values(status=status, finished=at))
        if done.rowcount == 0:
            raise _unknown(connection, run_id)


def read_run(store: Store, run_id: str) -> Run:
    """A run by its id; InputError with the closest ids when there is none."""
    with store.reading() as connection:
        row = connection.execute(sa.select(runs).where(runs.c.id == run_id)).mappings().first()
        if row is None:
            raise _unknown(connection, run_id)
        found = connection.execute(sa.select(targets).where(targets.c.run == run_id).order_by(targets.c.place))
        return run_of(row, tuple(_target(one) for one in found.mappings()))


def list_runs(store: Store) -> tuple[Run, ...]:
    """All runs, the newest first."""
    with store.reading() as connection:
        by_run: dict[str, list[Target]] = {}
        for row in connection.execute(sa.select(targets).order_by(targets.c.run, targets.c.place)).mappings():
            by_run.setdefault(row["run"], []).append(_target(row))
        rows = connection.execute(sa.select(runs).order_by(runs.c.created.desc(), runs.c.id.desc())).mappings()
        return tuple(run_of(row, tuple(by_run.get(row["id"], ()))) for row in rows)


def spending(store: Store, run_id: str) -> Spending:
    """What a run has spent and what it has reserved beside that, USD; InputError when unknown."""
    with store.reading() as connection:
        row = connection.execute(sa.select(runs.c.spent_pico, runs.c.committed_pico).where(runs.c.id == run_id)).first()
        if row is None:
            raise _unknown(connection, run_id)
    return Spending(usd_of(row.spent_pico), usd_of(row.committed_pico))


def run_of(row: Mapping[Any, Any], of_run: tuple[Target, ...]) -> Run:
    """The record of a row of `runs`."""
    return Run(targets=of_run, **{name: row[name] for name in RUN_FIELDS})


def require_run(connection: Connection, run_id: str) -> None:
    """InputError with the closest ids when there is no such run."""
    if connection.scalar(sa.select(runs.c.id).where(runs.c.id == run_id)) is None:
        raise _unknown(connection, run_id)


def _target(row: Mapping[Any, Any]) -> Target:
    return Target(**{name: row[name] for name in _TARGET_FIELDS} | {"price": _price(row["price"])})


def _price(kept: Mapping[str, Any] | None) -> Price | None:
    """A price as JSON keeps it."""
    if kept is None:
        return None
    return Price(**{**kept, "steps": tuple(PriceStep(**step) for step in kept["steps"])})


def _unknown(connection: Connection, run_id: str) -> InputError:
    """The error of an id that is not kept: the closest ids, else the newest."""
    known = list(connection.scalars(sa.select(runs.c.id).order_by(runs.c.created.desc(), runs.c.id.desc())))
    close = difflib.get_close_matches(run_id, known, _SHOWN) or known[:_SHOWN]
    allowed = (
        f"a kept run: {', '.join(close)}{' …' if len(known) > len(close) else ''}" if known else "no run is kept yet"
    )
    return InputError("store", "run", found=run_id, allowed=allowed)
