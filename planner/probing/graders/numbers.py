"""The numeric grader, and how a number is read from an answer."""

import math
import re
from typing import Final

from planner.probing.graders.answer_text import spoken
from planner.probing.graders.score import Grader, Score, texts_of, verdict
from planner.probing.suites.suite import Item

# Thousands by comma, point, apostrophe or (thin, no-break) space; a minus only where no word or number stands before.
_NUMBER: Final = re.compile(
    r"(?<![\w.])(?P<sign>(?:(?<![\w)\]])[-−–+])?)(?:[$€£¥]\s?)?"
    r"(?P<digits>\d{1,3}(?:[,.'’   ]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?|\.\d+)"
    r"(?P<power>[eE][-+]?\d{1,3}(?!\w)|\s?(?:×|x|\*|\\times)\s?10\s?\^\s?\{?[-−]?\d{1,3}\}?)?"
    r"(?:\s?/\s?(?P<under>\d+(?:\.\d+)?)(?![\w/]))?"
    r"(?:\s(?P<scale>thousand|million|billion|trillion)\b)?"
)
_FINAL: Final = re.compile(r"(?:\banswer(?: is|:)+|####|\\boxed\{)", re.IGNORECASE)
_SCALES: Final = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SLACK: Final = 1e-9
"""Relative slack for numbers that binary floats cannot hold."""


def numeric(tolerance: float = 0.0, *, relative: bool = False) -> Grader:
    """1 when the answer's number is within `tolerance` of a reference (a share of the reference when `relative`).

    The answer's number is the first after its last 'answer is', '####' or boxed mark; without one, its last number.
    Units and currency signs are passed over: 1,234.50 USD is 1234.5, and so is 1.234,50 €.
    """

    def grade(answer: str, item: Item) -> Score:
        given = final_number(answer)
        wanted = [number for text in texts_of(item) if (number := final_number(text)) is not None]
        if given is None:
            return verdict(right=False, detail="no number in the answer")
        right = any(is_close(given, number, tolerance, relative=relative) for number in wanted)
        return verdict(right, f"{given:.12g} against {' or '.join(f'{number:.12g}' for number in wanted)}")

    return grade


def is_close(given: float, wanted: float, tolerance: float, *, relative: bool) -> bool:
    """Whether the difference is within the tolerance, with slack for binary floats."""
    allowed = tolerance * abs(wanted) if relative else tolerance
    return abs(given - wanted) <= allowed + _SLACK * max(1.0, abs(wanted))


def final_number(answer: str) -> float | None:
    """The number that the answer ends on; None without one."""
    text = spoken(answer).replace("**", "").replace("\\,", "").replace("{,}", ",").replace("\\$", "$")
    marks = list(_FINAL.finditer(text))
    if marks:
        first = _NUMBER.search(text, marks[-1].end())
        if first and (value := _value(first)) is not None:
            return value
    values = [value for found in _NUMBER.finditer(text) if (value := _value(found)) is not None]
    return values[-1] if values else None


def _value(found: re.Match[str]) -> float | None:
    value = float(_decimal(found["digits"]))
    if found["power"]:
        # '1.5 × 10^3' or '1.5e3': the exponent is the last run of digits.
        exponent = re.search(r"[-−+]?\d+\}?$", found["power"])
        value *= 10.0 ** float(exponent[0].strip("}").replace("−", "-")) if exponent else 1.0
    if found["under"]:
        if float(found["under"]) == 0.0:
            return None
        value /= float(found["under"])
    value *= _SCALES.get(found["scale"] or "", 1.0)
    negative = found["sign"].strip() in {"-", "−", "–"}
    return (-value if negative else value) if math.isfinite(value) else None


def _decimal(digits: str) -> str:
    """Plain decimal text: 1,234.5 and 1.234,5 and 1 234,5 are 1234.5; 3,5 is 3.5 and 3,500 is 3500."""
    plain = re.sub(r"['’   ]", "", digits)
    last_comma, last_point = plain.rfind(","), plain.rfind(".")
    if last_comma >= 0 and last_point >= 0:
        decimal = max(last_comma, last_point)
        whole = re.sub(r"[,.]", "", plain[:decimal])
        return f"{whole}.{plain[decimal + 1 :]}"
    if last_comma >= 0:
        if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+", plain):
            return plain.replace(",", "")
        whole, _, fraction = plain.rpartition(",")
        return f"{whole.replace(',', '')}.{fraction}"
    # A point with three digits behind is a decimal point (1.234), but two such groups are thousands (1.234.567).
    return plain.replace(".", "") if plain.count(".") > 1 else plain
