"""The process that runs a model's code: started by code_execution as `python -I -S code_child.py`, never imported.

It reads {token, answer, tests, limits} from standard input, locks itself in, runs the answer and then its tests in one
namespace, and writes {token, passed, detail, layers} to result.json in the working directory. Only a run that came to
the end of the tests knows the token's place: `os._exit(0)` or a printed 'passed' passes nothing.
"""

import contextlib
import ctypes
import json
import linecache
import os
import platform
import resource
import signal
import struct
import sys
import traceback

_READ = 0b1100  # LANDLOCK_ACCESS_FS_READ_FILE | READ_DIR
_WRITE = 0b1_1111_1111_1110  # all of ABI 1 but EXECUTE
_HANDLED = 0b1_1111_1111_1111
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_BY_PATH = 1
_NO_NEW_PRIVS = 38
_FORBIDDEN = ("socket.", "subprocess.", "ctypes.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.kill")
_FORBIDDEN_EXACT = frozenset({"os.system", "os.startfile", "pty.spawn", "sys.addaudithook", "resource.setrlimit"})


def set_limits(limits: "dict[str, int]") -> None:
    """CPU seconds, bytes of memory and of a file, open files, no core, no further process."""
    signal.signal(signal.SIGXCPU, out_of_time)
    wanted = (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    )
    for kind, most in wanted:
        # macOS knows RLIMIT_AS but refuses it; the clock and the other limits still hold there.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))
    # A second after the signal the kernel kills, should the code have caught the exception.
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_s"], limits["cpu_s"] + 1))


def out_of_time(*_: object) -> None:
    """SIGXCPU as an exception: the result then names the line that was running."""
    raise TimeoutError("out of CPU time")  # noqa: TRY003 (this process knows no errors of ours)


def lock_files(folder: str) -> bool:
    """Landlock: read Python's own files, write only in the folder; False where the kernel has none."""
    if sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"}:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    attributes = struct.pack("=Q", _HANDLED)
    ruleset = libc.syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return False
    readable = {sys.prefix, sys.base_prefix, "/usr/lib", "/usr/local/lib", "/lib", "/lib64", "/dev/urandom"}
    for path, access in [*((path, _READ) for path in sorted(readable)), ("/dev/null", 0b110), (folder, _WRITE)]:
        with contextlib.suppress(OSError):
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            # A file takes only the rights of files: no directory bits.
            allowed = access if os.path.isdir(path) else access & 0b110  # noqa: PTH112 (pathlib loads much more)
            libc.syscall(_ADD, ruleset, _BY_PATH, struct.pack("=Qi", allowed, place), 0)
            os.close(place)
    locked = libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 and libc.syscall(_RESTRICT, ruleset, 0) == 0
    os.close(ruleset)
    return bool(locked)


def watch() -> None:
    """Refuse sockets, processes and foreign functions inside Python, whatever the kernel offers."""

    def hook(event: str, _: "tuple[object, ...]") -> None:
        if event in _FORBIDDEN_EXACT or event.startswith(_FORBIDDEN):
            raise PermissionError(event + " is not allowed here")

    sys.addaudithook(hook)


def run(answer: str, tests: str) -> "tuple[bool, str]":
    """Whether the answer's code passes the tests, and where it doesn't."""
    names: dict[str, object] = {"__name__": "answer"}
    for part, text in (("answer", answer), ("tests", tests)):
        linecache.cache[part] = (len(text), None, text.splitlines(keepends=True), part)
        try:
            exec(compile(text, part, "exec"), names)  # noqa: S102 (that is what this process is for)
        except BaseException as exc:  # noqa: BLE001 (SystemExit and KeyboardInterrupt are failures too)
            return False, part + ": " + place_of(exc)
    return True, "all tests pass"


def place_of(exc: BaseException) -> str:
    """Line of the tests (or the answer) that failed, its text, and the error's own line."""
    said = type(exc).__name__ + (": " + str(exc) if str(exc) else "")
    lines = [frame for frame in traceback.extract_tb(exc.__traceback__) if frame.filename in {"answer", "tests"}]
    return f"line {lines[0].lineno}, {lines[0].line}: {said}" if lines else said


def main() -> None:
    """Read the job, lock in, run it, write the result."""
    job = json.load(sys.stdin)
    folder = os.getcwd()  # noqa: PTH109
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    layers = ["limits", "audit"]
    result = os.open("result.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    if lock_files(folder):
        layers.append("landlock")
    set_limits(job["limits"])
    watch()
    passed, detail = run(job["answer"], job["tests"])
    said = {"token": job["token"], "passed": passed, "detail": detail[:500], "layers": layers}
    os.write(result, json.dumps(said).encode())
    os._exit(0)


if __name__ == "__main__":
    main()
