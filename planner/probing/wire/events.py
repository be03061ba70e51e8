"""Server-sent events of a streamed answer: which of them carry tokens, and the same stream told in fewer events.

litellm spends half a millisecond or more on every event. A whole answer needs one event for its text, so the events
that only add text are joined before litellm sees them, after their times were taken. What is not understood (other
formats, tool calls, log probabilities, broken JSON) is passed on byte for byte.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from planner.probing.wire.usage import bad_count

_BLANK: Final = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2,}")
"""What ends an event: an empty line, its ends LF, CR or CRLF, also within one body."""
_DONE: Final = "[DONE]"
_JOINED: Final = ("content", "reasoning_content", "reasoning")
_PLAIN_DELTA: Final = frozenset({"role", *_JOINED})
_PLAIN_CHOICE: Final = frozenset({"index", "delta", "finish_reason", "logprobs"})


@dataclass(frozen=True, slots=True)
class Stream:
    """One streamed answer, read after it ended."""

    body: bytes
    """The same answer in as few events as possible."""
    token_ends: tuple[int, ...]
    """Where in the original bytes each event that carries a token ends."""
    finished: bool | None
    """The server said that it was done; None: the format is not known."""
    has_usage: bool
    """The server counted the tokens itself."""
    malformed: str
    """What could not be read, '' when all could."""
    total_tokens: int = 0
    """Tokens of prompt and output together as the server states them last; 0 when it does not."""
    events: int = 0
    """Events with data, the closing mark left out."""
    choices: int = 0
    """Events of OpenAI's format that bring a choice."""
    is_openai: bool = False
    """It is OpenAI's format."""
    error: str = ""
    """Words of an error that came as an event."""
    bad_count: str = ""
    """A count of tokens that is none; the usage that held it is left out of `body`."""


def read_stream(body: bytes) -> Stream:
    """Read a streamed answer of any provider; only OpenAI's format is joined."""
    joined = _Joined()
    ends: list[int] = []
    finished: bool | None = None
    malformed = ""
    for end, said, data in _events(body):
        raw = said
        if data == _DONE:
            finished = True
            joined.keep(raw)
            continue
        try:
            content = json.loads(data)
        except ValueError:
            malformed = malformed or f"an event that is no JSON: {data[:40]!r}"
            continue
        if not isinstance(content, dict):
            malformed = malformed or f"an event that is no object: {data[:40]!r}"
            continue
        bad = bad_count(content)
        if bad:
            joined.bad_count = joined.bad_count or bad
            raw, content = _without_usage(content)
        if carries_token(content):
            ends.append(end)
        finished = _is_finished(content, finished)
        joined.add(raw, content)
    body = body if malformed else joined.body()
    return Stream(
        body=body,
        token_ends=tuple(ends),
        finished=finished,
        has_usage=joined.has_usage and not joined.bad_count,
        malformed=malformed,
        total_tokens=0 if joined.bad_count else joined.total_tokens,
        events=joined.events,
        choices=joined.choices,
        is_openai=joined.is_openai,
        error=joined.error,
        bad_count=joined.bad_count,
    )


def _without_usage(content: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
    """An event without a usage whose counts are none."""
    kept = {name: value for name, value in content.items() if name not in {"usage", "usageMetadata"}}
    return b"data: " + json.dumps(kept).encode() + b"\n\n", kept


def _error_of(content: Mapping[str, Any]) -> str:
    """Words of an event that is an error, in OpenAI's or Anthropic's form."""
    error = content.get("error")
    if not error or content.get("choices"):
        return ""
    words = error.get("message") if isinstance(error, dict) else error
    return " ".join(str(words).split())[:80] or "without words"


def _events(body: bytes) -> Iterator[tuple[int, bytes, str]]:
    """Each event with data: where it ends, its bytes, its data."""
    start = 0
    ends = [blank.end() for blank in _BLANK.finditer(body)]
    for end in [*ends, len(body)]:
        raw = body[start:end]
        start = end
        lines = [line[5:].strip() for line in raw.splitlines() if line.startswith(b"data:")]
        if lines:
            yield end, raw.rstrip(b"\r\n") + b"\n\n", b"\n".join(lines).decode("utf-8", "replace")


def carries_token(content: Mapping[str, Any]) -> bool:
    """Whether an event of OpenAI's, Anthropic's or Google's format brings text, reasoning or a part of a tool call."""
    choices = content.get("choices")
    if isinstance(choices, list):
        return any(_delta_carries(choice) for choice in choices)
    if content.get("type") == "content_block_delta":
        return True
    candidates = content.get("candidates")
    if isinstance(candidates, list) and candidates and isinstance(candidates[0], dict):
        return bool((candidates[0].get("content") or {}).get("parts"))
    return False


def _delta_carries(choice: Any) -> bool:  # noqa: ANN401 (JSON as it came)
    delta = choice.get("delta") if isinstance(choice, dict) else None
    if not isinstance(delta, dict):
        return False
    return any(delta.get(name) for name in (*_JOINED, "tool_calls"))


def _total_tokens(content: Mapping[str, Any]) -> int:
    """Total of a usage in OpenAI's or Google's format; 0 when the event states none."""
    for holder, name in (("usage", "total_tokens"), ("usageMetadata", "totalTokenCount")):
        usage = content.get(holder)
        total = usage.get(name) if isinstance(usage, dict) else None
        if isinstance(total, int) and not isinstance(total, bool):
            return total
    return 0


def _is_finished(content: Mapping[str, Any], before: bool | None) -> bool | None:
    """Whether the answer is known to be over after this event; False once the format is known."""
    choices = content.get("choices")
    if isinstance(choices, list):
        said = any(isinstance(choice, dict) and choice.get("finish_reason") for choice in choices)
        return bool(said or before)
    kind = content.get("type")
    if kind in {"message_start", "content_block_delta", "message_stop"}:
        return kind == "message_stop" or bool(before)
    candidates = content.get("candidates")
    if isinstance(candidates, list) and candidates and isinstance(candidates[0], dict):
        return bool(candidates[0].get("finishReason") or before)
    return before


class _Joined:
    """Events of OpenAI's format with the text of neighbours joined."""

    def __init__(self) -> None:
        self._out: list[bytes] = []
        self._first: dict[str, Any] | None = None
        self._texts: dict[str, list[str]] = {}
        self.has_usage = False
        self.total_tokens = 0
        self.events = self.choices = 0
        self.is_openai = False
        self.error = self.bad_count = ""

    def add(self, raw: bytes, content: dict[str, Any]) -> None:
        """Take one more event: joined with the one before, or kept as it is."""
        self.events += 1
        found = content.get("choices")
        self.is_openai |= isinstance(found, list)
        self.choices += bool(found) and isinstance(found, list)
        self.error = self.error or _error_of(content)
        self.has_usage |= bool(content.get("usage") or content.get("usageMetadata"))
        self.total_tokens = _total_tokens(content) or self.total_tokens
        delta = _plain_delta(content)
        if delta is None:
            self.keep(raw)
            return
        if self._first is None:
            self._first = content
        for name, text in delta.items():
            if isinstance(text, str) and (name != "role" or name not in self._texts):
                self._texts.setdefault(name, []).append(text)

    def keep(self, raw: bytes) -> None:
        """Take an event as it is."""
        self._flush()
        self._out.append(raw)

    def body(self) -> bytes:
        """All events so far."""
        self._flush()
        return b"".join(self._out)

    def _flush(self) -> None:
        if self._first is None:
            return
        delta = {name: "".join(parts) for name, parts in self._texts.items()}
        self._first["choices"][0]["delta"] = delta
        self._out.append(b"data: " + json.dumps(self._first).encode() + b"\n\n")
        self._first = None
        self._texts = {}


def _plain_delta(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """Delta of an event that only adds text to its one choice; None for any other event."""
    choices = content.get("choices")
    if content.get("usage") or not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        return None
    choice = choices[0]
    delta = choice.get("delta")
    if choice.get("finish_reason") or choice.get("logprobs") or not choice.keys() <= _PLAIN_CHOICE:
        return None
    return delta if isinstance(delta, dict) and delta.keys() <= _PLAIN_DELTA else None


def times_of(ends: Sequence[int], reads: Sequence[tuple[float, int]]) -> tuple[float, ...]:
    """When the byte at each end had arrived: the first read that reached it. Both ascend."""
    times: list[float] = []
    at = 0
    for end in ends:
        while reads[at][1] < end and at < len(reads) - 1:
            at += 1
        times.append(reads[at][0])
    return tuple(times)
