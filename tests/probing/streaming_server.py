"""A real streaming chat server with known timings and faults, on raw asyncio so that it costs little itself.

Run as a process of its own (`start_server`), so that it never shares a lock with what measures it. The model named
in the request says how it answers; every request, and when each token was really written, is logged for the test to
ask for. Times are `time.perf_counter`, one clock for all processes of a machine.
"""

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

FIRST_MS = 20.0
GAP_MS = 2.0
TOKENS = 64
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def _verdict(mode: str, prompt: str) -> str:
    """A judge of pairs: pair-longer prefers the longer answer wherever it stands, pair-first what stands first."""
    if mode == "pair-unreadable":
        return "hm"
    sizes = [len(prompt.partition(f"<answer_{place}>")[2].partition("</answer_")[0]) for place in ("first", "second")]
    winner = "first" if mode == "pair-first" or sizes[0] > sizes[1] else "second"
    return json.dumps({"reason": "as asked", "winner": winner})


def _chunked(payload: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(payload), payload)


def _event(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    content = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "fixed",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **more,
    }
    return _chunked(b"data: " + json.dumps(content).encode() + b"\n\n")


def _usage(prompt: int, tokens: int) -> bytes:
    usage = {"prompt_tokens": prompt, "completion_tokens": tokens, "total_tokens": prompt + tokens}
    content = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "fixed", "choices": []}
    return _chunked(b"data: " + json.dumps({**content, "usage": usage}).encode() + b"\n\n")


_DONE = _chunked(b"data: [DONE]\n\n") + b"0\r\n\r\n"
_ROLE = _event({"role": "assistant", "content": ""})


def _anthropic(kind: str, **content: Any) -> bytes:
    return _chunked(f"event: {kind}\ndata: {json.dumps({'type': kind, **content})}\n\n".encode())


def _anthropic_delta(text: str) -> bytes:
    return _anthropic("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def _anthropic_end(tokens: int) -> bytes:
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    end = _anthropic("content_block_stop", index=0)
    end += _anthropic("message_delta", delta=delta, usage={"output_tokens": tokens})
    return end + _anthropic("message_stop") + b"0\r\n\r\n"


_ANTHROPIC_START = _anthropic(
    "message_start",
    message={
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 1},
    },
) + _anthropic("content_block_start", index=0, content_block={"type": "text", "text": ""})


@dataclass(slots=True)
class _Log:
    """What was asked, by the text of the last message, and when tokens were written."""

    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    times: dict[str, list[float]] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    most_at_once: int = 0
    under_way: int = 0


class _Connection(asyncio.Protocol):
    """One kept-alive connection; requests one after another."""

    def __init__(self, log: _Log, settings: argparse.Namespace) -> None:
        self.log, self.settings, self.buffer = log, settings, b""
        self.loop = asyncio.get_running_loop()
        self.timer: asyncio.TimerHandle | None = None
        self.busy = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (the protocol's signature)
        if self.timer:
            self.timer.cancel()
        self._idle()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        lines = head.decode("latin-1").split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self.buffer = rest[length:]
        if lines[0].startswith("GET /log"):
            self._send_log()
            return
        if lines[0].startswith("GET"):
            # Load generators look first whether somebody is there, and what models there are.
            self._whole(200, json.dumps({"object": "list", "data": [{"id": "fixed", "object": "model"}]}).encode())
            return
        self.log.keys.add(headers.get("authorization", "").removeprefix("Bearer "))
        self.anthropic = "/messages" in lines[0]
        request = json.loads(rest[:length])
        self._answer(request | {"model": "fixed"} if self.anthropic else request)

    def _send_log(self) -> None:
        log = self.log
        content = {
            "asked": log.asked,
            "answered": log.answered,
            "times": log.times,
            "keys": sorted(log.keys),
            "most_at_once": log.most_at_once,
        }
        self._whole(200, json.dumps(content).encode())

    def _whole(self, status: int, body: bytes, extra: str = "") -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)

    def _idle(self) -> None:
        if self.busy:
            self.busy = False
            self.log.under_way -= 1

    def _answer(self, request: dict[str, Any]) -> None:
        received = time.perf_counter()
        self.prompt = str(request["messages"][-1]["content"])
        mode = str(request["model"])
        self.log.asked[self.prompt] += 1
        if mode.startswith("http-"):
            self._refuse(mode)
            return
        self.busy = True
        self.log.under_way += 1
        self.log.most_at_once = max(self.log.most_at_once, self.log.under_way)
        self.times = [received]
        if len(self.log.times) < 20_000:
            self.log.times[self.prompt] = self.times
        self.mode, self.sent = mode, 0
        self.tokens = min(self.settings.tokens, int(request.get("max_tokens", 10**6)))
        self.first = self.loop.time() + self.settings.first_ms / 1e3
        self.timer = self.loop.call_at(self.first, self._token)

    def _refuse(self, mode: str) -> None:
        """http-401, http-429-once (a Retry-After, then an answer), http-500 ..."""
        code = int(mode.split("-")[1])
        if mode.endswith("-once") and self.log.asked[self.prompt] > 1:
            self.log.asked[self.prompt] -= 1
            self._answer({"messages": [{"content": self.prompt}], "model": "fixed"})
            return
        said = f"refused with {code} {self.prompt}" if self.prompt.startswith("echo") else f"refused with {code}"
        error = {"error": {"message": said, "type": "x", "code": str(code)}}
        retry = f"Retry-After: {self.settings.retry_after}\r\n" if code in {429, 503} else ""
        self._whole(code, json.dumps(error).encode(), retry)

    def _token(self) -> None:
        mode, number = self.mode, self.sent
        if mode == "endless":
            number = 0
        elif number >= self.tokens:
            self._end()
            return
        text = self._text(number)
        payload = _anthropic_delta(text) if self.anthropic else _event({"content": text})
        opening = _HEAD + (_ANTHROPIC_START if self.anthropic else _ROLE)
        self.transport.write(payload if self.sent else opening + payload)
        self.times.append(time.perf_counter())
        self.sent += 1
        if mode == "cut" and self.sent == 5:
            self.transport.abort()
            return
        if mode == "malformed" and self.sent == 5:
            self.transport.write(_chunked(b"data: {not json\n\n"))
        if mode == "stall" and self.sent == 5:
            return
        at = self.first + self.sent * self.settings.gap_ms / 1e3
        self.timer = self.loop.call_at(at, self._token)

    def _text(self, number: int) -> str:
        if self.mode == "judge":
            return '{"reason": "nearly", "score": 4}' if number == 0 else ""
        if self.mode.startswith("pair-"):
            return _verdict(self.mode, self.prompt) if number == 0 else ""
        if self.mode == "echo":
            return self.prompt if number == 0 else ""
        return f"t{number} "

    def _end(self) -> None:
        finish = {"filtered": "content_filter", "long": "length"}.get(self.mode, "stop")
        usage = b"" if self.mode == "no-usage" else _usage(len(self.prompt.split()), self.tokens)
        end = b"0\r\n\r\n" if self.mode == "unfinished" else _event({}, finish) + usage + _DONE
        self.transport.write(_anthropic_end(self.tokens) if self.anthropic else end)
        self.log.answered[self.prompt] += 1
        self._idle()


async def _serve(settings: argparse.Namespace) -> None:
    log = _Log()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(log, settings), "127.0.0.1", settings.port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int

    @property
    def api_base(self) -> str:
        """What `--api-base` takes."""
        return f"http://127.0.0.1:{self.port}/v1"

    def log(self) -> dict[str, Any]:
        """Requests asked and answered by prompt, token times (first: request received), keys seen."""
        with urlopen(f"http://127.0.0.1:{self.port}/log", timeout=30) as response:
            content: dict[str, Any] = json.load(response)
        return content


@contextlib.contextmanager
def start_server(
    first_ms: float = FIRST_MS, gap_ms: float = GAP_MS, tokens: int = TOKENS, retry_after: float = 0.1
) -> Iterator[Server]:
    """The server as a process of its own; stopped at the end."""
    command = [sys.executable, str(Path(__file__)), f"--first-ms={first_ms}", f"--gap-ms={gap_ms}"]
    command += [f"--tokens={tokens}", f"--retry-after={retry_after}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Server(int(process.stdout.readline()))
        finally:
            process.kill()


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--first-ms", type=float, default=FIRST_MS)
    parser.add_argument("--gap-ms", type=float, default=GAP_MS)
    parser.add_argument("--tokens", type=int, default=TOKENS)
    parser.add_argument("--retry-after", type=float, default=0.1)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    _main()
