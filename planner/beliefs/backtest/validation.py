"""Back-tests that anyone can run: one part of the fitted models against held-out evidence."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from pydantic import TypeAdapter, ValidationError

from planner.beliefs.backtest.latency import validate_latency
from planner.beliefs.backtest.quality import ValidationRow, validate_quality
from planner.beliefs.backtest.serving import validate_serving
from planner.beliefs.backtest.techniques import validate_techniques
from planner.beliefs.backtest.tokens import validate_tokens
from planner.beliefs.quality.cells import build_frame
from planner.catalog.evidence.techniques import load_techniques
from planner.catalog.schema import Catalog
from planner.errors import InputError
from planner.units import SEED

Part: TypeAlias = Literal["quality", "techniques", "serving", "latency", "tokens"]
PARTS: Final[tuple[Part, ...]] = get_args(Part)


@dataclass(frozen=True, slots=True)
class Validation:
    """The validation file, version 1."""

    version: Literal[1]
    part: str
    catalog_version: str
    seed: int
    rows: tuple[ValidationRow, ...]


def validate(catalog: Catalog, part: Part, seed: int = SEED) -> Validation:
    """All back-tests of one part; quality takes a few minutes on two cores. Same catalog and seed, same figures."""
    if part == "quality":
        rows = validate_quality(build_frame(catalog), catalog, seed)
    elif part == "serving":
        rows = validate_serving(catalog, seed)
    elif part == "latency":
        rows = validate_latency(catalog, seed)
    elif part == "tokens":
        rows = validate_tokens(catalog, seed)
    else:
        rows = validate_techniques(load_techniques())
    return Validation(1, part, catalog.version, seed, rows)


def load_validation(path: Path) -> Validation:
    """A kept validation file, as `planner validate --json` writes it; InputError when it is not one."""
    try:
        return TypeAdapter(Validation).validate_json(path.read_bytes())
    except (OSError, ValidationError) as exc:
        allowed = "what `planner validate --json` writes"
        raise InputError(path.name, "", found=f"{type(exc).__name__}", allowed=allowed) from exc
