"""The door: run a command, turn every error into one line and an exit code.

Exit codes: 0 done; 2 the input is wrong (one line); 3 no plan satisfies the limits; 5 a check found more than allowed.
"""

import os
import sys
from collections.abc import Sequence
from typing import Final

from planner.cli.parser import build_parser
from planner.cli.probe_options import with_probe_action
from planner.errors import EXIT_DONE, PlannerError

_INTERRUPTED: Final = 130
_ALGEBRA_THREADS: Final = "OPENBLAS_NUM_THREADS"
"""Our matrices are small: threads of the linear algebra only wait for each other, a quarter of a plan's CPU time."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit code. No traceback reaches a user without --debug."""
    os.environ.setdefault(_ALGEBRA_THREADS, "1")  # read when numpy is first imported, which is later
    args = build_parser().parse_args(with_probe_action(sys.argv[1:] if argv is None else argv))
    try:
        code = int(args.run(args))
        sys.stdout.flush()
    except PlannerError as exc:
        if args.debug:
            raise
        print(f"planner: {exc}", file=sys.stderr)
        return exc.exit_code
    except BrokenPipeError:
        # The reader (head, less) went away; what is still buffered must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as exc:
        if args.debug:
            raise
        print(
            f"planner: a fault of ours: {type(exc).__name__}: {' '.join(str(exc).split())} (--debug shows where)",
            file=sys.stderr,
        )
        return 1
    return code
