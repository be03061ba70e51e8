"""Which model of the catalog a name from elsewhere stands for: told by reviewed names, never guessed.

A name is known as it stands (an id, a shown name, a reviewed published name), without the remark in brackets that says
how the model was run ('gpt-oss-120b (high)'), or by the same words in another order ('Claude 4.5 Sonnet' and 'Claude
Sonnet 4.5'), where only one model has them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from planner.catalog.evidence.scores import Alias
from planner.catalog.schema import Model

Key = TypeVar("Key")
Value = TypeVar("Value")
_REMARK: Final = re.compile(r"^(?P<name>.*\S)\s*\((?P<remark>[^()]*)\)\s*$")
_VERSION: Final = re.compile(r"(?<=\d)-(?=\d+(?:[^\db]|$))")
"""The hyphen of a version ('4-5'), not the one before a size ('3-8b')."""
_REASONS: Final = re.compile(r"(?<!non-)(?<!non )(reason|think)")
_MONTH: Final = re.compile(r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* '?\d")
_SNAPSHOT: Final = re.compile(r"(?<!\d)\d{4,8}(?!\d)")
_SILENT: Final = frozenset({"instruct"})
"""Words that say how a model was tuned and are left out as often as not."""


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Names that stand for one model of the catalog."""

    exact: Mapping[str, Alias]
    """By the name in lower case."""
    words: Mapping[tuple[str, ...], str]
    """Model by the sorted words of a name."""
    never_thinks: frozenset[str]
    """Models without hidden reasoning: a remark that says 'reasoning' speaks of another."""


def known_names(models: Mapping[str, Model], aliases: Mapping[tuple[str, str], Alias]) -> KnownNames:
    """Names of the catalog's models: ids, shown names and the reviewed names of all publishers.

    A name that stands for two models stands for none.
    """
    named: dict[str, set[Alias]] = {}
    for (_, name), alias in aliases.items():
        if alias.model in models:
            named.setdefault(name.lower(), set()).add(alias)
    own: dict[str, set[Alias]] = {}
    for model in models.values():
        for name in (model.id, model.id.split("/", 1)[-1], model.name):
            own.setdefault(name.lower(), set()).add(Alias(model.id, ""))
    exact = _only_one({**named, **own})
    by_words: dict[tuple[str, ...], set[str]] = {}
    for name, alias in exact.items():
        if not alias.variant:
            by_words.setdefault(_words(name), set()).add(alias.model)
    silent = frozenset(model.id for model in models.values() if model.reasoning == "none")
    return KnownNames(exact, _only_one(by_words), silent)


def join_name(names: KnownNames, name: str) -> Alias | None:
    """Model and variant that a name stands for; None when it is not known."""
    found = names.exact.get(name.strip().lower())
    if found is not None:
        return found
    bare, remark = _split_remark(name)
    found = names.exact.get(bare.lower())
    if found is None:
        model = names.words.get(_words(bare))
        found = None if model is None else Alias(model, "")
    if found is None or _speaks_of_another(names, found.model, bare, remark):
        return None
    return Alias(found.model, " ".join(part for part in (found.variant, remark) if part))


def _speaks_of_another(names: KnownNames, model: str, bare: str, remark: str) -> bool:
    """Whether a remark contradicts the model: it reasons where that never does, or dates another snapshot."""
    if _REASONS.search(remark) and model in names.never_thinks:
        return True
    return bool(_MONTH.search(remark)) and not set(_SNAPSHOT.findall(model)) <= set(_SNAPSHOT.findall(bare))


def _split_remark(name: str) -> tuple[str, str]:
    """A name without its closing brackets, and what stands in them."""
    match = _REMARK.match(name)
    return (match["name"], match["remark"].strip().lower()) if match else (name.strip(), "")


def _words(name: str) -> tuple[str, ...]:
    """Sorted words and numbers of a name, without its maker and the silent ones; '4-5' and '4.5' are one number."""
    tail = _VERSION.sub(".", name.lower().split("/", 1)[-1])
    return tuple(sorted(word for word in re.findall(r"[a-z0-9.]+", tail) if word not in _SILENT))


def _only_one(named: Mapping[Key, set[Value]]) -> dict[Key, Value]:
    return {key: next(iter(values)) for key, values in named.items() if len(values) == 1}
