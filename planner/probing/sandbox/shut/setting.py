"""What stands the same inside and outside: the one folder, its bounds, whose name everything has."""

from typing import Final

FOLDER: Final = "/planner-sandbox-work"
DISK_BYTES: Final = 16 * 1024 * 1024
MOST_FILES: Final = 512
INSIDE_ID: Final = 65534
"""Nobody's number, of user and group."""
