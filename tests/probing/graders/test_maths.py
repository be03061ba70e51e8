"""Mathematics is compared in a process of its own: from any thread, and without evaluating what a model wrote."""

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from planner.probing.graders.maths import compare as mathematics
from planner.probing.graders.maths.compare import same_mathematics

PAIRS = [
    ("So we get $\\frac{\\sqrt{8}}{4}$.", "\\frac{\\sqrt{2}}{2}", True),
    ("\\boxed{x(x-2)}", "x^2-2x", True),
    ("The answer is 3√2", "\\sqrt{18}", True),
    ("\\boxed{4\\pi}", "8\\pi", False),
    ("nothing", "2\\pi", False),
]


@pytest.mark.parametrize(("answer", "reference", "same"), PAIRS)
def test_equal_in_value_is_the_same(answer: str, reference: str, same: bool) -> None:
    assert same_mathematics(answer, reference) is same


def test_threads_may_ask() -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda pair: same_mathematics(pair[0], pair[1]), PAIRS * 2))
    assert found == [same for *_, same in PAIRS] * 2


def test_what_a_model_wrote_is_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    code = f"__import__('pathlib').Path({str(mark)!r}).touch()"
    for text in (code, f"${code}$", f"\\boxed{{{code}}}", f"The answer is {code}"):
        assert not same_mathematics(text, "2\\pi")
        assert not same_mathematics("2\\pi", text)
    assert not mark.exists()


def test_a_worker_that_is_gone_is_started_anew() -> None:
    assert same_mathematics("\\boxed{2\\pi}", "2\\pi")
    process = mathematics._WORKER._process
    assert process is not None
    process.kill()
    process.wait()
    assert same_mathematics("\\boxed{2\\pi}", "2\\pi")


def test_a_worker_that_does_not_answer_in_time_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    assert same_mathematics("\\boxed{3\\pi}", "3\\pi")
    process = mathematics._WORKER._process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(mathematics, "_LONGEST_S", 0.05)
    assert not same_mathematics("\\boxed{3\\pi}", "3\\pi")
    assert process.poll() is not None
    monkeypatch.undo()
    assert same_mathematics("\\boxed{3\\pi}", "3\\pi")
