"""kill -9 in the middle of a run: nothing stored is lost, nothing is paid for twice, the cap holds."""

import sys
import time
from pathlib import Path

import pytest
from killing import asked_twice, kill_until_done
from probing_parts import settings_of, suite_of, target_at
from streaming_server import Server

from planner.probing.asking.runner import start_run
from planner.store.attempts import attempts_of, in_doubt
from planner.store.database.engine import Store
from planner.units import SEED, stream

KILLS = 5
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills processes and looks at them in /proc")


def test_killed_five_times_a_run_loses_nothing_and_pays_for_nothing_twice(store: Store, server: Server) -> None:
    items, cap = 60, 0.01
    settings = settings_of(concurrency=4)
    run = start_run(store, suite_of(items, prefix="killed run"), (target_at(server.api_base),), settings, cap)
    waits_s = stream(SEED, "kills").uniform(0.0, 0.15, KILLS).tolist()
    seen = kill_until_done(store, run.id, waits_s)
    attempts = attempts_of(store, run.id)
    answered = {attempt.item for attempt in attempts if attempt.state == "answered"}
    doubtful = {attempt.item for attempt in in_doubt(store, run.id)}
    assert seen.lost == 0
    assert answered | doubtful == {f"i{number}" for number in range(items)}
    assert asked_twice(server.log()["asked"], "killed run ") == {}
    assert seen.most_committed_usd <= cap
    assert seen.kills >= 1


def test_a_killed_run_of_a_free_model_is_asked_to_its_end(store: Store, server: Server) -> None:
    target = target_at(server.api_base, price=(0.0, 0.0))
    run = start_run(store, suite_of(20, prefix="free kill"), (target,), settings_of(concurrency=4), 0.0)
    kill_until_done(store, run.id, [0.02, 0.05])
    answered = {attempt.item for attempt in attempts_of(store, run.id) if attempt.state == "answered"}
    assert len(answered) == 20


def test_the_pieces_that_die_with_a_run_leave_no_process_behind(store: Store, server: Server) -> None:
    run = start_run(store, suite_of(20, prefix="left behind"), (target_at(server.api_base),), settings_of(), 1.0)
    kill_until_done(store, run.id, [0.0])
    deadline = time.monotonic() + 10.0
    while _orphans() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _orphans() == []


def _orphans() -> list[str]:
    """Processes that read a network for a parent that is gone (adopted by process 1)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().decode("utf-8", "replace")
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if "planner.probing.wire.reader_process" in command and parent == "1":
            found.append(command)
    return found
