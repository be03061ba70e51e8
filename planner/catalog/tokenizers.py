"""How a model family counts text: by a vocabulary that is at hand, or by a published factor over o200k_base."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, TypeAlias

from planner.catalog.files import check_range, index_rows, load_csv_rows, parse_rows
from planner.catalog.schema import Source
from planner.errors import InputError
from planner.resources import catalogs_dir

Vocabulary: TypeAlias = Literal["o200k_base", "cl100k_base"]
REFERENCE: Final[Vocabulary] = "o200k_base"
_ANY: Final = "any"


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """One row of tokenizers.csv: how one family of models counts."""

    family: str
    """Canonical model id without its variant ('openai/gpt-4' holds for gpt-4-turbo, not for gpt-4o), a maker
    ('openai/'), or 'any'."""
    vocabulary: Vocabulary | None
    """Vocabulary that is shipped; None: not public, or not at hand."""
    ratio: float
    """Median tokens over those of o200k_base on the same text, mostly English."""
    log_sd: float
    """Log standard deviation of that ratio over texts."""
    source: Source


def load_tokenizers(path: Path) -> Mapping[str, Tokenizer]:
    """Tokenizers by family; InputError for a row without source, a second row, or a ratio that no tokenizer has."""
    rows = index_rows(path, parse_rows(path, load_csv_rows(path, ("vocabulary",)), Tokenizer, "family"), "family")
    if _ANY not in rows:
        raise InputError(path.name, _ANY, found="no such row", allowed="a row for families without one")
    for row in rows.values():
        check_range(path.name, f"{row.family}.ratio", row.ratio, 0.2, 10.0)
        check_range(path.name, f"{row.family}.log_sd", row.log_sd, 0.0, 1.0)
    return rows


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, Tokenizer]:
    return load_tokenizers(catalogs_dir() / "tokenizers.csv")


@lru_cache(maxsize=1024)
def tokenizer_of(model: str | None) -> Tokenizer:
    """The tokenizer of a canonical model id: the longest family that holds it; that of any model for an unknown one.

    >>> tokenizer_of("openai/gpt-4-turbo").vocabulary, tokenizer_of("openai/gpt-4o").vocabulary
    ('cl100k_base', 'o200k_base')
    """
    rows = _shipped()
    name = model or ""
    holding = [family for family in rows if is_of_family(family, name)]
    return rows[max(holding, key=len)] if holding else rows[_ANY]


def is_of_family(family: str, name: str) -> bool:
    """Whether a canonical model id is of a family: a maker ('openai/'), or an id without its variant."""
    return name.startswith(family) if family.endswith("/") else name == family or name.startswith(f"{family}-")
