"""Closing the last doors from inside: folder, limits, capabilities, system calls. Each is checked.

Runs in the process that is to be judged, before anything of an answer is read. Linux alone.
"""

import contextlib
import ctypes
import errno
import os
import platform
import resource
import signal
import struct
from collections.abc import Mapping
from typing import Final

from planner.probing.sandbox.shut.seccomp import ARCHES, allow_list, packed
from planner.probing.sandbox.shut.setting import FOLDER, INSIDE_ID, MOST_FILES

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_PR_CAPBSET_DROP, _PR_SET_DUMPABLE, _PR_SET_PDEATHSIG = 24, 4, 1
_PR_SET_NO_NEW_PRIVS, _PR_GET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _PR_CAP_AMBIENT = 38, 39, 22, 47
_CLEAR_ALL: Final = 4
_FILTER: Final = 2
_CAPSET: Final = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION: Final = 0x20080522
_SAFE: Final = 0x2 | 0x4 | 0x8
"""MS_NOSUID, MS_NODEV, MS_NOEXEC."""


class LockError(Exception):
    """A door that would not close: nothing may be run."""


def lock_in(limits: Mapping[str, int]) -> tuple[str, ...]:
    """Close everything; the layers that hold, each tried. LockError names the first that doesn't."""
    _check_root()
    disk = _mount_folder(limits["disk_bytes"])
    _set_limits(limits)
    _drop_capabilities()
    _allow_list_only()
    _check()
    return ("limits", disk, "capabilities", "seccomp")


def die_with_parent() -> None:
    """Be killed when the process that started this one ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def _check_root() -> None:
    """Be in a root of its own, as nobody, before anything is changed: outside, a mount would cover what is there."""
    fixed = os.statvfs("/").f_flag & os.ST_RDONLY
    if os.getuid() != INSIDE_ID or not fixed or os.path.exists("/proc/self") or not os.path.isdir(FOLDER):  # noqa: PTH110, PTH112
        raise LockError("not in a root of its own")


def _mount_folder(disk_bytes: int) -> str:
    """A folder of its own in memory, bounded in bytes and in files; without the right to mount, no disk at all."""
    with contextlib.suppress(LockError):
        mount_folder(FOLDER, disk_bytes)
    held = os.statvfs(FOLDER)
    if held.f_blocks * held.f_frsize <= disk_bytes and held.f_files <= MOST_FILES:
        os.chdir(FOLDER)
        return "disk limit"
    # Then the root is read-only and there is nowhere to write: make sure of it.
    with contextlib.suppress(OSError):
        os.close(os.open(f"{FOLDER}/tried", os.O_WRONLY | os.O_CREAT, 0o600))
        raise LockError("no limit of disk")
    return "no disk"


def mount_folder(path: str, disk_bytes: int) -> None:
    """Mount the bounded folder; LockError when that is not allowed."""
    options = f"size={disk_bytes},nr_inodes={MOST_FILES},mode=0700".encode()
    if _LIBC.mount(b"tmpfs", path.encode(), b"tmpfs", _SAFE, options) != 0:
        raise LockError(f"a folder of its own: {os.strerror(ctypes.get_errno())}")


def _set_limits(limits: Mapping[str, int]) -> None:
    signal.signal(signal.SIGXCPU, _out_of_time)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    wanted = (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    )
    for kind, most in wanted:
        resource.setrlimit(kind, (most, most))
    # A second after the signal the kernel kills, should the code have caught the exception.
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_s"], limits["cpu_s"] + 1))


def _out_of_time(*_: object) -> None:
    """SIGXCPU as an exception: the verdict then names the line that was running."""
    raise TimeoutError("out of CPU time")


def _drop_capabilities() -> None:
    """No capability is left, and none can be won."""
    for capability in range(64):
        _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    _LIBC.prctl(_PR_CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    _LIBC.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    machine = platform.machine()
    if machine not in _CAPSET:
        raise LockError(f"no list of system calls for {machine}")
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    if _LIBC.syscall(_CAPSET[machine], header, bytes(24)) != 0:
        raise LockError("capabilities were not dropped")


def _allow_list_only() -> None:
    """Load the filter; it holds for every thread that is started from here."""
    machine = platform.machine()
    if machine not in ARCHES:
        raise LockError(f"no list of system calls for {machine}")
    program = packed(allow_list(machine))
    kept = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("=HxxxxxxQ", len(program) // 8, ctypes.addressof(kept))
    if _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise LockError("privileges can be won")
    if _LIBC.prctl(_PR_SET_SECCOMP, _FILTER, described, 0, 0) != 0:
        raise LockError(f"seccomp: {os.strerror(ctypes.get_errno())}")


def _check() -> None:
    """Try what must fail: a process, a socket, another list of limits."""
    import _socket  # noqa: PLC0415 (only to try it)

    def started() -> None:
        if os.fork() == 0:
            os._exit(0)

    for name, attempt in (
        ("a process could be started", started),
        ("a socket could be opened", lambda: _socket.socket().close()),
        ("limits could be changed", lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))),
    ):
        try:
            attempt()
        except OSError as error:
            if error.errno == errno.EPERM:
                continue
        except ValueError:
            # How Python tells EPERM of a limit.
            continue
        raise LockError(name)
