"""Opening a store: forms of its tables, addresses that are none, and one line for every fault."""

import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import URL, make_url

from planner.errors import StoreError
from planner.store import migrations
from planner.store.database.engine import Store, default_url, is_kept, open_store
from planner.store.database.tables import metadata
from planner.store.migrations import SCHEMA, VERSION_TABLE
from planner.store.runs import list_runs
from tests.store.rows import a_run, keep_run

ROOT = Path(__file__).resolve().parents[2]


def _shape(store: Store) -> dict[str, object]:
    """Everything the database says of its tables but alembic's own."""
    look = sa.inspect(store.engine)
    return {
        table: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in look.get_columns(table)],
            look.get_pk_constraint(table),
            look.get_foreign_keys(table),
            sorted(look.get_indexes(table), key=lambda index: str(index["name"])),
            sorted(look.get_unique_constraints(table), key=lambda unique: str(unique["name"])),
            sorted((check["name"], check["sqltext"]) for check in look.get_check_constraints(table)),
        )
        for table in sorted(look.get_table_names())
        if table != VERSION_TABLE
    }


def test_migrated_tables_are_those_of_the_metadata(store: Store) -> None:
    migrated = _shape(store)
    with store.writing() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
    assert migrated == _shape(store)


def test_alembic_finds_nothing_left_to_migrate(store: Store) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


def test_the_stated_form_is_the_newest_step() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA]


def test_a_store_is_there_again_after_closing(database_url: str) -> None:
    with open_store(database_url) as first:
        keep_run(first)
    with open_store(database_url) as second:
        assert [run.id for run in list_runs(second)] == [a_run().id]


def test_a_store_of_a_newer_planner_is_refused(database_url: str) -> None:
    with open_store(database_url) as store, store.writing() as connection:
        connection.execute(sa.table(VERSION_TABLE, sa.column("version_num")).update().values(version_num="9000"))
    with pytest.raises(StoreError, match=rf"made by a newer planner \(form 9000 .* this one knows {SCHEMA}\): upgrade"):
        open_store(database_url)


def test_tables_of_another_program_are_left_alone(database_url: str) -> None:
    with open_store(database_url) as store, store.writing() as connection:
        connection.execute(sa.text(f"DROP TABLE {VERSION_TABLE}"))
    with pytest.raises(StoreError, match="another program's tables are there"):
        open_store(database_url)


def test_a_failed_migration_leaves_nothing_behind(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic.operations import Operations

    make = Operations.create_table

    def break_late(self: Operations, name: str, *parts: object, **options: object) -> sa.Table:
        if name == "plans":
            raise RuntimeError(name)
        return make(self, name, *parts, **options)

    with monkeypatch.context() as broken:
        broken.setattr(Operations, "create_table", break_late)
        with pytest.raises(RuntimeError):
            open_store(database_url)
    with open_store(database_url) as store:
        assert list_runs(store) == ()


def test_a_block_that_raises_keeps_nothing(store: Store) -> None:
    def write_and_fail() -> None:
        with store.writing() as connection:
            connection.execute(sa.text("INSERT INTO suites (hash, name, text) VALUES ('a', 'b', 'c')"))
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    with store.reading() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM suites")).scalar() == 0


@pytest.mark.parametrize("text", ["a\x00b", "lone \ud800 surrogate"])
def test_text_that_no_database_holds_is_kept_with_a_mark(store: Store, text: str) -> None:
    from planner.store.attempts import attempts_of, reserve_attempt, store_answer
    from tests.store.rows import an_attempt, answered

    run = keep_run(store)
    number = reserve_attempt(store, an_attempt(), 1.0)
    store_answer(store, answered(an_attempt(), number, answer=text))
    (found,) = attempts_of(store, run.id)
    assert found.answer == text.replace("\x00", "�").replace("\ud800", "�")


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("", "found no database address"),
        ("planner.sqlite3", "found no database address"),
        ("postgresql://user:hunter2@host:port/db", "found no database address"),
        ("mysql://user:hunter2@host/db", "found a mysql database; allowed: sqlite:"),
        ("sqlite://", "found a sqlite without a file"),
        ("sqlite:///:memory:", "found a sqlite without a file"),
    ],
)
def test_an_address_that_is_none_is_told_without_its_password(url: str, line: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert line in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear Sir or Madam,\n" * 100)
    with pytest.raises(StoreError, match=r"letter\.txt: file is not a database"):
        open_store(f"sqlite:///{file}")


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open database file"):
        open_store(f"sqlite:///{tmp_path}")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="its folder cannot be made"):
        open_store(f"sqlite:///{tmp_path / 'file' / 'planner.sqlite3'}")


def test_a_sqlite_file_is_opened_with_a_write_ahead_log_and_foreign_keys(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'new folder' / 'planner.sqlite3'}") as store, store.reading() as connection:
        asked = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "foreign_keys")]
    assert asked == ["wal", 1]


def test_a_locked_file_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'planner.sqlite3'}"
    open_store(url).close()
    monkeypatch.setattr("planner.store.database.engine._BUSY_S", 0.05)
    other = sqlite3.connect(tmp_path / "planner.sqlite3", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with open_store(url) as store, pytest.raises(StoreError, match="database is locked"):
            keep_run(store)
    finally:
        other.close()


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(StoreError) as caught:
        open_store(f"postgresql://planner:hunter2@127.0.0.1:{port}/planner")
    told = str(caught.value)
    assert told.startswith(f"store postgresql+psycopg://planner:***@127.0.0.1:{port}/planner: connection failed")
    assert "hunter2" not in told
    assert "\n" not in told


def test_a_wrong_password_is_told_without_it(postgres_server: URL) -> None:
    with pytest.raises(StoreError, match="password authentication failed") as caught:
        open_store(postgres_server.set(password="hunter2/é").render_as_string(hide_password=False))  # noqa: S106
    told = str(caught.value)
    assert "hunter2" not in told
    assert "\n" not in told


def test_an_open_store_shows_no_password(postgres_url: str) -> None:
    with open_store(postgres_url) as store:
        assert str(make_url(postgres_url).password) not in f"{store!r} {store.place} {store.engine!r}"


def test_a_postgres_address_needs_no_driver_in_it(postgres_url: str) -> None:
    assert make_url(postgres_url).drivername == "postgresql"
    open_store(postgres_url.replace("postgresql://", "postgres://")).close()


def test_a_missing_driver_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from planner.errors import StoreError\n"
        "from planner.store.database.engine import open_store\n"
        "try: open_store('postgresql://planner@127.0.0.1/planner')\n"
        "except StoreError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "a PostgreSQL store needs its driver: pip install 'toolbox-planner[postgres]'\n"
    assert list(tmp_path.iterdir()) == []


def test_the_default_is_a_file_in_the_data_folder() -> None:
    assert default_url({}) == f"sqlite:///{os.environ['PLANNER_DATA_DIR']}/planner.sqlite3"


def test_the_environment_names_another_database() -> None:
    assert default_url({"PLANNER_DATABASE_URL": "postgresql://db/planner"}) == "postgresql://db/planner"


def test_a_file_is_kept_once_a_store_was_opened(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'planner.sqlite3'}"
    assert not is_kept(url)
    open_store(url).close()
    assert is_kept(url)


@pytest.mark.parametrize("address", ["sqlite+pysqlite:///{}", "sqlite:///{}?timeout=5"])
def test_a_file_is_looked_for_however_its_address_is_spelt(tmp_path: Path, address: str) -> None:
    assert not is_kept(address.format(tmp_path / "planner.sqlite3"))


def test_asking_where_the_store_is_loads_no_database_library() -> None:
    code = (
        "import sys, planner.store.database.place as place; place.is_kept(place.default_url({}));"
        "print({'sqlalchemy', 'alembic', 'psycopg', 'pyarrow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "set()\n"


def test_opening_a_store_again_needs_no_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'planner.sqlite3'}"
    open_store(url).close()
    code = (
        "import sys; from planner.store.database.engine import open_store\n"
        f"open_store({url!r}).close(); print({{'alembic', 'pyarrow', 'numpy'}} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "set()\n"
