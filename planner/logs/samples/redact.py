"""Personal data out of prompts: e-mail addresses, IBANs, card numbers, keys and telephone numbers, by their patterns.

Card numbers and IBANs are told by their check digits, so that order numbers stay. Names and addresses are not found:
whoever shares a suite reads it first.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Final

_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}")
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b")
_CARD: Final = re.compile(r"(?<![\d.])(?:\d[ \-]?){12,18}\d(?![\d])")
_KEY: Final = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|hf|ghp|gho|github_pat|glpat|xox[abprs]|AKIA|ASIA|AIza)[-_A-Za-z0-9]{12,}"
    r"|\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*"
    r"|(?<=[Bb]earer )[A-Za-z0-9._\-]{12,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----",
    re.DOTALL,
)
_NAMED_SECRET: Final = re.compile(
    r"(?i)\b((?:api[_ -]?key|secret|password|passwd|passwort|access[_ -]?token)\s*(?::|=|is)\s*[\"']?)([^\s\"',;]{6,})"
)
_PHONE: Final = re.compile(
    r"(?<![\w.])(?<!\d[ \-])(?:\+|00)\d{1,3}[\d ()/.\-]{6,18}\d(?!\w)"
    r"|(?<![\w.\-/])(?<!\d[ \-])\(?0\d{1,4}\)?[ /\-]\d[\d /\-]{4,12}\d(?![\w\-/])"
    r"|(?<![\w.\-])(?<!\d[ \-])\(?\d{3}\)?[ .\-]\d{3}[ .\-]\d{4}(?![\w\-])"
)
"""With a country's code, with a leading zero, or in groups of three, three and four."""
_LEAST_PHONE_DIGITS: Final = 7


def redact_text(text: str) -> tuple[str, Counter[str]]:
    """The text with [email], [iban], [card], [key] and [phone] in the place of what looks like one; how many of each.

    >>> redact_text("Write to ann@example.org or +49 30 1234567, order 4711")[0]
    'Write to [email] or [phone], order 4711'
    """
    found: Counter[str] = Counter()
    for kind, pattern, holds in _KINDS:
        text = pattern.sub(_replacing(kind, holds, found), text)

    def hide(match: re.Match[str]) -> str:
        if match[2].startswith("["):
            return match[0]
        found["key"] += 1
        return f"{match[1]}[key]"

    return _NAMED_SECRET.sub(hide, text), found


def _replacing(kind: str, holds: Callable[[str], bool], found: Counter[str]) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        if not holds(match[0]):
            return match[0]
        found[kind] += 1
        return f"[{kind}]"

    return replace


def _is_card(text: str) -> bool:
    """Whether digits pass Luhn's check and are as many as a card has."""
    digits = [int(one) for one in text if one.isdigit()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = (sum(divmod(2 * one, 10)) for one in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_iban(text: str) -> bool:
    """Whether the check digits of an IBAN hold (ISO 7064, modulo 97)."""
    bare = text.replace(" ", "")
    if not 15 <= len(bare) <= 34:
        return False
    number = "".join(str(int(one, 36)) for one in bare[4:] + bare[:4])
    return int(number) % 97 == 1


def _is_phone(text: str) -> bool:
    return sum(one.isdigit() for one in text) >= _LEAST_PHONE_DIGITS


def _always(_: str) -> bool:
    return True


_KINDS: Final[tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...]] = (
    ("key", _KEY, _always),
    ("email", _EMAIL, _always),
    ("iban", _IBAN, _is_iban),
    ("card", _CARD, _is_card),
    ("phone", _PHONE, _is_phone),
)
"""In this order: a card number holds what looks like a telephone number."""
