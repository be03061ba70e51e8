"""Messages over a pair of pipes: length, then JSON. Either side may ask while it is being asked."""

import json
import os
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from planner.probing.sandbox.verdict.values import WireError

MOST_BYTES: Final = 32 * 1024 * 1024
_LENGTH_BYTES: Final = 4
_REPLIES: Final = frozenset({"ok", "raised"})
Answering: TypeAlias = Callable[[list[Any]], list[Any]]


class ClosedError(Exception):
    """The other process has ended."""


class Channel:
    """One end of the conversation."""

    def __init__(self, reading: int, writing: int) -> None:
        """`reading` and `writing`: open file descriptors."""
        self._reading = reading
        self._writing = writing

    def send(self, message: list[Any]) -> None:
        """Write one message; ClosedError when nobody reads."""
        text = json.dumps(message, separators=(",", ":")).encode("ascii")
        if len(text) > MOST_BYTES:
            raise WireError(f"a value of {len(text):,} bytes")
        left = memoryview(len(text).to_bytes(_LENGTH_BYTES, "big") + text)
        try:
            while left:
                left = left[os.write(self._writing, left) :]
        except BrokenPipeError as error:
            raise ClosedError from error

    def receive(self) -> list[Any]:
        """Read one message. ClosedError at the end, WireError for what is no message."""
        length = int.from_bytes(self._exactly(_LENGTH_BYTES), "big")
        if length > MOST_BYTES:
            raise WireError(f"a message of {length:,} bytes")
        try:
            message = json.loads(self._exactly(length))
        except (ValueError, RecursionError) as error:
            raise WireError("a message that is no JSON") from error
        if not isinstance(message, list) or not message or not isinstance(message[0], str):
            raise WireError("a message of another form")
        return message

    def ask(self, message: list[Any], answering: Answering) -> list[Any]:
        """Send a request and wait for its reply; what the other side asks meanwhile is answered by `answering`."""
        self.send(message)
        while (said := self.receive())[0] not in _REPLIES:
            self.send(answering(said))
        return said

    def _exactly(self, wanted: int) -> bytes:
        parts: list[bytes] = []
        while wanted:
            part = os.read(self._reading, min(wanted, 1 << 20))
            if not part:
                raise ClosedError
            parts.append(part)
            wanted -= len(part)
        return b"".join(parts)
