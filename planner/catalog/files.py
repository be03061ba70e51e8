"""Reading one file of catalogs/: YAML or CSV rows to frozen dataclasses, each row with its source and date."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from planner.errors import InputError

Row = TypeVar("Row")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SOURCE_COLUMNS: Final = ("source", "date", "note")


def load_yaml_rows(path: Path, key: str) -> list[Mapping[str, Any]]:
    """Rows under the one top-level key of a YAML file; InputError when the file has another shape."""
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 (a safe loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(path.name, "", found=error, allowed="a readable YAML file") from error
    rows = data.get(key) if isinstance(data, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(path.name, key, found=type(rows).__name__, allowed="a list of rows")
    return rows


def load_csv_rows(path: Path, blanks: Iterable[str] = ()) -> list[Mapping[str, Any]]:
    """Rows of a CSV file without their empty cells; the columns source, date and note become one source.

    Columns named in `blanks` may be empty in a row, and are then None.
    """
    unknown = dict.fromkeys(blanks)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [{**unknown, **_fold_source(row)} for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(path.name, "", found=error, allowed="a readable CSV file") from error


def load_csv_column(path: Path, name: str) -> list[str]:
    """Filled cells of one column of a CSV file, in file order; InputError when the file can't be read or lacks it."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            header = next(rows, [])
            if name not in header:
                raise InputError(path.name, name, found="no such column", allowed=f"one of {', '.join(header)}")
            place = header.index(name)
            return [row[place] for row in rows if len(row) > place and row[place]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(path.name, "", found=error, allowed="a readable CSV file") from error


def _fold_source(row: Mapping[str | None, Any]) -> Mapping[str, Any]:
    """The row without empty cells, its source, date and note as one mapping."""
    filled = {str(name): value for name, value in row.items() if value not in (None, "")}
    source = {
        new: filled.pop(old) for old, new in zip(_SOURCE_COLUMNS, ("url", "date", "note"), strict=True) if old in filled
    }
    return {**filled, "source": source} if source else filled


def parse_rows(path: Path, rows: Iterable[Mapping[str, Any]], kind: type[Row], name: str = "id") -> tuple[Row, ...]:
    """Rows as dataclasses of one kind; InputError names file, row and field of the first that does not fit."""
    return tuple(_parse_row(path, number, row, kind, name) for number, row in enumerate(rows, start=1))


@cache
def _adapter(kind: type[Any]) -> tuple[TypeAdapter[Any], frozenset[str]]:
    return TypeAdapter(kind), frozenset(field.name for field in fields(kind))


def _parse_row(path: Path, number: int, row: Mapping[str, Any], kind: type[Row], name: str) -> Row:
    adapter, known = _adapter(kind)  # type: ignore[arg-type]  # a class is hashable; the checker loses it in the variable
    where = f"row {number} ({row.get(name, 'no ' + name)})"
    unknown = sorted(set(row) - known)
    if unknown:
        raise InputError(path.name, where, found=unknown[0], allowed=f"the fields {', '.join(sorted(known))}")
    try:
        parsed: Row = adapter.validate_python(row)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        found = "nothing" if first["type"] == "missing" else first["input"]
        raise InputError(path.name, f"{where}.{field}", found=found, allowed=_allowed(first["msg"], field)) from error
    _require_source(path, where, parsed)
    return parsed


def _allowed(message: str, field: str) -> str:
    if field.startswith("source"):
        return "a source (url) and the date it was read"
    return message[:1].lower() + message[1:]


def _require_source(path: Path, where: str, row: object) -> None:
    """A blank address is no source."""
    source = getattr(row, "source", None)
    if source is not None and not source.url.strip():
        raise InputError(
            path.name, f"{where}.source.url", found="nothing", allowed="a source (url) and the date it was read"
        )


def index_rows(path: Path, rows: Sequence[Row], name: str = "id") -> dict[str, Row]:
    """Rows by id; InputError when two rows share one."""
    indexed: dict[str, Row] = {}
    for row in rows:
        key = getattr(row, name)
        if key in indexed:
            raise InputError(path.name, str(key), found="two rows", allowed=f"one row for each {name}")
        indexed[key] = row
    return indexed


def check_range(file: str, field: str, value: float | None, low: float, high: float) -> None:
    """InputError for a value outside the range; None, a value that no one states, is inside any."""
    if value is not None and not low <= value <= high:
        raise InputError(file, field, found=value, allowed=f"{low:g} to {high:g}")
