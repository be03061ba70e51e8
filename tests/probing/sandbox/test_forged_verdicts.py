"""Answers that try to pass without being right. None may; 'not graded' is no pass."""

import pytest
from sandbox_cases import Case, Judge, cases, name_of

TESTS = "assert f(3) == 9\nassert f(4) == 16\n"


@pytest.mark.parametrize("case", cases("forged"), ids=name_of)
def test_no_forgery_passes(judge: Judge, case: Case) -> None:
    assert not judge(case["answer"], TESTS, clock_s=8.0).passed


@pytest.mark.parametrize("case", cases("own_word"), ids=name_of)
def test_an_objects_own_word_decides_nothing(judge: Judge, case: Case) -> None:
    assert not judge(case["answer"], case["tests"]).passed


def test_an_object_that_differs_from_itself_is_taken_for_itself(judge: Judge) -> None:
    answer = "class E:\n    def __ne__(self, o): return True\ndef f(x): return E()"
    assert judge(answer, "a = f(1)\nassert not a != a").passed
