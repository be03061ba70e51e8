"""How tables of scores are laid out: a row a score, or a column a benchmark; and in which unit the scores are.

A wide table says each benchmark's skill by naming one of the catalog, in brackets ('task_a [reasoning]'), or in a row
'skill' right under the header. A unit is what a column 'unit' or a '%' says; without either it is told from the range
where the range can tell it, and asked for where it cannot: 0.9 may be a share of 90 % or 0.9 %.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias

from planner.errors import InputError
from planner.terms import SKILLS

Unit: TypeAlias = Literal["share", "percent", "elo"]
LEAST_RATING: Final = 150.0
"""Above this a score is a rating: no share or percentage reaches it."""
_UNITS: Final[Mapping[str, Unit]] = {
    "share": "share",
    "fraction": "share",
    "0-1": "share",
    "percent": "percent",
    "%": "percent",
    "pct": "percent",
    "points": "percent",
    "0-100": "percent",
    "elo": "elo",
    "rating": "elo",
}
_CARRIED: Final = ("variant", "date", "maker", "family", "released", "total_params_b", "active_params_b")
_FACTS: Final = frozenset(_CARRIED) | {
    "model",
    "n",
    "chance",
    "organization",
    "org",
    "license",
    "licence",
    "rank",
    "url",
    "price",
    "cost",
    "link",
    "notes",
    "source",
}
"""Columns of a wide table that are no benchmark."""
_HEADING: Final = re.compile(r"^(?P<name>.*?)\s*[\[(](?P<said>[^\])]*)[\])]$")
_SMALL: Final = 0.02
"""A best share below this is likelier a percentage of a hard benchmark: asked for."""

Given: TypeAlias = tuple[int, float, str, Unit | None]
"""Line, score, the score as written, unit as stated."""


def is_wide(header: Sequence[str]) -> bool:
    """Whether a header names models and no column of scores."""
    return "model" in {one.lower() for one in header} and not {"score", "benchmark"} & {one.lower() for one in header}


def to_long(
    header: Sequence[str], rows: Sequence[tuple[str, ...]], file: str, skills: Mapping[str, str]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The same table with a row a score; InputError for a benchmark whose skill nothing tells.

    Args:
        header: Names of the columns.
        rows: Cells.
        file: For the error.
        skills: Skill of each known benchmark, by name in lower case.
    """
    place = {name.lower(): number for number, name in enumerate(header)}
    model = place["model"]
    said: Sequence[str] = ()
    if rows and rows[0][model].strip().lower() == "skill":
        said, rows = rows[0], rows[1:]
    carried = [name for name in _CARRIED if name in place]
    long: list[tuple[str, ...]] = []
    for number, heading in enumerate(header):
        if heading.lower() in _FACTS:
            continue
        name, skill, unit = _heading(heading, said[number] if said else "", skills, file)
        long += [
            (row[model], name, skill, row[number].strip(), unit, *(row[place[one]] for one in carried))
            for row in rows
            if row[number].strip() not in {"", "-", "–", "n/a", "N/A"}
        ]
    if not long:
        raise InputError(file, "header", found=", ".join(header), allowed="model, and a column for each benchmark")
    return ("model", "benchmark", "skill", "score", "unit", *carried), long


def _heading(heading: str, said: str, skills: Mapping[str, str], file: str) -> tuple[str, str, str]:
    """Benchmark, skill and unit of a column."""
    found = _HEADING.match(heading)
    name, words = (found["name"], re.split(r"[,; ]+", found["said"].lower())) if found else (heading, [])
    unit = next((word for word in words if word in _UNITS), "")
    named = [word for word in (said.strip().lower(), *words) if word in SKILLS]
    skill = named[0] if named else skills.get(heading.lower()) or skills.get(name.lower())
    if skill is None:
        allowed = f"its skill in brackets, '{name[:20]} [reasoning]', or a row 'skill' under the header"
        raise InputError(file, "header", found=f"{name[:30]} without a skill", allowed=allowed)
    return name, skill, unit


def stated_unit(text: str, score: str, file: str, line: int) -> Unit | None:
    """Unit that a cell of the column 'unit' or a '%' behind the score says; None when nothing does."""
    if text.strip():
        unit = _UNITS.get(text.strip().lower())
        if unit is None:
            raise InputError(file, f"line {line}: unit", found=text, allowed="share, percent or elo")
        return unit
    return "percent" if score.strip().endswith("%") else None


def unit_of(file: str, name: str, given: Sequence[Given], *, beside_percents: bool) -> Unit:
    """Unit of a benchmark's scores; InputError where rows disagree, or where nothing can tell it.

    Args:
        file: For the error.
        name: The benchmark.
        given: Its scores.
        beside_percents: Other benchmarks of the file are percentages, so scores up to 1 may be as well.
    """
    stated = {unit for *_, unit in given if unit is not None}
    if len(stated) > 1:
        line = given[0][0]
        raise InputError(file, f"line {line}: unit", found=" and ".join(sorted(stated)), allowed=f"one unit for {name}")
    if stated:
        return next(iter(stated))
    top = max(score for _, score, _, _ in given)
    if top > LEAST_RATING:
        return "elo"
    if top > 1.0:
        return "percent"
    coarse = len(given) > 1 and all(len(written.partition(".")[2]) <= 1 for _, _, written, _ in given)
    if (beside_percents or coarse or top < _SMALL) and 0.0 < top < 1.0:
        allowed = "a column 'unit' with share or percent: 0.9 may be 90 % or 0.9 %"
        raise InputError(file, f"{name}: score", found=f"scores of {top:g} at most", allowed=allowed)
    return "share"
