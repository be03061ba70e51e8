"""Benchmark scores: the evidence files, the benchmarks they belong to, the reviewed model names, the usual anchors.

A score carries the name that its publisher gave the model. aliases.csv joins that name to a canonical model id and a
variant (reasoning effort, calling mode, snapshot); a name that it does not join is listed, never guessed.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from planner.catalog.files import index_rows, load_csv_rows, load_yaml_rows, parse_rows
from planner.catalog.schema import Anchor, Benchmark, Evidence
from planner.errors import InputError
from planner.terms import SKILLS

_COLUMNS: Final = ("model", "benchmark", "score", "n", "date", "source")
_DATE: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_ELO_RANGE: Final = (200.0, 3000.0)


class Alias(NamedTuple):
    """The model and variant that a published name stands for; model '' when the name is not joined."""

    model: str
    variant: str


@dataclass(frozen=True, slots=True)
class _Reader:
    """What the rows of one evidence file are read against."""

    publisher: str
    file: str
    benchmarks: Mapping[str, Benchmark]
    sources: Mapping[str, str]
    aliases: Mapping[tuple[str, str], Alias]


class _Row(NamedTuple):
    """One parsed score; the fields are those of Evidence, `joined` tells whether the name is known."""

    row_id: str
    alias: Alias
    raw_name: str
    benchmark: str
    score: float
    n: float
    date: str
    source: str


def load_evidence(folder: Path) -> tuple[Evidence, dict[str, Benchmark], tuple[str, ...]]:
    """Joined scores, benchmarks by id, and the names that are not joined as 'publisher: name (rows)'.

    Args:
        folder: catalogs/, with benchmarks.csv, aliases.csv, sources.csv and evidence/*.csv.

    Raises:
        InputError: A row has no source or date, a score out of range, an unknown benchmark, or repeats another.
    """
    benchmarks = load_benchmarks(folder / "benchmarks.csv")
    aliases = load_aliases(folder / "aliases.csv")
    sources = _load_sources(folder / "sources.csv")
    joined: list[_Row] = []
    unjoined: Counter[str] = Counter()
    for path in sorted((folder / "evidence").glob("*.csv")):
        reader = _Reader(path.stem, f"evidence/{path.name}", benchmarks, sources, aliases)
        for row in _read_scores(path, reader):
            if row.alias.model:
                joined.append(row)
            else:
                unjoined[f"{path.stem}: {row.raw_name}"] += 1
    return _columns(joined), benchmarks, tuple(f"{name} ({rows})" for name, rows in sorted(unjoined.items()))


def load_benchmarks(path: Path) -> dict[str, Benchmark]:
    """Benchmarks by id; a rating has a reference, a share has a chance level below 1."""
    rows = [{"chance": 0.0, **row} for row in load_csv_rows(path, ("items", "reference_elo"))]
    benchmarks = index_rows(path, parse_rows(path, rows, Benchmark))
    for benchmark in benchmarks.values():
        if benchmark.skill not in SKILLS:
            allowed = f"one of {', '.join(SKILLS)}"
            raise InputError(path.name, f"{benchmark.id}.skill", found=benchmark.skill, allowed=allowed)
        if benchmark.link == "elo" and benchmark.reference_elo is None:
            raise InputError(path.name, f"{benchmark.id}.reference_elo", found="nothing", allowed="a rating")
        if not 0.0 <= benchmark.chance < 1.0:
            raise InputError(path.name, f"{benchmark.id}.chance", found=benchmark.chance, allowed="0 up to below 1")
    return benchmarks


def load_aliases(path: Path) -> dict[tuple[str, str], Alias]:
    """The reviewed join: (publisher, name as published) to model and variant."""
    aliases: dict[tuple[str, str], Alias] = {}
    for number, row in enumerate(_dict_rows(path, path.name, ("publisher", "name", "model", "variant")), start=1):
        key = (row["publisher"], row["name"])
        if key in aliases:
            raise InputError(
                path.name, f"row {number}: name", found=row["name"], allowed="each name of a publisher once"
            )
        if not row["model"] and not row["not_joined_because"]:
            raise InputError(
                path.name, f"row {number}: model", found="nothing", allowed="a model id, or a reason for none"
            )
        aliases[key] = Alias(row["model"], row["variant"])
    return aliases


def load_anchors(path: Path, benchmarks: Mapping[str, Benchmark]) -> dict[str, Anchor]:
    """The usual benchmark of each skill, by skill."""
    anchors = index_rows(path, parse_rows(path, load_yaml_rows(path, "anchors"), Anchor, "skill"), "skill")
    for skill in SKILLS:
        anchor = anchors.get(skill)
        if anchor is None:
            raise InputError(path.name, skill, found="nothing", allowed="one anchor for each skill")
        if anchor.benchmark not in benchmarks:
            raise InputError(
                path.name, f"{skill}.benchmark", found=anchor.benchmark, allowed="a benchmark of benchmarks.csv"
            )
    return anchors


def _load_sources(path: Path) -> dict[str, str]:
    """Reference of each source id; a source without reference or date of reading is refused."""
    sources: dict[str, str] = {}
    for number, row in enumerate(_dict_rows(path, path.name, ("id", "source", "licence", "read")), start=1):
        for column in ("source", "read"):
            if not row[column]:
                raise InputError(
                    path.name, f"row {number}: {column}", found="nothing", allowed="where and when it was read"
                )
        sources[row["id"]] = row["source"]
    return sources


def _dict_rows(path: Path, name: str, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Rows of a CSV that has at least these columns, as plain text."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = set(columns) - set(reader.fieldnames or ())
            if missing:
                raise InputError(name, min(missing), found="no such column", allowed=", ".join(columns))
            for row in reader:
                yield {key: value or "" for key, value in row.items() if key is not None}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(name, "", found=error, allowed="a readable CSV file") from error


def _read_scores(path: Path, reader: _Reader) -> Iterator[_Row]:
    """Parsed scores of one publisher, each named 'publisher#row' by its place in the file."""
    seen: set[tuple[str, str]] = set()
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            header = next(rows, [])
            if tuple(header) != _COLUMNS:
                raise InputError(reader.file, "header", found=",".join(header), allowed=",".join(_COLUMNS))
            for number, row in enumerate(rows, start=1):
                parsed = _parse_score(number, row, reader)
                key = (parsed.raw_name, parsed.benchmark)
                if key in seen:
                    allowed = "each model once a benchmark"
                    raise InputError(reader.file, f"row {number}: model", found=parsed.raw_name, allowed=allowed)
                seen.add(key)
                yield parsed
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(reader.file, "", found=error, allowed="a readable CSV file") from error


def _parse_score(number: int, row: list[str], reader: _Reader) -> _Row:
    """One score, checked against its benchmark; every failure names file, row and column."""
    if len(row) != len(_COLUMNS):
        raise InputError(reader.file, f"row {number}", found=f"{len(row)} cells", allowed=f"{len(_COLUMNS)} cells")
    name, benchmark_id, score, items, date, source = row
    benchmark = reader.benchmarks.get(benchmark_id)
    if benchmark is None:
        allowed = "an id of benchmarks.csv"
        raise InputError(reader.file, f"row {number}: benchmark", found=benchmark_id, allowed=allowed)
    reference = reader.sources.get(source)
    if reference is None:
        raise InputError(
            reader.file, f"row {number}: source", found=source or "nothing", allowed="an id of sources.csv"
        )
    if not _DATE.fullmatch(date):
        raise InputError(
            reader.file, f"row {number}: date", found=date or "nothing", allowed="YYYY, YYYY-MM or YYYY-MM-DD"
        )
    if not name:
        raise InputError(reader.file, f"row {number}: model", found="nothing", allowed="the name as published")
    low, high = (0.0, 1.0) if benchmark.link == "share" else _ELO_RANGE
    return _Row(
        row_id=f"{reader.publisher}#{number}",
        alias=reader.aliases.get((reader.publisher, name), Alias("", "")),
        raw_name=name,
        benchmark=benchmark_id,
        score=_number(score, low, high, reader.file, f"row {number}: score"),
        n=_number(items, 1.0, 1e9, reader.file, f"row {number}: n") if items else nan,
        date=date,
        source=reference,
    )


def _number(text: str, low: float, high: float, file: str, field: str) -> float:
    """A finite number within the range; InputError names the field."""
    try:
        value = float(text)
    except ValueError:
        value = nan
    if not isfinite(value) or not low <= value <= high:
        raise InputError(file, field, found=text or "nothing", allowed=f"a number from {low:g} to {high:g}")
    return value


def _columns(rows: list[_Row]) -> Evidence:
    """The rows as one table of columns."""
    return Evidence(
        row_id=tuple(row.row_id for row in rows),
        model=tuple(row.alias.model for row in rows),
        raw_name=tuple(row.raw_name for row in rows),
        variant=tuple(row.alias.variant for row in rows),
        benchmark=tuple(row.benchmark for row in rows),
        score=np.array([row.score for row in rows], dtype=np.float64),
        n=np.array([row.n for row in rows], dtype=np.float64),
        date=tuple(row.date for row in rows),
        source=tuple(row.source for row in rows),
    )
