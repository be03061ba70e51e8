"""Plain text of what logs keep as messages: lists as OpenAI and Anthropic send them, OpenTelemetry's parts, bodies."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import from_json


def plain_prompt(text: str) -> str:
    """What was asked: the one message's text, or each message behind its role."""
    messages = list(_messages(_parsed(text)))
    if len(messages) == 1:
        return messages[0][1]
    return "\n\n".join(f"{role}: {content}" if role else content for role, content in messages if content)


def plain_answer(text: str) -> str:
    """What came back: the last message's text."""
    messages = list(_messages(_parsed(text)))
    return messages[-1][1] if messages else ""


def _parsed(text: str) -> Any:  # noqa: ANN401 (any JSON)
    if not text.lstrip().startswith(("{", "[", '"')):
        return text
    try:
        return from_json(text)
    except ValueError:
        return text


def _messages(value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 (any JSON)
    """Role and text of every message within a value."""
    if isinstance(value, str):
        yield "", value
    elif isinstance(value, list):
        if value and all(isinstance(one, Mapping) and _is_part(one) for one in value):
            yield "", _content(value)
        else:
            for one in value:
                yield from _messages(one)
    elif isinstance(value, Mapping):
        yield from _of_mapping(value)


def _of_mapping(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("messages", "choices", "message", "input", "output", "prompt", "contents"):
        if name in value:
            if isinstance(value.get("system"), str):
                yield "system", value["system"]
            yield from _messages(value[name])
            return
    content = value.get("content", value.get("parts", value.get("text")))
    if content is not None:
        yield str(value.get("role", "")), _content(content)


def _is_part(value: Mapping[str, Any]) -> bool:
    return "role" not in value and "type" in value


def _content(content: Any) -> str:  # noqa: ANN401 (any JSON)
    """Text of a message's content: itself, or its text parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        return _content(content.get("text", content.get("content", "")))
    if isinstance(content, list):
        return "\n".join(part for part in map(_content, content) if part)
    return ""
