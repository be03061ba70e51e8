"""The rules grader: constraints on form that a program can check, as in IFEval (arXiv 2311.07911)."""

import re
from collections.abc import Iterator
from typing import Final

from planner.probing.graders.answer_text import count_of, folded, occurs, spoken
from planner.probing.graders.score import Grader, Score, one_line
from planner.probing.graders.text_match import MOST_SEARCHED
from planner.probing.suites.suite import Item, Rules

_SENTENCE_END: Final = re.compile(r"[.!?。！？]+[\"'”’)\]*]*(?=\s|\Z)")
_SHORT: Final = re.compile(r"\b(?:e\.g|i\.e|etc|Mr|Mrs|Ms|Dr|St|No|vs|approx)\.(?=\s)", re.IGNORECASE)
_BULLET: Final = re.compile(r"^\s*[-*•]\s+\S", re.MULTILINE)


def rules() -> Grader:
    """Share of the item's rules that the answer keeps; an empty answer keeps none."""

    def grade(answer: str, item: Item) -> Score:
        text = spoken(answer)
        checks = list(checked(text, item.rules)) if item.rules else []
        if not text or not checks:
            return Score(0.0, "no answer" if not text else "no rules")
        broken = [name for name, kept in checks if not kept]
        kept_share = (len(checks) - len(broken)) / len(checks)
        return Score(kept_share, one_line(f"broken: {'; '.join(broken)}" if broken else "all rules kept"))

    return grade


def checked(text: str, asked: Rules) -> Iterator[tuple[str, bool]]:
    """Each rule in words, and whether the text keeps it."""
    yield from _lengths(text, asked)
    yield from _ends(text, asked)
    yield from _words(text, asked)
    yield from _patterns(text, asked)


def count_words(text: str) -> int:
    """Words as people count them: what white space separates, with a letter or digit in it."""
    return sum(any(letter.isalnum() for letter in word) for word in text.split())


def count_sentences(text: str) -> int:
    """Runs of . ! ? before white space or the end; 'e.g.' and 'Dr.' end no sentence; unended last words are one."""
    plain = _SHORT.sub(lambda found: found[0][:-1], text.strip())
    ends = list(_SENTENCE_END.finditer(plain))
    return len(ends) + (plain[ends[-1].end() if ends else 0 :].strip() != "")


def _lengths(text: str, asked: Rules) -> Iterator[tuple[str, bool]]:
    words = count_words(text)
    if asked.min_words is not None:
        yield f"at least {asked.min_words} words ({words})", words >= asked.min_words
    if asked.max_words is not None:
        yield f"at most {asked.max_words} words ({words})", words <= asked.max_words
    counts = (
        ("sentences", asked.sentences, count_sentences(text)),
        ("lines", asked.lines, sum(1 for line in text.split("\n") if line.strip())),
        ("paragraphs", asked.paragraphs, sum(1 for part in re.split(r"\n\s*\n", text) if part.strip())),
        ("bullets", asked.bullets, len(_BULLET.findall(text))),
    )
    for name, wanted, found in counts:
        if wanted is not None:
            yield f"{wanted} {name} ({found})", found == wanted


def _ends(text: str, asked: Rules) -> Iterator[tuple[str, bool]]:
    if asked.starts_with is not None:
        yield f"starts with {asked.starts_with!r}", text.startswith(asked.starts_with)
    if asked.ends_with is not None:
        yield f"ends with {asked.ends_with!r}", text.endswith(asked.ends_with)
    if asked.letter_case is not None:
        cased = text.lower() if asked.letter_case == "lower" else text.upper()
        yield f"all letters {asked.letter_case}-case", text == cased


def _words(text: str, asked: Rules) -> Iterator[tuple[str, bool]]:
    plain = folded(text)
    for wanted in asked.must_include:
        yield f"has {wanted!r}", any(occurs(folded(each), plain) for each in wanted.split("|"))
    for unwanted in asked.must_not_include:
        yield f"doesn't have {unwanted!r}", not any(occurs(folded(each), plain) for each in unwanted.split("|"))
    for word, wanted_count in asked.counts.items():
        found = count_of(folded(word), plain)
        yield f"{word!r} {wanted_count} times ({found})", found == wanted_count


def _patterns(text: str, asked: Rules) -> Iterator[tuple[str, bool]]:
    searched = text[:MOST_SEARCHED]
    for pattern in asked.must_match:
        yield f"matches {pattern}", re.search(pattern, searched, re.MULTILINE) is not None
    for pattern in asked.must_not_match:
        yield f"doesn't match {pattern}", re.search(pattern, searched, re.MULTILINE) is None
