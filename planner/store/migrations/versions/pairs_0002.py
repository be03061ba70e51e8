"""Verdicts of a judge on pairs of answers, ties among preferences, and prices with long-context steps."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add a table and three columns; what is kept stays as it is."""
    op.add_column("targets", sa.Column("price", sa.JSON))
    op.add_column("preferences", sa.Column("condition", sa.Text, nullable=False, server_default=""))
    op.add_column("preferences", sa.Column("tied", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "verdicts",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("condition", sa.Text, nullable=False),
        sa.Column("first", sa.Text, nullable=False),
        sa.Column("second", sa.Text, nullable=False),
        sa.Column("judge", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("choice", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("reserved_usd", sa.Double, nullable=False),
        sa.Column("cost_usd", sa.Double),
        sa.Column("sent", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_verdicts"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_verdicts_run", ondelete="CASCADE"),
        sa.CheckConstraint("state IN ('sent', 'answered', 'failed')", name=op.f("ck_verdicts_state")),
        sa.CheckConstraint("choice IN ('', 'first', 'second', 'tie')", name=op.f("ck_verdicts_choice")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_verdicts_run_id", "verdicts", ["run", "id"])
