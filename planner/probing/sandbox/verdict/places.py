"""Where in an answer or its tests an exception came from, in one line."""

import linecache
import traceback
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def remembered(name: str, source: str) -> Iterator[None]:
    """Lines of a source that is no file, for `place_of`."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    yield


def place_of(error: BaseException, name: str) -> str:
    """Line of the source of that name which failed, its text, and the error's own words."""
    said = type(error).__name__ + (": " + str(error) if str(error) else "")
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == name]
    return f"line {lines[0].lineno}, {lines[0].line}: {said}" if lines else said
