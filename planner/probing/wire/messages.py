"""What passes between a probe and the process that reads the network for it: requests out, timed responses back.

A frame is two lengths, a JSON header and raw bytes. Times are `time.perf_counter` seconds: on one machine all
processes share that clock.
"""

import asyncio
import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias

Fault: TypeAlias = Literal[
    "", "connect", "cut", "timeout_connect", "timeout_first", "timeout_total", "too_big", "packed"
]
"""'': whole response; connect, timeout_connect: nothing left this machine; the others: it may have been billed.

too_big: more bytes, unpacked, or more pieces than an answer may have; packed: compressed in a way nobody asked for."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""Largest body where nobody says how many tokens the answer may have."""
_LENGTHS: Final = struct.Struct("!II")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long one request may take, seconds, each from its start."""

    connect_s: float = 10.0
    first_s: float = 60.0
    """Until the first byte of the answer's body."""
    total_s: float = 300.0
    """Until the answer is whole; cuts a server that never ends."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One HTTP request to be sent and timed."""

    id: int
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timeouts: Timeouts
    most_bytes: int = MOST_BYTES
    """Of the response's body, unpacked."""


@dataclass(frozen=True, slots=True)
class WireResponse:
    """What came back, and when."""

    id: int
    status: int
    """0: no response began."""
    headers: tuple[tuple[str, str], ...]
    body: bytes
    """What arrived, also when it was cut."""
    sent: float | None
    """When the request's last byte was handed to the system; None: it never was."""
    reads: tuple[tuple[float, int], ...]
    """Each read of the body: when, and how many bytes were there then."""
    ended: float
    lag_ms: float
    """Worst lateness of the reader's loop while this was under way."""
    streams: int
    """Requests under way at once when it was sent, itself included."""
    fault: Fault
    detail: str


def request_frame(request: WireRequest) -> bytes:
    """A request as one frame."""
    header = asdict(request)
    return _frame(header, header.pop("body"))


def response_frame(response: WireResponse) -> bytes:
    """A response as one frame."""
    header = asdict(response)
    return _frame(header, header.pop("body"))


def cancel_frame(request_id: int) -> bytes:
    """The order to drop a request."""
    return _frame({"cancel": request_id}, b"")


def _frame(header: Mapping[str, object], body: bytes) -> bytes:
    text = json.dumps(header).encode()
    return _LENGTHS.pack(len(text), len(body)) + text + body


async def read_frame(stream: asyncio.StreamReader) -> WireRequest | WireResponse | int | None:
    """The next frame: a request, a response, the id of a request to cancel, or None at the end."""
    try:
        head, size = _LENGTHS.unpack(await stream.readexactly(_LENGTHS.size))
        header: dict[str, Any] = json.loads(await stream.readexactly(head))
        body = await stream.readexactly(size)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    if "cancel" in header:
        return int(header["cancel"])
    header["headers"] = tuple((name, value) for name, value in header["headers"])
    if "url" in header:
        header["timeouts"] = Timeouts(**header["timeouts"])
        return WireRequest(body=body, **header)
    header["reads"] = tuple((when, size) for when, size in header["reads"])
    return WireResponse(body=body, **header)
