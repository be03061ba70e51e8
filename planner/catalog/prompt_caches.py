"""What providers' prompt caches take and how long they keep it: least prefix by model family, life by provider."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from planner.catalog.files import check_range, load_csv_rows, parse_rows
from planner.catalog.schema import Source
from planner.catalog.tokenizers import is_of_family
from planner.errors import InputError
from planner.resources import catalogs_dir

_ANY: Final = "any"


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of prompt_caches.csv."""

    provider: str
    family: str
    least_tokens: float | None
    life_s: float | None
    source: Source


@dataclass(frozen=True, slots=True)
class PromptCache:
    """What one provider's cache does for one model."""

    least_tokens: float
    """Shortest leading part of a prompt that is kept, in the model's own tokens."""
    life_s: float
    """Seconds without use after which an entry is gone."""


def load_prompt_caches(path: Path) -> tuple[_Row, ...]:
    """Rows in file order; InputError for a second row of a pair, a value out of range, or no row for any other."""
    rows = parse_rows(path, load_csv_rows(path, ("least_tokens", "life_s")), _Row, "family")
    seen: set[tuple[str, str]] = set()
    for row in rows:
        where = f"{row.provider} {row.family}"
        if (row.provider, row.family) in seen:
            raise InputError(path.name, where, found="two rows", allowed="one row for each provider and family")
        seen.add((row.provider, row.family))
        check_range(path.name, f"{where}.least_tokens", row.least_tokens, 1.0, 1e6)
        check_range(path.name, f"{where}.life_s", row.life_s, 1.0, 1e7)
    whole = [row for row in rows if row.provider == row.family == _ANY]
    if not whole or whole[0].least_tokens is None or whole[0].life_s is None:
        raise InputError(path.name, "any any", found="nothing", allowed="a row for any other, with both figures")
    return rows


@lru_cache(maxsize=1)
def _shipped() -> tuple[_Row, ...]:
    return load_prompt_caches(catalogs_dir() / "prompt_caches.csv")


@lru_cache(maxsize=4096)
def prompt_cache(provider: str, model: str | None) -> PromptCache:
    """The cache of a provider for a canonical model id: of the rows that hold, the one that names most.

    >>> prompt_cache("anthropic", "anthropic/claude-haiku-4.5")
    PromptCache(least_tokens=4096.0, life_s=300.0)
    """
    holding = [
        row
        for row in _shipped()
        if row.provider in {provider, _ANY} and (row.family == _ANY or is_of_family(row.family, model or ""))
    ]
    by_closeness = sorted(holding, key=lambda row: (row.family != _ANY, len(row.family), row.provider != _ANY))

    def closest(figure: Callable[[_Row], float | None]) -> float:
        return [value for row in by_closeness if (value := figure(row)) is not None][-1]

    return PromptCache(closest(lambda row: row.least_tokens), closest(lambda row: row.life_s))
