"""Grading one answer: plain graders at once, code in a thread, a judge model by a request of its own."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from planner.errors import InputError
from planner.probing.costs import answer_usd, count_messages, is_free, most_prompt_tokens, worst_usd
from planner.probing.graders import Grader, Score, Ungraded, spec_of, suite_grader
from planner.probing.judging.judge import judge_messages, parse_mark
from planner.probing.sandbox.run import find_sandbox
from planner.probing.settings import ProbeSettings
from planner.probing.suites.suite import GraderSpec, Item, Suite
from planner.probing.wire.questions import Answer, Failure, Message, Question
from planner.store.records import Target

JUDGE_TOKENS: Final = 600
"""Longest verdict."""
_SLOW: Final = frozenset({"code_execution", "embedding", "rouge_l", "levenshtein", "chrf"})
"""Kinds that would hold up the loop."""


@dataclass(frozen=True, slots=True)
class Grading:
    """How the answers of a run are graded."""

    suite: Suite
    grader: Grader
    judge: Target | None

    def spec(self, item: Item) -> GraderSpec:
        """Grader of an item."""
        return spec_of(self.suite, item)

    def name(self, item: Item) -> str:
        """Name under which its grades are kept."""
        kind = self.spec(item).kind
        return f"{kind}:{self.judge.name}" if kind == "llm_judge" and self.judge else kind

    def is_judged(self, item: Item) -> bool:
        """Whether a model grades it."""
        return self.spec(item).kind == "llm_judge"


def new_grading(suite: Suite, settings: ProbeSettings) -> Grading:
    """The graders of a suite; InputError when one needs something that wasn't asked for."""
    specs = [spec_of(suite, item) for item in suite.items]
    if settings.judge is None and any(spec.kind == "llm_judge" for spec in specs):
        raise InputError(suite.name, "grader", found="llm_judge", allowed="--judge MODEL: a model that grades")
    sandbox = find_sandbox() if any(spec.kind == "code_execution" for spec in specs) and settings.allow_code else None
    grader = suite_grader(suite, allow_code=settings.allow_code, judge=_asked_elsewhere, sandbox=sandbox)
    return Grading(suite, grader, settings.judge)


def _asked_elsewhere(rubric: str, answer: str, item: Item) -> Score | None:
    """The judge's place: the runner asks it, because its request is reserved for and awaited like any other."""
    raise AssertionError(rubric, answer, item)


async def grade_plainly(grading: Grading, answer: str, item: Item) -> Score | Ungraded | None:
    """Score by a grader that asks nobody; in a thread when it takes long."""
    if grading.spec(item).kind in _SLOW:
        return await asyncio.to_thread(grading.grader, answer, item)
    return grading.grader(answer, item)


@dataclass(frozen=True, slots=True)
class JudgeRequest:
    """What the judge is asked, with its worst-case cost and how its answer is read."""

    question: Question
    worst_usd: float
    read: Callable[[Answer], Score | None]


def judge_request(grading: Grading, answer: str, item: Item, settings: ProbeSettings) -> JudgeRequest:
    """The request by which a judge model grades one answer."""
    judge = grading.judge
    assert judge is not None
    spec = grading.spec(item)
    messages = tuple(Message(said["role"], said["content"]) for said in judge_messages(spec.rubric, answer, item))
    question = Question(judge, messages, JUDGE_TOKENS, 0.0, None, settings.timeouts)
    most = most_prompt_tokens(messages, count_messages(messages), judge)

    def read(verdict: Answer) -> Score | None:
        mark = parse_mark(verdict.text)
        if mark is None or spec.threshold is None:
            return mark
        return Score(float(mark.value >= spec.threshold), mark.detail)

    return JudgeRequest(question, worst_usd(judge, most, JUDGE_TOKENS), read)


def judge_usd(judge: Target, outcome: Answer | Failure) -> float | None:
    """What a judge's request cost; None when nobody knows."""
    if isinstance(outcome, Answer):
        return answer_usd(judge, outcome)
    return None if outcome.may_be_billed and not is_free(judge) else 0.0
