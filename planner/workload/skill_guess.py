"""A first guess of the skill from sample prompts: plain rules that say why, and no guess where they disagree."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from planner.terms import Skill
from planner.workload.samples import Sample

_AGREE: Final = 0.6
"""Share of the samples that must point to one skill."""
_LABEL_WORDS: Final = 5
"""A label has at most this many words."""


@dataclass(frozen=True, slots=True)
class SkillGuess:
    """The skill that most samples point to."""

    skill: Skill
    share: float
    """Share of the samples that point to it."""
    reason: str
    """What in the samples says so."""


_READ_CHARACTERS: Final = 4000
"""Characters of a prompt that are looked at: instructions stand at its beginning."""


@dataclass(frozen=True, slots=True)
class _Rule:
    skill: Skill
    reason: str
    pattern: str

    def matches(self, prompt: str) -> bool:
        return re.search(self.pattern, prompt, re.IGNORECASE) is not None


_SOURCES: Final = "(following|above|below|context|document|passage|manual|article|policy|handbook)s?"
_TOOLS_OF_CODE: Final = (
    "python|javascript|typescript|java|rust|sql|bash|css|php|swift|pandas|react|kubernetes|docker|terraform"
    "|regex|regular expression|unit test|refactor|compile|git"
)
_RULES: Final[tuple[_Rule, ...]] = (
    _Rule("translation", "they ask for a translation", r"\b(translat\w+|übersetze?n?|tradui\w+|traduc\w+|vertaal)\b"),
    _Rule("summarization", "they ask for a summary", r"\b(summari[sz]e|summary|tl;?dr|zusammenfass\w+|résume[rz]?)\b"),
    _Rule(
        "agentic", "they tell a model to use tools", r"\b(call (the|a) tool|use (the|your) tools?|available tools)\b"
    ),
    _Rule(
        "grounded_qa",
        "they bring or name the text that the answer must come from",
        rf"\bcontext:|\b(according to|based on|using only) (the|this|these) {_SOURCES}",
    ),
    _Rule("extraction", "they ask for fields", r"\b(extract|pull out|list the fields|(as|return|with) json)\b"),
    _Rule(
        "coding",
        "they contain or ask for code",
        rf"```|\bdef \w+\(|\b(stack ?trace|{_TOOLS_OF_CODE}|function that)\b",
    ),
    _Rule(
        "classification",
        "they ask for one of several labels",
        r"\b(classify|categori[sz]e|which (label|category|queue|class)|label (this|the)|one of the labels)\b",
    ),
    _Rule(
        "math",
        "they ask for a calculation",
        r"\b(calculate|compute|solve|how many|what percentage|equation|integral)\b",
    ),
    _Rule("writing", "they ask for a text to be written", r"\b(write|draft|compose|rewrite|redraft)\b"),
    _Rule("knowledge_qa", "they are plain questions", r"^\s*(who|what|when|where|which|how)\b[^\n]{0,200}\?\s*$"),
)
"""The first that matches a prompt is its vote: the more telling words stand first."""


def guess_skill(samples: Sequence[Sample]) -> SkillGuess | None:
    """The skill that at least 60 % of the samples point to, with the reason; None when unsure.

    References count before words: a few short answers that come again and again are labels, JSON objects are fields.
    """
    if not samples:
        return None
    by_shape = _guess_from_references(samples)
    if by_shape is not None:
        return by_shape
    votes = Counter(vote for sample in samples if (vote := _vote(sample.prompt)))
    if not votes:
        return None
    (skill, reason), count = votes.most_common(1)[0]
    share = count / len(samples)
    return SkillGuess(skill, share, f"{count} of {len(samples)}: {reason}") if share >= _AGREE else None


def _vote(prompt: str) -> tuple[Skill, str] | None:
    start = prompt[:_READ_CHARACTERS]
    return next(((rule.skill, rule.reason) for rule in _RULES if rule.matches(start)), None)


def _guess_from_references(samples: Sequence[Sample]) -> SkillGuess | None:
    references = [sample.reference.strip() for sample in samples if sample.reference]
    if len(references) < _AGREE * len(samples):
        return None
    objects = sum(_is_json_object(reference) for reference in references)
    if objects >= _AGREE * len(samples):
        return SkillGuess("extraction", objects / len(samples), f"{objects} of {len(samples)} answers are JSON objects")
    labels = {reference.casefold() for reference in references}
    short = sum(len(reference.split()) <= _LABEL_WORDS for reference in references)
    if short >= 0.95 * len(references) and len(references) >= 10 and len(labels) <= len(references) / 2:
        reason = f"{len(references)} short answers, only {len(labels)} different ones"
        return SkillGuess("classification", short / len(samples), reason)
    return None


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
