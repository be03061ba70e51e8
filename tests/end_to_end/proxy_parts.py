"""A real LiteLLM proxy on loopback, and OpenAI-compatible servers that say which of them answered."""

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk-a-key-for-loopback-tests-only-1234567890"
HARD = "prove"
"""A word that makes our small model forecast that it cannot solve a request."""


def proxy_folder() -> Path:
    """Folder of the proxy's own environment; the test is skipped, with the reason, where there is none."""
    folder = Path(os.environ.get("PLANNER_PROXY_VENV", ROOT / ".venv-proxy")) / "bin"
    if not (folder / "litellm").is_file():
        pytest.skip("no LiteLLM proxy: make .venv-proxy builds its environment (PLANNER_PROXY_VENV names another)")
    return folder


class LocalModel:
    """One OpenAI-compatible server: answers with its own name; judges whether it could answer when asked for JSON."""

    def __init__(self, name: str, tokens: tuple[int, int] = (20, 5), delay_s: float = 0.0) -> None:
        self.name = name
        self.tokens = tokens
        self.delay_s = delay_s
        self.asked = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def stop(self) -> None:
        """Kill it: nobody listens on its port any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(model: LocalModel) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            model.asked += 1
            time.sleep(model.delay_s)
            body = json.dumps(_answer(model, asked)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _answer(model: LocalModel, asked: dict[str, Any]) -> dict[str, Any]:
    content = model.name
    if asked.get("response_format"):
        # The classifier's own prompt is long; what the user asked is in the last message.
        hard = HARD in json.dumps(asked["messages"][-1]).lower()
        verdict = {
            "crux": "whether a proof is asked for",
            "primary_rule": "LIM-1" if hard else "SUP-1",
            "capability_boundary": "unsupported" if hard else "supported",
            "p_solve": 0.2 if hard else 0.97,
        }
        content = json.dumps(verdict)
    prompt, answer = model.tokens
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": asked["model"],
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer},
    }


def on_loopback(config: dict[str, Any], models: dict[str, LocalModel]) -> dict[str, Any]:
    """The exported configuration with every provider's address replaced by a local server; all else as it was.

    `models` is by id of the deployment's tool; missing ones are started and added.
    """
    for entry in config["model_list"]:
        params = entry["litellm_params"]
        if params["model"].startswith("auto_router/"):
            continue
        for name in [name for name in params if name.startswith(("aws_", "vertex_", "inference_geo"))]:
            del params[name]
        tool = entry["model_info"]["id"].rpartition(".")[2]
        local = models.setdefault(tool, LocalModel(tool))
        params |= {"model": f"openai/{tool}", "api_base": local.url, "api_key": "sk-local"}
    return config


class Proxy:
    """A running proxy."""

    def __init__(self, url: str, log: Path, models: dict[str, LocalModel]) -> None:
        self.url = url
        self.log = log
        self.models = models
        self.asked = 0
        self._client = httpx.Client(base_url=url, headers={"authorization": f"Bearer {KEY}"}, timeout=60.0)

    def ask(self, model: str, text: str = "hi") -> httpx.Response:
        self.asked += 1
        messages = [{"role": "user", "content": text}]
        return self._client.post("/v1/chat/completions", json={"model": model, "messages": messages})

    def get(self, path: str) -> httpx.Response:
        return self._client.get(path, follow_redirects=True)

    def close(self) -> None:
        self._client.close()

    def logged(self) -> list[dict[str, Any]]:
        """Lines of the request log once there is one a request; the proxy writes them after it has answered."""
        count = self.asked
        ends = time.monotonic() + 30.0
        while time.monotonic() < ends:
            lines = self.log.read_text().splitlines() if self.log.exists() else []
            if len(lines) >= count:
                return [json.loads(line) for line in lines]
            time.sleep(0.1)
        pytest.fail(f"{len(lines)} of {count} lines in the log")


@contextmanager
def running_proxy(exported: Path, folder: Path, models: dict[str, LocalModel] | None = None) -> Iterator[Proxy]:
    """The real proxy with the configuration of an export, every model a local server."""
    programs = proxy_folder()
    models = {} if models is None else models
    config = on_loopback(yaml.safe_load((exported / "litellm" / "config.yaml").read_text()), models)
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    (folder / "request_log.py").write_text((exported / "litellm" / "request_log.py").read_text())
    port, log = free_port(), folder / "requests.jsonl"
    environment = {
        **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}},
        "LITELLM_MASTER_KEY": KEY,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "REQUEST_LOG": str(log),
    }
    command = [str(programs / "litellm"), "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "proxy.out").open("w") as out:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT)
        proxy = Proxy(f"http://127.0.0.1:{port}", log, models)
        try:
            _wait(proxy, process, folder / "proxy.out")
            yield proxy
        finally:
            proxy.close()
            process.terminate()
            process.wait(timeout=30)
            for model in models.values():
                model.stop()


def _wait(proxy: Proxy, process: subprocess.Popen[bytes], out: Path) -> None:
    ends = time.monotonic() + 180.0
    while time.monotonic() < ends:
        if process.poll() is not None:
            break
        try:
            if proxy.get("/health/liveliness").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    pytest.fail(f"the proxy did not start:\n{out.read_text()[-3000:]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
