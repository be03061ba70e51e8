"""Running a model's code against unit tests, kept in as well as the machine allows. Off unless asked for.

Layers, and where each holds; `Sandbox.layers` says which did, and reports repeat it:

| Layer | Holds | Where |
|---|---|---|
| limits | CPU, memory, file size, open files, no further process, clock, empty environment, temporary folder | POSIX |
| audit | no sockets, processes or foreign functions, seen from inside Python | everywhere |
| landlock | files: reads of Python's own library, writes in the temporary folder, nothing else | Linux 5.13 |
| namespaces | no network device, own users, own processes (all die with the first) | Linux with user namespaces |

Good against mistakes and accidents of a model; a hostile author of code deserves a virtual machine.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, TypeAlias

from planner.errors import InputError

Layer: TypeAlias = Literal["limits", "audit", "landlock", "namespaces"]
MEMORY_BYTES: Final = 512 * 1024 * 1024
FILE_BYTES: Final = 1024 * 1024
MOST_CODE_CHARACTERS: Final = 100_000
_CHILD: Final = Path(__file__).with_name("code_child.py")
_UNSHARE: Final = ("--user", "--map-root-user", "--net", "--ipc", "--pid", "--fork", "--kill-child")
_RESULT_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class Sandbox:
    """How code is kept in on this machine."""

    prefix: tuple[str, ...]
    """Command in front of the interpreter; empty without namespaces."""
    layers: tuple[Layer, ...]
    """Which layers hold, from the table above."""

    @property
    def told(self) -> str:
        """For reports: what kept the code in, and what was missing."""
        missing = [layer for layer in ("landlock", "namespaces") if layer not in self.layers]
        without = f" (not available here: {', '.join(missing)})" if missing else ""
        return f"code ran under {', '.join(self.layers)}{without}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one run."""

    passed: bool
    detail: str
    layers: tuple[Layer, ...]
    """Layers that the child found in force; empty when it didn't come to say."""


@lru_cache(maxsize=1)
def find_sandbox() -> Sandbox:
    """The strictest way to run code here, found by trying once; InputError where there is none (Windows)."""
    if os.name != "posix":
        raise InputError("grader", "code_execution", found=sys.platform, allowed="Linux or macOS")
    unshare = shutil.which("unshare")
    plain = Sandbox((), ("limits", "audit"))
    tried = [Sandbox((unshare, *_UNSHARE), ("limits", "audit"))] if unshare else []
    for sandbox in [*tried, plain]:
        outcome = run_tests("", "", sandbox, time_limit_s=5.0)
        if outcome.passed:
            return Sandbox(sandbox.prefix, (*outcome.layers, *(("namespaces",) if sandbox.prefix else ())))
    raise InputError("grader", "code_execution", found="no way to start a process", allowed="a machine that can")


def run_tests(
    answer: str, tests: str, sandbox: Sandbox, time_limit_s: float = 5.0, clock_s: float | None = None
) -> Outcome:
    """Run `tests` after `answer` in one namespace of a process of its own.

    Blocks for up to `clock_s`: call it from a thread in asynchronous code.

    Args:
        answer: Python source that the model wrote.
        tests: Python statements; the first that raises fails the answer.
        sandbox: From `find_sandbox`.
        time_limit_s: CPU seconds, which a busy machine doesn't shorten.
        clock_s: Seconds on the clock, for code that sleeps; ample when left out, as the machine may be busy.

    """
    if len(answer) > MOST_CODE_CHARACTERS:
        return Outcome(passed=False, detail=f"{len(answer):,} characters of code", layers=())
    token = secrets.token_hex(16)
    limits = {"cpu_s": max(round(time_limit_s), 1), "memory_bytes": MEMORY_BYTES, "file_bytes": FILE_BYTES}
    job = json.dumps({"token": token, "answer": answer, "tests": tests, "limits": limits})
    with tempfile.TemporaryDirectory(prefix="planner-code-", ignore_cleanup_errors=True) as folder:
        ended = _run_child(job, folder, sandbox, 3.0 * time_limit_s + 10.0 if clock_s is None else clock_s)
        return _read_result(Path(folder) / "result.json", token, ended)


def _run_child(job: str, folder: str, sandbox: Sandbox, clock_s: float) -> str:
    """Run the child to its end or kill it with all it started; how it ended, in words."""
    command = [*sandbox.prefix, sys.executable, "-I", "-S", "-B", str(_CHILD)]
    with subprocess.Popen(  # noqa: S603 (our own interpreter and our own script)
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={},
        start_new_session=True,
        text=True,
        encoding="utf-8",
    ) as child:
        try:
            child.communicate(job, timeout=clock_s)
        except subprocess.TimeoutExpired:
            return f"stopped after {clock_s:g} s"
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
    return _ended(child.returncode)


def _ended(code: int) -> str:
    # `unshare` passes a child's signal on as 128 + its number.
    with contextlib.suppress(ValueError):
        return f"ended by {signal.Signals(-code if code < 0 else code - 128).name}"
    return f"ended without a result (exit code {code})"


def _read_result(path: Path, token: str, ended: str) -> Outcome:
    """What the child wrote; a failure in the words of `ended` when it wrote nothing or not the token."""
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(_RESULT_BYTES))
        if said["token"] == token:
            return Outcome(bool(said["passed"]), str(said["detail"]), tuple(said["layers"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return Outcome(passed=False, detail=ended, layers=())
