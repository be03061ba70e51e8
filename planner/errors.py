"""The errors a user can see: each one line, each with its exit code.

PlannerError
├── InputError        the input is wrong (exit 2)
├── OfflineError      something needs a network and there is none (exit 2)
└── StoreError        something kept cannot be read or written (exit 2)

"No plan satisfies the limits" (exit 3), "the cap stopped the run" (exit 4) and "a check or drift found more than was
allowed" (exit 5) are answers, not errors.
"""

from typing import Final

EXIT_DONE: Final = 0
EXIT_INPUT: Final = 2
EXIT_CONFLICT: Final = 3
EXIT_CAP: Final = 4
EXIT_OVER: Final = 5
_SHOWN: Final = 80


def shorten(found: object) -> str:
    """What was found, as one short line that cannot flood a terminal."""
    text = repr(found) if isinstance(found, str) else str(found)
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


class PlannerError(Exception):
    """Base of every error whose message is meant for the user."""

    exit_code: int = EXIT_INPUT


class InputError(PlannerError):
    """Wrong input: file, field, what was found, what is allowed."""

    def __init__(self, file: str, field: str, *, found: object, allowed: str) -> None:
        """Keep the four parts; the message is one line."""
        self.file = file
        self.field = field
        self.found = shorten(found)
        self.allowed = allowed
        where = f"{file}: {field}" if field else file
        super().__init__(f"{where}: found {self.found}; allowed: {allowed}")


class OfflineError(PlannerError):
    """A network was needed and could not be reached."""


class StoreError(PlannerError):
    """Something kept on disk or in a database cannot be read or written."""
