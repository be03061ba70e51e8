"""Verdicts become observed shares: by segment and model, a judge's counted for fewer, what cannot be read told."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from planner.catalog.load import load_catalog
from planner.cli import main
from planner.errors import InputError
from planner.logs import Log, read_logs
from planner.logs.profile.mix import prices_of
from planner.logs.verdicts import Verdicts, read_verdicts
from planner.workload.load import load_workload


@pytest.fixture
def log_file(csv_file: Callable[..., Path]) -> Path:
    lines = [f"2026-11-02T10:00:{n:02d}Z,r{n},pay,gpt-4o-mini,{100 + n},10" for n in range(40)]
    return csv_file("timestamp,request_id,segment,model,input_tokens,output_tokens\n" + "\n".join(lines) + "\n")


def _read(log: Log, path: Path) -> Verdicts:
    return read_verdicts([str(path)], log, prices_of(load_catalog()))


def test_langfuse_scores_of_people_count_in_full_and_a_judges_for_half(
    log_file: Path, csv_file: Callable[..., Path]
) -> None:
    head = "id,timestamp,trace_id,observation_id,name,value,source,data_type,string_value\n"
    for source, counted in (("ANNOTATION", 20), ("EVAL", 10)):
        lines = [f"s{n},2026-11-02,t,r{n},correct,{float(n < 15)},{source},BOOLEAN," for n in range(20)]
        found = _read(read_logs([str(log_file)]), csv_file(head + "\n".join(lines) + "\n", f"{source}.csv"))
        (one,) = found.observed
        assert (one.segment, one.model, one.quality, one.answers) == ("pay", "openai/gpt-4o-mini", 0.75, 20)
        assert one.n == counted


def test_words_and_thumbs_are_read_and_other_scales_are_told(log_file: Path, jsonl: Callable[..., Path]) -> None:
    rows = [
        {"request_id": "r1", "name": "ok", "string_value": "correct", "source": "ANNOTATION"},
        {"request_id": "r2", "name": "ok", "string_value": "Incorrect", "source": "ANNOTATION"},
        {"request_id": "r3", "name": "ok", "value": 4, "source": "ANNOTATION"},
        {"request_id": "gone", "name": "ok", "value": 1, "source": "ANNOTATION"},
        {"request_id": "r4", "feedback_rating": True},
    ]
    found = _read(read_logs([str(log_file)]), jsonl(rows, "scores.jsonl"))
    assert {one.name: (one.quality, one.answers) for one in found.observed} == {"ok": (0.5, 2), "feedback": (1.0, 1)}
    assert any("no share from 0 to 1" in line for line in found.told)
    assert any("no served request" in line for line in found.told)


def test_evaluations_in_spans_belong_to_their_span(log_file: Path, tmp_path: Path) -> None:
    def pair(key: str, value: dict[str, object]) -> dict[str, object]:
        return {"key": key, "value": value}

    said = [
        pair("gen_ai.evaluation.name", {"stringValue": "relevance"}),
        pair("gen_ai.evaluation.score.value", {"doubleValue": 0.8}),
    ]
    span = {"spanId": "r5", "events": [{"name": "gen_ai.evaluation.result", "attributes": said}]}
    path = tmp_path / "spans.json"
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}))
    (one,) = _read(read_logs([str(log_file)]), path).observed
    assert (one.name, one.quality, one.answers, one.n) == ("relevance", 0.8, 1, 1)


def test_a_file_without_verdicts_is_refused(log_file: Path, csv_file: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match="no verdict"):
        _read(read_logs([str(log_file)]), csv_file("request_id,name,value\nr1,stars,4\n", "stars.csv"))


def test_verdicts_are_shown_first_and_taken_only_when_accepted(
    log_file: Path, csv_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = csv_file("request_id,name,value\n" + "\n".join(f"r{n},ok,{int(n < 9)}" for n in range(10)), "scores.csv")
    written = tmp_path / "w.yaml"
    asked = ["logs", "profile", str(log_file), "-o", str(written), "--verdicts", str(scores)]
    assert main(asked) == 0
    assert "--accept-verdicts" in capsys.readouterr().out
    assert load_workload(written).segments[0].observed == ()
    assert main([*asked, "--accept-verdicts"]) == 0
    (one,) = load_workload(written).segments[0].observed
    assert (one.model, one.quality, one.n) == ("openai/gpt-4o-mini", 0.9, 10)
