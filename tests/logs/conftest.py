"""Logs written for a test, and what one reads of them."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from planner.logs import Log, read_logs, rows_of

Rows = Sequence[Mapping[str, Any]]
Reads = Callable[..., list[dict[str, Any]]]


def rows(log: Log) -> list[dict[str, Any]]:
    """Every row of a log, in the order of the file, without its place."""
    found = rows_of(log.engine, log.requests, log.source).to_pylist()
    return sorted(found, key=lambda row: (row["file"] or "", row["row"] or 0))


@pytest.fixture
def jsonl(tmp_path: Path) -> Callable[..., Path]:
    """Write rows as JSON lines."""

    def write(content: Rows, name: str = "log.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in content), encoding="utf-8")
        return path

    return write


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a text as a CSV."""

    def write(text: str, name: str = "log.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def read_rows() -> Reads:
    """Rows of the log in some files."""

    def read(*paths: Path, **options: Any) -> list[dict[str, Any]]:
        return rows(read_logs([str(path) for path in paths], **options))

    return read
