"""A stranger without keys measures: a real run of the embedded model from the page, in a real Chromium."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from planner.errors import PlannerError
from planner.probing.local_model import check_server, find_model_file
from tests.browser.conftest import Watched, _wait_for, free_port

pytestmark = pytest.mark.browser
ITEMS = 8
LINK = f"/measure?example=support-desk-eu&suite=support-intents&for=ticket-triage&ask=local/smollm2&items={ITEMS}"
RUN_MS = 420_000


@pytest.fixture(scope="module")
def own_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard with a data folder of its own and no key in its environment."""
    try:
        check_server()
        find_model_file()
    except PlannerError as error:
        pytest.skip(f"the embedded model is not installed: {error}")
    folder = tmp_path_factory.mktemp("measuring")
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    environment["PLANNER_DATA_DIR"] = str(folder)
    port = free_port()
    command = [sys.executable, "-c", f"from planner.app import run_app; raise SystemExit(run_app({port}))"]
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)


def tab_of(chromium: Browser, address: str, width: int = 1280) -> Watched:
    context = chromium.new_context(viewport={"width": width, "height": 900})
    context.set_default_timeout(60_000)
    return Watched(context.new_page(), address)


@pytest.fixture(scope="module")
def measured(chromium: Browser, own_address: str) -> Iterator[tuple[str, list[str]]]:
    """Address of a dashboard in which a run was begun, left, come back to and ended; and what was seen meanwhile."""
    tab = tab_of(chromium, own_address)
    tab.open(LINK)
    tab.page.get_by_role("button", name="Ask now").click()
    stop = tab.page.get_by_role("button", name=re.compile("Stop"))
    stop.wait_for(timeout=RUN_MS)
    tab.go("Toolbox")
    away = tab.answer()
    tab.go("Measure")
    stop.wait_for(timeout=RUN_MS)
    back = tab.page.locator('[class*="st-key-measure_live"]').inner_text()
    expect(stop).to_have_count(0, timeout=RUN_MS)
    tab.settle()
    results = tab.page.locator(".stMain").inner_text()
    yield own_address, [away, back, results, *tab.console_errors]
    tab.page.context.close()


@pytest.fixture
def own_tab(chromium: Browser, measured: tuple[str, list[str]]) -> Iterator[Watched]:
    tab = tab_of(chromium, measured[0])
    yield tab
    tab.page.context.close()


def test_a_run_goes_on_while_another_page_is_looked_at_and_is_found_again(measured: tuple[str, list[str]]) -> None:
    away, back, results, *errors = measured[1]
    assert "USD" in away
    assert re.search(r"\d+ of 8 questions|begins", back)
    assert "finished" in results
    assert f"{ITEMS} answers" in results
    assert errors == []


def test_results_stand_with_their_interval_and_single_answers(own_tab: Watched) -> None:
    own_tab.open("/measure?example=support-desk-eu&view=results")
    text = own_tab.page.locator(".stMain").inner_text()
    assert re.search(r"local/smollm2 answers \d+ % \(\d+ to \d+\) acceptably", text)
    assert "Right would be" in text
    assert own_tab.console_errors == []


def test_the_forecast_moved_and_the_plan_says_whether_it_changed(own_tab: Watched) -> None:
    own_tab.open("/measure?example=support-desk-eu&view=forecast&segment=ticket-triage")
    text = own_tab.page.locator(".stMain").inner_text()
    assert re.search(r"The plan (changes|stays):|No plan holds", text)
    assert "1 model answered samples of ticket-triage" in text
    assert re.search(r"[01] of 1 measured shares", text)
    assert own_tab.console_errors == []


def test_the_run_is_among_the_past_ones_and_comes_as_a_file(own_tab: Watched, tmp_path: Path) -> None:
    own_tab.open("/measure?example=support-desk-eu&view=runs")
    with own_tab.page.expect_download() as waiting:
        own_tab.page.get_by_role("button", name="JSONL").click()
    file = tmp_path / "run.jsonl"
    waiting.value.save_as(file)
    assert len(file.read_text().splitlines()) == 1 + ITEMS
    assert own_tab.console_errors == []


def test_answers_are_labelled_by_keyboard_without_their_models_name(own_tab: Watched) -> None:
    own_tab.open("/label?example=support-desk-eu")
    expect(own_tab.page.locator(".tp-answer")).to_contain_text(f"0 of {ITEMS}")
    assert "smollm2" not in own_tab.page.locator(".stMain").inner_text()
    for done, key in ((1, "a"), (2, "n")):
        # The sentence stands before the buttons do: a key pressed in between is nobody's.
        expect(own_tab.page.get_by_role("button", name="Skip")).to_be_visible()
        own_tab.settle()
        own_tab.page.locator("body").press(key)
        expect(own_tab.page.locator(".tp-answer")).to_contain_text(f"{done} of {ITEMS}")
    own_tab.page.get_by_role("button", name="Back to the results").click()
    expect(own_tab.page.get_by_text("Same verdict")).to_be_visible()
    assert own_tab.console_errors == []


@pytest.mark.parametrize("view", ["ask", "results", "forecast", "runs"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_part_is_wider_than_the_screen(
    chromium: Browser, measured: tuple[str, list[str]], view: str, width: int
) -> None:
    tab = tab_of(chromium, measured[0], width)
    tab.open(f"/measure?example=support-desk-eu&view={view}")
    wider = tab.page.evaluate("() => document.querySelector('.stMain').scrollWidth - window.innerWidth")
    tab.page.context.close()
    assert wider <= 0
