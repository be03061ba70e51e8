"""`planner check` and the GitHub Action that runs it: exit codes, and one comment, empty when nothing differs."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from planner.cli import main
from planner.report.deploy.papers.action import workflow
from planner.report.deploy.texts import yaml_of
from planner.resources import catalogs_dir

WORKLOAD = str(catalogs_dir() / "workloads" / "ticket-triage.yaml")


@pytest.fixture(scope="module")
def plan_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    assert main(["plan", WORKLOAD, "--json", str(path)]) == 0
    return str(path)


def run(plan_file: str, *more: str) -> int:
    return main(["check", WORKLOAD, "--against", plan_file, *more])


def test_exit_codes(plan_file: str, tmp_path: Path) -> None:
    comment = tmp_path / "comment.md"
    assert run(plan_file, "--markdown", str(comment)) == 0
    assert comment.read_text() == ""
    doubled = ["--set", "segments.*.requests_per_month=x3"]
    assert run(plan_file, *doubled, "--markdown", str(comment)) == 5
    assert comment.read_text().startswith("<!-- planner-check -->")
    assert run(plan_file, *doubled, "--max-increase", "900%") == 0
    assert run(plan_file, "--set", "segments.*.quality_floor=1.0") == 3


def test_wrong_input_is_one_line(plan_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(tmp_path / "none.json")) == 2
    assert "no such file" in capsys.readouterr().err
    for share in ("ten", "-5%", "nan", "inf"):
        with pytest.raises(SystemExit) as stopped:
            run(plan_file, f"--max-increase={share}")
        assert stopped.value.code == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert run(plan_file, "--markdown", str(tmp_path / "comment.txt")) == 2


def test_json_alone_on_standard_output(plan_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(plan_file, "--json", "-") == 0
    assert yaml.safe_load(capsys.readouterr().out)["verdict"] == "unchanged"


def test_the_action_s_own_commands_keep_the_exit_code_and_fail_the_job_after_the_comment(
    plan_file: str, tmp_path: Path
) -> None:
    """The steps 'Check' and 'Fail when over' as the workflow file has them, run by bash."""
    steps = {step["name"]: step for step in yaml.safe_load(yaml_of(workflow()))["jobs"]["check"]["steps"]}
    names = list(steps)
    assert names.index("Check") < names.index("Comment") < names.index("Fail when over")
    text = Path(WORKLOAD).read_text()
    (tmp_path / "workload.yaml").write_text(text.replace("samples:", "# samples:"))
    (tmp_path / "plan.json").write_text(Path(plan_file).read_text())
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "planner").write_text(f'#!/bin/sh\nexec {sys.executable} -m planner.cli "$@"\n')
    (programs / "planner").chmod(0o755)
    root = Path(__file__).parents[1]
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "PYTHONPATH": str(root), "GITHUB_OUTPUT": str(tmp_path / "out")}
    environment["PLANNER_DATA_DIR"] = str(tmp_path / "data")
    shell = ["bash", "-e", "-o", "pipefail", "-c"]

    def ran(step: str, **more: str) -> int:
        command = [*shell, steps[step]["run"]]
        done = subprocess.run(command, check=False, cwd=tmp_path, env={**environment, **more}, capture_output=True)
        return done.returncode

    assert ran("Check") == 0
    assert "code=0" in (tmp_path / "out").read_text()
    assert ran("Fail when over", CODE="0") == 0
    changed = (tmp_path / "workload.yaml").read_text().replace("requests_per_month: ", "requests_per_month: 9")
    (tmp_path / "workload.yaml").write_text(changed)
    assert ran("Check") == 0
    assert (tmp_path / "out").read_text().splitlines()[-1] == "code=5"
    assert (tmp_path / "comment.md").read_text().startswith("<!-- planner-check -->")
    assert ran("Fail when over", CODE="5") == 5
