"""Bringing the tables to this version's form, by one process at a time."""

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from planner.errors import StoreError
from planner.store.database.tables import TABLES
from planner.store.migrations import SCHEMA, VERSION_TABLE

_LOCK: Final = 0x706C616E
"""Key of PostgreSQL's advisory lock ('plan'); SQLite's BEGIN IMMEDIATE is lock enough."""


def schema_of(connection: Connection) -> str | None:
    """Step that the tables have reached; None when there are none of ours."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 (a constant)
    return None if found is None else str(found)


def migrate(connection: Connection, place: str) -> None:
    """Run the steps that are due, inside the writing transaction of `connection`.

    Raises:
        StoreError: A newer planner has made the tables, or another program holds tables of these names.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    found = schema_of(connection)
    if found == SCHEMA:
        return
    if found is not None and found > SCHEMA:
        msg = (
            f"store {place}: made by a newer planner (form {found} of its tables; this one knows {SCHEMA}): "
            "upgrade toolbox-planner"
        )
        raise StoreError(msg)
    if found is None:
        taken = sorted(set(TABLES) & set(sa.inspect(connection).get_table_names()))
        if taken:
            msg = f"store {place}: another program's tables are there ({', '.join(taken)}); use a database of its own"
            raise StoreError(msg)
    _run_steps(connection)


def _run_steps(connection: Connection) -> None:
    # Late: alembic is needed once in a store's life, and every command that reads a store would wait for it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
