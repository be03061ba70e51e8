"""Several processes on one store, and processes killed while they write; on both databases."""

import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from planner.errors import StoreError
from planner.store.attempts import attempts_of, in_doubt, reserve_attempt
from planner.store.database.engine import Store, open_store
from planner.store.holding import hold_run
from planner.store.learnable import measured_hash
from planner.store.runs import list_runs, spending
from tests.store.rows import a_run, an_attempt, keep_run
from tests.store.writer import PAID_USD, RESERVED_USD

ROOT = Path(__file__).resolve().parents[2]
RUN = a_run().id
Start: TypeAlias = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a writer that waits for a line; ends what is still running after the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(*words: object) -> subprocess.Popen[str]:
        argv = [sys.executable, "-m", "tests.store.writer", *map(str, words)]
        writer = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        started.append(writer)
        return writer

    yield begin
    for writer in started:
        with writer:
            writer.kill()


def _release(writers: list["subprocess.Popen[str]"]) -> list[list[str]]:
    """Let all begin at once, after all are ready; what each told until its end."""
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    told = [writer.communicate(timeout=120)[0].splitlines() for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * len(writers)
    return told


def _ids(told: list[str], word: str) -> set[int]:
    return {int(line.split()[1]) for line in told if line.startswith(f"{word} ")}


def test_processes_that_open_an_empty_store_at_once_all_find_it_whole(database_url: str, start: Start) -> None:
    assert _release([start("open", database_url) for _ in range(4)]) == [["runs 0"]] * 4


def test_processes_at_once_fill_the_cap_and_never_pass_it(database_url: str, start: Start) -> None:
    with open_store(database_url) as store:
        keep_run(store)
        told = _release([start("reserve", database_url, RUN, who, 40, 1.0) for who in "abcd"])
        made = [_ids(lines, "reserved") for lines in told]
        assert sum(map(len, made)) == 100
        assert set.union(*made) == {one.id for one in attempts_of(store, RUN)}
        assert spending(store, RUN).committed_usd == 1.0


def test_processes_at_once_lose_no_answer(database_url: str, start: Start) -> None:
    with open_store(database_url) as store:
        keep_run(store)
        told = _release([start("spend", database_url, RUN, who, 40, 100.0) for who in "abc"])
        items = [one.item for one in attempts_of(store, RUN) if one.state == "answered"]
        assert sorted(items) == sorted(f"{who}-{number}" for who in "abc" for number in range(40))
        assert set.union(*(_ids(lines, "answered") for lines in told)) == {one.id for one in attempts_of(store, RUN)}
        assert spending(store, RUN).committed_usd == pytest.approx(120 * PAID_USD, abs=1e-12)


def test_the_digest_of_many_writers_is_that_of_one(database_url: str, start: Start, tmp_path: Path) -> None:
    from planner.store.transfer import export_run, import_run

    with open_store(database_url) as store, open_store(f"sqlite:///{tmp_path / 'one.sqlite3'}") as one:
        keep_run(store)
        _release([start("spend", database_url, RUN, who, 10, 100.0) for who in "ab"])
        export_run(store, RUN, tmp_path / "run.jsonl")
        import_run(one, tmp_path / "run.jsonl")
        assert measured_hash(store) == measured_hash(one)


def _kill_after(writer: "subprocess.Popen[str]", lines: int) -> list[str]:
    """Let it begin and kill it when it has told so many lines; all that it told."""
    assert writer.stdin is not None
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    writer.stdin.write("go\n")
    writer.stdin.flush()
    told = [writer.stdout.readline().strip() for _ in range(lines)]
    writer.kill()
    told += writer.stdout.read().splitlines()
    assert writer.wait() == -signal.SIGKILL
    return told


def _check_after_kill(store: Store, told: list[str], cap_usd: float) -> None:
    kept = attempts_of(store, RUN)
    reserved = {one.id for one in kept}
    finished = {one.id for one in kept if one.state == "answered"}
    assert _ids(told, "reserved") <= reserved
    assert _ids(told, "answered") <= finished
    # At most the one step that was under way is kept without having been told.
    assert len(reserved - _ids(told, "reserved")) + len(finished - _ids(told, "answered")) <= 1
    assert {one.id for one in in_doubt(store, RUN)} == reserved - finished
    committed = len(finished) * PAID_USD + len(reserved - finished) * RESERVED_USD
    assert spending(store, RUN).committed_usd == pytest.approx(committed, abs=1e-12)
    assert committed <= cap_usd + 1e-12


@pytest.mark.parametrize("turn", range(4))
def test_a_writer_killed_in_the_middle_loses_nothing_that_it_told(
    database_url: str, start: Start, seed: int, turn: int
) -> None:
    lines = random.Random(f"{seed} {turn}").randint(1, 60)  # noqa: S311 (no secret)
    with open_store(database_url) as store:
        keep_run(store)
        told = _kill_after(start("spend", database_url, RUN, "a", 1000, 1.0), lines)
        _check_after_kill(store, told, 1.0)
        # The store takes the next attempt at once: no lock outlives its process.
        assert reserve_attempt(store, an_attempt(5000), 100.0) is not None


def test_a_process_killed_while_it_makes_the_tables_leaves_a_store_that_opens(
    database_url: str, start: Start, seed: int
) -> None:
    writer = start("open", database_url)
    assert writer.stdin is not None
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    writer.stdin.write("go\n")
    writer.stdin.flush()
    with pytest.raises(subprocess.TimeoutExpired):
        writer.wait(timeout=random.Random(seed).uniform(0.0, 0.02))  # noqa: S311 (no secret)
    writer.kill()
    writer.wait()
    with open_store(database_url) as store:
        assert list_runs(store) == ()


def test_a_run_is_held_by_one_process(database_url: str, start: Start) -> None:
    with open_store(database_url) as store:
        holder = start("hold", database_url, RUN)
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreError, match=f"run {RUN} is being measured by another process"), hold_run(store, RUN):
            pass
        with hold_run(store, "another run"):
            pass


def test_a_killed_process_holds_nothing(database_url: str, start: Start) -> None:
    with open_store(database_url) as store:
        holder = start("hold", database_url, RUN)
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()
        holder.wait()
        with hold_run(store, RUN):
            pass


def test_a_run_is_held_by_one_part_of_a_process(store: Store) -> None:
    with hold_run(store, RUN), pytest.raises(StoreError, match="is being measured"), hold_run(store, RUN):
        pass
    with hold_run(store, RUN):
        pass


def test_an_error_while_a_run_is_held_passes_through_and_lets_go(store: Store) -> None:
    with pytest.raises(KeyError), hold_run(store, RUN):
        raise KeyError
    with hold_run(store, RUN):
        pass
