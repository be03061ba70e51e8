"""What stands in the body of a response: an answer, a whole completion in place of a stream, or none, told by kind.

A server (or a proxy before it) may send anything with status 200. What holds no answer is a failure and is never
graded; what is read goes on to litellm with token counts that are counts.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from planner.probing.wire.events import Stream, read_stream
from planner.probing.wire.messages import WireResponse

_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a response with status 200, read."""

    content: bytes
    """For litellm: the same answer as a stream of few events."""
    stream: Stream | None
    """None for formats that only litellm reads."""
    lacking: str = ""
    """Why it is no answer; '' when it may be one."""
    billed: bool = False
    """A part of an answer came, or its tokens were counted: it may be charged for."""
    whole: bool = False
    """It came as one piece: when its first token was there is not known."""


def read_body(response: WireResponse) -> Body:
    """Read what came with status 200."""
    body, kind = response.body, _type_of(response)
    text = body.lstrip()[:1]
    if not text:
        return Body(body, None, "an empty body")
    if "html" in kind or (text == b"<" and "xml" not in kind):
        return Body(body, None, f"a web page instead of an answer: {_beginning(body)}")
    if "event-stream" in kind:
        return _streamed(body)
    if "json" in kind and "ndjson" not in kind and "jsonl" not in kind:
        return _whole(body)
    return Body(body, None, "" if kind else f"a body of no stated kind: {_beginning(body)}")


def _type_of(response: WireResponse) -> str:
    return next((value.lower() for name, value in response.headers if name.lower() == "content-type"), "")


def _streamed(body: bytes) -> Body:
    stream = read_stream(body)
    told = stream.finished is not None or bool(stream.token_ends)
    billed = bool(stream.token_ends) or stream.has_usage
    if stream.malformed:
        return Body(stream.body, stream, stream.malformed, billed=True)
    if stream.error:
        return Body(stream.body, stream, f"an error in the stream: {stream.error}", billed)
    if stream.events == 0:
        return Body(stream.body, stream, f"a stream without an event: {_beginning(body)}")
    if told and stream.choices == 0 and not stream.token_ends and stream.is_openai:
        return Body(stream.body, stream, "a stream whose choices are empty", billed)
    return Body(stream.body, stream)


def _whole(body: bytes) -> Body:
    """A completion that came whole although a stream was asked for; an error; or no answer."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return Body(body, None, f"JSON that cannot be read: {_beginning(body)}", billed=True)
    if isinstance(content, dict) and content.get("error") and not content.get("choices"):
        return Body(body, None, f"an error with status 200: {_error_words(content['error'])}")
    if not isinstance(content, dict) or not isinstance(content.get("choices"), list):
        # Google's and others' formats, which litellm reads; nothing at all is known to be none.
        lacking = "" if isinstance(content, dict | list) and content else f"no answer: {_beginning(body)}"
        return Body(body, None, lacking)
    choice = content["choices"][0] if content["choices"] else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        return Body(body, None, "a completion whose choices are empty", billed=bool(content.get("usage")))
    events = _as_stream(content, choice, message)
    stream = read_stream(events)
    return Body(stream.body, replace(stream, token_ends=()), whole=True)


def _as_stream(content: Mapping[str, Any], choice: Mapping[str, Any], message: Mapping[str, Any]) -> bytes:
    """The same completion as OpenAI's stream tells it."""
    head = {name: content.get(name) for name in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    end = choice.get("finish_reason") or "stop"
    events: list[Mapping[str, Any]] = [
        {**head, "choices": [{"index": 0, "delta": dict(message), "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": end}]},
    ]
    if content.get("usage"):
        events.append({**head, "choices": [], "usage": content["usage"]})
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + b"data: [DONE]\n\n"


def _error_words(error: object) -> str:
    words = error.get("message") if isinstance(error, dict) else error
    return " ".join(str(words).split())[:_SHOWN]


def _beginning(body: bytes) -> str:
    return repr(" ".join(body[:400].decode("utf-8", "replace").split())[:_SHOWN])
