"""The code_execution grader: the code in an answer, run against its item's tests."""

import ast
import re
from typing import Final

from planner.probing.graders.answer_text import spoken
from planner.probing.graders.score import Grader, Score, Ungraded, one_line, verdict
from planner.probing.sandbox.run import Sandbox, run_tests
from planner.probing.suites.suite import Item

_FENCE: Final = re.compile(r"```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
_PYTHON: Final = frozenset({"", "python", "py", "python3"})


def code_execution(sandbox: Sandbox, time_limit_s: float = 5.0) -> Grader:
    """1 when the answer's code passes every test of its item; blocks while it runs (use a thread).

    Not graded where the tests need what the sandbox cannot run or tell.
    """

    def grade(answer: str, item: Item) -> Score | Ungraded:
        code = find_code(answer)
        if not code.strip():
            return verdict(right=False, detail="no code in the answer")
        outcome = run_tests(code, item.tests, sandbox, time_limit_s)
        if outcome.passed is None:
            return Ungraded(one_line(outcome.detail))
        return verdict(outcome.passed, outcome.detail)

    return grade


def find_code(answer: str) -> str:
    """The Python of an answer: its fenced Python blocks joined when they compile together, else the longest; or all.

    An answer that the token limit cut inside its fence is taken up to there.
    """
    text = spoken(answer)
    blocks = [block for language, block in _FENCE.findall(text) if language.lower() in _PYTHON]
    if not blocks:
        return text
    defining = [block for block in blocks if "def " in block or "class " in block or "=" in block]
    joined = "\n".join(defining or blocks)
    return joined if _compiles(joined) else max(blocks, key=len)


def _compiles(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
