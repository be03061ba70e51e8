"""Where the engines differ: a text as a number, a moment as seconds, a value inside JSON. All else is alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir

_NUMBER: Final = r"^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$"
_MOMENT: Final = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?\s*(Z|[+-][0-9:]+)?)?\s*$"
_JSON: Final = ibis.dtype("json")
_UTC: Final = "timestamp('UTC')"


def _own(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the engine's own, called by its name; the body is never run."""
    made: Callable[..., Any] = ibis.udf.scalar.builtin(function)
    return made


@_own
def json_extract_string(text: str, path: str) -> str:
    """DuckDB: text at a path."""
    raise NotImplementedError


@_own
def json_valid(text: str) -> bool:
    """DuckDB: whether a text is JSON."""
    raise NotImplementedError


@_own
def to_json(value) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN001 (any column)
    """DuckDB, Spark: a nested value as JSON."""
    raise NotImplementedError


@_own
def epoch_us(moment) -> int:  # type: ignore[no-untyped-def]  # noqa: ANN001 (any column)
    """DuckDB: microseconds since 1970."""
    raise NotImplementedError


@_own
def get_json_object(text: str, path: str) -> str:
    """Spark: text at a path."""
    raise NotImplementedError


@_own
def unix_micros(moment) -> int:  # type: ignore[no-untyped-def]  # noqa: ANN001 (any column)
    """Spark: microseconds since 1970."""
    raise NotImplementedError


@_own
def date_part(part: str, moment) -> float:  # type: ignore[no-untyped-def]  # noqa: ANN001 (any column)
    """PostgreSQL: a part of a moment."""
    raise NotImplementedError


@_own
def jsonb_extract_path_text(value, path: str) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN001 (any column)
    """PostgreSQL: text at one key."""
    raise NotImplementedError


@_own
def jsonb_extract_path(value, path: str) -> _JSON:  # type: ignore[no-untyped-def,valid-type]  # noqa: ANN001 (any column)
    """PostgreSQL: JSON at one key."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Dialect:
    """DuckDB's way, which the others change where they must."""

    name: str = "duckdb"
    ordered: bool = True
    """Whether the rows of a file keep their order."""

    def number(self, text: ir.Value) -> ir.Value:
        """The number that a text spells; null where it spells none."""
        return text.try_cast("float64")

    def moment(self, text: ir.Value) -> ir.Value:
        """The moment that a text spells, UTC where it names no zone; null where it spells none."""
        return text.try_cast(_UTC)

    def seconds(self, moment: ir.Value) -> ir.Value:
        """Seconds since 1970 of a moment."""
        return epoch_us(moment.cast(_UTC)).cast("float64") / 1e6

    def inside(self, column: ir.Value, path: Sequence[str | int]) -> ir.Value:
        """Text at a path inside JSON; null where there is none or the JSON is none."""
        steps = "".join(f"[{step}]" if isinstance(step, int) else f'."{step}"' for step in path)
        return ibis.ifelse(json_valid(column), json_extract_string(column, f"${steps}"), None)

    def is_json(self, column: ir.Value) -> ir.Value:
        """Whether a column holds JSON."""
        return json_valid(column)

    def as_json(self, column: ir.Value) -> ir.Value:
        """A nested column as JSON."""
        return to_json(column)

    def items(self, column: ir.Value) -> ir.Value:
        """Entries of a list that stands as text, '[1, 2]'."""
        return column.re_replace(r"[\[\]\s]", "").split(",")


@dataclass(frozen=True, slots=True)
class SparkDialect(Dialect):
    """Spark's way. Its local mode needs Java."""

    name: str = "pyspark"
    ordered: bool = False

    def seconds(self, moment: ir.Value) -> ir.Value:
        """Seconds since 1970 of a moment."""
        return unix_micros(moment.cast(_UTC)).cast("float64") / 1e6

    def inside(self, column: ir.Value, path: Sequence[str | int]) -> ir.Value:
        """Text at a path inside JSON."""
        steps = "".join(f"[{step}]" if isinstance(step, int) else f"['{step}']" for step in path)
        return get_json_object(column, f"${steps}")

    def is_json(self, column: ir.Value) -> ir.Value:
        """Whether a column holds JSON."""
        return get_json_object(column, "$").notnull()


@dataclass(frozen=True, slots=True)
class PostgresDialect(Dialect):
    """PostgreSQL's way: its columns have types already, and a cast that fails ends the query, so it is guarded."""

    name: str = "postgres"
    ordered: bool = False

    def number(self, text: ir.Value) -> ir.Value:
        """The number that a text spells; null where it spells none."""
        return ibis.ifelse(text.re_search(_NUMBER), text, None).cast("float64")

    def moment(self, text: ir.Value) -> ir.Value:
        """The moment that a text spells."""
        return ibis.ifelse(text.re_search(_MOMENT), text, None).cast(_UTC)

    def seconds(self, moment: ir.Value) -> ir.Value:
        """Seconds since 1970 of a moment."""
        return date_part("epoch", moment)

    def inside(self, column: ir.Value, path: Sequence[str | int]) -> ir.Value:
        """Text at a path inside JSON; a JSON column only."""
        value = column.cast("json") if not column.type().is_json() else column
        for step in path[:-1]:
            value = jsonb_extract_path(value, str(step)) if isinstance(step, str) else value[step]
        last = path[-1]
        if isinstance(last, int):
            return value[last].unwrap_as("string")
        return jsonb_extract_path_text(value, last)

    def is_json(self, column: ir.Value) -> ir.Value:
        """A JSON column holds nothing else."""
        return column.notnull()

    def as_json(self, column: ir.Value) -> ir.Value:
        """A JSON column stands as it is."""
        return column
