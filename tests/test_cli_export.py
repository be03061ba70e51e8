"""`planner export`: files where they were asked for, one line for what is wrong."""

import json
from pathlib import Path

import pytest

from planner.cli import main
from planner.report.deploy.export import KINDS
from tests.report.deploy.plans import example_plan


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_text(example_plan("ticket-triage").model_dump_json())
    return path


def test_all_files_are_written_and_named(plan_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(plan_file), str(tmp_path / "files")]) == 0
    out, told = capsys.readouterr()
    written = {str(path) for path in (tmp_path / "files").rglob("*") if path.is_file()}
    assert set(out.splitlines()) == written
    assert str(tmp_path / "files" / "litellm" / "config.yaml") in written
    assert all(line.startswith("note: ") for line in told.splitlines())
    assert (tmp_path / "files" / "plan.json").read_text() == example_plan("ticket-triage").model_dump_json(
        indent=2
    ) + "\n"


def test_one_kind_alone(plan_file: Path, tmp_path: Path) -> None:
    assert main(["export", str(plan_file), "--to", "adr", "--to", "focus", str(tmp_path / "files")]) == 0
    written = sorted(path.name for path in (tmp_path / "files").rglob("*") if path.is_file())
    assert written == ["0001-toolbox.md", "forecast.csv"]


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


def test_wrong_input_is_one_line(plan_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "files")
    assert main(["export", str(plan_file), "--to", "terraform", folder]) == 2
    told = one_line(capsys)
    assert all(kind in told for kind in KINDS)
    assert main(["export", str(tmp_path / "none.json"), folder]) == 2
    assert "no such file" in one_line(capsys)
    assert main(["export", str(plan_file), str(plan_file)]) == 2
    assert "allowed: a folder" in one_line(capsys)
    assert not (tmp_path / "files").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "no JSON"),
        ("[1]", "JSON of another shape"),
        ('{"segments": [], "version": 2}', "version: found 2"),
        ('{"version": 1, "status": "infeasible", "limits": []}', "infeasible"),
        ('{"version": 1, "segments": []}', "found nothing"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_what_is_no_plan_is_told(text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    assert main(["export", str(path), str(tmp_path / "files")]) == 2
    assert told in one_line(capsys)


def test_fields_of_a_later_planner_are_left_out_and_told(
    plan_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(plan_file.read_text())
    data |= {"a_later_field": 1, "planner_version": "9.9.9", "catalog_version": "ffffffffffff"}
    data["segments"][0]["another"] = []
    plan_file.write_text(json.dumps(data))
    assert main(["export", str(plan_file), "--to", "adr", str(tmp_path / "files")]) == 0
    told = capsys.readouterr().err
    assert "another, a_later_field" in told
    assert "9.9.9" in told
    assert "ffffffffffff" in told
