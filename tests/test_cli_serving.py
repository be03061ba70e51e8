"""`planner serving`: the page Serving's answer in a terminal, and a trace replayed on its pool."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from planner.cli import main
from planner.resources import catalogs_dir
from planner.units import stream

TRIAGE = str(catalogs_dir() / "workloads" / "ticket-triage.yaml")
DESK = str(catalogs_dir() / "workloads" / "support-desk-eu.yaml")


def _run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    try:
        code = main(argv)
    except SystemExit as exc:
        code = int(exc.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def _told(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    code, out, err = _run(capsys, "serving", *argv, "--json", "-")
    assert (code, err) == (0, "")
    return json.loads(out)


def _trace(folder: Path, rate: float = 5.0, count: int = 600) -> str:
    rng = stream(2, "trace")
    times = np.cumsum(rng.exponential(1.0 / rate, count))
    rows = (f"{at:.4f},{int(rng.integers(100, 900))},{int(rng.integers(5, 200))}" for at in times)
    path = folder / "mine.csv"
    path.write_text("timestamp,input_tokens,output_tokens\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def test_it_tells_the_break_even_the_paths_the_sizing_the_times_and_the_commands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = _run(capsys, "serving", TRIAGE, "--model", "meta/llama-3.1-8b", "--gpu", "h100-sxm")
    assert (code, err) == (0, "")
    for part in (
        "Llama 3.1 8B",
        "requests a month",
        "At the planned volume",
        "rented, off when idle",
        "cache per token",
        "First token, p99",
        "vllm bench serve",
    ):
        assert part in out
    assert "Your trace" not in out


def test_all_is_there_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    told = _told(capsys, TRIAGE, "--count", "marginal", "--precision", "int4")
    assert (told["version"], told["lens"], told["precision"]) == (1, "marginal", "int4")
    assert told["replay"] is None
    assert {row["what"] for row in told["times"]} >= {"First token, p50", "First token, p95", "First token, p99"}
    assert told["sizing"][0]["name"] == "weights"


def test_p99_lies_above_p95_above_p50(capsys: pytest.CaptureFixture[str]) -> None:
    means = {row["what"]: row["figure"]["mean"] for row in _told(capsys, TRIAGE)["times"]}
    assert means["First token, p50"] < means["First token, p95"] < means["First token, p99"]


def test_a_trace_is_replayed_at_its_own_rate_and_at_the_planned_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    told = _told(capsys, DESK, "--segment", "handbook-answers", "--trace", _trace(tmp_path))["replay"]
    rows = told["rows"]
    assert len({row["rate"] for row in rows}) == 2
    assert "600 requests" in told["trace"]
    assert "coefficient of variation" in told["trace"]
    assert "the formula says" in told["answer"]
    assert "replica" in told["answer"]
    for row in rows:
        assert row["fast_ms"] <= row["replayed_ms"] <= row["slow_ms"]
    first = [row for row in rows if row["what"] == "first token"]
    assert all(row["formula_ms"] is not None for row in first)
    assert any(row["limit_ms"] is not None for row in first)


def test_the_replay_is_printed_below_the_times(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = _run(capsys, "serving", TRIAGE, "--trace", _trace(tmp_path))
    assert code == 0
    assert "Your trace, replayed" in out
    assert out.index("At the utilisation cap") < out.index("Replayed at the planned busiest hour")


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--segment", "nothing", "one of"),
        ("--model", "openai/gpt-4o", "an open model"),
        ("--gpu", "abacus", "one of 1x"),
        ("--against", "nobody/nothing", "an API"),
        ("--trace", "nowhere.csv", "nowhere.csv"),
        ("--json", "no/such/folder.json", "existing folder"),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], option: str, value: str, told: str
) -> None:
    code, out, err = _run(capsys, "serving", TRIAGE, option, value)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert told in err


def test_a_bad_trace_is_told_with_file_line_and_field(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n0,10,2\n1,many,2\n", encoding="utf-8")
    code, _, err = _run(capsys, "serving", TRIAGE, "--trace", str(path))
    assert code == 2
    assert "bad.csv" in err
    assert "line 3: ContextTokens" in err
    assert "many" in err


def test_a_request_that_no_replica_holds_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n0,90000000,2\n1,10,2\n", encoding="utf-8")
    code, _, err = _run(capsys, "serving", TRIAGE, "--trace", str(path))
    assert code == 2
    assert "GB of cache" in err
