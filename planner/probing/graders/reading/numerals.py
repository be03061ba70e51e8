"""Text with its numbers in one form: ASCII digits, plain fractions and powers, without what LaTeX puts around them."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from planner.probing.graders.reading.words import SPACELESS

_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_RAISED: Final = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+")
_MARKS: Final = str.maketrans("٫٬،٪−–‐‑⁄⋅·", ".,,%----/××")
_NARROW: Final = re.compile(r"(?<=\d)[\u00a0\u202f\u2009\u2007](?=\d)")
_GLUE: Final = re.compile(r"\\[,!]|\\?\$(?=\\)|(?<!\d)\*\*|\*\*(?!\d)|__(?=\S)|(?<=\S)__")
_SPACE: Final = re.compile(r"\\(?:left|right|displaystyle|;|quad|qquad|:| )")
_BRACES: Final = re.compile(r"\\(?:text|textbf|mathrm|mathbf|operatorname|mbox|rm|bf)\s*\{([^{}]*)\}")
_LATEX: Final = {
    "{,}": ",",
    "\\$": "$",
    "\\%": "%",
    "^{\\circ}": "°",
    "^\\circ": "°",
    "\\cdot": "×",
    "\\times": "×",
    "\\approx": "=",
}
_UNIT_POWER: Final = re.compile(rf"(?<=[^\W\d_{SPACELESS}])\s?(?:\^|\*\*)\s?\{{?[-+]?\d+\}}?")
_FRACTION: Final = re.compile(r"\\[dtc]?frac\s*(?:\{\s*([^{}]*?)\s*\}|(\d))\s*(?:\{\s*([^{}]*?)\s*\}|(\d))")
_PLAIN: Final = re.compile(r"[-+]?\d+(?:\.\d+)?")
_CHINESE: Final = re.compile("[〇零一二三四五六七八九十百千两兩万萬亿億兆]+")
_TENS: Final = {"十": 10, "百": 100, "千": 1000}
_MYRIADS: Final = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "兆": 10**12}


def plain_numerals(text: str) -> str:
    """The text with digits of any script as 0 to 9, ½ as 1/2, 10⁵ as 10^5, LaTeX's fractions too; no unit's power."""
    text = _RAISED.sub(lambda found: "^" + found[0].translate(_SUPERSCRIPTS), _NARROW.sub("\u202f", text))
    text = "".join(_plain(letter) for letter in text).translate(_MARKS)
    text = _BRACES.sub(lambda found: f" {found[1]} ", _SPACE.sub(" ", _GLUE.sub("", text)))
    for latex, plain in _LATEX.items():
        text = text.replace(latex, plain)
    text = _until_still(text, lambda one: _FRACTION.sub(_quotient, one))
    return _UNIT_POWER.sub(" ", text)


def _plain(letter: str) -> str:
    if letter == "\u202f":
        return letter
    if unicodedata.category(letter) == "Nd":
        return str(unicodedata.digit(letter))
    folded = unicodedata.normalize("NFKC", letter)
    return f" {folded}" if "\u2044" in folded else folded


def _quotient(found: re.Match[str]) -> str:
    over, under = found[1] or found[2] or "", found[3] or found[4] or ""
    if _PLAIN.fullmatch(over) and _PLAIN.fullmatch(under):
        return f" {over}/{under} "
    return f"(({over})÷({under}))"


def _until_still(text: str, change: Callable[[str], str]) -> str:
    for _ in range(8):
        before, text = text, change(text)
        if before == text:
            break
    return text


def chinese_number(text: str) -> float | None:
    """The last number written in Chinese characters (七十二, 三百五, 一万二千); None without one of two or more."""
    found = [run for run in _CHINESE.findall(text) if len(run) > 1 or run in _TENS]
    return float(_chinese_value(found[-1])) if found else None


def _chinese_value(run: str) -> int:
    if not set(run) & (_TENS.keys() | _MYRIADS.keys()):
        return int("".join(str(_digit(one)) for one in run))
    total = section = digit = 0
    for one in run:
        if one in _MYRIADS:
            unit, part = _MYRIADS[one], section + digit
            total = (total + part) * unit if 0 < total < unit else total + part * unit
            section = digit = 0
        elif one in _TENS:
            section += (digit or 1) * _TENS[one]
            digit = 0
        else:
            digit = _digit(one)
    return total + section + digit


def _digit(letter: str) -> int:
    return 2 if letter in "两兩" else int(unicodedata.numeric(letter))
