"""Names of a plan made valid where they go, each once, and told when they changed."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_LABEL: Final = 53
"""Letters of a Kubernetes label that leave room for what charts and controllers append (63 in all)."""
_NOT_LABEL: Final = re.compile(r"[^a-z0-9]+")
_NOT_VARIABLE: Final = re.compile(r"[^A-Z0-9]+")
_HASH: Final = 6


class Names:
    """Names given so far in one space: equal texts get equal names, different texts different ones."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        """Start with the names that are not free."""
        self._by_text: dict[str, str] = {}
        self._taken = set(taken)

    def label(self, text: str) -> str:
        """DNS label (RFC 1123): letters, digits and dashes, at most 53, starting with a letter."""
        return self._once(text, dns_label(text))

    @property
    def changed(self) -> tuple[tuple[str, str], ...]:
        """(text, name) of every text that could not stay as it was, in the order in which they came."""
        return tuple((text, name) for text, name in self._by_text.items() if text != name)

    def _once(self, text: str, wanted: str) -> str:
        if text not in self._by_text:
            name = (
                wanted if wanted not in self._taken else f"{wanted[: _LABEL - _HASH - 1].rstrip('-')}-{_digest(text)}"
            )
            self._by_text[text] = name
            self._taken.add(name)
        return self._by_text[text]


def dns_label(text: str) -> str:
    """A text as a DNS label; what is cut or has no Latin letters is told apart by a hash.

    >>> dns_label("Ticket triage"), dns_label("1e3"), dns_label("no")
    ('ticket-triage', 'n-1e3', 'no')
    >>> dns_label("票") == dns_label("票"), dns_label("票") != dns_label("券")
    (True, True)
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    label = _NOT_LABEL.sub("-", plain).strip("-")
    lost = any(letter.isalnum() and not unicodedata.normalize("NFKD", letter)[0].isascii() for letter in text)
    if not label:
        return f"n-{_digest(text)}"
    if not label[0].isalpha():
        label = f"n-{label}"
    if lost or len(label) > _LABEL:
        return _hashed(label, text)
    return label


def variable(*words: str) -> str:
    """Name of an environment variable.

    >>> variable("pool", "qwen3-8b", "api base")
    'POOL_QWEN3_8B_API_BASE'
    """
    return "_".join(_NOT_VARIABLE.sub("_", dns_label(word).upper()).strip("_") for word in words)


def label_value(text: str) -> str:
    """A Kubernetes label's value: at most 63 letters of A-Z, a-z, 0-9, '-', '_', '.', alphanumeric at both ends."""
    kept = re.sub(r"[^A-Za-z0-9._-]+", "-", unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode())
    return kept[:63].strip("-_.") or dns_label(text)


def _hashed(label: str, text: str) -> str:
    return f"{label[: _LABEL - _HASH - 1].rstrip('-')}-{_digest(text)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH]
