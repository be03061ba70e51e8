"""Which grader suits a user's samples: by skill and by what the references look like, with the reason."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from planner.probing.graders.numbers import final_number
from planner.probing.suites.suite import GraderSpec
from planner.terms import Skill

_MOST_LABELS: Final = 60
_LABEL_WORDS: Final = 5
_SHORT_WORDS: Final = 6
_NUMBER_CHARACTERS: Final = 30
_WORKED: Final = re.compile(r"(?:^|\n)\s*####\s*[-−]?[$€£¥]?\s*[\d.,]+\s*%?\s*\Z")
"""A worked solution whose last line is '#### 72', the layout of GSM8K."""
_LETTER: Final = re.compile(r"[(\[]?([A-Za-z])[)\].]?")
_OFFERED: Final = re.compile(r"(?<![^\W_])\(?([A-Za-z])[).:]\s")
_LAST_LETTER: Final = "J"
"""Choices go this far at most: a reference 'X' is a text."""
_LABELS_REPEAT: Final = 2.0
"""Labels come again and again: at least this many samples a label, unless the skill is said to be classification."""


@dataclass(frozen=True, slots=True)
class GraderGuess:
    """A grader and why."""

    spec: GraderSpec
    reason: str
    """What the user is told; another grader can be asked for."""


def guess_grader(  # noqa: PLR0911 (one line a kind of reference)
    skill: Skill, references: Sequence[Any], prompts: Sequence[str] = ()
) -> GraderGuess:
    """A reasonable grader for references of this skill.

    Args:
        skill: What the samples exercise.
        references: Those that are known.
        prompts: What is asked: choices that stand in it ('A) trout  B) whale') are labels, chosen or not.
    """
    if not references:
        return GraderGuess(GraderSpec(kind="human"), "no sample has a reference: people label the answers")
    texts = [reference for reference in references if isinstance(reference, str)]
    if len(texts) < len(references) or all(_is_json(text) for text in texts):
        return _for_json(skill, references)
    if all(_WORKED.search(text) for text in texts):
        return GraderGuess(
            GraderSpec(kind="numeric"), "every reference is a worked solution that ends in '#### number'"
        )
    if letters := _letters(texts, prompts):
        reason = f"every reference is the letter of a choice, {letters[0]} to {letters[-1]}"
        return GraderGuess(GraderSpec(kind="exact_match", labels=letters), reason)
    if skill == "coding" and all("assert" in text for text in texts):
        return GraderGuess(GraderSpec(kind="code_execution"), "the references are Python tests")
    if all(_is_number(text) for text in texts) and skill in {"math", "reasoning", "extraction", "knowledge_qa"}:
        return GraderGuess(GraderSpec(kind="numeric"), "every reference is a number")
    return _for_texts(skill, texts)


def _for_layout(skill: Skill, texts: Sequence[str], prompts: Sequence[str]) -> GraderGuess | None:
    """The grader of a layout that many data sets share; None for another."""
    if all(_WORKED.search(text) for text in texts):
        return GraderGuess(GraderSpec(kind="numeric"), "every reference is a worked solution ending in '#### number'")
    if letters := _letters(texts, prompts):
        reason = f"every reference is the letter of a choice, {letters[0]} to {letters[-1]}"
        return GraderGuess(GraderSpec(kind="exact_match", labels=letters), reason)
    if skill == "coding" and all("assert" in text for text in texts):
        return GraderGuess(GraderSpec(kind="code_execution"), "the references are Python tests")
    return None


def _for_json(skill: Skill, references: Sequence[Any]) -> GraderGuess:
    if all(isinstance(reference, int | float) and not isinstance(reference, bool) for reference in references):
        return GraderGuess(GraderSpec(kind="numeric"), "every reference is a number")
    if all(
        isinstance(reference, list) and all(isinstance(each, str) for each in reference) for reference in references
    ):
        return GraderGuess(GraderSpec(kind="includes"), "the references are lists of accepted answers")
    partial = skill != "agentic"
    reason = "the references are JSON: " + ("the share of right fields counts" if partial else "all must be equal")
    return GraderGuess(GraderSpec(kind="json_equals", partial=partial), reason)


def _for_texts(skill: Skill, texts: Sequence[str]) -> GraderGuess:
    if labels := _labels(skill, texts):
        reason = f"the references are {len(labels)} labels that come again"
        return GraderGuess(GraderSpec(kind="exact_match", labels=labels), reason)
    if skill == "translation":
        return GraderGuess(GraderSpec(kind="chrf"), "translations are compared by characters")
    if skill == "summarization":
        return GraderGuess(GraderSpec(kind="rouge_l"), "summaries are compared by what they share in order")
    if sum(len(text.split()) for text in texts) / len(texts) <= _SHORT_WORDS:
        return GraderGuess(GraderSpec(kind="includes"), "the references are short: the answer must hold them")
    reason = "the references are texts: shared words count (a judge model or blind labels tell more)"
    return GraderGuess(GraderSpec(kind="f1"), reason)


def _labels(skill: Skill, texts: Sequence[str]) -> tuple[str, ...]:
    """The label set, when the references are one."""
    distinct = {" ".join(text.split()).casefold(): " ".join(text.split()) for text in texts}
    short = all(len(text.split()) <= _LABEL_WORDS for text in distinct)
    repeat = skill == "classification" or len(texts) >= _LABELS_REPEAT * len(distinct)
    few = 2 <= len(distinct) <= _MOST_LABELS
    return tuple(sorted(distinct.values())) if short and repeat and few else ()


def _letters(texts: Sequence[str], prompts: Sequence[str]) -> tuple[str, ...]:
    """The letters of the choices, when every reference is one: up to the last that is asked for or offered."""
    bare = [found[1].upper() if (found := _LETTER.fullmatch(text.strip())) else "" for text in texts]
    offered = [{letter.upper() for letter in _OFFERED.findall(prompt)} for prompt in prompts]
    choices = {letter for letters in offered if {"A", "B"} <= letters for letter in letters}
    asked = set(bare)
    if "" in asked or not (choices >= asked or len(asked) > 1):
        return ()
    last = max(asked | {letter for letter in choices if letter <= _LAST_LETTER})
    return tuple(chr(code) for code in range(ord("A"), ord(max(last, "B")) + 1)) if last <= _LAST_LETTER else ()


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _is_number(text: str) -> bool:
    return len(text) <= _NUMBER_CHARACTERS and any(map(str.isdigit, text[:4])) and final_number(text) is not None
