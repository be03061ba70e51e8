"""Namespaces of our own where no bubblewrap is: users, mounts, processes, network; then an empty root, then the child.

Started as a program by `run`; its one argument is JSON: what is bound read-only, which links stand beside, what is
started. Nothing of the host stays but what the list names.
"""

import contextlib
import ctypes
import json
import os
import stat
import struct
import sys
from collections.abc import Sequence
from typing import Final

from planner.probing.sandbox.shut.lock import LockError, die_with_parent, mount_folder
from planner.probing.sandbox.shut.setting import FOLDER, INSIDE_ID

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_NEW: Final = 0x10000000 | 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000 | 0x02000000
"""CLONE_NEWUSER, NEWNS, NEWPID, NEWNET, NEWIPC, NEWUTS, NEWCGROUP."""
_BIND, _RECURSIVE, _PRIVATE, _REMOUNT, _READ_ONLY, _NO_SUID, _NO_DEVICES = 4096, 16384, 1 << 18, 32, 1, 2, 4
_DETACH: Final = 2
_MOUNT_SETATTR: Final = 442
"""The same number on every machine (Linux 5.12)."""
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41}
_ROOT: Final = "/tmp"  # noqa: S108 (covered by a mount of our own before anything is made in it)


def main(argv: Sequence[str]) -> int:
    """Enter, and become the command; the exit code of what ran."""
    wanted = json.loads(argv[1])
    die_with_parent()
    _unshare()
    child = os.fork()
    if child == 0:
        die_with_parent()
        _build_root(wanted["bound"], wanted["links"], wanted["disk_bytes"])
        os.execve(wanted["command"][0], wanted["command"], {})  # noqa: S606 (our own interpreter)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _unshare() -> None:
    user, group = os.getuid(), os.getgid()
    _must(_LIBC.unshare(_NEW), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{INSIDE_ID} {user} 1"),
        ("gid_map", f"{INSIDE_ID} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123 (pathlib loads much more)
            file.write(text)


def _build_root(bound: Sequence[str], links: Sequence[Sequence[str]], disk_bytes: int) -> None:
    """A root in memory with what is bound, read-only; the old one is let go."""
    # Opened before the cover: what is bound may lie beneath it.
    places = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path in bound]
    _must(_LIBC.mount(None, b"/", None, _RECURSIVE | _PRIVATE, None), "private mounts")
    _must(_LIBC.mount(b"tmpfs", _ROOT.encode(), b"tmpfs", _NO_SUID | _NO_DEVICES, b"size=1m,mode=0755"), "an own root")
    for path, source in places:
        _bind(path, source)
        os.close(source)
    for link, target in links:
        os.makedirs(os.path.dirname(_ROOT + link), exist_ok=True)  # noqa: PTH103, PTH120
        os.symlink(target, _ROOT + link)  # noqa: PTH211
    for folder in (FOLDER, "/old"):
        os.makedirs(_ROOT + folder, exist_ok=True)  # noqa: PTH103
    mount_folder(_ROOT + FOLDER, disk_bytes)
    machine = os.uname().machine
    if machine not in _PIVOT_ROOT:
        raise LockError(f"no list of system calls for {machine}")
    os.chdir(_ROOT)
    _must(_LIBC.syscall(_PIVOT_ROOT[machine], b".", b"old"), "pivot_root")
    os.chdir("/")
    _must(_LIBC.umount2(b"/old", _DETACH), "the old root let go")
    os.rmdir("/old")  # noqa: PTH106
    _must(_LIBC.mount(None, b"/", None, _REMOUNT | _BIND | _READ_ONLY | _NO_SUID | _NO_DEVICES, None), "a fixed root")


def _bind(path: str, source: int) -> None:
    """Show a folder or file of the host in the new root, read-only with all that is mounted under it."""
    place = _ROOT + path
    if stat.S_ISDIR(os.fstat(source).st_mode):
        os.makedirs(place, exist_ok=True)  # noqa: PTH103
    else:
        os.makedirs(os.path.dirname(place), exist_ok=True)  # noqa: PTH103, PTH120
        with contextlib.suppress(FileExistsError):
            os.close(os.open(place, os.O_CREAT | os.O_EXCL, 0o444))
    _must(
        _LIBC.mount(f"/proc/self/fd/{source}".encode(), place.encode(), None, _BIND | _RECURSIVE, None), f"bind {path}"
    )
    fixed = struct.pack("=QQQQ", _READ_ONLY | _NO_SUID | _NO_DEVICES, 0, 0, 0)
    held = _LIBC.syscall(_MOUNT_SETATTR, _AT_FDCWD, place.encode(), _AT_RECURSIVE, fixed, ctypes.c_size_t(len(fixed)))
    _must(held, f"read-only {path}")


def _must(result: int, what: str) -> None:
    if result != 0:
        raise LockError(f"{what}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    sys.exit(main(sys.argv))
