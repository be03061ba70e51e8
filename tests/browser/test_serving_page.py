"""The Serving page in a real Chromium: its answer, its choices, its widths, its downloads, by pointer and keyboard."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched

pytestmark = pytest.mark.browser
PAGE = "/serving?example=invoice-extraction&segment=line-to-account&model=qwen/qwen3-8b&gpu=1x+h100-sxm"


def test_the_answer_names_a_volume_and_nothing_goes_wrong(tab: Watched) -> None:
    tab.open(PAGE)
    assert "Qwen3 8B" in tab.answer()
    assert re.search(r"requests a month", tab.answer())
    assert tab.page.locator('[data-testid="stException"]').count() == 0
    assert tab.console_errors == []
    assert tab.foreign_hosts == set()


def test_the_lens_is_switched_and_a_reload_keeps_it(tab: Watched) -> None:
    tab.open(PAGE)
    before = tab.answer()
    tab.page.get_by_text("next month only", exact=True).click()
    expect(tab.page).to_have_url(re.compile("lens=marginal"), timeout=20_000)
    tab.settle()
    said = tab.answer()
    assert said != before
    tab.page.reload()
    tab.settle()
    tab.page.wait_for_function("old => document.querySelector('.tp-answer').innerText === old", arg=said)


def test_the_picture_has_three_paths_and_a_text_for_those_who_cannot_see_it(tab: Watched) -> None:
    tab.open(PAGE)
    chart = tab.page.locator(".js-plotly-plot").first
    for name in ("API", "rented GPUs", "own servers"):
        expect(chart.locator(".legendtext", has_text=name)).to_be_visible()
    assert "Cost a month against volume" in tab.page.locator("body").inner_html()


def test_the_curves_download_as_json_and_svg(tab: Watched) -> None:
    tab.open(PAGE)
    row = tab.page.get_by_role("button", name="SVG of break-even")
    with tab.page.expect_download() as saved:
        row.click()
    assert "<svg" in saved.value.path().read_text(encoding="utf-8")
    with tab.page.expect_download() as saved:
        tab.page.get_by_role("button", name="JSON").first.click()
    rows = json.loads(saved.value.path().read_text(encoding="utf-8"))
    assert {"api", "rented", "owned"} == {one["path"] for one in rows}


def test_a_choice_is_made_by_keyboard_alone(tab: Watched) -> None:
    tab.open(PAGE)
    box = tab.page.get_by_role("checkbox", name="One spare replica")
    box.focus()
    tab.page.keyboard.press("Space")
    expect(tab.page).to_have_url(re.compile("spare=1"), timeout=20_000)
    tab.settle()
    assert "N+1" in tab.page.locator(".tp-lines").inner_text()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_no_wider_than_the_screen(tab: Watched, width: int) -> None:
    tab.page.set_viewport_size({"width": width, "height": 844})
    tab.open(PAGE)
    wider = tab.page.evaluate("() => document.querySelector('.stMain').scrollWidth - window.innerWidth")
    assert wider <= 0


def test_it_is_one_click_from_home(tab: Watched) -> None:
    tab.open("/?example=invoice-extraction")
    tab.go("Serving")
    assert "requests a month" in tab.answer()
