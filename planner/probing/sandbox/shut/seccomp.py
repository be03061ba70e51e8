"""An allow list of system calls as a classic BPF program: all else fails with EPERM, a foreign ABI kills.

The program is built from the list alone, so that it can be read and tested without a kernel (`run_filter` interprets
it); `lock` hands it over. Source: seccomp(2) and Documentation/userspace-api/seccomp_filter.rst of Linux.
"""

import errno
import struct
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from planner.probing.sandbox.shut.system_calls import numbers

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
ALLOW: Final = 0x7FFF0000
KILL: Final = 0x80000000
_ERROR: Final = 0x00050000
REFUSE: Final = _ERROR | errno.EPERM
UNKNOWN: Final = _ERROR | errno.ENOSYS
"""The C library falls back from clone3, whose flags a filter cannot read, to clone."""
ARCHES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32: Final = 0x40000000
_CLONE_THREAD: Final = 0x00010000
_AF_UNIX: Final = 1
_PR_SET_NAME: Final = 15
_TERMINAL: Final = (0x5401, 0x5413, 0x5421, 0x5450, 0x5451)
"""TCGETS, TIOCGWINSZ, FIONBIO, FIONCLEX, FIOCLEX: what opening a file takes; nothing types into a terminal."""
_FILE_COMMANDS: Final = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030)
"""Duplicate, flags and locks; not F_SETOWN and its like, which send signals."""
_BY_ARGUMENT: Final = {
    "ioctl": (1, _TERMINAL),
    "fcntl": (1, _FILE_COMMANDS),
    "socketpair": (0, (_AF_UNIX,)),
    "prctl": (0, (_PR_SET_NAME,)),
    "prlimit64": (2, (0,)),
}
"""Calls that are allowed with some values of one argument: which, and the values."""


class Step(NamedTuple):
    """One instruction: code, jumps when true and false, operand."""

    code: int
    then: int
    otherwise: int
    operand: int


def allow_list(machine: str) -> tuple[Step, ...]:
    """The filter for a machine of `MACHINES`."""
    calls = numbers(machine)
    steps = [Step(_LOAD, 0, 0, _ARCH), Step(_EQUAL, 1, 0, ARCHES[machine]), Step(_RETURN, 0, 0, KILL)]
    steps.append(Step(_LOAD, 0, 0, _NUMBER))
    # x86_64 takes the calls of its 32-bit ABI by this bit.
    steps += [Step(_AT_LEAST, 0, 1, _X32), Step(_RETURN, 0, 0, KILL)]
    for name, number in calls.items():
        rule = list(_rule(name))
        steps += [Step(_EQUAL, 0, len(rule), number), *rule]
    return (*steps, Step(_RETURN, 0, 0, REFUSE))


def _rule(name: str) -> Iterator[Step]:
    """What is done with a call of that name; always ends in a return."""
    if name == "clone3":
        yield Step(_RETURN, 0, 0, UNKNOWN)
    elif name == "clone":
        yield Step(_LOAD, 0, 0, _ARGUMENTS)
        yield Step(_ANY_BIT, 0, 1, _CLONE_THREAD)
        yield Step(_RETURN, 0, 0, ALLOW)
        yield Step(_RETURN, 0, 0, REFUSE)
    elif name in _BY_ARGUMENT:
        place, values = _BY_ARGUMENT[name]
        yield Step(_LOAD, 0, 0, _ARGUMENTS + 8 * place)
        yield from (Step(_EQUAL, len(values) - at, 0, value) for at, value in enumerate(values))
        yield Step(_RETURN, 0, 0, REFUSE)
        if name == "prlimit64":
            # A pointer: its upper half too must be nothing.
            yield Step(_LOAD, 0, 0, _ARGUMENTS + 8 * place + 4)
            yield Step(_EQUAL, 1, 0, 0)
            yield Step(_RETURN, 0, 0, REFUSE)
        yield Step(_RETURN, 0, 0, ALLOW)
    else:
        yield Step(_RETURN, 0, 0, ALLOW)


def packed(steps: Sequence[Step]) -> bytes:
    """The program as the kernel reads it: struct sock_filter, one after the other."""
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def run_filter(steps: Sequence[Step], arch: int, number: int, arguments: Sequence[int] = ()) -> int:
    """What the program returns for one call: ALLOW, REFUSE, UNKNOWN or KILL."""
    six = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("=IIQ6Q", number, arch, 0, *six)
    loaded, at = 0, 0
    while True:
        step = steps[at]
        at += 1
        match step.code:
            case 0x20:
                (loaded,) = struct.unpack_from("=I", data, step.operand)
            case 0x06:
                return step.operand
            case code:
                held = {_EQUAL: loaded == step.operand, _AT_LEAST: loaded >= step.operand}
                at += step.then if held.get(code, bool(loaded & step.operand)) else step.otherwise
