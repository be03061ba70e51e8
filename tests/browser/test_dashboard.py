"""A stranger's first minutes with the real dashboard in a real Chromium."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Watched

pytestmark = pytest.mark.browser
EXAMPLE = "/?example=invoice-extraction"


def money_in(text: str) -> str:
    found = re.search(r"[\d,.]+ USD", text)
    assert found, text
    return found.group()


def whole_editor(tab: Watched) -> Locator:
    """The YAML editor, once it has its text."""
    editor = tab.page.get_by_role("textbox", name="The same as YAML, editable")
    expect(editor).to_have_value(re.compile("version: 1"))
    return editor


def test_all_six_pages_open_by_click_and_nothing_goes_wrong(tab: Watched) -> None:
    tab.open("/")
    assert re.search(r"do(es)? this for [\d,.]+ USD a month", tab.answer())
    for title in ("Workload", "What-if", "Models", "Evidence", "Report", "Toolbox"):
        tab.go(title)
        assert len(tab.answer()) > 20
        assert tab.page.locator('[data-testid="stException"]').count() == 0
    assert tab.console_errors == []
    assert tab.foreign_hosts == set()


def test_moving_a_slider_changes_the_number_in_place(tab: Watched) -> None:
    tab.open(EXAMPLE)
    tab.go("What-if")
    before = money_in(tab.answer())
    tab.page.get_by_role("slider").first.focus()
    tab.page.keyboard.press("ArrowRight")
    tab.page.wait_for_function("old => !document.querySelector('.tp-answer').innerText.includes(old)", arg=before)
    tab.settle()
    assert money_in(tab.answer()) != before
    assert "more than today" in tab.answer()
    assert tab.console_errors == []


def test_an_example_opens_from_the_gallery(tab: Watched) -> None:
    tab.open(EXAMPLE)
    tab.go("Workload")
    tab.page.get_by_text("New workload: say it").click()
    panel = tab.page.get_by_test_id("stExpander")
    # The selection boxes of the three questions have an "Open" of their own.
    panel.get_by_test_id("stBaseButton-secondary").filter(has_text=re.compile("^Open$")).first.click()
    expect(tab.page).not_to_have_url(re.compile("invoice-extraction"), timeout=20_000)
    tab.settle()
    assert panel.get_by_role("button", name="Opened").count() == 1
    assert tab.console_errors == []


def test_a_wrong_edit_is_told_and_the_last_good_plan_stays(tab: Watched) -> None:
    tab.open(EXAMPLE)
    sentence = tab.answer()
    tab.go("Workload")
    editor = whole_editor(tab)
    editor.fill(editor.input_value().replace("skill: extraction", "skill: extractoin", 1))
    editor.press("Control+Enter")
    alert = tab.page.get_by_role("alert").filter(has_text="extractoin").first
    alert.wait_for()
    assert "segments[0].skill" in alert.inner_text()
    tab.go("Toolbox")
    assert tab.answer() == sentence
    assert tab.console_errors == []


def test_a_link_brings_the_same_picture_back_after_a_reload(tab: Watched) -> None:
    tab.open(EXAMPLE)
    tab.go("What-if")
    tab.page.get_by_role("slider").first.focus()
    tab.page.keyboard.press("ArrowRight")
    tab.page.wait_for_function("() => document.querySelector('.tp-answer').innerText.includes('more than today')")
    tab.settle()
    said, link = tab.answer(), tab.page.url
    assert "set=" in link
    tab.page.reload()
    tab.settle()
    tab.page.wait_for_function("() => document.querySelector('.tp-answer').innerText.includes('more than today')")
    assert tab.answer() == said


def test_an_edited_workload_survives_a_reload_through_its_link(tab: Watched) -> None:
    tab.open(EXAMPLE)
    tab.go("Workload")
    editor = whole_editor(tab)
    editor.fill(re.sub(r"^name: .*$", "name: My own desk", editor.input_value(), count=1, flags=re.MULTILINE))
    editor.press("Control+Enter")
    expect(tab.page).to_have_url(re.compile("workload=|kept="), timeout=20_000)
    tab.settle()
    tab.page.reload()
    tab.settle()
    assert "name: My own desk" in whole_editor(tab).input_value()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("page", ["", "workload", "what_if", "models", "measure", "evidence", "report"])
def test_no_page_is_wider_than_the_screen(tab: Watched, page: str, width: int) -> None:
    tab.page.set_viewport_size({"width": width, "height": 844})
    tab.open(f"/{page}?example=invoice-extraction")
    wider = tab.page.evaluate("() => document.querySelector('.stMain').scrollWidth - window.innerWidth")
    assert wider <= 0
