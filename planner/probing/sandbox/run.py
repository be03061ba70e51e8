"""Judging a model's code against unit tests, shut in. Off unless asked for; refused where nothing strong shuts it in.

| Layer | Keeps out | From |
|---|---|---|
| bubblewrap, or namespaces | the host's files, processes, network, keys: an empty root | Linux; user namespaces |
| disk limit (or no disk) | a full disk: one folder in memory, bounded in bytes and files | the same |
| capabilities, seccomp | all but a list of system calls: no process, socket, signal, mount | x86_64, aarch64 |
| limits | too much time, memory, size of a file, open files | POSIX |

Each is tried in the process that is judged, before the answer is read; one that fails and nothing is run. The verdict
is formed in a second process that is shut in alike; plain values alone pass between the two.
"""

import contextlib
import importlib.util
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from planner.errors import InputError
from planner.probing.sandbox.shut.setting import DISK_BYTES
from planner.probing.sandbox.ways import BASES, Base, Way, way_of

MEMORY_BYTES: Final = 512 * 1024 * 1024
FILE_BYTES: Final = 1024 * 1024
MOST_CODE_CHARACTERS: Final = 100_000
_VERDICT_BYTES: Final = 65_536
_START_S: Final = 20.0
"""Seconds on the clock for a first try, on a machine that is busy."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """How code is shut in on this machine."""

    way: Way
    layers: tuple[str, ...]
    """Layers that were found to hold, from the table above."""

    @property
    def told(self) -> str:
        """For reports: what shut the code in."""
        return f"code ran under {', '.join(self.layers)}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one run."""

    passed: bool | None
    """None: not graded, for the reason in `detail`."""
    detail: str
    layers: tuple[str, ...]
    """Layers that both processes found in force; empty when they didn't come to say."""


@lru_cache(maxsize=1)
def find_sandbox() -> Sandbox:
    """The strongest way to shut code in here, found by trying; InputError names what each way lacks."""
    lacking: list[str] = []
    for base in BASES:
        found = try_base(base)
        if isinstance(found, Sandbox):
            return found
        lacking.append(found)
    raise InputError(
        "grader",
        "code_execution",
        found="no strong way to shut code in, so nothing is run",
        allowed=f"Linux with the package bubblewrap or with user namespaces, and seccomp; here {', '.join(lacking)}",
    )


def try_base(base: Base) -> Sandbox | str:
    """One way, tried with an answer that is right; in words what it lacks."""
    way = way_of(base)
    if isinstance(way, str):
        return way
    outcome = run_tests("def one():\n    return 1\n", "assert one() == 1", Sandbox(way, ()), clock_s=_START_S)
    return Sandbox(way, outcome.layers) if outcome.passed else f"{base}: {outcome.detail}"


def run_tests(
    answer: str, tests: str, sandbox: Sandbox, time_limit_s: float = 5.0, clock_s: float | None = None
) -> Outcome:
    """Judge `answer` by `tests`, each in a process of its own.

    Blocks for up to `clock_s`: call it from a thread in asynchronous code.

    Args:
        answer: Python source that the model wrote.
        tests: Python statements that call what the answer defines; the first that raises fails the answer.
        sandbox: From `find_sandbox`.
        time_limit_s: CPU seconds of either process, which a busy machine doesn't shorten.
        clock_s: Seconds on the clock, for code that sleeps; ample when left out, as the machine may be busy.

    """
    if len(answer) > MOST_CODE_CHARACTERS:
        return Outcome(passed=False, detail=f"{len(answer):,} characters of code", layers=())
    limits = {
        "cpu_s": max(round(time_limit_s), 1),
        "memory_bytes": MEMORY_BYTES,
        "file_bytes": FILE_BYTES,
        "disk_bytes": DISK_BYTES,
    }
    job = json.dumps({"answer": answer, "tests": tests, "limits": limits}).encode()
    clock_s = 3.0 * time_limit_s + 10.0 if clock_s is None else clock_s
    try:
        with _pair(sandbox.way, job, json.dumps({"answer": answer, "limits": limits}).encode()) as judge:
            return _read_verdict(judge, sandbox.way, clock_s)
    except OSError as error:
        return Outcome(passed=None, detail=f"not started: {error.strerror or error}", layers=())


@contextlib.contextmanager
def _pair(way: Way, tests_job: bytes, answer_job: bytes) -> Iterator["subprocess.Popen[bytes]"]:
    """The process that judges, beside the one that is judged; both are killed in the end, with all they started."""
    to_answer, to_tests = os.pipe(), os.pipe()
    with contextlib.ExitStack() as stack:
        ends = [*to_answer, *to_tests]
        try:
            stack.enter_context(_started(way, "answer", to_answer[0], to_tests[1], answer_job))
            judge = stack.enter_context(_started(way, "tests", to_tests[0], to_answer[1], tests_job))
        finally:
            for end in ends:
                os.close(end)
        yield judge


@contextlib.contextmanager
def _started(way: Way, role: str, reading: int, writing: int, job: bytes) -> Iterator["subprocess.Popen[bytes]"]:
    with open(os.memfd_create("job"), "w+b") as said:  # noqa: PTH123 (an open file, not a path)
        said.write(job)
        said.flush()
        said.seek(0)
        process = subprocess.Popen(  # noqa: S603 (our own interpreter and our own script)
            way.command([role, str(reading), str(writing)]),
            stdin=said,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(reading, writing),
            cwd="/",
            env={},
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _read_verdict(judge: "subprocess.Popen[bytes]", way: Way, clock_s: float) -> Outcome:
    """What the judging process said last; when it said nothing, why."""
    try:
        said, troubles = judge.communicate(timeout=clock_s)
    except subprocess.TimeoutExpired:
        return Outcome(passed=False, detail=f"stopped after {clock_s:g} s", layers=())
    try:
        verdict = json.loads(said[:_VERDICT_BYTES])
    except ValueError:
        words = troubles.decode(errors="replace").strip().splitlines()
        if words:
            return Outcome(passed=None, detail=f"not started: {words[-1][:300]}", layers=())
        # Locked in, then ended: by its limits, as nothing else can end it.
        return Outcome(passed=False, detail=f"tests: {_ended(judge.returncode)}", layers=())
    layers = (way.base, *verdict["layers"]) if verdict["layers"] else ()
    missing = verdict["missing"]
    if missing and _is_installed(missing):
        detail = f"the sandbox does not hold the module {missing}: {verdict['detail']}"
        return Outcome(passed=None, detail=detail, layers=layers)
    return Outcome(verdict["passed"], verdict["detail"], layers)


def _is_installed(module: str) -> bool:
    """Whether the answer would have found the module outside."""
    try:
        return module.isidentifier() and importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _ended(code: int) -> str:
    # bubblewrap passes a child's signal on as 128 + its number.
    with contextlib.suppress(ValueError):
        return f"ended by {signal.Signals(-code if code < 0 else code - 128).name}"
    return f"ended without a verdict (exit code {code})"
