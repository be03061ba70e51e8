"""How fast the dashboard answers: slider to plan inside its functions, and in a browser beside a one-slider page.

Run: python tests/benchmarks/bench_app.py [EXAMPLE ...]
"""

import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from planner.errors import InputError
from planner.options.cache import OptionsCache
from planner.planning.choose import plan_bundle
from planner.planning.plan import Plan
from planner.planning.what_if.comparison import what_if
from planner.session import cached, example_text
from planner.views.what_if.sliders import EVERY, SLIDERS
from planner.workload.load import parse_workload
from tests.browser.conftest import CHROMIUM, free_port

MOVES = 12
FLOOR = """import streamlit as st
st.html(f'<p class="tp-answer">{st.select_slider("n", list(range(40)), 20)} is the answer</p>')
"""


def plan_times(example: str) -> tuple[list[float], str]:
    """Seconds from a moved slider to the plan, for every slider of an example; the catalog is warm."""
    workload = parse_workload(example_text(example))
    facts, cache = (cached.the_catalog(), cached.the_beliefs(), cached.today()), OptionsCache()
    before = plan_bundle(workload, *facts, cache)
    taken = []
    for slider in SLIDERS:
        for mark in slider.marks:
            changes = slider.changes(EVERY, mark, workload)
            if not changes:
                continue
            start = time.perf_counter()
            with suppress(InputError):
                what_if(before, changes, *facts, cache)
            taken.append(time.perf_counter() - start)
    told = f"{len(workload.segments)} segments, {'plan' if isinstance(before.outcome, Plan) else 'conflict'}"
    return taken, told


def serve(command: list[str], port: int, folder: str) -> "subprocess.Popen[bytes]":
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1):
                return server
        except OSError:
            time.sleep(0.1)
    msg = "the server did not start"
    raise RuntimeError(msg)


def loaded(browser: Browser, url: str) -> tuple[Page, float]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    start = time.perf_counter()
    page.goto(url)
    page.wait_for_selector(".tp-answer", timeout=120_000)
    return page, time.perf_counter() - start


def moves(page: Page) -> list[float]:
    """Seconds from a key on the first slider to a changed sentence."""
    page.wait_for_timeout(6000)
    taken = []
    for number in range(MOVES):
        page.get_by_role("slider").first.focus()
        before = page.locator(".tp-answer").inner_text()
        start = time.perf_counter()
        page.keyboard.press("ArrowRight" if number % 2 == 0 else "ArrowLeft")
        page.wait_for_function(
            "old => document.querySelector('.tp-answer').innerText !== old", arg=before, polling=10, timeout=60_000
        )
        taken.append(time.perf_counter() - start)
        page.wait_for_timeout(1500)
    return taken


def told(name: str, taken: list[float]) -> str:
    ordered = sorted(taken)
    p95 = ordered[min(round(0.95 * (len(ordered) - 1)), len(ordered) - 1)]
    return f"{name}: median {1000 * statistics.median(ordered):.0f} ms, p95 {1000 * p95:.0f} ms (n = {len(ordered)})"


def in_browser(example: str) -> None:
    folder = tempfile.mkdtemp()
    (Path(folder) / "floor.py").write_text(FLOOR, encoding="utf-8")
    ports = [free_port(), free_port()]
    ours = [sys.executable, "-c", f"from planner.app import run_app; run_app({ports[0]})"]
    floor = [sys.executable, "-m", "streamlit", "run", "floor.py", "--server.headless=true"]
    floor += [f"--server.port={ports[1]}", "--browser.gatherUsageStats=false", "--server.fileWatcherType=none"]
    servers = [serve(ours, ports[0], folder), serve(floor, ports[1], folder)]
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            floor_page, floor_load = loaded(browser, f"http://127.0.0.1:{ports[1]}/")
            _, cold = loaded(browser, f"http://127.0.0.1:{ports[0]}/?example={example}")
            _, warm = loaded(browser, f"http://127.0.0.1:{ports[0]}/?example={example}")
            page, _ = loaded(browser, f"http://127.0.0.1:{ports[0]}/what_if?example={example}")
            print(f"first answer on screen: {cold:.1f} s cold, {warm:.1f} s warm; one-slider page {floor_load:.1f} s")
            print(told("one-slider page, key to changed text", moves(floor_page)))
            print(told(f"What-if page, {example}, key to changed answer", moves(page)))
            browser.close()
    finally:
        for server in servers:
            server.terminate()
            server.wait()


def main() -> None:
    examples = sys.argv[1:] or ["support-desk-eu", "enterprise-portfolio"]
    for example in examples:
        taken, kind = plan_times(example)
        print(told(f"slider to plan, {example} ({kind})", taken))
    in_browser(examples[0])


if __name__ == "__main__":
    main()
