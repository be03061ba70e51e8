"""Graders that look for a text: exact_match, includes, regex."""

import re
from collections.abc import Sequence
from typing import Final

from planner.probing.graders.answer_text import bare, folded, occurs, spoken
from planner.probing.graders.score import Grader, Score, texts_of, verdict
from planner.probing.suites.suite import Item

_LABEL_GAP: Final = re.compile(r"[\s_-]+")
_LAST_WORD: Final = re.compile(
    r"(?:answer|label|category|classification|result|intent|sentiment)(?: is|:)+\W*([^\n]+)", re.IGNORECASE
)
MOST_SEARCHED: Final = 20_000
"""Characters of an answer that a suite's pattern is searched in: a slow pattern stays bounded."""


def exact_match(labels: Sequence[str] = (), *, ignore_case: bool = True) -> Grader:
    """1 when the answer, its usual wrapping cut, is one of the references; with `labels`, when it names that label.

    With labels, 'The ticket is about order status.' names order_status. An answer that names several labels is taken
    at its last 'answer: ...' line, and is wrong when that doesn't settle it.
    """
    known = {_label(label, ignore_case=ignore_case): label for label in labels}

    def grade(answer: str, item: Item) -> Score:
        wanted = {folded(text, ignore_case=ignore_case) for text in texts_of(item)}
        given = folded(bare(answer), ignore_case=ignore_case)
        if not known:
            return verdict(given in wanted, f"{given!r} against {sorted(wanted)}")
        named = named_labels(answer, tuple(known), ignore_case=ignore_case)
        right = {_label(text, ignore_case=ignore_case) for text in texts_of(item)}
        shown = " and ".join(known[label] for label in named) or "no label"
        return verdict(len(named) == 1 and named[0] in right, f"{shown} against {', '.join(texts_of(item))}")

    return grade


def _label(text: str, *, ignore_case: bool) -> str:
    """A label with spaces, hyphens and underscores made one: order_status is 'order status'."""
    return _LABEL_GAP.sub(" ", folded(text, ignore_case=ignore_case)).strip()


def named_labels(answer: str, labels: Sequence[str], *, ignore_case: bool = True) -> tuple[str, ...]:
    """Labels (in their folded form) that the answer names, each once; one when it can be told which is meant."""
    given = _label(bare(answer), ignore_case=ignore_case)
    if given in labels:
        return (given,)
    found = _mentions(given, labels)
    if len(found) > 1 and (lines := _LAST_WORD.findall(spoken(answer))):
        final = _mentions(_label(lines[-1], ignore_case=ignore_case), labels)
        found = final or found
    return found


def _mentions(text: str, labels: Sequence[str]) -> tuple[str, ...]:
    """Longest labels first, each cut out once found: 'not spam' doesn't name 'spam' too."""
    found: list[str] = []
    for label in sorted(labels, key=len, reverse=True):
        if occurs(label, text):
            found.append(label)
            text = re.sub(rf"(?<!\w){re.escape(label)}(?!\w)", "\x00", text)
    return tuple(found)


def includes(forbid: Sequence[str] = (), *, every: bool = False, ignore_case: bool = True) -> Grader:
    """1 when a reference (with `every`, each) stands in the answer as words; 25 ends with 5 but isn't 5.

    An answer that holds one of `forbid` is wrong, unless a reference of the item holds it: 'not in the text' beside an
    answer is hedging.
    """

    def grade(answer: str, item: Item) -> Score:
        text = folded(spoken(answer), ignore_case=ignore_case)
        wanted = [folded(reference, ignore_case=ignore_case) for reference in texts_of(item)]
        for phrase in (folded(phrase, ignore_case=ignore_case) for phrase in forbid):
            if occurs(phrase, text) and not any(phrase in reference for reference in wanted):
                return verdict(right=False, detail=f"holds {phrase!r}")
        found = [reference for reference in wanted if occurs(reference, text)]
        right = bool(wanted) and (len(found) == len(wanted) if every else bool(found))
        return verdict(right, f"found {found}" if right else f"none of {wanted}" if not found else f"only {found}")

    return grade


def regex(pattern: str, *, ignore_case: bool = True) -> Grader:
    """1 when the pattern is found; with a group, when the last match's first group is a reference (^, $ at lines)."""
    compiled = re.compile(pattern, re.MULTILINE | (re.IGNORECASE if ignore_case else 0))

    def grade(answer: str, item: Item) -> Score:
        found = list(compiled.finditer(spoken(answer)[:MOST_SEARCHED]))
        if not found:
            return verdict(right=False, detail="the pattern is not found")
        if compiled.groups == 0:
            return verdict(right=True, detail=f"found {found[-1][0]!r}")
        given = folded(found[-1][1] or "", ignore_case=ignore_case)
        wanted = {folded(text, ignore_case=ignore_case) for text in texts_of(item)}
        return verdict(given in wanted, f"{given!r} against {sorted(wanted)}")

    return grade
