"""Whether two pieces of mathematics are equal, by math-verify in a process of its own.

math-verify stops long work by a signal, which Python allows in a process's main thread alone; graders run in threads.
So one worker process is kept and asked over its pipes; one that doesn't answer in time is ended, and the pair is
different. The worker reads LaTeX by a grammar: nothing that a model wrote is evaluated as Python.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector
from typing import Final

_LONGEST_S: Final = 10.0
_START_S: Final = 60.0
"""The first question waits for the worker's imports."""
_MOST_CHARACTERS: Final = 2_000


class _Worker:
    """The process and the lock that keeps one question at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def ask(self, answer: str, reference: str) -> bool:
        """Whether the worker finds both equal; False when it fails or takes too long."""
        with self._lock:
            wait_s = _LONGEST_S
            if self._process is None or self._process.poll() is not None:
                self._end()
                self._process, wait_s = _start(), _START_S
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(json.dumps([answer, reference]) + "\n")
                self._process.stdin.flush()
                return self._read(self._process, wait_s) == "1"
            except (OSError, ValueError):
                self._end()
                return False

    def _read(self, process: "subprocess.Popen[str]", wait_s: float) -> str:
        with DefaultSelector() as selector:
            selector.register(process.stdout, EVENT_READ)  # type: ignore[arg-type]
            if not selector.select(wait_s):
                self._end()
                return ""
        assert process.stdout is not None
        return process.stdout.readline().strip()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            self._process = None

    def close(self) -> None:
        """End the worker."""
        with self._lock:
            self._end()


_WORKER: Final = _Worker()
atexit.register(_WORKER.close)


def same_mathematics(answer: str, reference: str) -> bool:
    """Whether the mathematics that an answer ends on equals the reference: half the root of 3 in any spelling."""
    return _WORKER.ask(answer[-_MOST_CHARACTERS:], reference[:_MOST_CHARACTERS])


def _start() -> "subprocess.Popen[str]":
    """A worker that inherits no key: of the environment it gets what Python needs."""
    kept = ("PATH", "PYTHONPATH", "PYTHONHOME", "SYSTEMROOT", "LANG", "VIRTUAL_ENV")
    return subprocess.Popen(
        [sys.executable, "-m", "planner.probing.graders.maths.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env={name: value for name in kept if (value := os.environ.get(name))},
    )
