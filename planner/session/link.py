"""What goes into the address of a page: a workload squeezed into letters, and changes as text."""

import base64
import binascii
import zlib
from typing import Final

from planner.errors import InputError
from planner.planning.what_if.changes import Change, parse_change

LONGEST: Final = 2000
"""Longest packed workload that goes into the address."""
_LARGEST_TEXT: Final = 200_000


def pack(text: str) -> str:
    """A text squeezed into letters that an address may hold.

    >>> unpack(pack("version: 1"))
    'version: 1'
    """
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def unpack(packed: str) -> str:
    """The text again; InputError when it is not one of ours, or larger than a workload may be."""
    try:
        content = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        reader = zlib.decompressobj()
        text = reader.decompress(content, _LARGEST_TEXT).decode()
        whole = reader.eof
    except (binascii.Error, zlib.error, ValueError):
        whole, text = False, ""
    if not whole:
        raise InputError("link", "workload", found=packed[:40], allowed="a link copied whole from this program")
    return text


def write_changes(changes: tuple[Change, ...]) -> str:
    """Changes as text: 'path=value;path=value'."""
    return ";".join(f"{change.path}={'null' if change.value is None else change.value}" for change in changes)


def read_changes(text: str) -> tuple[Change, ...]:
    """Changes from such a text; InputError as `parse_change`."""
    return tuple(parse_change(part) for part in text.split(";") if part)
