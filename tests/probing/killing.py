"""Killing a run again and again: what must be true of the store and of what the server was asked."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from planner.store.attempts import attempts_of
from planner.store.database.engine import Store
from planner.store.runs import read_run, spending
from planner.store.verdicts import verdicts_of


@dataclass(frozen=True, slots=True)
class Killed:
    """What was seen over all kills."""

    kills: int
    most_committed_usd: float
    lost: int
    """Answers that were in the store after one kill and not after a later one."""


def kill_until_done(store: Store, run_id: str, waits_s: Sequence[float]) -> Killed:
    """Kill the run's process a while after each first new answer, look at the store; then let it finish."""
    url = store.engine.url.render_as_string(hide_password=False)
    most, lost, kills = 0.0, 0, 0
    kept: set[tuple[str, int]] = set()
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("killed_run.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as forks:
        assert forks.stdin is not None
        assert forks.stdout is not None
        for wait_s in [*waits_s, None]:
            print(url, run_id, file=forks.stdin, flush=True)
            pid = int(forks.stdout.readline())
            if wait_s is not None:
                _until_answers(store, run_id, len(kept), pid)
                time.sleep(wait_s)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            status = int(forks.stdout.readline())
            kills += os.WIFSIGNALED(status)
            now = _kept(store, run_id)
            lost += len(kept - now)
            kept = now
            most = max(most, spending(store, run_id).committed_usd)
            if read_run(store, run_id).status != "running":
                break
        forks.stdin.close()
    return Killed(kills, most, lost)


def _kept(store: Store, run_id: str) -> set[tuple[str, int]]:
    """Answers and verdicts that the store has."""
    answers = {("answer", one.id or 0) for one in attempts_of(store, run_id) if one.state == "answered"}
    return answers | {("verdict", one.id or 0) for one in verdicts_of(store, run_id) if one.state == "answered"}


def _until_answers(store: Store, run_id: str, before: int, pid: int) -> None:
    """Wait until the process has stored something or ended the run, so that the kill hits it at work."""
    while Path(f"/proc/{pid}").exists() and read_run(store, run_id).status == "running":
        if len(_kept(store, run_id)) > before:
            return
        time.sleep(0.01)


def asked_twice(asked: dict[str, int], prefix: str) -> Counter[str]:
    """Prompts that the server was asked more than once."""
    return Counter({prompt: count for prompt, count in asked.items() if prompt.startswith(prefix) and count > 1})
