"""The dashboard's door: strangers' names are turned away, a page's fault is told in place."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a dashboard that runs."""
    chosen = _free_port()
    environment = os.environ | {"PLANNER_DATA_DIR": str(tmp_path_factory.mktemp("data"))}
    with subprocess.Popen(
        [sys.executable, "-m", "planner.cli", "app", "--port", str(chosen)],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as app:
        end = time.monotonic() + 120.0
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", chosen)) == 0:
                    break
            time.sleep(0.2)
        yield chosen
        app.terminate()


def _handshake(port: int, host: str) -> str:
    """First line of the answer to a page that opens the dashboard's socket under that name."""
    asked = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: http://{host}:{port}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(asked.encode())
        return line.recv(4096).decode("latin-1").split("\r\n")[0]


@pytest.mark.parametrize(("host", "code"), [("127.0.0.1", "101"), ("localhost", "101"), ("evil.example", "403")])
def test_only_this_machines_names_are_answered(port: int, host: str, code: str) -> None:
    assert code in _handshake(port, host)


def test_a_page_that_fails_says_what_to_do_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError("secret detail")  # noqa: TRY003

    monkeypatch.setattr("planner.views.parts.frame.draw_frame", broken)
    at = AppTest.from_file(str(ROOT / "planner" / "app.py"), default_timeout=120).run()
    assert not at.exception
    said = " ".join(str(one.proto.body) for one in at.get("html"))
    assert "fault of ours (ZeroDivisionError)" in said
    assert "last good plan is kept" in said
    assert "secret detail" not in said
