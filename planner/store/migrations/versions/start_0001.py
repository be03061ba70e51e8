"""Runs, attempts, grades, preferences, the user's scores, plans."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "suites",
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_suites"),
    )
    _make_runs()
    _make_attempts()
    _make_judgements()
    _make_scores_and_plans()


def _make_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("suite", sa.Text, nullable=False),
        sa.Column("suite_hash", sa.Text, nullable=False),
        sa.Column("skill", sa.Text, nullable=False),
        sa.Column("workload", sa.Text),
        sa.Column("segment", sa.Text),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("budget_usd", sa.Double, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished", sa.DateTime(timezone=True)),
        sa.Column("planner_version", sa.Text, nullable=False),
        sa.Column("grader", sa.Text, nullable=False),
        sa.Column("committed_pico", sa.BigInteger, nullable=False),
        sa.Column("spent_pico", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.ForeignKeyConstraint(["suite_hash"], ["suites.hash"], name="fk_runs_suite_hash"),
        sa.CheckConstraint("status IN ('running', 'finished', 'cap', 'stopped')", name=op.f("ck_runs_status")),
        sa.CheckConstraint("committed_pico >= 0 AND spent_pico >= 0", name=op.f("ck_runs_totals")),
    )
    op.create_table(
        "targets",
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("litellm_model", sa.Text, nullable=False),
        sa.Column("catalog_model", sa.Text),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("api_base", sa.Text),
        sa.Column("input_usd_per_mtok", sa.Double),
        sa.Column("cached_input_usd_per_mtok", sa.Double),
        sa.Column("output_usd_per_mtok", sa.Double),
        sa.PrimaryKeyConstraint("run", "place", name="pk_targets"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_targets_run", ondelete="CASCADE"),
    )


def _make_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("condition", sa.Text, nullable=False),
        sa.Column("repeat", sa.Integer, nullable=False),
        sa.Column("request_hash", sa.Text, nullable=False),
        sa.Column("cluster", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("sent", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warm_up", sa.Boolean, nullable=False),
        sa.Column("reserved_usd", sa.Double, nullable=False),
        sa.Column("cost_usd", sa.Double),
        sa.Column("litellm_cost_usd", sa.Double),
        sa.Column("answer", sa.Text),
        sa.Column("finish_reason", sa.Text),
        sa.Column("prompt_tokens", sa.Integer),
        sa.Column("cached_tokens", sa.Integer),
        sa.Column("completion_tokens", sa.Integer),
        sa.Column("reasoning_tokens", sa.Integer),
        sa.Column("ttft_ms", sa.Double),
        sa.Column("total_ms", sa.Double),
        sa.Column("gaps_ms", sa.JSON, nullable=False),
        sa.Column("loop_lag_ms", sa.Double),
        sa.Column("client_bound", sa.Boolean, nullable=False),
        sa.Column("streams", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("reused", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_attempts_run", ondelete="CASCADE"),
        sa.CheckConstraint("state IN ('sent', 'answered', 'failed')", name=op.f("ck_attempts_state")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_attempts_run_id", "attempts", ["run", "id"])
    op.create_index("ix_attempts_request_hash_repeat", "attempts", ["request_hash", "repeat"])


def _make_judgements() -> None:
    op.create_table(
        "grades",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("grader", sa.Text, nullable=False),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("cost_usd", sa.Double, nullable=False),
        sa.Column("graded", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_grades"),
        sa.ForeignKeyConstraint(["attempt"], ["attempts.id"], name="fk_grades_attempt", ondelete="CASCADE"),
        sa.UniqueConstraint("attempt", "grader", name="uq_grades_attempt_grader"),
        sa.CheckConstraint("score >= 0 AND score <= 1", name=op.f("ck_grades_score")),
    )
    op.create_table(
        "preferences",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("winner", sa.Text, nullable=False),
        sa.Column("loser", sa.Text, nullable=False),
        sa.Column("judge", sa.Text, nullable=False),
        sa.Column("cost_usd", sa.Double, nullable=False),
        sa.Column("judged", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_preferences"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_preferences_run", ondelete="CASCADE"),
    )
    op.create_index("ix_preferences_run_id", "preferences", ["run", "id"])


def _make_scores_and_plans() -> None:
    op.create_table(
        "scores",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("connector", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("variant", sa.Text, nullable=False),
        sa.Column("benchmark", sa.Text, nullable=False),
        sa.Column("skill", sa.Text, nullable=False),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("n", sa.Integer),
        sa.Column("measured", sa.Date),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("fetched", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("chance", sa.Double, nullable=False),
        sa.Column("maker", sa.Text, nullable=False),
        sa.Column("family", sa.Text, nullable=False),
        sa.Column("released", sa.Date),
        sa.Column("total_params_b", sa.Double),
        sa.Column("active_params_b", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_scores"),
    )
    op.create_index("ix_scores_connector_source", "scores", ["connector", "source"])
    op.create_table(
        "plans",
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("workload", sa.Text, nullable=False),
        sa.Column("kept", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_plans"),
    )
