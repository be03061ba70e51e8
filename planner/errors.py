"""The errors a user can see: each one line, each with its exit code.

PlannerError
├── InputError        the input is wrong (exit 2)
├── OfflineError      something needs a network and there is none (exit 2)
└── StoreError        something kept cannot be read or written (exit 2)
    └── LostStoreError  the store was lost in the middle of a run (exit 4)

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
_LONGEST: Final = 2000
_PART: Final = 300


def shorten(found: object) -> str:
    """What was found, as one short line that cannot flood a terminal."""
    text = repr(found) if isinstance(found, str) else _told(found)
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _told(found: object) -> str:
    try:
        return str(found)
    except ValueError:
        # Python refuses to spell whole numbers of thousands of digits.
        return "a whole number of thousands of digits"


def one_line(text: str, most: int = _LONGEST) -> str:
    r"""A text on one line: what could move a cursor or turn the writing round is shown escaped, length is cut.

    >>> one_line("a\nb\x1b[31m\u202e")
    'a b\\x1b[31m\\u202e'
    """
    line = " ".join(text[: 4 * most].split())
    if not line.isprintable():
        line = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in line)
    return line if len(line) <= most else f"{line[: most - 1]}…"


class PlannerError(Exception):
    """Base of every error whose message is meant for the user: one line, whatever was found."""

    exit_code: int = EXIT_INPUT

    def __str__(self) -> str:
        """The message, safe for a terminal."""
        return one_line(super().__str__())


class InputError(PlannerError):
    """Wrong input: file, field, what was found, what is allowed."""

    def __init__(self, file: str, field: str, *, found: object, allowed: str) -> None:
        """Keep the four parts; the message is one line."""
        self.file = file
        self.field = field
        self.found = shorten(found)
        self.allowed = allowed
        file, field = one_line(file, _PART), one_line(field, _PART)
        where = f"{file}: {field}" if field else file
        super().__init__(f"{where}: found {self.found}; allowed: {allowed}")


class OfflineError(PlannerError):
    """A network was needed and could not be reached."""


class StoreError(PlannerError):
    """Something kept on disk or in a database cannot be read or written."""


class LostStoreError(StoreError):
    """The store was lost in the middle of a run: what it has kept stays, and the run can be resumed."""

    exit_code: int = EXIT_CAP
