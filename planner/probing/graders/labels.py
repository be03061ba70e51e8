r"""Which of the allowed labels an answer names.

Labels of words ('order_status', 'not spam') are looked for as words. A label of one letter, a Roman numeral or a number
('A', 'II', '4') is also an ordinary word or part of the text, so it counts only where it stands as a choice: the whole
answer, behind a mark ('the answer is b', '答案是B', 'option C', \boxed{D}), in front with its bracket or stop ('B) a
whale'), or as a capital on its own. The article 'A' and the pronoun 'I' are no labels.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from planner.probing.graders.answer_text import bare, folded, occurs, spoken
from planner.probing.graders.reading.final import marked
from planner.probing.graders.reading.numerals import plain_numerals
from planner.probing.graders.reading.words import SPACELESS

_GAP: Final = re.compile(r"[\s_-]+")
_SHORT: Final = re.compile(r"[^\W_]|[ivx]{1,4}|\d{1,2}", re.IGNORECASE)
_WORD_MARK: Final = re.compile(
    r"(?:label|category|classification|result|intent|sentiment|kategorie|catégorie|categoría|类别|カテゴリ)"
    r"(?: is| ist| est| es|:|是|は)+\W*([^\n]+)",
    re.IGNORECASE,
)
_CHOICE: Final = re.compile(
    r"(?<![^\W_])(?:options?|choices?|answers?|opción|opção|opzione|auswahl|möglichkeit|variante?|wahl|вариант|选项|選項|選択肢|보기"
    r"|विकल्प|الخيار|ข้อ)\s*[:：]?\s*[*_]*[\s(\[（【]*([^\W_][^\W_]{0,3})(?![^\W_])",
    re.IGNORECASE,
)
_LEADING: Final = re.compile(
    r"^[ \t*_#>-]*[(\[（【]?([^\W_]{1,4})(?:[)\]）】]|[.:：、](?=\s|$)|[*_]{1,2}(?=\s|$)|\s[-–—]\s)", re.MULTILINE
)
_WORDS_AFTER_LABEL: Final = frozenset(
    {"is", "was", "and", "or", "because", "since", "as", "looks", "seems", "but"}
    | {"ist", "und", "oder", "weil", "est", "et", "ou", "car", "es", "y", "o", "porque", "è", "e", "é"}
)
_WORDS_AFTER_ONE: Final = frozenset({"is", "and", "or", "ist", "und", "est", "et", "es", "y"})
"""Behind the label I: what the pronoun never has behind it."""
_ARTICLES: Final = frozenset({"a", "i", "o", "e", "y", "à", "é", "è"})
"""Labels that are also small words: English, Spanish, Portuguese, Italian, French."""
_OR: Final = re.compile(
    r"^[*_)\]）.\s]*(?:,|/|\b(?:or|and|oder|und|ou|et|o|y|e)\b|或者?|和|または|や|또는)[\s(*_\[]*", re.IGNORECASE
)
_NEGATED: Final = re.compile(
    r"(?:\b(?:not|no|nicht|kein|pas|non|não|niet|neither|nor|rather than|instead of)|n't|不是|不|не)"
    r"(?:\s+(?:about|a|an|the|for|of|really|be|option|die|das|der|ein|eine|la|le|el|un|une|una))*\s*[\"'“(*_]*$",
    re.IGNORECASE,
)
_REACH: Final = 60
"""Characters before a label in which a 'not' denies it."""
_LONGEST: Final = 20_000
"""Characters of an answer, counted from its end, in which short labels are looked for."""
_CAPITAL: Final = re.compile(
    rf"(?<![^\W{SPACELESS}\uac00-\ud7af])([A-ZÀ-ÞА-Я]{{1,4}}|\d{{1,2}})(?![^\W{SPACELESS}\uac00-\ud7af])(?!['’.,]\w)"
)
_PARTS: Final = re.compile(r"(?<=\d)\s*(?:/|out of|von|sur|de|из)\s*\d+", re.IGNORECASE)


def folded_label(text: str, *, ignore_case: bool = True) -> str:
    """A label with spaces, hyphens and underscores made one: order_status is 'order status'."""
    return _GAP.sub(" ", folded(text, ignore_case=ignore_case)).strip()


def named_labels(answer: str, labels: Sequence[str], *, ignore_case: bool = True) -> tuple[str, ...]:
    """Labels (in their folded form) that the answer names, each once; one when it can be told which is meant."""
    given = folded_label(bare(answer), ignore_case=ignore_case)
    if given in labels:
        return (given,)
    if labels and all(_SHORT.fullmatch(label) for label in labels):
        return _short_labels(answer, labels)
    found = _mentions(given, labels)
    if len(found) > 1:
        lines = _WORD_MARK.findall(spoken(answer))
        last = marked(spoken(answer)) or (lines[-1] if lines else "")
        final = _mentions(folded_label(last, ignore_case=ignore_case), labels)
        found = final or found
    if len(found) > 1:
        found = tuple(label for label in found if not _denied(given, label)) or found
    return found


def _mentions(text: str, labels: Sequence[str]) -> tuple[str, ...]:
    """Longest labels first, each cut out once found: 'not spam' doesn't name 'spam' too."""
    found: list[str] = []
    for label in sorted(labels, key=len, reverse=True):
        if occurs(label, text):
            found.append(label)
            text = text.replace(label, "\x00")
    return tuple(found)


def _denied(text: str, label: str) -> bool:
    """Whether every mention of the label stands behind a 'not'."""
    places = [match.start() for match in re.finditer(re.escape(label), text)]
    return bool(places) and all(_NEGATED.search(text[max(0, place - _REACH) : place]) for place in places)


def _short_labels(answer: str, labels: Sequence[str]) -> tuple[str, ...]:
    """Short labels that stand as a choice; the surest way of standing so decides."""
    known = {label.casefold(): label for label in labels}
    text = _PARTS.sub("", plain_numerals(spoken(answer)[-_LONGEST:]))
    final = marked(text)
    first = re.sub(r"[\s*_().\[\]]", "", text.split("\n", 1)[0])
    ways: list[Iterable[str]] = []
    if final is not None:
        ways += [_at_start(final, known), _capitals(final, known)]
    choices = _CHOICE.findall(text)
    ways += [choices[-1:], [first], _LEADING.findall(text), _capitals(text, known)]
    for way in ways:
        found = tuple(dict.fromkeys(known[one.casefold()] for one in way if one.casefold() in known))
        if found:
            return found
    return ()


def _at_start(text: str, known: dict[str, str]) -> list[str]:
    """Labels that a marked answer begins with: one, or those that 'or' joins to it."""
    found: list[str] = []
    rest = text.lstrip(" *_([{（【\"'“:：$")
    rest = re.sub(r"^(?:option|choice|letter|opción|opção|选项)\s*[(*]*", "", rest, flags=re.IGNORECASE)
    while match := re.match(rf"([^\W_{SPACELESS}]{{1,4}})(?![^\W_{SPACELESS}\uac00-\ud7af])", rest):
        if match[1].casefold() not in known or _is_small_word(match[1], rest[match.end() :]):
            break
        found.append(match[1])
        joined = _OR.match(rest[match.end() :])
        if joined is None or len(found) > 1:
            break
        rest = rest[match.end() + joined.end() :]
    return found


def _is_small_word(word: str, after: str) -> bool:
    """Whether a label reads as the article or pronoun: a word follows that no label has behind it."""
    following = re.match(r"\s+([^\W\d_]+)", after)
    if word.casefold() not in _ARTICLES or following is None:
        return False
    allowed = _WORDS_AFTER_ONE if word.casefold() == "i" else _WORDS_AFTER_LABEL
    return following[1].casefold() not in allowed


def _capitals(text: str, known: dict[str, str]) -> list[str]:
    """Labels that stand on their own as written in capitals, or as digits; not behind a 'not'."""
    found: list[str] = []
    for match in _CAPITAL.finditer(text):
        is_word = _is_small_word(match[1], text[match.end() :])
        before = text[max(0, match.start() - _REACH) : match.start()]
        if match[1].casefold() in known and not is_word and not _NEGATED.search(before):
            found.append(match[1])
    return found
