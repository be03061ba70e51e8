"""What alembic runs: the steps, in the transaction that `planner.store.database.migrate` holds."""

from alembic import context

from planner.store.database.tables import metadata
from planner.store.migrations import VERSION_TABLE


def run() -> None:
    """Run the steps that are due."""
    context.configure(
        connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
    )
    with context.begin_transaction():
        context.run_migrations()


# Alembic loads this file under the name of the file; read by any other importer it does nothing.
if __name__ == "env_py":
    run()
