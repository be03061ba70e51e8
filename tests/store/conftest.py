"""Real databases for every test of the store: a SQLite file, and PostgreSQL in a schema of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from planner.store.database.engine import Store, open_store


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'planner.sqlite3'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An open, empty store, of each kind in turn."""
    with open_store(database_url) as opened:
        yield opened
