"""Test folders of the rooms that differ from main, for `make fast`; the house's own tests where nothing does."""

import subprocess
from pathlib import Path

TESTS = Path(__file__).resolve().parent
SLOW = {"browser", "benchmarks", "end_to_end", "golden", "metamorphic"}


def changed_rooms(names: list[str]) -> set[Path]:
    """Folders under tests/ that mirror the changed files' folders; the nearest one that exists."""
    rooms: set[Path] = set()
    for name in names:
        top, *rest = Path(name).parts
        if top not in {"planner", "tests"} or len(rest) < 2 or rest[0] in SLOW:
            continue
        room = TESTS.joinpath(*rest[:-1])
        while not room.is_dir():
            room = room.parent
        if room != TESTS:
            rooms.add(room)
    return {room for room in rooms if not rooms & set(room.parents)}


def main() -> None:
    """Print the folders, one a line."""
    against = ["git", "diff", "--name-only", "main"]
    names = subprocess.run(against, check=False, capture_output=True, text=True, cwd=TESTS.parent).stdout.splitlines()
    rooms = changed_rooms(names)
    print(*(sorted(map(str, rooms)) if rooms else [TESTS / "test_house.py"]), sep="\n")


if __name__ == "__main__":
    main()
