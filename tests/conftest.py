"""What all tests share: no network but loopback, a clean environment, a seed that is not one lucky number.

And PostgreSQL: the server that PLANNER_TEST_DATABASE_URL names, else a private one, started once a worker from the
installed programs in a folder of its own, on loopback and with a password. Neither there: the tests are skipped, and
under CI they fail.
"""

import ipaddress
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import settings
from sqlalchemy.engine import URL, make_url

from planner.resources import catalogs_dir

# No test is timed: a busy machine must not fail a property.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parent.parent
SEEDS = (20261124, 7, 99)
"""Statistical claims must hold for each of these."""
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


def _is_loopback(host: object) -> bool:
    if not isinstance(host, str):
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in {"localhost", ""}


def _refuse_the_outside(self: socket.socket, address: Any) -> None:
    if self.family != socket.AF_UNIX and not _is_loopback(address[0]):
        msg = f"a test tried to reach {address[0]}; only loopback is allowed"
        raise ConnectionRefusedError(msg)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def checked_connect(self: socket.socket, address: Any) -> None:
        _refuse_the_outside(self, address)
        connect(self, address)

    def checked_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_the_outside(self, address)
        return connect_ex(self, address)

    monkeypatch.setattr(socket.socket, "connect", checked_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", checked_connect_ex)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Own data folder, no keys, no proxies, no settings of the developer's shell."""
    monkeypatch.setenv("PLANNER_DATA_DIR", str(tmp_path_factory.mktemp("data")))
    for name in list(os.environ):
        if name in _PROXIES or name.endswith("_API_KEY") or name.startswith("STREAMLIT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "132")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    """Each of three seeds in turn."""
    return int(request.param)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def examples() -> tuple[Path, ...]:
    """All example workloads."""
    return tuple(sorted((catalogs_dir() / "workloads").glob("*.yaml")))


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
