"""Models that ask to be left alone: waited for up to a limit, by nobody else, and not after a stop."""

import time
from pathlib import Path

from probing_parts import settings_of, suite_of, target_at
from streaming_server import Server, start_server

from planner.probing.asking.progress import Progress
from planner.probing.asking.runner import run_probe, start_run
from planner.store.attempts import iter_attempts
from planner.store.database.engine import open_store


def _refusing(seconds: float, tmp_path: Path, server: Server, stop_after_s: float = 60.0) -> tuple[Progress, float]:
    """Progress of a run of two models at one provider, one refused with that Retry-After; and how long it took."""

    with open_store(f"sqlite:///{tmp_path / 'refused.sqlite3'}") as store, start_server(retry_after=seconds) as slow:
        targets = (target_at(slow.api_base, "http-429"), target_at(server.api_base, "fixed"))
        suite = suite_of(10, prefix=f"refused {seconds} {tmp_path.name}")
        run = start_run(store, suite, targets, settings_of(), 5.0)
        start = time.monotonic()
        _, progress = run_probe(store, run.id, {}, should_stop=lambda: time.monotonic() - start > stop_after_s)
        answered = {one.item for one in iter_attempts(store, run.id) if one.state == "answered"}
        assert len(answered) == 10
        return progress, time.monotonic() - start


def test_a_wait_that_is_too_long_is_not_waited_and_holds_up_nobody(tmp_path: Path, server: Server) -> None:
    progress, took_s = _refusing(3000.0, tmp_path, server)
    assert any("asks to wait 3,000 s" in note and "resume the run later" in note for note in progress.notes)
    assert took_s < 60.0


def test_a_stop_ends_a_wait_at_once(tmp_path: Path, server: Server) -> None:
    _, took_s = _refusing(200.0, tmp_path, server, stop_after_s=15.0)
    assert took_s < 60.0
