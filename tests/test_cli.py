"""The command line: what it prints, what it writes, how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from planner import __version__
from planner.cli import main
from planner.resources import catalogs_dir

TRIAGE = str(catalogs_dir() / "workloads" / "ticket-triage.yaml")


def _run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    try:
        code = main(argv)
    except SystemExit as exc:
        code = int(exc.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def _json(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, Any]:
    code, out, err = _run(capsys, *argv, "--json", "-")
    assert err == ""
    return code, json.loads(out)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(capsys, "--version") == (0, f"planner {__version__}\n", "")


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "--help")
    assert code == 0
    for command in ("app", "plan", "whatif", "models", "schema"):
        assert f"    {command} " in out


def test_no_command_is_an_error_of_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1


def test_a_plan_is_a_sentence_a_table_and_what_to_do_first(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, "plan", TRIAGE)
    assert (code, err) == (0, "")
    for part in (
        "USD a month",
        "ticket-triage",
        "Where it runs",
        "Beside it",
        "What to do first",
        "Assumed",
        "optimal",
    ):
        assert part in out
    assert max(len(line) for line in out.splitlines()) <= 132


def test_json_to_standard_output_is_all_that_goes_there(capsys: pytest.CaptureFixture[str]) -> None:
    code, plan = _json(capsys, "plan", TRIAGE)
    assert code == 0
    assert plan["version"] == 1
    assert plan["segments"][0]["name"] == "ticket-triage"


def test_the_same_input_gives_byte_for_byte_the_same_plan(capsys: pytest.CaptureFixture[str]) -> None:
    first = _run(capsys, "plan", TRIAGE, "--json", "-")
    assert _run(capsys, "plan", TRIAGE, "--json", "-") == first


def test_a_plan_fits_the_schema_that_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    _, plan = _json(capsys, "plan", TRIAGE)
    _, text, _ = _run(capsys, "schema", "plan")
    jsonschema.validate(plan, json.loads(text))


def test_an_example_fits_the_schema_that_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    import yaml

    _, text, _ = _run(capsys, "schema", "workload")
    jsonschema.validate(yaml.safe_load(Path(TRIAGE).read_text(encoding="utf-8")), json.loads(text))


def test_a_plan_is_written_as_json_and_as_a_report(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    files = {ending: tmp_path / f"plan{ending}" for ending in (".json", ".html", ".md")}
    assert _run(capsys, "plan", TRIAGE, "--json", str(files[".json"]), "--report", str(files[".html"]))[0] == 0
    assert _run(capsys, "plan", TRIAGE, "--report", str(files[".md"]))[0] == 0
    assert json.loads(files[".json"].read_text(encoding="utf-8"))["status"] == "optimal"
    assert files[".html"].read_text(encoding="utf-8").lower().startswith("<!doctype html>")
    assert "ticket-triage" in files[".md"].read_text(encoding="utf-8")


def test_set_changes_the_workload_before_planning(capsys: pytest.CaptureFixture[str]) -> None:
    _, plan = _json(capsys, "plan", TRIAGE, "--set", "segments.*.requests_per_month=x2", "--set", "horizon_months=6")
    assert plan["segments"][0]["requests_per_month"] == 3_000_000
    assert plan["workload"]["horizon_months"] == 6


def test_a_plan_of_growing_requests_says_which_month_its_figures_are_of(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "plan", TRIAGE, "--set", "growth_per_month=0.02")
    assert code == 0
    assert "those of the average month of 12: requests grow by 2 % a month" in " ".join(out.split())


def test_pareto_adds_the_front(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "plan", TRIAGE, "--pareto", "5")
    assert code == 0
    assert "cost-quality front" in out
    assert "this plan" in out


def test_limits_that_cannot_hold_exit_with_3_and_say_what_to_relax(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, "plan", TRIAGE, "--set", "segments.*.latency.total_p95_ms=1")
    assert (code, err) == (3, "")
    assert "latency.total_p95_ms" in out
    assert "Relax to" in out


def test_a_conflict_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    code, conflict = _json(capsys, "plan", TRIAGE, "--set", "segments.*.latency.total_p95_ms=1")
    assert code == 3
    assert conflict["status"] == "infeasible"
    assert conflict["limits"]


def test_a_sweep_shows_each_value(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "whatif", TRIAGE, "--vary", "segments.*.requests_per_month=x1:x3:3")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:4]] == ["1", "2", "3"]


def test_a_sweep_costs_more_with_more_requests(capsys: pytest.CaptureFixture[str]) -> None:
    # Materiality off: between plans that differ by less, the better one may be the dearer.
    vary = "segments.ticket-triage.requests_per_month=1e6:4e6:4"
    _, swept = _json(capsys, "whatif", TRIAGE, "--vary", vary, "--set", "materiality.most_share=0")
    costs = [row["monthly_cost_usd"]["mean"] for row in swept["rows"]]
    assert costs == sorted(costs)
    assert [row["value"] for row in swept["rows"]] == [1e6, 2e6, 3e6, 4e6]


def test_the_models_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "models")
    assert code == 0
    assert "openai/gpt-4o" in out


def test_models_of_a_skill_are_those_with_scores(capsys: pytest.CaptureFixture[str]) -> None:
    _, listed = _json(capsys, "models", "--skill", "coding")
    assert len(listed["models"]) > 20
    assert all(row["evidence_rows"] > 0 for row in listed["models"])


def test_one_model_shows_offers_scores_and_sources(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "models", "show", "gpt-4o")
    assert code == 0
    for part in ("Offers", "azure/eu/gpt-4o", "Scores", "Sources", "128,000"):
        assert part in out


def test_one_model_is_valid_json_without_nan(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "models", "show", "gpt-4o", "--json", "-")
    assert code == 0
    assert "NaN" not in out
    assert json.loads(out)["model"]["model"]["id"] == "openai/gpt-4o"


def test_a_misspelt_model_is_answered_with_the_closest(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, "models", "show", "gpt-4oo")
    assert (code, out) == (2, "")
    assert "did you mean openai/gpt-4o" in err


def test_refresh_without_a_network_says_so_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, "models", "refresh")
    assert (code, out) == (2, "")
    assert err.startswith("planner: offline:")
    assert err.count("\n") == 1
    assert list(Path(os.environ["PLANNER_DATA_DIR"]).iterdir()) == []


def test_a_port_that_is_no_port_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = _run(capsys, "app", "--port", "99999999")
    assert code == 2
    assert err.count("\n") == 1


def _process(*argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "planner.cli", *argv]
    return subprocess.run(command, check=False, capture_output=True, text=True, **options)


def test_help_works_as_a_module_and_says_nothing_on_standard_error() -> None:
    done = _process("--help")
    assert (done.returncode, done.stderr) == (0, "")


def test_planning_from_the_shell_loads_neither_litellm_nor_streamlit() -> None:
    code = (
        "import sys; from planner.cli import main; "
        f"code = main(['plan', {TRIAGE!r}, '--json', {os.devnull!r}]); "
        "print(sorted({'litellm', 'streamlit', 'plotly', 'pandas', 'sklearn'} & set(sys.modules)), code)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[] 0"


@pytest.mark.parametrize(("given", "used"), [(None, 1), (2, 2)])
def test_the_linear_algebra_has_one_thread_unless_the_user_says_otherwise(given: int | None, used: int) -> None:
    code = (
        "import sys; from planner.cli import main; main(['schema', 'plan']); import numpy, threadpoolctl;"
        " print([pool['num_threads'] for pool in threadpoolctl.threadpool_info() if pool['user_api'] == 'blas'],"
        " file=sys.stderr)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    environment |= {} if given is None else {"OPENBLAS_NUM_THREADS": str(given)}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert set(json.loads(done.stderr)) <= {min(used, os.cpu_count() or 1)}


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = [sys.executable, "-m", "planner.cli", "schema", "plan"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_the_command_works_from_any_directory(tmp_path: Path) -> None:
    assert _process("models", "show", "gpt-4o", cwd=tmp_path).returncode == 0
