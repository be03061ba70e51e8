"""Streams of answers: which events carry tokens, when, and the same text in fewer events."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.probing.wire.events import carries_token, read_stream, times_of

TEXTS = st.lists(st.text(max_size=12), max_size=30)


def _event(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"id": "c", "choices": [choice], **more}).encode() + b"\n\n"


def _stream(texts: list[str]) -> bytes:
    usage = {"id": "c", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": len(texts)}}
    parts = [_event({"role": "assistant", "content": ""}), *(_event({"content": text}) for text in texts)]
    parts += [_event({}, "stop"), b"data: " + json.dumps(usage).encode() + b"\n\n", b"data: [DONE]\n\n"]
    return b"".join(parts)


def _said(body: bytes) -> str:
    contents = [json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: {")]
    return "".join(c["choices"][0]["delta"].get("content") or "" for c in contents if c["choices"])


@given(TEXTS)
def test_joining_events_changes_no_letter_of_the_answer(texts: list[str]) -> None:
    assert _said(read_stream(_stream(texts)).body) == "".join(texts)


@given(TEXTS)
def test_a_joined_answer_has_one_event_for_its_text_and_keeps_end_and_usage(texts: list[str]) -> None:
    stream = read_stream(_stream(texts))
    assert stream.body.count(b"data:") == 4
    assert (stream.finished, stream.has_usage, stream.malformed) == (True, True, "")
    assert b"[DONE]" in stream.body


@given(TEXTS)
def test_each_event_with_text_is_a_token_and_ends_where_it_ends(texts: list[str]) -> None:
    body = _stream(texts)
    ends = read_stream(body).token_ends
    assert len(ends) == sum(bool(text) for text in texts)
    assert all(body[end - 2 : end] == b"\n\n" for end in ends)


@given(TEXTS, st.data())
def test_an_event_came_with_the_read_that_completed_it(texts: list[str], data: st.DataObject) -> None:
    body = _stream(texts)
    cuts = [*sorted(data.draw(st.sets(st.integers(1, len(body) - 1), max_size=8))), len(body)]
    reads = [(float(number), cut) for number, cut in enumerate(cuts)]
    ends = read_stream(body).token_ends
    for end, when in zip(ends, times_of(ends, reads), strict=True):
        assert reads[int(when)][1] >= end
        assert when == 0.0 or reads[int(when) - 1][1] < end


def test_crlf_streams_are_read_like_others() -> None:
    body = _stream(["a", "b"]).replace(b"\n", b"\r\n")
    stream = read_stream(body)
    assert (len(stream.token_ends), stream.finished, _said(stream.body)) == (2, True, "ab")


def test_reasoning_is_joined_apart_from_the_answer() -> None:
    body = _event({"reasoning_content": "hm "}) + _event({"reasoning_content": "so"}) + _event({"content": "4"})
    body += _event({}, "stop")
    (first, *_) = [json.loads(line[6:]) for line in read_stream(body).body.splitlines() if line]
    assert first["choices"][0]["delta"] == {"reasoning_content": "hm so", "content": "4"}


@pytest.mark.parametrize(
    "delta",
    [
        {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": "{}"}}]},
        {"content": "x", "audio": {"id": "1"}},
    ],
)
def test_what_is_more_than_text_is_passed_on_byte_for_byte(delta: dict[str, Any]) -> None:
    body = _event(delta) + _event(delta) + _event({}, "tool_calls")
    assert read_stream(body).body == body


def test_a_stream_of_another_format_is_passed_on_byte_for_byte() -> None:
    parts = [
        {"type": "message_start"},
        {"type": "content_block_delta", "delta": {"text": "a"}},
        {"type": "message_stop"},
    ]
    body = b"".join(b"data: " + json.dumps(part).encode() + b"\n\n" for part in parts)
    stream = read_stream(body)
    assert (stream.body, len(stream.token_ends), stream.finished) == (body, 1, True)


def test_broken_json_is_told_and_nothing_is_changed() -> None:
    body = _event({"content": "a"}) + b"data: {not json\n\n"
    stream = read_stream(body)
    assert "no JSON" in stream.malformed
    assert stream.body == body


def test_a_stream_without_its_end_is_not_finished() -> None:
    assert read_stream(_event({"content": "a"})).finished is False


def test_googles_parts_are_tokens() -> None:
    assert carries_token({"candidates": [{"content": {"parts": [{"text": "a"}]}}]})
    assert not carries_token({"candidates": [{"finishReason": "STOP"}]})


@pytest.mark.parametrize(
    ("usage", "total"),
    [
        (b'"usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 90}', 90),
        (b'"usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 91}', 91),
        (b'"usage": {"prompt_tokens": 3, "completion_tokens": 4}', 0),
    ],
)
def test_the_total_that_a_server_states_is_kept(usage: bytes, total: int) -> None:
    body = b'data: {"choices": [], ' + usage + b"}\n\ndata: [DONE]\n\n"
    assert read_stream(body).total_tokens == total


@pytest.mark.parametrize(
    "ends", [("\n\n",), ("\r\n\r\n",), ("\r\r",), ("\n\n", "\r\n\r\n", "\r\r"), ("\r\n\n", "\n\r\n")]
)
def test_lines_may_end_in_any_way_within_one_body(ends: tuple[str, ...]) -> None:
    chunk = '{"id":"1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"%s"}}]}'
    events = [": keepalive", *(f"data: {chunk % word}" for word in ("a", "b", "c")), "data: [DONE]"]
    body = "".join(event + ends[place % len(ends)] for place, event in enumerate(events)).encode()
    read = read_stream(body)
    assert (len(read.token_ends), read.finished, read.malformed) == (3, True, "")
    assert b"abc" in read.body
