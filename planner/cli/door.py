"""The door: run a command, turn every error into one line and an exit code.

Exit codes: 0 done; 2 the input is wrong (one line); 3 no plan satisfies the limits; 4 a run is incomplete, all results
kept; 5 a check found more than allowed; 130 stopped by hand.
"""

import contextlib
import errno
import io
import os
import sys
from collections.abc import Sequence
from typing import Final

from planner.cli.parser import build_parser
from planner.cli.probe_options import with_probe_action
from planner.errors import EXIT_DONE, EXIT_INPUT, PlannerError, one_line

_INTERRUPTED: Final = 130
_ALGEBRA_THREADS: Final = "OPENBLAS_NUM_THREADS"
"""Our matrices are small: threads of the linear algebra only wait for each other, a quarter of a plan's CPU time."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit code. No traceback reaches a user without --debug."""
    os.environ.setdefault(_ALGEBRA_THREADS, "1")  # read when numpy is first imported, which is later
    if sys.stdout is None:
        _tell("standard output is closed; give it a place, such as /dev/null")
        return EXIT_INPUT
    _take_any_letter()
    args = build_parser().parse_args(with_probe_action(sys.argv[1:] if argv is None else argv))
    try:
        code = int(args.run(args))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as exc:
        if args.debug and not isinstance(exc, BrokenPipeError):
            raise
        return _code_of(exc)
    return code


def _code_of(exc: Exception) -> int:
    """What went wrong as one line, and its exit code."""
    if isinstance(exc, PlannerError):
        _tell(str(exc))
        return exc.exit_code
    if isinstance(exc, BrokenPipeError):
        _drop_output()
        return EXIT_DONE
    if isinstance(exc, OSError) and exc.errno == errno.ENOSPC and exc.filename is None:
        _drop_output()
        _tell("standard output: no space left where it goes")
        return EXIT_INPUT
    if isinstance(exc, UnicodeEncodeError):
        _tell("an argument or a file holds letters that are none (bytes that are not UTF-8)")
        return EXIT_INPUT
    return _our_fault(exc)


def _our_fault(exc: Exception) -> int:
    _tell(f"a fault of ours: {type(exc).__name__}: {one_line(str(exc), 500)} (--debug shows where)")
    return 1


def _tell(line: str) -> None:
    """One line for the user; nothing where even that cannot be written."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(f"planner: {line}", file=sys.stderr)


def _take_any_letter() -> None:
    """A terminal of few letters shows the others escaped, where it would end the command."""
    for standard in (sys.stdout, sys.stderr):
        if isinstance(standard, io.TextIOWrapper) and standard.errors == "strict":
            standard.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """What is still buffered must not raise again at exit: the reader went away, or there is no space."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
