"""A store that is lost in the middle, models that can't be asked, items in doubt: what is kept and how a run ends."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from probing_parts import settings_of, suite_of, target_at
from streaming_server import Server

from planner.cli import main
from planner.errors import LostStoreError
from planner.probing.asking.runner import run_probe, start_run
from planner.store.attempts import iter_attempts
from planner.store.database.engine import Store, open_store


def test_a_full_disk_in_the_middle_is_one_line_and_the_run_goes_on_later(tmp_path: Path, server: Server) -> None:
    with open_store(f"sqlite:///{tmp_path / 'full.sqlite3'}") as store:
        suite = suite_of(60, prefix=f"full {tmp_path.name}", tokens=64)
        run = start_run(store, suite, (target_at(server.api_base),), settings_of(), 5.0)
        with store.reading() as connection:
            pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())

        def fill(connection: Any, _: object) -> None:
            connection.execute(f"PRAGMA max_page_count = {pages + 6}")

        sa.event.listen(store.engine, "connect", fill)
        store.engine.dispose()
        with pytest.raises(LostStoreError) as lost:
            run_probe(store, run.id, {})
        assert "full" in str(lost.value)
        assert f"planner probe resume {run.id}" in str(lost.value)
        assert "\n" not in str(lost.value)
        assert lost.value.exit_code == 4
        kept = sum(attempt.state == "answered" for attempt in iter_attempts(store, run.id))
        assert 0 < kept < 60
    with open_store(f"sqlite:///{tmp_path / 'full.sqlite3'}") as store:
        ended, _ = run_probe(store, run.id, {}, ask_in_doubt=True)
        assert ended.status == "finished"
        answered = {one.item for one in iter_attempts(store, run.id) if one.state == "answered"}
        assert len(answered) == 60


def _code(server: Server, tmp_path: Path, models: str, *more: str) -> int:
    samples = tmp_path / "samples.csv"
    samples.write_text("prompt,reference\n" + "".join(f"{tmp_path.name} {n}?,t3\n" for n in range(2)))
    argv = ["probe", str(samples), "--models", models, "--api-base", server.api_base, "--price", "1:2"]
    return main([*argv, "--skill", "chat", "--grader", "includes", "--budget", "1", *more])


@pytest.mark.parametrize(
    ("models", "code"),
    [
        ("fixed", 0),
        ("fixed,http-401", 2),
        ("fixed,http-404", 2),
        ("http-401", 2),
        ("fixed,cut", 4),
        ("fixed,malformed", 4),
        ("http-401,cut", 4),
    ],
)
def test_incomplete_comes_before_a_model_that_nobody_could_ask(
    server: Server, tmp_path: Path, models: str, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    assert _code(server, tmp_path, models) == code
    assert ("in doubt" in capfd.readouterr().err) == (code == 4)


def test_a_free_model_leaves_nothing_in_doubt(server: Server, tmp_path: Path, store: Store) -> None:
    del store
    assert _code(server, tmp_path, "fixed,cut", "--price", "0:0") == 2
