"""Our charge against litellm's own cost functions, run in a process of its own: importing litellm takes seconds."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def comparison() -> list[dict[str, Any]]:
    script = Path(__file__).resolve().parents[1] / "benchmarks" / "bench_costs.py"
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    done = subprocess.run(
        [sys.executable, str(script), "--json"], capture_output=True, text=True, check=True, env=environment
    )
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def test_thirty_entries_over_five_shapes_cost_what_litellm_says(comparison: list[dict[str, Any]]) -> None:
    unexplained = [(row["key"], row["shape"]) for row in comparison if not row["equal"] and not row["explained"]]
    assert unexplained == []
    assert len({(row["key"], row["region"]) for row in comparison}) >= 30
    assert len({row["shape"] for row in comparison}) >= 5


def test_an_explained_difference_is_really_one(comparison: list[dict[str, Any]]) -> None:
    assert [row["key"] for row in comparison if row["explained"] and row["equal"]] == []


def test_a_step_a_cached_prefix_and_a_batch_are_among_the_cases(comparison: list[dict[str, Any]]) -> None:
    cost = {(row["key"], row["region"], row["shape"]): row for row in comparison}
    long, short = cost["gpt-6-sol", "global", "long context"], cost["gpt-6-sol", "global", "short chat"]
    assert long["batch_ours_usd"] == pytest.approx(long["ours_usd"] / 2)
    assert long["ours_usd"] > 100 * short["ours_usd"]
    assert cost["gpt-6-sol", "eu", "long context"]["ours_usd"] == pytest.approx(1.1 * long["ours_usd"])
