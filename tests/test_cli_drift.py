"""`planner drift`: exit codes 0, 2 and 5; what is wrong is one line."""

import json
from pathlib import Path

import numpy as np
import pytest

from planner.cli import main
from tests.planning.drift.replays import NOTHING, Injected, rows_of_plan, write_rows
from tests.report.deploy.plans import example_catalog, example_plan

NAME = "ticket-triage"


@pytest.fixture
def plan_file(tmp_path: Path) -> str:
    path = tmp_path / "plan.json"
    path.write_text(example_plan(NAME).model_dump_json())
    return str(path)


def log_file(tmp_path: Path, injected: Injected = NOTHING, most: int = 2000) -> str:
    rows = rows_of_plan(example_plan(NAME), example_catalog(), np.random.default_rng(3), injected, days=3, most=most)
    return str(write_rows(tmp_path / "log.jsonl", rows))


def test_exit_codes_and_json(plan_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drift", plan_file, "--logs", log_file(tmp_path), "--by", "model_group"]) == 0
    assert "are as planned" in capsys.readouterr().out
    changed = log_file(tmp_path, Injected(NAME, 0, {"input_tokens": 2.0}))
    assert main(["drift", plan_file, "--logs", changed, "--json", "-"]) == 5
    told = json.loads(capsys.readouterr().out)
    states = {one["measure"]: one["state"] for one in told["findings"]}
    assert states["input tokens"] == "outside"
    assert told["findings"][0]["segment"] == NAME
    assert told["plan_anew"]


def test_wrong_input_is_one_line(plan_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = log_file(tmp_path)
    (tmp_path / "empty.jsonl").write_text("")
    for arguments in (
        [plan_file, "--logs", str(tmp_path / "none.jsonl")],
        [plan_file, "--logs", str(tmp_path / "empty.jsonl")],
        [plan_file, "--logs", log, "--by", "no_such_column"],
        [str(tmp_path / "none.json"), "--logs", log],
        [log, "--logs", log],
    ):
        assert main(["drift", *arguments]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
