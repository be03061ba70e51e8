"""A user's own table of scores: CSV with model, benchmark, skill, score; optional n, date, variant, unit, model facts.

Or wide, as leaderboards are: model, then a column a benchmark (`score_tables`).
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from planner.catalog.evidence.score_tables import LEAST_RATING, Unit, is_wide, stated_unit, to_long, unit_of
from planner.catalog.files import load_csv_rows
from planner.errors import InputError
from planner.resources import catalogs_dir
from planner.table_text import decode_table, read_table
from planner.terms import SKILLS

_NEEDED: Final = ("model", "benchmark", "skill", "score")
_OPTIONAL: Final = (
    "n",
    "date",
    "variant",
    "maker",
    "family",
    "released",
    "total_params_b",
    "active_params_b",
    "chance",
    "unit",
)
_LARGEST_BYTES: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class UserScore:
    """One row as given, with its score on the unit scale of its benchmark."""

    line: int
    model: str
    benchmark: str
    skill: str
    score: float
    n: float
    date: str
    variant: str
    maker: str
    family: str
    released: dt.date | None
    total_params_b: float | None
    active_params_b: float | None
    chance: float
    written: str = ""
    """The score as it stands in the file."""
    unit: Unit | None = None
    """As the file says; None: told from the scores."""


@dataclass(frozen=True, slots=True)
class UserScores:
    """The table: its columns and raw cells for writing it back, its rows for computing."""

    file: str
    columns: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    rows: tuple[UserScore, ...]
    units: dict[str, Unit]
    """Unit of each benchmark's scores: as said, else told from their range: up to 1, up to 150, beyond."""


def _open_rows(path: Path) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing"
        raise InputError(str(path), "", found=found, allowed="a CSV file")
    if path.stat().st_size > _LARGEST_BYTES:
        raise InputError(str(path), "", found=f"{path.stat().st_size:,} bytes", allowed=f"up to {_LARGEST_BYTES:,}")
    table = read_table(decode_table(path.read_bytes(), str(path)), str(path))
    rows = [cells for _, cells in table.rows]
    if not rows:
        raise InputError(str(path), "", found="no rows", allowed=f"a header with {', '.join(_NEEDED)}, and rows")
    header = tuple(name.strip() for name in table.header)
    if is_wide(header):
        header, rows = to_long(header, rows, str(path), _known_skills())
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        allowed = f"columns {', '.join(_NEEDED)}; optional {', '.join(_OPTIONAL)} (or wide)"
        raise InputError(str(path), "header", found=", ".join(header), allowed=allowed)
    return header, rows


@lru_cache(maxsize=1)
def _known_skills() -> dict[str, str]:
    """Skill of each benchmark of the catalog, by its id and its name in lower case."""
    rows = load_csv_rows(catalogs_dir() / "benchmarks.csv")
    return {str(row[column]).lower(): str(row["skill"]) for row in rows for column in ("name", "id")}


def _number(text: str, file: str, line: int, field: str, *, needed: bool = False) -> float:
    if not text and not needed:
        return math.nan
    try:
        value = float(text)
    except ValueError as exc:
        raise InputError(file, f"line {line}: {field}", found=text, allowed="a number") from exc
    if not math.isfinite(value) or value < 0.0:
        raise InputError(file, f"line {line}: {field}", found=text, allowed="a finite number of at least 0")
    return value


def _day(text: str, file: str, line: int) -> dt.date | None:
    if not text:
        return None
    padded = text + "-01" * (2 - text.count("-"))
    try:
        return dt.date.fromisoformat(padded)
    except ValueError as exc:
        raise InputError(file, f"line {line}: released", found=text, allowed="YYYY, YYYY-MM or YYYY-MM-DD") from exc


def _parse(file: str, line: int, header: Sequence[str], cells: Sequence[str]) -> UserScore:
    if len(cells) != len(header):
        raise InputError(file, f"line {line}", found=f"{len(cells)} cells", allowed=f"{len(header)} as in the header")
    given = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    for name in ("model", "benchmark", "skill"):
        if not given[name]:
            raise InputError(file, f"line {line}: {name}", found="nothing", allowed="a name")
    if given["skill"] not in SKILLS:
        allowed = f"one of {', '.join(SKILLS)}"
        raise InputError(file, f"line {line}: skill", found=given["skill"], allowed=allowed)
    total = _number(given.get("total_params_b", ""), file, line, "total_params_b")
    active = _number(given.get("active_params_b", ""), file, line, "active_params_b")
    chance = _number(given.get("chance", ""), file, line, "chance")
    if chance >= 1.0:
        raise InputError(file, f"line {line}: chance", found=chance, allowed="a share from 0 to below 1")
    return UserScore(
        line=line,
        model=given["model"],
        benchmark=given["benchmark"],
        skill=given["skill"],
        score=_number(given["score"].rstrip("% "), file, line, "score", needed=True),
        n=_number(given.get("n", ""), file, line, "n"),
        date=given.get("date", ""),
        variant=given.get("variant", ""),
        maker=given.get("maker", ""),
        family=given.get("family", ""),
        released=_day(given.get("released", ""), file, line),
        total_params_b=total if total > 0.0 else None,
        active_params_b=active if active > 0.0 else None,
        chance=max(0.0, chance),
        written=given["score"],
        unit=stated_unit(given.get("unit", ""), given["score"], file, line),
    )


def _is_percent(score: float) -> bool:
    return 1.0 < score <= LEAST_RATING


def load_user_scores(path: Path) -> UserScores:
    """Read the table; InputError names file, line and column of the first thing wrong."""
    header, raw = _open_rows(path)
    rows = [_parse(str(path), number, header, cells) for number, cells in enumerate(raw, start=2)]
    by_benchmark: dict[str, list[UserScore]] = {}
    for row in rows:
        by_benchmark.setdefault(row.benchmark, []).append(row)
    for name, some in by_benchmark.items():
        other = next((row for row in some if row.skill != some[0].skill), None)
        if other is not None:
            found, allowed = f"{other.skill} for {name}", f"{some[0].skill}, as on line {some[0].line}"
            raise InputError(str(path), f"line {other.line}: skill", found=found, allowed=allowed)
    given = {
        name: [(row.line, row.score, row.written, row.unit) for row in some] for name, some in by_benchmark.items()
    }
    percents = any(_is_percent(score) for some in given.values() for _, score, _, _ in some)
    units = {name: unit_of(str(path), name, some, beside_percents=percents) for name, some in given.items()}
    for row in rows:
        if units[row.benchmark] == "percent" and row.score > 100.0:
            raise InputError(str(path), f"line {row.line}: score", found=row.score, allowed="0 to 1, or 0 to 100")
    return UserScores(str(path), header, tuple(raw), tuple(rows), units)
