"""The numbers of a text: signs, currencies, groups, fractions, powers, scales, percent; each with its place.

| Written | Read |
|---|---|
| 1,234.5; 1.234,5; 1 234,5; 1'234.5; 1,23,456 | thousands by any mark; the last of two kinds is the decimal mark |
| 1.234 alone | 1.234; in a language whose decimal mark is the comma 1234 |
| 3/4; 3 1/2 | fractions, mixed ones too |
| 10^5; 3 × 10^8; 3e8 | powers |
| $70k; 1.5 million; 2,5 Mrd.; 1.5万; 1億2000万; 5 crore | scaled |
| 45 % | 45, with a mark that it is a percentage |
"""

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from planner.probing.graders.reading.languages import decimal_mark, groups_by_space, scale_words
from planner.probing.graders.reading.words import SPACELESS

_SIGNS: Final = "$€£¥₹₩₽₺₪₫฿₴₦₱₡₲₵₸₼₾"
_MINUS_WORDS: Final = r"minus|negative|moins|menos|meno|минус|负|負|マイナス|마이너스|ลบ|سالب|ऋण"
_DIGITS: Final = (
    r"\d{1,3}(?:,\d{2}){1,9},\d{3}(?!\d)(?:\.\d+)?"  # 1,20,000
    r"|\d{1,3}(?:(?P<mark>[,.'’_\u202f])\d{3})(?:(?P=mark)\d{3}){0,9}(?!\d)(?:[.,]\d+)?"  # 1,234,567.8
    r"|\d{1,3}(?: \d{3}){1,9}(?!\d)(?:[.,]\d+)?"
    r"|\d{1,4}(?:,\d{4}){1,9}(?!\d)(?:\.\d+)?"  # 1,2345,6789
    r"|\d+(?:[.,]\d+)?|\.\d+"
)
_UNIT_OF_THOUSAND: Final = "克米瓦卡赫帕焦伏字节"
_CJK_SCALE: Final = (
    rf"[百千]?[万萬亿億兆만억조]+(?![{_UNIT_OF_THOUSAND}각])|[천백](?![가-힣]*지)|千(?![{_UNIT_OF_THOUSAND}])"
)
_CJK: Final = {
    "百": 1e2,
    "백": 1e2,
    "千": 1e3,
    "천": 1e3,
    "万": 1e4,
    "萬": 1e4,
    "만": 1e4,
    "亿": 1e8,
    "億": 1e8,
    "억": 1e8,
}
_CJK_LARGE: Final = {"兆": 1e12, "조": 1e12}
_ATTACHED: Final = {
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "B": 1e9,
    "T": 1e12,
    "mn": 1e6,
    "Mn": 1e6,
    "bn": 1e9,
    "Bn": 1e9,
    "tn": 1e12,
}
_PERCENT: Final = re.compile(
    r"\s?(?:%|per\s?cent\b|percent\b|prozent\b|pour\s?cent\b|por\s?ciento\b|por\s?cento\b|per\s?cento\b|procent\b|процент"
    r"|パーセント|퍼센트|프로|प्रतिशत|फीसदी|في المئة|بالمئة|เปอร์เซ็นต์)",
    re.IGNORECASE,
)
_MOST_POWER: Final = 300
_WORD: Final = re.compile(
    r"\s?(?P<word>[^\W\d_]+(?:[\u0300-\u036f\u0900-\u0963\u0e31-\u0e4e]+[^\W\d_]*)*\.?(?: [^\W\d_]+)?)"
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in a text."""

    value: float
    is_percent: bool
    start: int
    end: int
    plain: str
    """Its digits as written, without sign and scale."""


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(
        rf"(?:(?P<minus>(?:(?<![\w\u0300-\u036f])|(?<=[{SPACELESS}]))(?:{_MINUS_WORDS})\s?))?"
        rf"(?P<sign>(?:(?<![\w)\]}}%])|(?<=[{SPACELESS}\uac00-\ud7af]))[-+])?\s?"
        rf"(?P<currency>[{_SIGNS}]\s?(?P<inner>[-+])?)?"
        rf"(?:(?<![\w.^/])|(?<=[{SPACELESS}\uac00-\ud7af\u0590-\u06ff\u0900-\u097f]))"
        rf"(?P<digits>{_DIGITS})(?![_]?\d)"
        r"(?:(?P<mixed>\s{1,2}(?:and\s)?\d+\s?/\s?\d+)(?![\w/]))?"
        r"(?P<power>[eE][-+]?\d{1,3}(?![\w.])"
        r"|\s?(?:×|x|X|\*)\s?10\s?(?:\^|\*\*)\s?\{?\(?[-+]?\d{1,3}\)?\}?|\s?(?:\^|\*\*)\s?\{?\(?[-+]?\d{1,4}\)?\}?)?"
        r"(?:\s?[/÷]\s?(?P<under>\d+(?:\.\d+)?)(?![\w/]))?"
    )


def numbers_in(text: str, language: str | None = None) -> list[Number]:
    """Numbers of a text in `plain_numerals` form, in order.

    Args:
        text: What is read.
        language: Decides between 1.234 and 1234, and between the meanings of 'billion'; None: English, and what the
            number itself shows.
    """
    return list(_chained(text, [found for found in _single(text, language) if math.isfinite(found.value)]))


def _single(text: str, language: str | None) -> Iterator[Number]:
    for match in _pattern().finditer(text):
        start, end = match.start("digits"), match.end()
        value = _magnitude(match, language)
        if value is None:
            continue
        scale, end = _scale(text, end, language, money=match["currency"] is not None)
        percent = _PERCENT.match(text, end)
        negative = "-" in ((match["sign"] or "") + (match["inner"] or "")) or _is_minus(text, match)
        yield Number(
            value=(-1.0 if negative else 1.0) * value * scale,
            is_percent=percent is not None,
            start=match.start("currency") if match["currency"] else start,
            end=percent.end() if percent else end,
            plain=match["digits"],
        )


def _is_minus(text: str, match: re.Match[str]) -> bool:
    """A word for minus before the number, unless a number stands before the word: '7 minus 5'."""
    if match["minus"] is None:
        return False
    before = text[: match.start("minus")].rstrip()
    return not (before and (before[-1].isdigit() or before[-1] in ")]"))


def _magnitude(match: re.Match[str], language: str | None) -> float | None:
    value = float(_decimal(match["digits"], language))
    if match["mixed"]:
        over, under = re.findall(r"\d+", match["mixed"])
        if float(under) == 0.0 or "." in match["digits"]:
            return None
        value += float(over) / float(under)
    value = _raised(value, match["power"])
    if match["under"]:
        if float(match["under"]) == 0.0:
            return None
        value /= float(match["under"])
    return value


def _raised(value: float, power: str | None) -> float:
    if not power:
        return value
    exponent = float(re.findall(r"[-+]?\d+", power)[-1])
    if abs(exponent) > _MOST_POWER:
        return math.inf
    is_scientific = power[0] in "eE" or re.match(r"\s?[×xX*]\s?10", power) is not None
    try:
        return value * 10.0**exponent if is_scientific else float(value**exponent)
    except (OverflowError, ZeroDivisionError):
        return math.inf


def _scale(text: str, end: int, language: str | None, *, money: bool) -> tuple[float, int]:
    """What a word or sign behind the number multiplies it by, and where that ends."""
    cjk = re.compile(rf"\s?({_CJK_SCALE})").match(text, end)
    if cjk:
        return math.prod({**_CJK, **_CJK_LARGE}[one] for one in cjk[1]), cjk.end()
    found = _WORD.match(text, end)
    if found is None:
        return 1.0, end
    word, words = found["word"], scale_words(language)
    first = word.split(" ")[0]
    sign = first.rstrip(".")
    short = 1e6 if money and sign == "m" else _ATTACHED.get(sign)
    if short and (money or len(sign) > 1 or found.start("word") == end):
        return short, found.start("word") + len(first)
    for tried in (word, first):
        plain = _nfkc(tried).rstrip(".").lower()
        scale = words.get(plain) or words.get(plain.removesuffix("s"))
        if scale:
            return scale, found.start("word") + len(tried)
    prefix = next((one for one in sorted(words, key=len, reverse=True) if _is_thai(one) and word.startswith(one)), None)
    return (words[prefix], found.start("word") + len(prefix)) if prefix else (1.0, end)


def _is_thai(word: str) -> bool:
    return "\u0e00" <= word[0] <= "\u0e7f"


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _chained(text: str, found: list[Number]) -> Iterator[Number]:
    """Numbers of which each continues the one before, as 1億2000万 and 3만 5천: one number."""
    held: Number | None = None
    for one in found:
        gap = text[held.end : one.start] if held else ""
        ends_in_scale = held is not None and text[held.end - 1 : held.end] in "百千万萬亿億兆백천만억조"
        if held and ends_in_scale and gap in ("", " ") and abs(one.value) < abs(held.value):
            value = held.value + math.copysign(one.value, held.value)
            held = Number(value, one.is_percent, held.start, one.end, held.plain)
            continue
        if held:
            yield held
        held = one
    if held:
        yield held


def _decimal(digits: str, language: str | None) -> str:
    """Plain decimal text of grouped digits."""
    plain = re.sub(r"['’_\u202f]", "", digits)
    if " " in plain:
        first, *rest = plain.split(" ")
        plain = first + "".join(rest)
    last_comma, last_point = plain.rfind(","), plain.rfind(".")
    if last_comma >= 0 and last_point >= 0:
        place = max(last_comma, last_point)
        return f"{re.sub('[,.]', '', plain[:place])}.{plain[place + 1 :]}"
    mark = "," if last_comma >= 0 else "."
    if mark not in plain:
        return plain
    groups = plain.split(mark)
    if len(groups) > 2 or (_may_be_groups(groups) and _parts_thousands(mark, language)):
        return "".join(groups)
    return f"{groups[0]}.{groups[1]}"


def _may_be_groups(groups: list[str]) -> bool:
    return len(groups[-1]) in (3, 4) and groups[0] not in ("", "0") and len(groups[0]) <= len(groups[-1])


def _parts_thousands(mark: str, language: str | None) -> bool:
    """Whether that mark alone parts thousands: the comma, unless the language uses it for decimals; then the point."""
    if language is None:
        return mark == ","
    decimal = decimal_mark(language)
    return mark != decimal and not (mark == "." and groups_by_space(language))
