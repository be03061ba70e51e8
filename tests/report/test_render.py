from pathlib import Path

import pytest

from planner.errors import InputError
from planner.planning.plan import Conflict, Plan
from planner.report.render import SUFFIXES, render_report


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_suffix_chooses_the_format(suffix: str, plan: Plan, tmp_path: Path) -> None:
    start = {".html": b"<!doctype html>", ".pdf": b"%PDF-", ".md": b"# ", ".docx": b"PK", ".json": b"{"}[suffix]
    assert render_report(plan, tmp_path / f"plan{suffix}").read_bytes().startswith(start)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_conflict_has_a_report_too(suffix: str, conflict: Conflict, tmp_path: Path) -> None:
    assert render_report(conflict, tmp_path / f"conflict{suffix}").stat().st_size > 200


def test_the_json_reads_back_as_the_same_plan(plan: Plan, tmp_path: Path) -> None:
    written = render_report(plan, tmp_path / "plan.json").read_text(encoding="utf-8")
    assert Plan.model_validate_json(written) == plan


@pytest.mark.parametrize("name", ["plan.odt", "plan", "plan.html.bak"])
def test_another_suffix_is_one_clear_line(name: str, plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"allowed: a file name ending in \.html, \.pdf, \.md, \.docx, \.json"
    ) as caught:
        render_report(plan, tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_not_there_is_one_clear_line(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file or directory"):
        render_report(plan, tmp_path / "missing" / "plan.md")
