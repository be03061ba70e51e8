"""The tables, for SQLite and PostgreSQL alike, and the one place in which times become UTC.

Money that bounds is kept as whole picodollars (1e-12 USD): sums of them are exact, so a cap is neither passed nor
missed by a rounding error. Figures that only report stay USD as they came.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.types import TypeDecorator

_PICO_PER_USD: Final = 1_000_000_000_000
_UNKEEPABLE: Final = re.compile("[\x00\ud800-\udfff]")
_LARGEST_PICO: Final = 2**62
"""About 4.6 million USD: what a signed 64-bit column can still add up."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept as UTC: SQLite gives naive values back where PostgreSQL gives aware ones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC; ValueError for a naive time, which could mean anything."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"a time without time zone cannot be kept: {value.isoformat()}"
            raise ValueError(msg)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class AnyText(TypeDecorator[str]):
    """Text as a model may write it: what no database's text can hold (NUL, lone surrogates) becomes U+FFFD."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Text that both databases take."""
        return None if value is None else keepable(value)


def keepable(text: str) -> str:
    r"""The text with U+FFFD for each character that no database's text can hold.

    >>> keepable("a\x00b\ud800") == "a\ufffdb\ufffd"
    True
    """
    return _UNKEEPABLE.sub("\ufffd", text)


def picodollars(amount_usd: float) -> int:
    """Whole picodollars of an amount.

    Raises:
        ValueError: The amount is negative, not finite, or beyond 4 million USD.

    >>> picodollars(0.1) * 3 == picodollars(0.3)
    True
    """
    if not 0.0 <= amount_usd <= _LARGEST_PICO / _PICO_PER_USD:
        msg = f"{amount_usd!r} USD is no amount to spend"
        raise ValueError(msg)
    return round(amount_usd * _PICO_PER_USD)


def usd_of(pico: int) -> float:
    """USD of whole picodollars."""
    return pico / _PICO_PER_USD


def cap_in_pico(cap_usd: float) -> int:
    """A cap in picodollars; one beyond what a column can add up, infinity included, bounds at that."""
    return _LARGEST_PICO if cap_usd > _LARGEST_PICO / _PICO_PER_USD else picodollars(cap_usd)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _free_text(name: str) -> sa.Column[str]:
    return sa.Column(name, AnyText, nullable=False)


def _text(name: str, *constraints: Any, **options: Any) -> sa.Column[str]:  # noqa: ANN401 (passed to Column)
    return sa.Column(name, sa.Text, *constraints, nullable=False, **options)


def _real(name: str, *, nullable: bool = True) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=nullable)


def _count(name: str, *, nullable: bool = True) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=nullable)


suites = sa.Table("suites", metadata, _text("hash", primary_key=True), _text("name"), _free_text("text"))

runs = sa.Table(
    "runs",
    metadata,
    _text("id", primary_key=True),
    _text("kind"),
    _text("suite"),
    _text("suite_hash", sa.ForeignKey("suites.hash")),
    _text("skill"),
    sa.Column("workload", sa.Text),
    sa.Column("segment", sa.Text),
    _text("settings"),
    _real("budget_usd", nullable=False),
    _text("status"),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("finished", UtcDateTime),
    _text("planner_version"),
    _text("grader"),
    # Spent or reserved, and spent for certain: running totals, changed with the attempts in one transaction.
    sa.Column("committed_pico", sa.BigInteger, nullable=False),
    sa.Column("spent_pico", sa.BigInteger, nullable=False),
    # Order-independent hash of what beliefs read of this run; planner/store/digest.py.
    sa.Column("digest", sa.BigInteger, nullable=False),
    sa.Column("imported", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.CheckConstraint("status IN ('running', 'finished', 'cap', 'stopped')", name="status"),
    sa.CheckConstraint("committed_pico >= 0 AND spent_pico >= 0", name="totals"),
)

targets = sa.Table(
    "targets",
    metadata,
    _text("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    _text("name"),
    _text("litellm_model"),
    sa.Column("catalog_model", sa.Text),
    _text("provider"),
    sa.Column("api_base", sa.Text),
    _real("input_usd_per_mtok"),
    _real("cached_input_usd_per_mtok"),
    _real("output_usd_per_mtok"),
    # The whole price of an offer whose price is more than those three: steps, reasoning, a fee a request.
    sa.Column("price", sa.JSON(none_as_null=True)),
    sa.Column("api_key_env", sa.Text),
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    _text("run", sa.ForeignKey("runs.id", ondelete="CASCADE")),
    _text("model"),
    _text("item"),
    _text("condition"),
    _count("repeat", nullable=False),
    _text("request_hash"),
    _text("cluster"),
    _text("state"),
    sa.Column("sent", UtcDateTime, nullable=False),
    sa.Column("warm_up", sa.Boolean, nullable=False),
    _real("reserved_usd", nullable=False),
    _real("cost_usd"),
    _real("litellm_cost_usd"),
    sa.Column("answer", AnyText),
    sa.Column("finish_reason", sa.Text),
    _count("prompt_tokens"),
    _count("cached_tokens"),
    _count("completion_tokens"),
    _count("reasoning_tokens"),
    _real("ttft_ms"),
    _real("total_ms"),
    sa.Column("gaps_ms", sa.JSON, nullable=False),
    _real("loop_lag_ms"),
    sa.Column("client_bound", sa.Boolean, nullable=False),
    _count("streams", nullable=False),
    sa.Column("error", AnyText),
    # No foreign key: an imported attempt may repeat an answer that only its first store holds.
    _count("reused"),
    sa.CheckConstraint("state IN ('sent', 'answered', 'failed')", name="state"),
    sa.Index(None, "run", "id"),
    sa.Index(None, "request_hash", "repeat"),
    sqlite_autoincrement=True,
)

grades = sa.Table(
    "grades",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("attempt", sa.Integer, sa.ForeignKey("attempts.id", ondelete="CASCADE"), nullable=False),
    _text("grader"),
    _real("score", nullable=False),
    _free_text("detail"),
    _real("cost_usd", nullable=False),
    sa.Column("graded", UtcDateTime, nullable=False),
    sa.UniqueConstraint("attempt", "grader"),
    sa.CheckConstraint("score >= 0 AND score <= 1", name="score"),
)

preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    _text("run", sa.ForeignKey("runs.id", ondelete="CASCADE")),
    _text("item"),
    _text("winner"),
    _text("loser"),
    _text("judge"),
    _real("cost_usd", nullable=False),
    sa.Column("judged", UtcDateTime, nullable=False),
    _text("condition", server_default=""),
    sa.Column("tied", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(None, "run", "id"),
)

verdicts = sa.Table(
    "verdicts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    _text("run", sa.ForeignKey("runs.id", ondelete="CASCADE")),
    _text("item"),
    _text("condition"),
    _text("first"),
    _text("second"),
    _text("judge"),
    _text("state"),
    _text("choice"),
    _free_text("detail"),
    _real("reserved_usd", nullable=False),
    _real("cost_usd"),
    sa.Column("sent", UtcDateTime, nullable=False),
    sa.CheckConstraint("state IN ('sent', 'answered', 'failed')", name="state"),
    sa.CheckConstraint("choice IN ('', 'first', 'second', 'tie')", name="choice"),
    sa.Index(None, "run", "id"),
    sqlite_autoincrement=True,
)

scores = sa.Table(
    "scores",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    _text("connector"),
    _text("model"),
    _text("variant"),
    _text("benchmark"),
    _text("skill"),
    _real("score", nullable=False),
    _count("n"),
    sa.Column("measured", sa.Date),
    _text("source"),
    sa.Column("fetched", UtcDateTime, nullable=False),
    _text("unit"),
    _real("chance", nullable=False),
    _text("maker"),
    _text("family"),
    sa.Column("released", sa.Date),
    _real("total_params_b"),
    _real("active_params_b"),
    sa.Index(None, "connector", "source"),
)

plans = sa.Table(
    "plans",
    metadata,
    _text("hash", primary_key=True),
    _text("workload"),
    sa.Column("kept", UtcDateTime, nullable=False),
    _text("text"),
)

TABLES: Final = tuple(metadata.tables)


def insert_into(connection: Connection, table: sa.Table) -> "postgresql.Insert | sqlite.Insert":
    """The database's own INSERT, which can say what to do when the row is there already."""
    makers: dict[str, Callable[[sa.Table], postgresql.Insert | sqlite.Insert]] = {
        "postgresql": postgresql.insert,
        "sqlite": sqlite.insert,
    }
    return makers[connection.dialect.name](table)
