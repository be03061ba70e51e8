"""What a language writes: its decimal mark, its words for thousands and millions; CLDR's data, read through babel."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from babel import Locale
from babel.numbers import get_decimal_symbol, get_group_symbol

_EUROPE: Final = (
    "en",
    "en_IN",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "sv",
    "da",
    "nb",
    "fi",
    "pl",
    "cs",
    "ro",
    "hu",
    "el",
)
_FARTHER: Final = ("ru", "uk", "tr", "id", "vi", "th", "hi", "bn", "ar", "fa", "he", "ja", "ko", "zh", "zh_Hant")
LANGUAGES: Final = (*_EUROPE, *_FARTHER)
_OWN_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "de": ("der", "die", "das", "ist", "antwort", "lautet", "und", "beträgt", "sind", "also", "ergebnis"),
    "fr": ("la", "le", "est", "réponse", "et", "donc", "les", "résultat", "soit", "des", "coûte"),
    "es": ("el", "la", "es", "respuesta", "son", "los", "y", "por", "resultado", "cuesta", "total"),
    "it": ("il", "la", "è", "risposta", "sono", "gli", "e", "quindi", "risultato", "costa", "totale"),
    "pt": ("o", "a", "é", "resposta", "são", "os", "e", "portanto", "resultado", "custa", "total"),
    "nl": ("het", "de", "is", "antwoord", "een", "en", "dus", "zijn", "bedraagt"),
    "sv": ("svaret", "är", "och", "det", "alltså"),
    "da": ("svaret", "er", "og", "det", "altså"),
    "pl": ("odpowiedź", "to", "jest", "wynosi", "wynik", "i"),
    "cs": ("odpověď", "je", "výsledek", "celkem", "tedy"),
    "ro": ("răspunsul", "este", "și", "deci"),
    "tr": ("cevap", "toplam", "sonuç", "ve", "bu", "eder"),
    "id": ("jawabannya", "jawaban", "adalah", "jadi", "dan", "total"),
    "vi": ("đáp", "án", "là", "vậy", "tổng", "và"),
    "en": ("the", "answer", "is", "so", "are", "of", "and", "it", "total", "costs", "in", "therefore"),
}
"""Small words by which the languages of Latin letters are told apart; other scripts tell by their letters."""
_SCRIPTS: Final[Mapping[str, str]] = {"CYRILLIC": "ru", "GREEK": "el"}
_WORD: Final = re.compile(r"[^\W\d_]+")
_SPACES: Final = "\u00a0\u202f\u2009 "
_SHORTEST_EVERYWHERE: Final = 4
"""Letters of a scale word in Latin letters that counts in a text of any language: 'mil', 'bin', 'mi' are other words
elsewhere."""


def language_of(text: str) -> str | None:
    """The language of a text as far as its small words or letters tell; None when nothing does, or two tie."""
    words = [word.lower() for word in _WORD.findall(text[:4000])]
    for word in words:
        script = unicodedata.name(word[0], "").split(" ", 1)[0]
        if script in _SCRIPTS:
            return _SCRIPTS[script]
    counts = {language: sum(word in own for word in words) for language, own in _OWN_WORDS.items()}
    best = max(counts.values(), default=0)
    leading = [language for language, count in counts.items() if count == best and best > 0]
    return leading[0] if len(leading) == 1 else None


@cache
def decimal_mark(language: str) -> str:
    """The language's decimal mark: '.' or ','."""
    return "," if get_decimal_symbol(language) == "," else "."


@cache
def groups_by_space(language: str) -> bool:
    """Whether the language parts thousands by a space."""
    return get_group_symbol(language) in _SPACES


@cache
def scale_words(language: str | None) -> Mapping[str, float]:
    """What multiplies a number in a text of that language: 'million', 'Mrd.', 'тыс.', 'लाख', '만'; lower case.

    A word that languages disagree on ('billion') has the text's meaning, else the English one.
    """
    found: dict[str, float] = {}
    for one in (*(each for each in reversed(LANGUAGES) if each != language), "en", *((language,) if language else ())):
        own = one in (language, "en", "en_IN")
        found |= {word: scale for word, scale in _scales_of(one) if own or not _is_short_latin(word)}
    return found


def _is_short_latin(word: str) -> bool:
    return word.isascii() and len(word) < _SHORTEST_EVERYWHERE and word not in {"mio", "mrd", "mln", "mld", "bln"}


def _scales_of(language: str) -> Iterator[tuple[str, float]]:
    """CLDR's patterns of compact numbers: '00 thousand' for 10,000 says that 'thousand' is 1,000."""
    formats = Locale.parse(language).compact_decimal_formats
    for length in ("short", "long"):
        for patterns in formats[length].values():
            for power, pattern in patterns.items():
                text = (
                    unicodedata.normalize("NFKC", pattern.pattern.split(";")[0]).replace("'", "").replace("\u200f", "")
                )
                zeros, word = text.count("0"), text.replace("0", "").strip()
                if word and zeros and (len(word) > 1 or not word.isascii()):
                    yield word.rstrip(".").lower(), float(power) / 10.0 ** (zeros - 1)
