"""Files of a log: names and globs to files that can be read, what is inside told by their first bytes."""

import csv
import glob
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from planner.errors import InputError
from planner.workload.yaml_text import Said, printable

Shape: TypeAlias = Literal["parquet", "csv", "json"]
_PACKED: Final = {".gz": "gzip", ".zst": "zstd"}
_REFUSED: Final = frozenset(
    {".zip", ".bz2", ".xz", ".7z", ".tar", ".tgz", ".xlsx", ".xls", ".db", ".sqlite", ".avro", ".orc"}
)
_ALLOWED: Final = "Parquet, CSV or JSON lines, plain or packed as .gz or .zst"
_HEAD_BYTES: Final = 1 << 20
_DELIMITERS: Final = ",;\t|"
_MOST_COLUMNS: Final = 2000


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file that can be read."""

    path: Path
    shape: Shape
    packed: str | None
    """'gzip' or 'zstd'."""
    columns: tuple[str, ...] = ()
    """Of CSV and Parquet."""
    delimiter: str = ","
    rows: int | None = None
    """Of Parquet, which states it."""

    @property
    def shown(self) -> str:
        """Its name in messages."""
        return printable(str(self.path))


def find_files(names: Sequence[str]) -> tuple[LogFile, ...]:
    """Every file that the names and globs mean, looked into; InputError for the first that cannot be read.

    A folder, an empty file, a format that is not read, a truncated package and a broken Parquet file are refused.
    """
    return tuple(_look_into(path) for name in names for path in _paths(name))


def _paths(name: str) -> Iterator[Path]:
    try:
        path = Path(name)
        if path.is_dir():
            raise InputError(
                printable(name), "", found=Said("a folder"), allowed="files, or a glob such as logs/*.parquet"
            )
        if path.exists():
            yield path
            return
        found = sorted(glob.glob(name, recursive=True)) if glob.has_magic(name) else []  # noqa: PTH207 (names may be absolute)
    except (OSError, ValueError):
        raise InputError(printable(name), "", found=Said("no file name"), allowed="an existing file") from None
    files = [Path(one) for one in found if Path(one).is_file()]
    if not files:
        what = "a glob that no file fits" if glob.has_magic(name) else "nothing"
        raise InputError(printable(name), "", found=Said(what), allowed="an existing file, or a glob that fits some")
    yield from files


def _look_into(path: Path) -> LogFile:
    shown = printable(str(path))
    try:
        if path.stat().st_size == 0:
            raise InputError(shown, "", found=Said("an empty file"), allowed=_ALLOWED)
        with path.open("rb") as opened:
            start = opened.read(8)
    except OSError as exc:
        why = (exc.strerror or "no way to read it").lower()
        raise InputError(shown, "", found=Said(why), allowed="a readable file") from exc
    suffixes = [part.lower() for part in path.suffixes]
    if suffixes[-1:] and suffixes[-1] in _REFUSED:
        raise InputError(shown, "", found=Said(f"a {suffixes[-1]} file"), allowed=_ALLOWED)
    if start.startswith(b"PAR1") or ({".parquet", ".pq"} & set(suffixes[-1:])):
        return _parquet(path, shown)
    packed = "gzip" if start.startswith(b"\x1f\x8b") else "zstd" if start.startswith(b"\x28\xb5\x2f\xfd") else None
    if suffixes[-1:] and suffixes[-1] in _PACKED and packed != _PACKED[suffixes[-1]]:
        raise InputError(shown, "", found=Said(f"no {suffixes[-1]} inside"), allowed=_ALLOWED)
    file = LogFile(path, "json", packed)
    if packed == "gzip":
        _check_gzip(path, shown)
    head = _head(file, shown)
    inner = [part for part in suffixes if part not in _PACKED][-1:]
    if inner in ([".json"], [".jsonl"], [".ndjson"]) or (inner != [".csv"] and head.lstrip().startswith(("{", "["))):
        return file
    delimiter, columns = _header(head, shown)
    return LogFile(path, "csv", packed, columns, delimiter)


def _parquet(path: Path, shown: str) -> LogFile:
    try:
        with pq.ParquetFile(path) as file:
            rows, columns = file.metadata.num_rows, tuple(file.schema_arrow.names)
    except (pa.ArrowException, OSError) as exc:
        why = " ".join(str(exc).split()).rstrip(".")
        raise InputError(
            shown, "", found=Said("a Parquet file that is broken"), allowed=f"a whole one ({why[:90]})"
        ) from exc
    if rows == 0:
        raise InputError(shown, "", found=Said("no rows"), allowed="at least one request")
    return LogFile(path, "parquet", None, columns, rows=rows)


def _check_gzip(path: Path, shown: str) -> None:
    """Refuse a package that ends too early: half of a log is not the log."""
    try:
        with gzip.open(path, "rb") as file:
            while file.read(1 << 22):
                pass
    except (EOFError, OSError, zlib.error) as exc:
        what = "a .gz that ends in the middle" if isinstance(exc, EOFError) else "a .gz that is broken"
        raise InputError(shown, "", found=Said(what), allowed="a whole package; copy it again") from exc


@contextmanager
def open_text(file: LogFile) -> Iterator[IO[str]]:
    """The file's text, unpacked; InputError where it is no UTF-8 or its package is broken."""
    try:
        with pa.OSFile(str(file.path)) as source, _unpacked(source, file.packed) as plain:
            yield io.TextIOWrapper(io.BufferedReader(plain), encoding="utf-8-sig", newline="\n")
    except UnicodeDecodeError as exc:
        raise InputError(file.shown, "", found=Said("bytes that are no UTF-8"), allowed="text in UTF-8") from exc
    except (pa.ArrowException, OSError, EOFError) as exc:
        why = " ".join(str(exc).split())[:90]
        raise InputError(
            file.shown, "", found=Said("a file that cannot be read to its end"), allowed=f"a whole one ({why})"
        ) from exc


def _unpacked(source: pa.NativeFile, packed: str | None) -> pa.NativeFile:
    return source if packed is None else pa.CompressedInputStream(source, packed)


def _head(file: LogFile, shown: str) -> str:
    with open_text(file) as text:
        head = text.read(_HEAD_BYTES)
    if not head.strip():
        raise InputError(shown, "", found=Said("an empty file"), allowed=_ALLOWED)
    if "\0" in head:
        raise InputError(shown, "", found=Said("no text"), allowed=_ALLOWED)
    return head


def _header(head: str, shown: str) -> tuple[str, tuple[str, ...]]:
    """Delimiter and names of a CSV's first line."""
    line = head.splitlines()[0]
    delimiter = max(_DELIMITERS, key=line.count)
    try:
        columns = tuple(name.strip() for name in next(csv.reader(io.StringIO(head), delimiter=delimiter)))
    except (csv.Error, StopIteration) as exc:
        raise InputError(shown, "header", found=line[:60], allowed="a first line of column names") from exc
    if len(columns) < 2 or len(columns) > _MOST_COLUMNS:
        raise InputError(shown, "header", found=line[:60], allowed="a first line of column names, by , ; tab or |")
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        what = f"the column {twice!r} twice" if twice else "a column without a name"
        raise InputError(shown, "header", found=Said(what), allowed="names that differ")
    return delimiter, columns
