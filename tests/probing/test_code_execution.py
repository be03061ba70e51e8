"""A model's code in its own process: what passes, what fails, and what it cannot reach."""

import os
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from planner.probing.code_execution import Outcome, Sandbox, find_sandbox, run_tests

PLAIN = Sandbox((), ("limits", "audit"))


@pytest.fixture(params=["strictest", "plain"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """The strictest way of this machine, and the way that every POSIX machine has."""
    return find_sandbox() if request.param == "strictest" else PLAIN


def run(answer: str, tests: str, sandbox: Sandbox, time_limit_s: float = 5.0, clock_s: float | None = None) -> Outcome:
    return run_tests(answer, tests, sandbox, time_limit_s, clock_s)


def test_code_that_passes_its_tests_passes(sandbox: Sandbox) -> None:
    assert run("def f(x):\n    return x + 1\n", "assert f(1) == 2", sandbox).passed


def test_the_failing_line_is_named(sandbox: Sandbox) -> None:
    outcome = run("def f(x):\n    return x\n", "assert f(1) == 1\nassert f(2) == 4, 'four'", sandbox)
    assert (outcome.passed, "line 2" in outcome.detail, "four" in outcome.detail) == (False, True, True)


def test_a_syntax_error_is_a_failure_in_one_line(sandbox: Sandbox) -> None:
    outcome = run("def f(:", "", sandbox)
    assert not outcome.passed
    assert "SyntaxError" in outcome.detail


@pytest.mark.parametrize(
    "answer",
    [
        "import os\nos._exit(0)",
        "raise SystemExit(0)",
        "import sys\nsys.exit(0)",
        "print('passed')\nraise KeyboardInterrupt",
    ],
)
def test_leaving_early_passes_nothing(sandbox: Sandbox, answer: str) -> None:
    assert not run(answer, "", sandbox).passed


def test_a_result_file_of_the_codes_own_counts_for_nothing(sandbox: Sandbox) -> None:
    forged = (
        'import os\nopen(\'result.json\', \'w\').write(\'{"token": "x", "passed": true, "detail": ""}\')\nos._exit(0)'
    )
    assert not run(forged, "", sandbox).passed


def test_an_endless_loop_is_stopped_by_its_cpu_limit(sandbox: Sandbox) -> None:
    outcome = run("while True:\n    pass", "", sandbox, time_limit_s=1.0)
    assert not outcome.passed
    assert "out of CPU time" in outcome.detail


def test_a_loop_that_catches_everything_is_killed(sandbox: Sandbox) -> None:
    stubborn = "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"
    assert not run(stubborn, "", sandbox, time_limit_s=1.0).passed


def test_sleeping_is_stopped_by_the_clock(sandbox: Sandbox) -> None:
    outcome = run("import time\ntime.sleep(60)", "", sandbox, clock_s=1.5)
    assert outcome.detail == "stopped after 1.5 s"


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="only Linux holds the limit of memory")
def test_memory_has_a_limit(sandbox: Sandbox) -> None:
    assert "MemoryError" in run("x = [0] * 10**9", "", sandbox).detail


def test_a_big_file_is_refused(sandbox: Sandbox) -> None:
    assert not run("with open('big', 'w') as file:\n    file.write('x' * 10**7)", "", sandbox).passed


def test_a_small_file_of_its_own_may_be_written(sandbox: Sandbox) -> None:
    code = "with open('own', 'w') as file:\n    file.write('x')\nwith open('own') as file:\n    text = file.read()"
    assert run(code, "assert text == 'x'", sandbox).passed


def test_the_network_is_out_of_reach(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        outcome = run(f"import socket\nsocket.create_connection(('127.0.0.1', {port}))", "", sandbox)
    assert not outcome.passed
    assert "not allowed" in outcome.detail


@pytest.mark.parametrize(
    "answer",
    [
        "import subprocess\nsubprocess.run(['true'])",
        "import os\nos.system('true')",
        "import os\nos.fork()",
        "import ctypes\nctypes.CDLL(None)",
    ],
)
def test_no_other_process_or_library_can_be_started(sandbox: Sandbox, answer: str) -> None:
    assert not run(answer, "", sandbox).passed


def test_the_environment_holds_no_secret(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "planted")
    assert run("import os", "assert 'SOME_API_KEY' not in os.environ and 'PATH' not in os.environ", sandbox).passed


def test_files_of_the_user_cannot_be_read_where_landlock_holds(tmp_path: Path) -> None:
    sandbox = find_sandbox()
    if "landlock" not in sandbox.layers:
        pytest.skip("this kernel has no Landlock")
    secret = tmp_path / "secret"
    secret.write_text("planted", encoding="utf-8")
    assert "Permission" in run(f"open({str(secret)!r}).read()", "", sandbox).detail


def test_the_answer_is_no_main_program(sandbox: Sandbox) -> None:
    assert run("if __name__ == '__main__':\n    raise ValueError", "", sandbox).passed


def test_the_report_says_which_layers_held() -> None:
    told = find_sandbox().told
    assert told.startswith("code ran under limits, audit")
    assert "not available here: landlock, namespaces" in PLAIN.told


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run("open('own', 'w').write('x')", "", find_sandbox())
    run("import time\ntime.sleep(60)", "", find_sandbox(), clock_s=0.5)
    assert list(tmp_path.iterdir()) == []
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in listed


def test_several_may_run_at_once() -> None:
    outcomes: list[Outcome] = []
    threads = [
        threading.Thread(target=lambda n=n: outcomes.append(run(f"x = {n}", f"assert x == {n}", find_sandbox())))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.passed for outcome in outcomes] == [True] * 4
