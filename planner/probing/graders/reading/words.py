"""Where a word begins and ends, in scripts with and without spaces.

| Script | Beside it |
|---|---|
| Latin, Cyrillic, Greek, Arabic, Devanagari ... | another letter, digit or mark of any of these continues the word |
| Chinese, Japanese, Thai, Lao, Khmer, Burmese | no spaces: a word of another script beside it stands alone |
| Korean | particles follow a word without a space ('서울입니다'); before it a word begins |
"""

import re
import unicodedata
from typing import Final

SPACELESS: Final = (
    "\u0e00-\u0e4f\u0e5a-\u0eff\u1000-\u103f\u1780-\u17df\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003134f"
)
"""Characters of scripts that put no spaces between words, as a class of a regular expression."""
_SPACELESS: Final = re.compile(f"[{SPACELESS}]")
_HANGUL: Final = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_TOKEN: Final = re.compile(f"[{SPACELESS}]|[^\\W_{SPACELESS}]+")


def tokens_of(text: str) -> list[str]:
    """Words and numbers, marks kept with their letters; a character of a script without spaces is a word."""
    joined = "".join(_stand_in(letter) for letter in text)
    return _TOKEN.findall(joined)


def _stand_in(letter: str) -> str:
    """A combining mark outside the scripts without spaces would split its word: it goes."""
    return "" if unicodedata.category(letter).startswith("M") and not _SPACELESS.match(letter) else letter


def count_words_of(wanted: str, text: str) -> int:
    """How often `wanted` stands in `text` as words: 5 is not in 25, 2.5 or 1,500."""
    if not wanted:
        return 0
    places, count, start = len(wanted), 0, text.find(wanted)
    while start >= 0:
        if not _continues_before(text, start) and not _continues_after(text, start + places):
            count += 1
            start = text.find(wanted, start + places)
        else:
            start = text.find(wanted, start + 1)
    return count


def _continues_before(text: str, start: int) -> bool:
    """Whether the word at `start` began earlier."""
    first, before = text[start], text[:start][-2:]
    if not before or not _is_of_word(first) or _SPACELESS.match(first):
        return False
    if first.isdigit() and len(before) == 2 and before[0].isdigit() and before[1] in ".,":
        return True
    return _is_of_word(before[-1]) and not _SPACELESS.match(before[-1]) and _joins(before[-1], first)


def _continues_after(text: str, end: int) -> bool:
    """Whether the word that ends before `end` goes on."""
    last, after = text[end - 1], text[end : end + 2]
    if not after or not _is_of_word(last) or _SPACELESS.match(last):
        return False
    if last.isdigit() and len(after) == 2 and after[0] in ".," and after[1].isdigit():
        return True
    return _is_of_word(after[0]) and not _SPACELESS.match(after[0]) and not _HANGUL.match(after[0])


def _joins(before: str, first: str) -> bool:
    """Whether two characters are of one word: a Latin word or number after Korean letters is its own."""
    return not (_HANGUL.match(before) and not _HANGUL.match(first))


def _is_of_word(letter: str) -> bool:
    return letter == "_" or unicodedata.category(letter)[0] in "LNM"
