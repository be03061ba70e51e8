"""`planner validate --against` as its user sees it: small tables, missing columns, nothing to score."""

import csv
from pathlib import Path

import pytest

from planner.cli import main

SERVED = "model,gpu,n_gpu,engine,precision,mode,{batch}input_tokens,output_tokens{times}\n"
ROW = "meta-llama/Llama-3.1-8B-Instruct,h100_sxm,1,vllm,bf16,closed loop,{batch}100,100{times}\n"


def _serving(tmp_path: Path, *, batch: bool = True, times: bool = True) -> list[str]:
    path = tmp_path / "rows.csv"
    header = SERVED.format(batch="concurrency_or_batch," if batch else "", times=",tpot_ms" if times else "")
    path.write_text(header + ROW.format(batch="8," if batch else "", times=",8" if times else ""), encoding="utf-8")
    return ["validate", "--part", "serving", "--against", str(path)]


def _scores(tmp_path: Path, models: int) -> list[str]:
    path = tmp_path / "scores.csv"
    rows = [f"maker/m{number},our-bench,math,{0.4 + 0.03 * number}" for number in range(models)]
    path.write_text("\n".join(["model,benchmark,skill,score", *rows]), encoding="utf-8")
    return ["validate", "--against", str(path)]


def test_a_missing_column_is_told_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(_serving(tmp_path, batch=False)) == 2
    assert "header: found 'no column concurrency_or_batch'" in capsys.readouterr().err


def test_rows_without_figures_are_told_to_have_nothing_to_score(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(_serving(tmp_path, times=False)) == 0
    assert "nothing to score" in capsys.readouterr().out


def test_columns_that_do_not_apply_are_not_shown_and_few_rows_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(_serving(tmp_path)) == 0
    out = capsys.readouterr().out
    assert "RMSE" not in out
    assert "Median error" in out
    assert "fewer than 30 rows" in out


def test_a_table_of_one_benchmark_is_scored_with_fewer_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(_scores(tmp_path, 8)) == 0
    out, err = capsys.readouterr()
    assert "scores of 4 models of each benchmark and 0 of each model are taken as known" in err
    assert "ours" in out


def test_own_technique_rows_are_scored_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text(
        "who,technique,skill,score,base_score,reference_score,escalation_share\n"
        "a,cascade,knowledge_qa,0.81,0.7,0.9,0.4\nb,few_shot,math,0.5,0.48,,\nc,fine_tune,writing,0.7,,,\n",
        encoding="utf-8",
    )
    out = tmp_path / "out.csv"
    command = ["validate", "--part", "techniques", "--against", str(rows), "--predictions", str(out)]
    assert main(command) == 0
    assert "straight mix" in capsys.readouterr().out
    with out.open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert [row["who"] for row in written] == ["a", "b", "c"]
    for row in written:
        assert 0.0 <= float(row["low_90"]) < float(row["predicted"]) < float(row["high_90"]) <= 1.0
        assert row["known"] == "0"


def test_technique_rows_have_no_known_models(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("technique,skill,score\nrag,chat,0.5\n", encoding="utf-8")
    assert main(["validate", "--part", "techniques", "--against", str(rows), "--known-models", "2"]) == 2
    assert "--part quality" in capsys.readouterr().err
