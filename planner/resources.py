"""Where catalogs/, probes/ and pages/ lie: in the source tree, or bundled in the wheel. The one place that knows."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    bundled = _PACKAGE / "_bundled" / name
    return bundled if bundled.is_dir() else _PACKAGE.parent / name


def catalogs_dir() -> Path:
    """Folder of the shipped facts."""
    return _folder("catalogs")


def pages_dir() -> Path:
    """Folder of the dashboard's pages."""
    return _folder("pages")


def probes_dir() -> Path:
    """Folder of the shipped probe suites."""
    return _folder("probes")


def data_dir() -> Path:
    """The user's own folder: fetched price maps, kept plans and runs (PLANNER_DATA_DIR moves it)."""
    chosen = os.environ.get("PLANNER_DATA_DIR")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "toolbox-planner"
