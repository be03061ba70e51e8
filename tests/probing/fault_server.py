"""A server on loopback that answers with what is no answer: the model named in the request says which."""

import gzip
import io
import json
from collections import Counter
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

_HEAD = {"id": "c1", "created": 1, "model": "m", "object": "chat.completion.chunk"}
_SSE, _JSON = "text/event-stream", "application/json"
BOMB_BYTES = 1024**3


def _stream(usage: object = None, *choices: object) -> bytes:
    said = choices or (
        {"index": 0, "delta": {"role": "assistant", "content": "t3"}, "finish_reason": None},
        {"index": 0, "delta": {}, "finish_reason": "stop"},
    )
    events: list[dict[str, Any]] = [{**_HEAD, "choices": [one] if one else []} for one in said]
    events += [{**_HEAD, "choices": [], "usage": usage}] if usage is not None else []
    return b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in events) + b"data: [DONE]\n\n"


def _whole(content: str = "t3") -> bytes:
    message = {"role": "assistant", "content": content}
    usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    content = {**_HEAD, "object": "chat.completion", "choices": [choice], "usage": usage}
    return json.dumps(content).encode()


@cache
def _bomb() -> bytes:
    """A gibibyte of nothing, packed in a few megabytes."""
    held = io.BytesIO()
    with gzip.GzipFile(fileobj=held, mode="wb", compresslevel=1) as file:
        piece = bytes(1024**2)
        for _ in range(BOMB_BYTES // len(piece)):
            file.write(piece)
    return held.getvalue()


def _usage(prompt: object, completion: object) -> dict[str, object]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": 4}


BODIES: dict[str, tuple[str, bytes]] = {
    "good": (_SSE, _stream(_usage(3, 1))),
    "html": ("text/html; charset=utf-8", b"<!doctype html><title>Sign in</title>"),
    "html-as-json": (_JSON, b"<html>Bad gateway</html>"),
    "empty": (_JSON, b""),
    "empty-stream": (_SSE, b""),
    "blank": (_JSON, b"  \n "),
    "cut-json": (_JSON, _whole()[:60]),
    "empty-choices": (_JSON, b'{"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": []}'),
    "empty-choices-stream": (_SSE, _stream(None, None, None)),
    "no-event": (_SSE, b": keep-alive\n\n: keep-alive\n\n"),
    "only-done": (_SSE, b"data: [DONE]\n\n"),
    "error-200": (_JSON, b'{"error": {"message": "out of order", "code": 500}}'),
    "error-event": (_SSE, b'data: {"error": {"message": "out of order"}}\n\ndata: [DONE]\n\n'),
    "a-list": (_JSON, b"[]"),
    "a-word": (_JSON, b'"pong"'),
    "whole": (_JSON, _whole()),
    "negative": (_SSE, _stream(_usage(3, -100_000))),
    "huge": (_SSE, _stream(_usage(3, 10**40))),
    "null": (_SSE, _stream(_usage(3, None))),
    "text-count": (_SSE, _stream(_usage("many", 1))),
    "nan-count": (_SSE, _stream(_usage(float("nan"), 1))),
    "gzip": (_SSE, gzip.compress(_stream(_usage(3, 1)))),
    "bomb": (_SSE, b""),
    "broken-gzip": (_SSE, b"no gzip at all"),
    "brotli": (_SSE, b"\x8b\x00\x80abc\x03"),
    "long-stream": (_SSE, b""),
}


class FaultServer:
    """The running server; `asked` counts requests by model."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        # Made before anybody waits for it.
        _bomb()
        server = self

        class Faulty(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.asked[said["model"]] += 1
                self._answer(said["model"])

            def _answer(self, model: str) -> None:
                kind, body = BODIES[model]
                packed = {"gzip": "gzip", "bomb": "gzip", "broken-gzip": "gzip", "brotli": "br"}.get(model)
                body = _bomb() if model == "bomb" else body
                self.send_response(200)
                self.send_header("Content-Type", kind)
                if packed:
                    self.send_header("Content-Encoding", packed)
                if model == "long-stream":
                    self._for_ever()
                    return
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _for_ever(self) -> None:
                self.end_headers()
                self.close_connection = True
                try:
                    for _ in range(3 * 1024):
                        self.wfile.write(b": padding " + b"x" * 1024**2 + b"\n\n")
                except OSError:
                    return

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Faulty)
        self.address = f"http://127.0.0.1:{self._http.server_port}/v1"
        Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._http.shutdown()
        self._http.server_close()
