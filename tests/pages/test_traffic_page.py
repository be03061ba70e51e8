"""The Traffic page: a log's answer, its tables, the same requests on the plan, and the workload that is taken."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from planner.resources import pages_dir

ROWS = "timestamp,route,model,input_tokens,output_tokens\n" + "".join(
    f"2026-11-02T10:{n // 60:02d}:{n % 60:02d}Z,{('pay', 'search')[n % 2]},gpt-4o-mini,{400 + n},{20 + n % 7}\n"
    for n in range(600)
)


@pytest.fixture
def page() -> AppTest:
    opened = AppTest.from_file(str(pages_dir() / "traffic.py"), default_timeout=120)
    return opened.run()


def _text(page: AppTest) -> str:
    return " ".join(str(one.proto.body) for one in page.get("html"))


def test_without_a_log_the_page_says_what_it_is_for(page: AppTest) -> None:
    assert not page.exception
    assert "Drop your request logs" in _text(page)


def test_a_log_is_told_and_taken_as_the_workload(page: AppTest, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(ROWS)
    page.text_input(key="traffic.paths").set_value(str(path)).run()
    assert not page.exception
    assert "600 requests in 2 segments" in _text(page)
    assert "gpt-4o-mini" in _text(page)
    page.button(key="traffic.accept").click().run()
    assert not page.exception
    names = [part.name for part in page.session_state["session"].workload.segments]
    assert sorted(names) == ["pay", "search"]
    assert any("The same requests cost" in one.value for one in page.markdown)


def test_a_file_that_is_wrong_is_one_line(page: AppTest, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("a,b\n1,2\n")
    page.text_input(key="traffic.paths").set_value(str(path)).run()
    assert not page.exception
    assert "columns" in _text(page) or any("columns" in one.value for one in page.error)
