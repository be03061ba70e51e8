"""Bodies of a bounded size: what is compressed is unpacked bit by bit, and no further than an answer may reach."""

import zlib
from collections.abc import Callable
from typing import Final

MOST_PIECES: Final = 1_000_000
"""Reads of one body: each is kept with its time."""
_WINDOWS: Final = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class TooBigError(Exception):
    """More than an answer may have; the message says how much had come."""


class PackedError(Exception):
    """Compressed in a way that can't be read; the message names it."""


def check_size(size: int, pieces: int, most_bytes: int) -> None:
    """TooBigError once a body has more bytes or pieces than it may."""
    if size > most_bytes:
        raise TooBigError(f"{size:,} bytes")  # noqa: TRY003
    if pieces > MOST_PIECES:
        raise TooBigError(f"{pieces:,} pieces")  # noqa: TRY003


def unpacker(encoding: str, most_bytes: int) -> Callable[[bytes], bytes]:
    """A function that unpacks the pieces of a body in order; plain bodies pass as they are."""
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return lambda piece: piece
    if name not in _WINDOWS:
        raise PackedError(repr(name[:40]))
    packed = zlib.decompressobj(_WINDOWS[name])

    def unpack(piece: bytes) -> bytes:
        try:
            # One byte more than allowed is enough to know.
            return packed.decompress(piece, most_bytes + 1)
        except zlib.error as error:
            raise PackedError(f"{name} ({error})") from error  # noqa: TRY003

    return unpack
