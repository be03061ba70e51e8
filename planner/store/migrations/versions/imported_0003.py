"""Whether a run came from a file, and the name of the variable that holds a server's key."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add two columns; what is kept stays as it is, and counts as this store's own."""
    op.add_column("runs", sa.Column("imported", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("targets", sa.Column("api_key_env", sa.Text))
