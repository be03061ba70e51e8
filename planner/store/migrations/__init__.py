"""The steps from each form of the tables to the next, run by alembic; they spell the tables as they were then."""

from typing import Final

__all__ = ["SCHEMA", "VERSION_TABLE"]

SCHEMA: Final = "0003"
"""The newest step. Kept here so that opening a store of this form needs no alembic."""
VERSION_TABLE: Final = "planner_schema"
