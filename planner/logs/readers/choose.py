"""Which reader a log is for: by its columns, the more particular formats first."""

from collections.abc import Sequence
from typing import Final

from planner.errors import InputError
from planner.logs.readers.base import Reader
from planner.logs.readers.litellm import LITELLM, LITELLM_DAILY
from planner.logs.readers.traces import AZURE, BURST, LENGTHS, MOONCAKE, PLAIN
from planner.workload.yaml_text import Said

READERS: Final[tuple[Reader, ...]] = (LITELLM, LITELLM_DAILY, AZURE, MOONCAKE, BURST, LENGTHS, PLAIN)


def choose_reader(columns: Sequence[str], shown: str) -> Reader:
    """The reader whose columns a file has; InputError tells what there is and what to do."""
    for reader in READERS:
        if reader.fits(columns):
            return reader
    found = ", ".join(columns[:12]) + (", …" if len(columns) > 12 else "")
    formats = ", ".join(reader.title for reader in READERS)
    allowed = f"the columns of one of these: {formats}; or say which column is which with --map (--preview writes one)"
    raise InputError(shown, "columns", found=Said(found or "none"), allowed=allowed)
