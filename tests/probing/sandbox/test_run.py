"""A model's code in its own process: what passes, what fails, what can't be told, and how a machine refuses."""

import subprocess
import threading
from pathlib import Path

import pytest
from sandbox_cases import Case, Judge, cases, name_of

from planner.errors import InputError
from planner.probing.sandbox import run as module
from planner.probing.sandbox.run import Outcome, Sandbox, find_sandbox, run_tests, try_base
from planner.probing.sandbox.ways import Way, way_of


def test_code_that_passes_its_tests_passes(shut_in: Judge) -> None:
    assert shut_in("def f(x):\n    return x + 1\n", "assert f(1) == 2").passed


def test_the_failing_line_is_named(judge: Judge) -> None:
    outcome = judge("def f(x):\n    return x\n", "assert f(1) == 1\nassert f(2) == 4, 'four'")
    assert (outcome.passed, "line 2" in outcome.detail, "four" in outcome.detail) == (False, True, True)


def test_the_answers_line_is_named_too(judge: Judge) -> None:
    outcome = judge("def f(x):\n    return x / 0\n", "f(1)")
    assert "answer: line 2, return x / 0: ZeroDivisionError" in outcome.detail


def test_a_syntax_error_is_a_failure_in_one_line(judge: Judge) -> None:
    outcome = judge("def f(:")
    assert outcome.passed is False
    assert "SyntaxError" in outcome.detail


def test_an_endless_loop_is_stopped_by_its_cpu_limit(judge: Judge) -> None:
    outcome = judge("while True:\n    pass", time_limit_s=1.0)
    assert outcome.passed is False
    assert "out of CPU time" in outcome.detail


def test_a_loop_that_catches_everything_is_killed(judge: Judge) -> None:
    stubborn = "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"
    assert judge(stubborn, time_limit_s=1.0).passed is False


def test_an_endless_generator_is_stopped(judge: Judge) -> None:
    assert (
        judge("def f():\n    while True:\n        yield 1", "assert list(f()) == [1]", time_limit_s=1.0).passed is False
    )


def test_sleeping_is_stopped_by_the_clock(judge: Judge) -> None:
    outcome = judge("import time\ntime.sleep(60)", clock_s=1.5)
    assert outcome.detail == "stopped after 1.5 s"


def test_a_value_that_is_too_long_fails(judge: Judge) -> None:
    assert judge("def f():\n    return 'x' * 10**8", "assert f() == ''").passed is False


def test_a_value_that_is_too_deep_fails(judge: Judge) -> None:
    deep = "def f():\n    x = []\n    for _ in range(10**5):\n        x = [x]\n    return x"
    assert judge(deep, "assert f() == []").passed is False


def test_a_small_file_of_its_own_may_be_written(judge: Judge) -> None:
    code = "with open('own', 'w') as file:\n    file.write('x')\nwith open('own') as file:\n    text = file.read()"
    assert judge(code, "assert text == 'x'").passed


@pytest.mark.parametrize("case", cases("right"), ids=name_of)
def test_right_answers_of_every_kind_pass(case: Case) -> None:
    outcome = run_tests(case["answer"], case["tests"], find_sandbox())
    assert outcome.passed, outcome.detail


@pytest.mark.parametrize("case", cases("wrong"), ids=name_of)
def test_wrong_answers_fail(case: Case) -> None:
    outcome = run_tests(case["answer"], case["tests"], find_sandbox())
    assert outcome.passed is False, outcome.detail


@pytest.mark.parametrize("case", cases("beyond"), ids=name_of)
def test_what_cannot_be_judged_is_not_graded_and_says_why(case: Case) -> None:
    outcome = run_tests(case["answer"], case["tests"], find_sandbox())
    assert outcome.passed is None, outcome.detail
    assert case["why"] in outcome.detail


def test_each_way_names_the_layers_that_hold(base: str) -> None:
    found = try_base(base)  # type: ignore[arg-type]
    assert isinstance(found, Sandbox)
    assert found.layers == (base, "limits", "disk limit", "capabilities", "seccomp")
    assert found.told == f"code ran under {base}, limits, disk limit, capabilities, seccomp"


def test_a_machine_without_a_strong_layer_refuses_and_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    failing = Way("namespaces", lambda _: ["/bin/sh", "-c", "echo 'unshare: Operation not permitted' >&2; exit 1"])
    monkeypatch.setattr(module, "way_of", lambda base: failing if base == "namespaces" else way_of(base))
    find_sandbox.cache_clear()
    with pytest.raises(InputError) as refused:
        find_sandbox()
    find_sandbox.cache_clear()
    assert "no strong way to shut code in, so nothing is run" in str(refused.value)
    assert "no bwrap on the PATH" in str(refused.value)
    assert "unshare: Operation not permitted" in str(refused.value)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_refuse(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr("sys.platform", platform)
    assert [way_of(base) for base in module.BASES] == ["bubblewrap: Linux alone", "namespaces: Linux alone"]


def test_a_process_that_was_not_locked_in_runs_nothing(tmp_path: Path) -> None:
    """The child alone, without namespaces: it finds the folder unbounded and stops before it reads an answer."""
    found = way_of("namespaces")
    assert isinstance(found, Way)
    from planner.probing.sandbox.ways import _HERE, _interpreter

    bare = Way("namespaces", lambda arguments: _interpreter(str(_HERE.parents[2]), "child", arguments))
    marker = tmp_path / "ran"
    outcome = run_tests(f"open({str(marker)!r}, 'w')", "", Sandbox(bare, ()))
    assert (outcome.passed, outcome.layers, marker.exists()) == (None, (), False)
    assert "not locked in" in outcome.detail


def test_nothing_is_left_behind(judge: Judge) -> None:
    judge("import time\ntime.sleep(61)", clock_s=0.7)
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "sandbox.child" not in listed


def test_several_may_run_at_once() -> None:
    outcomes: list[Outcome] = []

    def one(number: int) -> None:
        outcomes.append(run_tests(f"x = {number}", f"assert x == {number}", find_sandbox()))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.passed for outcome in outcomes] == [True] * 4
