"""A user's own measurements of techniques: a CSV with what is known of each row and the score that was reached.

Columns: technique (few_shot, fine_tune, rag, int4, int8, nvfp4, cascade), skill, score; optional
    task, model, total_params_b, n
    base_score          the same model asked plainly; closed book for rag; the weak model for a cascade
    reference_model, reference_score    the frontier model of a tuning study; the strong model of a cascade
    labelled_examples, recall, escalation_share
Scores and shares run from 0 to 1. What is given is taken as observed; other columns are carried along unread.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from planner.catalog.evidence.technique_facts import FACT_TECHNIQUES, TechniqueFact, kind_named
from planner.errors import InputError
from planner.terms import SKILLS

_NEEDED: Final = ("technique", "skill", "score")
_SHARES: Final = ("score", "base_score", "reference_score", "recall", "escalation_share")
_COUNTS: Final = ("total_params_b", "labelled_examples", "n")
_TEXTS: Final = ("task", "model", "reference_model")
_LARGEST_BYTES: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class OwnTechniqueRows:
    """The table: columns and raw cells for writing it back, facts for computing, row by row."""

    file: str
    columns: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    facts: tuple[TechniqueFact, ...]


def load_own_technique_rows(path: Path) -> OwnTechniqueRows:
    """Read the table; InputError names file, line and column of the first thing wrong."""
    header, numbered = _open(path)
    facts = tuple(_fact(str(path), line, header, cells) for line, cells in numbered)
    return OwnTechniqueRows(str(path), header, tuple(cells for _, cells in numbered), facts)


def _open(path: Path) -> tuple[tuple[str, ...], list[tuple[int, tuple[str, ...]]]]:
    if not path.is_file():
        raise InputError(str(path), "", found="a folder" if path.is_dir() else "nothing", allowed="a CSV file")
    if path.stat().st_size > _LARGEST_BYTES:
        raise InputError(str(path), "", found=f"{path.stat().st_size:,} bytes", allowed=f"up to {_LARGEST_BYTES:,}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = tuple(name.strip() for name in next(reader, []))
            numbered = [(reader.line_num, tuple(row)) for row in reader if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise InputError(str(path), "", found=str(exc), allowed="a CSV file in UTF-8") from exc
    if any(name not in header for name in _NEEDED):
        optional = ", ".join((*_TEXTS, *_COUNTS, *_SHARES[1:]))
        allowed = f"columns {', '.join(_NEEDED)}; optional {optional}"
        raise InputError(str(path), "header", found=", ".join(header) or "nothing", allowed=allowed)
    repeated = next((name for name in header if name and header.count(name) > 1), None)
    if repeated is not None:
        raise InputError(str(path), "header", found=f"{repeated} twice", allowed="each column once")
    if not numbered:
        raise InputError(str(path), "", found="no rows", allowed=f"a header with {', '.join(_NEEDED)}, and rows")
    return header, numbered


def _fact(file: str, line: int, header: Sequence[str], cells: Sequence[str]) -> TechniqueFact:
    if len(cells) != len(header):
        raise InputError(file, f"line {line}", found=f"{len(cells)} cells", allowed=f"{len(header)} as in the header")
    given = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    technique = next((name for name in FACT_TECHNIQUES if name == given["technique"]), None)
    if technique is None:
        allowed = f"one of {', '.join(FACT_TECHNIQUES)}"
        raise InputError(file, f"line {line}: technique", found=given["technique"] or "nothing", allowed=allowed)
    skill = next((name for name in SKILLS if name == given["skill"]), None)
    if skill is None:
        allowed = f"one of {', '.join(SKILLS)}"
        raise InputError(file, f"line {line}: skill", found=given["skill"] or "nothing", allowed=allowed)
    shares = {name: _number(file, line, name, given, 0.0, 1.0) for name in _SHARES}
    counts = {name: _number(file, line, name, given, 0.0, 1e9) for name in _COUNTS}
    score = shares["score"]
    if score is None:
        raise InputError(file, f"line {line}: score", found="nothing", allowed="a share from 0 to 1")
    task = given.get("task", "")
    return TechniqueFact(
        source_id="",
        technique=technique,
        skill=skill,
        score=score,
        task=task,
        model=given.get("model", ""),
        kind=kind_named(skill, task),
        params_b=counts["total_params_b"] or None,
        base=shares["base_score"],
        reference=shares["reference_score"],
        reference_model=given.get("reference_model", ""),
        labels=counts["labelled_examples"],
        recall=shares["recall"],
        share=shares["escalation_share"],
        n=counts["n"] or None,
    )


def _number(file: str, line: int, name: str, given: Mapping[str, str], low: float, high: float) -> float | None:
    text = given.get(name, "")
    if not text:
        return None
    allowed = f"a number from {low:g} to {high:g}"
    try:
        value = float(text)
    except ValueError as exc:
        raise InputError(file, f"line {line}: {name}", found=text, allowed=allowed) from exc
    if not (math.isfinite(value) and low <= value <= high):
        raise InputError(file, f"line {line}: {name}", found=text, allowed=allowed)
    return value
