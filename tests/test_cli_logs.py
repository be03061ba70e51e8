"""`planner logs profile`: from a log to a plan, one line for what is wrong."""

import json
from pathlib import Path

import pytest

from planner.cli import main
from planner.resources import catalogs_dir
from planner.workload.load import load_workload

TRACE = "TIMESTAMP,ContextTokens,GeneratedTokens\n" + "".join(
    f"2023-11-16 18:15:{second:02d}.6805900,{374 + second},{44 + second}\n" for second in range(60)
)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.csv"
    path.write_text(TRACE)
    return path


def test_a_trace_becomes_a_workload_that_plans(trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = tmp_path / "traffic.yaml"
    asked = ["--requests-per-month", "2e5", "--skill", "chat", "-o", str(written)]
    assert main(["logs", "profile", str(trace), *asked]) == 0
    said = capsys.readouterr().out
    assert "60 requests in 1 segment" in said
    assert "Azure LLM inference trace" in said
    segment = load_workload(written).segments[0]
    assert (segment.requests_per_month, segment.skill) == (200_000, "chat")
    assert segment.input_tokens.mean == pytest.approx(374 + 29.5)
    assert main(["plan", str(written)]) == 0


def test_what_the_trace_cannot_tell_is_first_among_the_assumptions(trace: Path, tmp_path: Path) -> None:
    written = tmp_path / "traffic.yaml"
    assert main(["logs", "profile", str(trace), "-o", str(written)]) == 0
    assert [item.path for item in load_workload(written).assumed] == [
        "segments.all.requests_per_month",
        "segments.all.skill",
    ]


def test_json_is_all_that_goes_to_standard_output(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "profile", str(trace), "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == 60
    assert told["segments"][0]["spreads"]["input_tokens"]["p50"] == 374 + 29.5
    assert sum(told["segments"][0]["spreads"]["output_tokens"]["histogram"]["counts"]) == 60


def test_a_log_of_no_known_format_is_read_by_a_mapping_that_preview_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, mapping = tmp_path / "own.csv", tmp_path / "map.yaml"
    log.write_text(
        "when_ms,promptLen,genLen,took,feature\n1795000000135,100,20,1.5,search\n1795000001135,300,40,2,chat\n"
    )
    assert main(["logs", "profile", str(log)]) == 2
    assert "--preview" in capsys.readouterr().err
    assert main(["logs", "profile", str(log), "--preview"]) == 0
    guessed = capsys.readouterr().out
    assert "input_tokens: promptLen" in guessed
    assert "segment: feature" in guessed
    mapping.write_text(guessed)
    assert main(["logs", "profile", str(log), "--map", str(mapping), "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [part["name"] for part in told["segments"]] == ["chat", "search"]
    assert told["volume"]["span_s"] == 1.0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("version: 1\ncolumns: {input_tokens: promptLen}\n", "columns.output_tokens"),
        ("version: 1\ncolumns: {input_tokens: promptLen, output_tokens: gone}\n", "found 'gone'"),
        ("version: 1\ncolumns: {input_tokens: a, output_tokens: b, lenght: c}\n", "a field that does not exist"),
        ("version: 1\ncolumns: {input_tokens: a, output_tokens: b}\ncached: inside\n", "cached"),
    ],
)
def test_a_mapping_that_is_wrong_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, words: str
) -> None:
    log, mapping = tmp_path / "own.csv", tmp_path / "map.yaml"
    log.write_text("promptLen,genLen\n100,20\n")
    mapping.write_text(content)
    assert main(["logs", "profile", str(log), "--map", str(mapping)]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--skill", "cooking"], "--skill"),
        (["--skill", "nobody=chat"], "a segment of the log"),
        (["--by", "team"], "--by"),
        (["-o", "w.txt"], "--output"),
    ],
)
def test_options_that_are_wrong_are_one_line(
    trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    asked = options if "-o" in options else [*options, "-o", str(tmp_path / "w.yaml")]
    assert main(["logs", "profile", str(trace), *asked]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1


def test_the_password_of_a_database_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "profile", "postgresql://me:secret@127.0.0.1:1/db"]) == 2
    assert "secret" not in capsys.readouterr().err


def test_the_same_traffic_on_its_own_plan_costs_its_share_of_the_month(
    trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written, plan_file = tmp_path / "traffic.yaml", tmp_path / "plan.json"
    asked = ["--requests-per-month", "2e5", "--skill", "chat", "-o", str(written)]
    assert main(["logs", "profile", str(trace), *asked]) == 0
    assert main(["plan", str(written), "--json", str(plan_file)]) == 0
    capsys.readouterr()
    assert main(["logs", "replay", str(trace), "--plan", str(plan_file), "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)
    plan = json.loads(plan_file.read_text())
    monthly = {cost["label"] for cost in plan["fixed_costs"]}
    used = sum(part["monthly_usd"] for part in plan["segments"][0]["cost_parts"] if part["name"] not in monthly)
    # The plan rounds its token means to a tenth, so the figures agree to a thousandth.
    assert told["plan"]["usage_usd"] == pytest.approx(used * 60 / 200_000, rel=1e-3)
    month_s = 730 * 3600
    fixed = sum(cost["monthly_cost_usd"]["mean"] for cost in plan["fixed_costs"])
    assert told["plan"]["fixed_usd"]["mean"] == pytest.approx(fixed * 59 / month_s)
    assert told["today"] == {"list_price_usd": None, "logged_usd": None}
    tiers = [hours for hours in zip(*told["tiers_by_hour"].values(), strict=True) if sum(hours)]
    assert [sum(hours) for hours in tiers] == [pytest.approx(1.0)]
    assert told["busiest_minute"][0]["requests_per_minute"] >= 59


def test_a_log_whose_segments_the_plan_does_not_know_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, plan_file = tmp_path / "log.csv", tmp_path / "plan.json"
    log.write_text("timestamp,route,input_tokens,output_tokens\n1.5,pay,100,10\n2.5,search,100,10\n")
    example = catalogs_dir() / "workloads" / "support-desk-eu.yaml"
    assert main(["plan", str(example), "--json", str(plan_file)]) == 0
    assert main(["logs", "replay", str(log), "--plan", str(plan_file)]) == 2
    assert "segments of the plan" in capsys.readouterr().err
