"""Graders that look for a text: exact_match, includes, regex."""

import re
from collections.abc import Sequence
from typing import Final

from planner.probing.graders.answer_text import bare, folded, occurs, spoken
from planner.probing.graders.labels import folded_label, named_labels
from planner.probing.graders.score import Grader, Score, texts_of, verdict
from planner.probing.suites.suite import Item

MOST_SEARCHED: Final = 20_000
"""Characters of an answer that a suite's pattern is searched in: a slow pattern stays bounded."""


def exact_match(labels: Sequence[str] = (), *, ignore_case: bool = True) -> Grader:
    """1 when the answer, its usual wrapping cut, is one of the references; with `labels`, when it names that label.

    With labels, 'The ticket is about order status.' names order_status. An answer that names several labels is taken
    at its last 'answer: ...' line, and is wrong when that doesn't settle it.
    """
    known = {folded_label(label, ignore_case=ignore_case): label for label in labels}

    def grade(answer: str, item: Item) -> Score:
        wanted = {folded(text, ignore_case=ignore_case) for text in texts_of(item)}
        given = folded(bare(answer), ignore_case=ignore_case)
        if not known:
            return verdict(given in wanted, f"{given!r} against {sorted(wanted)}")
        named = named_labels(answer, tuple(known), ignore_case=ignore_case)
        right = {folded_label(text, ignore_case=ignore_case) for text in texts_of(item)}
        shown = " and ".join(known[label] for label in named) or "no label"
        return verdict(len(named) == 1 and named[0] in right, f"{shown} against {', '.join(texts_of(item))}")

    return grade


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
