"""Real databases for every test of the store: a SQLite file, and PostgreSQL in a schema of its own.

PostgreSQL is the server that PLANNER_TEST_DATABASE_URL names, else a private one, started once a worker from the
installed programs in a folder of its own, on loopback and with a password. Neither there: the tests are skipped, and
under CI they fail.
"""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from planner.store.database.engine import Store, open_store

GIVEN = os.environ.get("PLANNER_TEST_DATABASE_URL", "")
MUST = os.environ.get("CI", "") not in {"", "0", "false"}
PASSWORD = "s3cret of a/test"  # noqa: S105 (of the throw-away server)


def _programs() -> Path | None:
    """Folder of the newest installed initdb."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def _as_owner(*argv: str | Path) -> None:
    """Run a PostgreSQL program; they refuse to run as root, so as user postgres then."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    subprocess.run([*prefix, *map(str, argv)], check=True, capture_output=True, timeout=60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _private_server(programs: Path) -> Iterator[URL]:
    """A cluster in a folder of its own, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="planner-pg-"))
    data, port = folder / "data", _free_port()
    secret = folder / "password"
    secret.write_text(PASSWORD)
    if os.getuid() == 0:
        for path in (folder, secret):
            shutil.chown(path, "postgres", "postgres")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=60"
    try:
        setup = ("-U", "planner", "-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync", "-E", "UTF8", "--locale=C")
        _as_owner(programs / "initdb", "-D", data, *setup)
        _as_owner(programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield URL.create("postgresql", "planner", PASSWORD, "127.0.0.1", port, "postgres")
        finally:
            _as_owner(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """Address of a server on which schemas can be made."""
    programs = _programs()
    if GIVEN:
        yield make_url(GIVEN)
    elif programs is not None:
        yield from _private_server(programs)
    else:
        reason = "no PostgreSQL: set PLANNER_TEST_DATABASE_URL or install postgresql"
        pytest.fail(reason) if MUST else pytest.skip(reason)


@pytest.fixture
def postgres_url(postgres_server: URL) -> Iterator[str]:
    """Address of an empty schema, dropped after the test."""
    name = f"t{secrets.token_hex(6)}"
    engine = sa.create_engine(postgres_server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE SCHEMA {name}"))
        chosen = postgres_server.update_query_dict({"options": f"-csearch_path={name}"})
        yield chosen.render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP SCHEMA {name} CASCADE"))
    finally:
        engine.dispose()


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
