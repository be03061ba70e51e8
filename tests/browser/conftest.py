"""The real dashboard on a free port of this machine, and a real Chromium that reports what goes wrong in it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

CHROMIUM = os.environ.get("PLANNER_CHROMIUM", "/usr/bin/chromium")
LOOPBACK = {"127.0.0.1", "localhost", ""}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a dashboard started as a user would start it, from a folder of no meaning."""
    port = free_port()
    folder = tmp_path_factory.mktemp("anywhere")
    log = (folder / "log.txt").open("w")
    command = [sys.executable, "-c", f"from planner.app import run_app; raise SystemExit(run_app({port}))"]
    server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)
        log.close()


def _wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if server.poll() is not None:
            pytest.fail(f"the dashboard ended with exit code {server.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 (our own server)
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the dashboard did not answer within 30 s")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for one file: Playwright holds an event loop in this thread, which no later test may find running."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; set PLANNER_CHROMIUM to one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


expect.set_options(timeout=30_000)


class Watched:
    """A browser tab, with what went wrong in it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.console_errors: list[str] = []
        self.foreign_hosts: set[str] = set()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        page.on("request", lambda asked: self.foreign_hosts.update({urlsplit(asked.url).hostname or ""} - LOOPBACK))

    def _listen(self, said: ConsoleMessage) -> None:
        # Opened at /models, Streamlit's page first looks for its server at /models/_stcore and is told 404: its way.
        if said.type == "error" and "_stcore" not in str(said.location):
            self.console_errors.append(said.text)

    def open(self, path: str = "/") -> None:
        self.page.goto(path if path.startswith("http") else self.address + path)
        self.settle()

    def settle(self) -> None:
        """Wait until an answer is on the page and the script has come to rest."""
        self.page.wait_for_timeout(300)  # a click needs a moment to start the script
        self.page.wait_for_selector(".tp-answer", timeout=60_000)
        self.page.wait_for_selector('[data-test-script-state="notRunning"]', timeout=60_000)

    def answer(self) -> str:
        return self.page.locator(".tp-answer").first.inner_text()

    def go(self, title: str) -> None:
        """Click a page's name in the navigation."""
        self.page.get_by_role("link", name=title).first.click()
        self.page.wait_for_url(lambda url: title.lower().replace("-", "_") in url or title == "Toolbox")
        self.settle()


@pytest.fixture
def tab(chromium: Browser, address: str) -> Iterator[Watched]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    yield Watched(context.new_page(), address)
    context.close()
