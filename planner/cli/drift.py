"""Logs for `planner drift`: told apart by what clients asked for, where the exported gateway wrote it down."""

from collections.abc import Sequence

from planner.errors import InputError
from planner.logs import Log, read_logs

ASKED_FOR = "requested_model"
"""Column of the exported gateway's log: the segment, also where a stand-in answered."""


def read_served(names: Sequence[str], by: str | None) -> Log:
    """The log, by the column that was asked for, else by the gateway's own, else as its reader tells it apart."""
    if by is not None:
        return read_logs(names, by=by)
    try:
        return read_logs(names, by=ASKED_FOR)
    except InputError as error:
        if error.field != "--by":
            raise
    return read_logs(names)
