"""Where the store is: PLANNER_DATABASE_URL, or a SQLite file in the user's data folder. Loads no database library."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from planner.resources import data_dir

URL_VARIABLE: Final = "PLANNER_DATABASE_URL"
_FILE: Final = "planner.sqlite3"


def default_url(environment: Mapping[str, str]) -> str:
    """PLANNER_DATABASE_URL, or the SQLite file in the user's data folder (three slashes, then the path)."""
    return environment.get(URL_VARIABLE, "").strip() or f"sqlite:///{data_dir() / _FILE}"


def is_kept(url: str) -> bool:
    """Whether there can be something to read: a server may hold something, a SQLite file must exist.

    Asked before opening a store only to read, since opening makes one.
    """
    scheme, _, path = url.partition(":///")
    return not scheme.startswith("sqlite") or Path(path.partition("?")[0]).is_file()
