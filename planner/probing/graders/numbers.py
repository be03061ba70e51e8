"""The numeric grader, and which of an answer's numbers is its answer."""

import re
from dataclasses import dataclass
from typing import Final

from planner.probing.graders.answer_text import spoken
from planner.probing.graders.maths.compare import same_mathematics
from planner.probing.graders.reading.final import marked, without_asides
from planner.probing.graders.reading.languages import language_of
from planner.probing.graders.reading.numbers import Number, numbers_in
from planner.probing.graders.reading.numerals import chinese_number, plain_numerals
from planner.probing.graders.score import Grader, Score, texts_of, verdict
from planner.probing.suites.suite import Item

_SLACK: Final = 1e-9
"""Relative slack for numbers that binary floats cannot hold."""
_PARENTHESES: Final = re.compile(r"\([^()]*\)")
_BOLD: Final = re.compile(r"\*\*([^*\n]*\d[^*\n]*)\*\*")
_SPREAD: Final = re.compile(r"(?:±|\+/-|\\pm)\s*\d+(?:[.,]\d+)?")
_ROUNDED: Final = re.compile(r"(?<=\d)(?:\s*(?:≈|\\approx)\s*\d+(?:[.,]\d+)?)")
"""A rounded form beside the exact one: '1/6 ≈ 0.1667'."""
_SEVERAL: Final = re.compile(r"\s*\$?\s*(?:\\left)?\\?[(\[{]\s*-?\d[\d.]*\s*[,;]")
"""A pair, an interval or a set of numbers: no one number."""
_CLAUSE: Final = re.compile(r"[;；]")
_SENTENCE: Final = re.compile(r"(?<=[.!?。！？])\s+(?=\S)|\n")
_LONGEST: Final = 20_000
"""Characters of an answer, counted from its end, in which its number is looked for."""


@dataclass(frozen=True, slots=True)
class _Meant:
    """A number that is compared, and whether it was written as a percentage."""

    value: float
    is_percent: bool


def numeric(tolerance: float = 0.0, *, relative: bool = False) -> Grader:
    """1 when the answer's number is within `tolerance` of a reference (a share of the reference when `relative`).

    The answer's number is the one after its last 'answer is' (in many languages), '####' or boxed mark; without one,
    the last one of its last line, what stands after '=' first. Units and currency signs are passed over, a percentage
    equals its share. A reference that is no number (a root, x+1) is compared as mathematics.
    """

    def grade(answer: str, item: Item) -> Score:
        references = texts_of(item)
        given = _meant(answer)
        if given is None and not any(_is_expression(text) for text in references):
            return verdict(right=False, detail="no number in the answer")
        wanted = [each for text in references if not _SEVERAL.match(text) for each in _wanted(text, answer)]
        exact = _meant(_ROUNDED.sub("", answer))
        for one in dict.fromkeys(each for each in (given, exact) if each is not None):
            if any(_is_near(one, each, tolerance, relative=relative) for each in wanted):
                return verdict(right=True, detail=f"{one.value:.12g}, as wanted")
        for text in references:
            if _is_expression(text) and same_mathematics(spoken(answer), text):
                return verdict(right=True, detail=f"the same as {text}")
        shown = " or ".join(f"{each.value:.12g}" for each in wanted) or " or ".join(references)
        return verdict(right=False, detail=f"{'no number' if given is None else f'{given.value:.12g}'} against {shown}")

    return grade


def is_close(given: float, wanted: float, tolerance: float, *, relative: bool) -> bool:
    """Whether the difference is within the tolerance, with slack for binary floats."""
    allowed = tolerance * abs(wanted) if relative else tolerance
    return abs(given - wanted) <= allowed + _SLACK * max(1.0, abs(wanted))


def _is_near(given: _Meant, wanted: _Meant, tolerance: float, *, relative: bool) -> bool:
    """Whether two numbers are the same; where one alone is a percentage, its share counts too."""
    if is_close(given.value, wanted.value, tolerance, relative=relative):
        return True
    if given.is_percent == wanted.is_percent:
        return False
    ours = given.value / 100.0 if given.is_percent else given.value
    theirs = wanted.value / 100.0 if wanted.is_percent else wanted.value
    return is_close(ours, theirs, tolerance, relative=relative)


def final_number(answer: str) -> float | None:
    """The number that the answer ends on; None without one."""
    found = _meant(answer)
    return found.value if found is not None else None


def _wanted(reference: str, answer: str) -> list[_Meant]:
    """What a reference says, read as English and as the answer's language writes it: '1.234' may be either."""
    readings = [_meant(reference), _meant(reference, language_of(spoken(answer)))]
    return list(dict.fromkeys(each for each in readings if each is not None))


def _meant(answer: str, language: str | None = None) -> _Meant | None:
    text = spoken(answer)[-_LONGEST:]
    language = language or language_of(text)
    found = _of_marked(text, language) or _of_last_line(text, language)
    if found is not None:
        return _Meant(found.value, found.is_percent)
    number = chinese_number(text)
    return _Meant(number, is_percent=False) if number is not None else None


def _of_marked(text: str, language: str | None) -> Number | None:
    """The number of what follows the last mark: after its last '=', else its first."""
    answer = marked(text)
    if answer is None:
        return None
    sentence = _SENTENCE.split(_SPREAD.sub("", answer))[0]
    after = sentence.rpartition("=")[2] if _is_equation(sentence) else sentence
    for part in (after, sentence, answer):
        numbers = _numbers(part, language)
        if numbers:
            return numbers[0]
    return None


def _is_equation(sentence: str) -> bool:
    """Whether the first thing said is a sum: '12 + 5 = 17'; '42, since 6*7=42' says its answer first."""
    return re.match(r"[^,;(]*=", sentence) is not None


def _of_last_line(text: str, language: str | None) -> Number | None:
    """The number of the last line that has one: the last bold, the one after '=', else the last outside brackets."""
    for line in reversed(without_asides(text).splitlines()):
        if not _numbers(line, language):
            continue
        bold = _BOLD.findall(line)
        if bold and (numbers := _numbers(bold[-1], language)):
            return numbers[-1]
        plain = _SPREAD.sub("", line)
        plain = next((part for part in reversed(_CLAUSE.split(plain)) if _numbers(part, language)), plain)
        for part in (_PARENTHESES.sub(" ", plain), plain):
            if numbers := _numbers(part.rpartition("=")[2], language) or _numbers(part, language):
                return numbers[0] if "=" in part and _numbers(part.rpartition("=")[2], language) else numbers[-1]
    return None


def _numbers(text: str, language: str | None) -> list[Number]:
    return numbers_in(plain_numerals(text), language)


def _is_expression(reference: str) -> bool:
    """Whether a reference is mathematics beyond one number: letters of LaTeX, variables, roots, tuples."""
    if _SEVERAL.match(reference):
        return True
    plain = plain_numerals(reference).strip().strip("$").strip()
    numbers = numbers_in(plain)
    rest = plain if len(numbers) != 1 else plain[: numbers[0].start] + plain[numbers[0].end :]
    return bool(re.search(r"\\[a-z]+|[a-z]\s*[-+^=]|√|π|[(\[]\s*-?\d+\s*,", rest, re.IGNORECASE))
