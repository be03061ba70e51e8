"""A log as it was found, and the few questions a reader asks of it: a text, a number, a moment, a value inside JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import ibis
import ibis.expr.types as ir

from planner.logs.opening.dialect import Dialect

Unit: TypeAlias = Literal["date", "s", "ms", "us", "ns"]
PER_SECOND: Final[Mapping[str, float]] = {"date": 1.0, "s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
_HEAD: Final = 50_000
"""Rows whose times tell the unit."""
_EPOCH: Final[tuple[tuple[float, Unit], ...]] = ((1e17, "ns"), (1e14, "us"), (1e11, "ms"), (1e8, "s"))
"""A moment of these years, by the size of its number: 2e9 s is 2033."""
FILE, ROW, FAULT = "_file", "_row", "_fault"
"""Columns that opening adds."""


@dataclass(frozen=True, slots=True)
class Moments:
    """A column of times, read."""

    seconds: ir.Value
    unit: Unit
    absolute: bool
    """False: counted from the start of the trace."""
    given: ir.Value
    """Where something stands in the column, readable or not."""
    named: bool = True
    """Whether the log has such a column at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """One table of a log, its columns by name, whatever their case."""

    table: ir.Table
    dialect: Dialect
    engine: Any
    """Ibis backend, for the questions that decide a unit."""
    nested: set[str] = field(default_factory=set)
    """JSON columns that the reader looked into."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names as the log has them, ours left out."""
        return tuple(name for name in self.table.columns if name not in {FILE, ROW, FAULT})

    def name_of(self, *names: str) -> str | None:
        """The first of these columns that there is."""
        own = {column.strip().lower(): column for column in self.columns}
        return next((own[name.lower()] for name in names if name.lower() in own), None)

    def text(self, *names: str) -> ir.Value:
        """The first of these columns as text; an empty one is null, a missing one null throughout."""
        name = self.name_of(*names)
        if name is None:
            return ibis.null("string")
        column = self.table[name]
        if column.type().is_nested() or column.type().is_json():
            column = self.dialect.as_json(column)
        return column.cast("string").strip().nullif("")

    def number(self, *names: str) -> ir.Value:
        """The first of these columns as a number; null where it is none."""
        name = self.name_of(*names)
        if name is None:
            return ibis.null("float64")
        column = self.table[name]
        if column.type().is_numeric():
            return column.cast("float64")
        return self.dialect.number(self.text(name))

    def flag(self, *names: str) -> ir.Value:
        """Whether the first of these columns says true; null where it says nothing."""
        name = self.name_of(*names)
        if name is not None and self.table[name].type().is_boolean():
            return self.table[name]
        return self.text(*names).lower().isin(["true", "t", "1", "yes"])

    def inside(self, column: str, *path: str | int) -> ir.Value:
        """Text at a path inside a JSON column; null where there is none."""
        name = self.name_of(column)
        if name is None:
            return ibis.null("string")
        self.nested.add(name)
        return self.dialect.inside(self._json(name), path).nullif("")

    def number_inside(self, column: str, *path: str | int) -> ir.Value:
        """A number at a path inside a JSON column."""
        return self.dialect.number(self.inside(column, *path))

    def at_path(self, path: str) -> ir.Value | None:
        """The column of that name, or the value at a dotted path below one; None where there is no such column."""
        if self.name_of(path) is not None:
            return self.text(path)
        head, _, rest = path.partition(".")
        if not rest or self.name_of(head) is None:
            return None
        return self.inside(head, *(int(step) if step.isdecimal() else step for step in rest.split(".")))

    def unreadable_json(self) -> ir.Value:
        """Rows in which a column that was looked into is there but is no JSON."""
        bad: ir.Value = ibis.literal(False)
        for name in sorted(self.nested):
            column = self._json(name)
            bad = bad | (column.notnull() & (column.cast("string") != "") & ~self.dialect.is_json(column))
        return bad

    def _json(self, name: str) -> ir.Value:
        column = self.table[name]
        if column.type().is_nested() or column.type().is_json():
            return self.dialect.as_json(column)
        return column.nullif("")

    def moments(self, *names: str, small_whole: Unit = "s", unit: Unit | None = None) -> Moments:
        """The first of these columns as seconds.

        Dates are UTC where they name no zone. Numbers are told by their size: of today's years in s, ms, us or ns;
        smaller ones count from the start of a trace, in seconds where they have decimals, else in `small_whole`.
        `unit` says it outright.
        """
        name = self.name_of(*names)
        if name is None:
            missing = ibis.null("float64")
            return Moments(missing, unit or "s", True, ibis.literal(False), named=False)
        column = self.table[name]
        if column.type().is_timestamp() or column.type().is_date():
            return Moments(self.dialect.seconds(column.cast("timestamp")), "date", True, column.notnull())
        number = self.number(name)
        found, absolute = self._unit_of(number, small_whole) if unit is None else (unit, True)
        given = self.text(name).notnull()
        if found == "date":
            return Moments(self.dialect.seconds(self.dialect.moment(self.text(name))), "date", True, given)
        return Moments(number / PER_SECOND[found], found, absolute, given)

    def _unit_of(self, number: ir.Value, small_whole: Unit) -> tuple[Unit, bool]:
        """Unit by the size of the first numbers, and whether they count from 1970; dates where most are no numbers."""
        head = self.table.select(n=number).limit(_HEAD)
        facts = first_row(
            self.engine,
            head.aggregate(
                rows=head.count(), numbers=head.n.count(), middle=head.n.median(), part=(head.n != head.n.floor()).sum()
            ),
        )
        if (facts["numbers"] or 0) <= 0.5 * facts["rows"]:
            return "date", True
        for least, unit in _EPOCH:
            if facts["middle"] >= least:
                return unit, True
        return ("s" if facts["part"] else small_whole), False

    def one(self, **values: ir.Value) -> dict[str, Any]:
        """One row of aggregates over the table, as plain values."""
        return first_row(self.engine, self.table.aggregate(**values))


def first_row(engine: Any, table: ir.Table) -> dict[str, Any]:  # noqa: ANN401 (an Ibis backend)
    """The only row of a table."""
    rows: Sequence[dict[str, Any]] = engine.to_pyarrow(table).to_pylist()
    return rows[0]
