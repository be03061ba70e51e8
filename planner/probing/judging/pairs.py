"""Which answers of a run a judge compares, and what it is asked about two of them.

All pairs of up to three models; of more, each with the first one named, so that the price grows with their number and
not with its square. Answers to the same item, asked in the same way, the first repeat of each; every pair is asked in
both orders, and a preference that turns with the order is a tie.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from planner.errors import InputError
from planner.probing.costs import count_messages, most_prompt_tokens, worst_usd
from planner.probing.graders import spec_of
from planner.probing.graders.json_match import find_json
from planner.probing.graders.score import one_line
from planner.probing.judging.grading import JUDGE_TOKENS
from planner.probing.judging.judge import pair_messages, parse_choice
from planner.probing.settings import ProbeSettings
from planner.probing.suites.suite import Item, Suite
from planner.probing.tasks import conditions_of, items_of
from planner.probing.wire.questions import Answer, Message, Question
from planner.store.records import Choice, Target

_ALL_PAIRS: Final = 3
"""More models than this are compared with the first one alone."""
ORDERS: Final = 2


@dataclass(frozen=True, slots=True)
class PairRequest:
    """What the judge is asked about two answers in one order, with its worst-case cost and how its verdict is read."""

    question: Question
    worst_usd: float
    read: Callable[[Answer], tuple[Choice, str]]
    """Choice ('' where it can't be read) and reason."""


def pairs_of(targets: Sequence[Target]) -> tuple[tuple[str, str], ...]:
    """Names of the models that are compared."""
    names = [target.name for target in targets]
    if len(names) <= _ALL_PAIRS:
        return tuple(combinations(names, 2))
    return tuple((names[0], name) for name in names[1:])


def pairs_words(targets: Sequence[Target]) -> str:
    """Which pairs are compared, in words."""
    if len(targets) <= _ALL_PAIRS:
        return "each model with each other"
    return f"each model with {targets[0].name}, the first named: more than {_ALL_PAIRS} models are not compared all"


def count_verdicts(suite: Suite, targets: Sequence[Target], settings: ProbeSettings) -> int:
    """How many verdicts a run asks for at most; 0 where it compares nothing."""
    if not settings.pairwise:
        return 0
    compared = len(items_of(suite, settings)) * len(conditions_of(suite, settings))
    return ORDERS * len(pairs_of(targets)) * compared


def check_pairwise(targets: Sequence[Target], settings: ProbeSettings) -> None:
    """InputError when a run cannot compare answers pairwise and was asked to."""
    if not settings.pairwise:
        return
    if settings.judge is None:
        raise InputError("--pairwise", "", found="no judge", allowed="--judge MODEL: a model that compares")
    if len(targets) < ORDERS:
        raise InputError("--pairwise", "", found="one model", allowed="at least two models that can be reached")
    if settings.rate_per_s is not None:
        raise InputError(
            "--pairwise", "", found="--rate", allowed="one of them: a load run keeps no answers to compare"
        )


def own_judge_lines(suite: Suite, targets: Sequence[Target], settings: ProbeSettings) -> tuple[str, ...]:
    """A warning for each model that would judge its own answers; models favour what they wrote (arXiv 2404.13076)."""
    judge = settings.judge
    judges = settings.pairwise or any(spec_of(suite, item).kind == "llm_judge" for item in suite.items)
    if judge is None or not judges:
        return ()
    return tuple(
        f"{judge.name} judges answers of its own ({target.name}): models favour what they wrote; take another judge"
        for target in targets
        if _same(judge, target)
    )


def _same(one: Target, other: Target) -> bool:
    """Whether two targets are one model, by whatever provider."""
    if one.catalog_model is not None and one.catalog_model == other.catalog_model:
        return True
    return (one.litellm_model, one.api_base) == (other.litellm_model, other.api_base)


def pair_request(suite: Suite, item: Item, first: str, second: str, settings: ProbeSettings) -> PairRequest:
    """The request by which a judge compares two answers to one item, in this order."""
    judge = settings.judge
    assert judge is not None
    said = pair_messages(spec_of(suite, item).rubric, first, second, item)
    messages = tuple(Message(one["role"], one["content"]) for one in said)
    most = most_prompt_tokens(messages, count_messages(messages), judge)
    question = Question(judge, messages, JUDGE_TOKENS, 0.0, None, settings.timeouts)
    return PairRequest(question, worst_usd(judge, most, JUDGE_TOKENS), _read)


def _read(answer: Answer) -> tuple[Choice, str]:
    choice = parse_choice(answer.text)
    if choice is None:
        return "", one_line(f"no verdict to be read: {answer.text}")
    found = find_json(answer.text)
    return choice, one_line(str(found.get("reason", "")) if isinstance(found, dict) else "")
