"""Logs to one normalised table: open, tell the format, tell segments apart, read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Final

import ibis
import ibis.expr.types as ir

from planner.errors import InputError
from planner.logs.opening.engines import (
    Engine,
    open_duckdb,
    open_spark,
    open_url,
    row_of,
    rows_of,
    shown_url,
    told_error,
)
from planner.logs.opening.files import LogFile, find_files
from planner.logs.opening.json_rows import documents, stage, unwrapped
from planner.logs.opening.raw import FILE, ROW, Raw
from planner.logs.readers.base import Grouping, Reader, Reading, normalise, stands_on_a_column
from planner.logs.readers.choose import READERS, choose_reader
from planner.logs.readers.mapping import guessed_mapping
from planner.workload.yaml_text import Said

SPEND_LOGS: Final = "LiteLLM_SpendLogs"
_HEAD: Final = 200_000
"""Rows by which the way to tell segments apart is chosen."""
_KEY_DOCUMENTS: Final = 200
_MOST_NUMBERED_FILES: Final = 40
_COVERS: Final = 0.5
_ALL: Final = "all"
_ALWAYS: Final = frozenset({"file", "row", "kind", "reason", "segment", "at_s", "requests"})


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """A log, read: its requests as one table, lazily, and what there is to tell of it."""

    engine: Engine
    requests: ir.Table
    """Columns of `planner.logs.table`, every row of the log."""
    reader: Reader
    source: str
    """Its files or table, as messages name it."""
    grouped_by: str
    """What tells segments apart; '' when nothing does."""
    absolute: bool
    """False: times count from the start of a trace that names no day."""
    unit: str
    """What the times were read as: date, s, ms, us or ns."""
    has_times: bool
    width_s: float
    """How long a row lasts: 0 for a request, the length of a bucket of sums."""
    given: frozenset[str]
    """Columns that the log fills."""
    blocks: tuple[ir.Table, ...]
    """Tables of one column, `hash`: a prefix hash a prompt block, where the log has them."""
    told: tuple[str, ...]
    """What a reader of the profile should know."""


def read_logs(
    names: Sequence[str],
    *,
    by: str | None = None,
    backend: str = "duckdb",
    reader: Reader | None = None,
    texts: bool = False,
) -> Log:
    """The log in these files, globs or at this database's URL.

    Args:
        names: Files and globs of one format; or one URL of a database, with `#TABLE` behind it unless that is
            LiteLLM's table of spend logs.
        by: Column, or dotted path below a JSON column, that tells segments apart; the reader's own way if left out.
        backend: 'duckdb' or 'pyspark'; a URL brings its own.
        reader: A reader made of a mapping file; told from the columns if left out.
        texts: Read prompts and answers too.

    Raises:
        InputError: a file is missing, broken, empty or of no known format; the message names it.

    """
    if not names:
        raise InputError("FILE", "", found=Said("no file"), allowed="at least one file, glob or URL")
    if any("://" in name for name in names):
        return _read_url(names, by, reader, texts=texts)
    files = find_files(names)
    engine = open_spark() if backend == "pyspark" else open_duckdb()
    source = files[0].shown if len(files) == 1 else f"{files[0].shown} and {len(files) - 1} more"
    reader = reader or _reader_of(files)
    raws = [Raw(table, engine.dialect, engine.backend) for table in _tables(engine, files, reader, by, texts=texts)]
    stays = all(file.shape == "parquet" for file in files)
    return _log(engine, raws, reader, source, by, texts=texts, stays=stays)


def _read_url(names: Sequence[str], by: str | None, reader: Reader | None, *, texts: bool) -> Log:
    if len(names) > 1:
        raise InputError(shown_url(names[1]), "", found=Said("a URL beside others"), allowed="one URL alone")
    url, _, table_name = names[0].partition("#")
    engine = open_url(url)
    name = table_name or SPEND_LOGS
    source = f"{shown_url(url)}#{name}"
    tables = engine.backend.list_tables()
    if name not in tables:
        engine.close()
        allowed = "one of the tables " + ", ".join(sorted(tables)[:12]) if tables else "a database with tables"
        raise InputError(source, "table", found=Said("no such table"), allowed=allowed)
    table = engine.backend.table(name)
    raw = Raw(table, engine.dialect, engine.backend)
    found = reader or choose_reader(table.columns, source)
    return _log(engine, [raw], found, source, by, texts=texts, stays=True)


def _log(
    engine: Engine, raws: Sequence[Raw], reader: Reader, source: str, by: str | None, *, texts: bool, stays: bool
) -> Log:
    try:
        grouping, segments = _segments(engine, raws, reader, by, source)
        read = [normalise(reader, raw, one, texts=texts) for raw, one in zip(raws, segments, strict=True)]
        whole = read[0][0] if len(read) == 1 else ibis.union(*(table for table, _ in read), distinct=False)
        given = frozenset(name for _, one in read for name, value in one.columns.items() if stands_on_a_column(value))
        requests = _kept(engine, whole, given, stays=stays and not any(raw.nested for raw in raws))
    except InputError:
        raise
    except Exception as exc:
        if type(exc).__module__.startswith(("duckdb", "_duckdb", "pyspark", "py4j")):
            raise told_error(exc, source) from exc
        raise
    moments = read[0][1].moments
    return Log(
        engine=engine,
        requests=requests,
        reader=reader,
        source=source,
        grouped_by=grouping,
        absolute=moments.absolute,
        unit=moments.unit,
        has_times=moments.named,
        width_s=read[0][1].width_s,
        given=given,
        blocks=tuple(_blocks(raws)),
        told=_told(read[0][1], [one for _, one in read]),
    )


def _kept(engine: Engine, whole: ir.Table, given: frozenset[str], *, stays: bool) -> ir.Table:
    """The table, its rows judged once: kept aside without the columns that the log lacks, which come back as null.

    Spark judges rows of plain columns in Parquet faster than it would keep them.
    """
    if stays and engine.dialect.name != "duckdb":
        return whole
    filled = [name for name in whole.columns if name in given or name in _ALWAYS]
    kept = engine.keep(whole.select(*filled), "requests")
    types = whole.schema()
    return kept.select(**{name: kept[name] if name in filled else ibis.null(types[name]) for name in whole.columns})


def _told(reading: Reading, readings: Sequence[Reading]) -> tuple[str, ...]:
    units = {one.moments.unit for one in readings}
    mixed = (f"times are in {' and '.join(sorted(units))} in different files",) if len(units) > 1 else ()
    return (*reading.told, *mixed)


def _blocks(raws: Sequence[Raw]) -> Iterator[ir.Table]:
    for raw in raws:
        name = raw.name_of("hash_ids")
        if name is not None:
            column = raw.table[name]
            yield raw.table.select(hash=(column if column.type().is_array() else raw.dialect.items(column)).unnest())


def _segments(
    engine: Engine, raws: Sequence[Raw], reader: Reader, by: str | None, source: str
) -> tuple[str, list[ir.Value]]:
    if by is not None:
        return by, [_by_column(raw, by, source) for raw in raws]
    grouping = _first_that_covers(engine, raws[0], reader, source)
    if grouping is None:
        return "", [ibis.literal(_ALL)] * len(raws)
    return grouping.label, [grouping.value(raw) for raw in raws]


def _by_column(raw: Raw, by: str, source: str) -> ir.Value:
    value = raw.at_path(by)
    if value is None:
        there = ", ".join(raw.columns[:20])
        raise InputError(source, "--by", found=by, allowed=f"a column, or a path below one: {there}")
    return value


def _first_that_covers(engine: Engine, raw: Raw, reader: Reader, source: str) -> Grouping | None:
    if not reader.groupings:
        return None
    head = raw.table.limit(_HEAD)
    start = Raw(head, raw.dialect, raw.engine, raw.nested)
    keys = head.select(**{f"n{place}": way.value(start) for place, way in enumerate(reader.groupings)})
    counts = {name: keys[name].count() for name in keys.columns}
    found = row_of(engine, keys.aggregate(rows=keys.count(), **counts), source)
    for place, way in enumerate(reader.groupings):
        if found[f"n{place}"] >= _COVERS * found["rows"] > 0:
            return way
    return None


def _reader_of(files: Sequence[LogFile]) -> Reader:
    """One reader for all files; InputError where a file is of another format, or of none."""
    chosen: dict[str, tuple[Reader, LogFile]] = {}
    for file in files:
        reader = _json_reader(file) if file.shape == "json" else choose_reader(file.columns, file.shown)
        chosen.setdefault(reader.id, (reader, file))
    if len(chosen) > 1:
        (first, _), (other, file) = list(chosen.values())[:2]
        raise InputError(file.shown, "format", found=Said(other.title), allowed=f"files of one format ({first.title})")
    return next(iter(chosen.values()))[0]


def _json_reader(file: LogFile) -> Reader:
    keys: dict[str, None] = {}
    for seen, (_, document) in enumerate(documents(file)):
        if seen >= _KEY_DOCUMENTS:
            break
        marked = next((reader for reader in READERS if reader.mark(document)), None)
        if marked is not None:
            return marked
        for row in unwrapped(document):
            keys |= dict.fromkeys(row) if isinstance(row, dict) else {}
    if not keys:
        raise InputError(file.shown, "", found=Said("no JSON object"), allowed="JSON lines: one request a line")
    return choose_reader(tuple(keys), file.shown)


def _tables(
    engine: Engine, files: Sequence[LogFile], reader: Reader, by: str | None, *, texts: bool
) -> Iterator[ir.Table]:
    """One table a group of like files, with the file and row of each of its rows where the engine keeps them."""
    nested = [file for file in files if file.shape == "json"]
    if nested:
        yield _staged(engine, nested, reader, by, texts=texts)
    flat = sorted((file for file in files if file.shape != "json"), key=_likeness)
    for _, group in groupby(flat, _likeness):
        alike = list(group)
        yield from (_parquet if alike[0].shape == "parquet" else _csv)(engine, alike)


def _likeness(file: LogFile) -> tuple[str, tuple[str, ...], str, str]:
    return file.shape, file.columns, file.delimiter, file.packed or ""


def _staged(engine: Engine, files: Sequence[LogFile], reader: Reader, by: str | None, *, texts: bool) -> ir.Table:
    wanted = [*reader.reads, *(reader.texts if texts else ())]
    if by is not None:
        wanted += [by, by.partition(".")[0]]
    columns = list({name.lower(): name for name in wanted}.values())
    target = engine.folder / "staged.parquet"
    stage(files, target, columns, reader.flatten or unwrapped)
    present = _present(target, columns)
    table: ir.Table = engine.backend.read_parquet(str(target))
    return table.drop(*(name for name in columns if name not in present))


def _present(target: Path, columns: Sequence[str]) -> frozenset[str]:
    """Columns of a staged file that hold anything."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    with pq.ParquetFile(target) as file:
        groups = [file.metadata.row_group(place) for place in range(file.metadata.num_row_groups)]
    held: set[str] = set()
    for group in groups:
        for place, name in enumerate(columns):
            statistics: Any = group.column(place).statistics
            if statistics is None or statistics.null_count < group.num_rows:
                held.add(name)
    return frozenset(held)


def _parquet(engine: Engine, files: Sequence[LogFile]) -> Iterator[ir.Table]:
    paths = [str(file.path) for file in files]
    if engine.dialect.name == "duckdb":
        table = engine.backend.read_parquet(paths, filename=True, file_row_number=True)
        yield table.mutate(**{FILE: table.filename, ROW: table.file_row_number + 1}).drop("filename", "file_row_number")
        return
    for path in paths:
        yield engine.backend.read_parquet(path)


def _csv(engine: Engine, files: Sequence[LogFile]) -> Iterator[ir.Table]:
    if engine.dialect.name != "duckdb":
        for file in files:
            yield engine.backend.read_csv(
                str(file.path), header=True, inferSchema=False, sep=file.delimiter, mode="FAILFAST", multiLine=True,
                escape='"', enforceSchema=False,
            )  # fmt: skip
        return
    first = files[0]
    options: dict[str, Any] = {
        "columns": dict.fromkeys(first.columns, "VARCHAR"), "header": True, "delim": first.delimiter, "quote": '"',
        "escape": '"', "auto_detect": False, "compression": first.packed or "none", "max_line_size": 1 << 24,
    }  # fmt: skip
    if len(files) > _MOST_NUMBERED_FILES:
        table = engine.backend.read_csv([str(file.path) for file in files], filename=True, **options)
        yield table.rename({FILE: "filename"})
        return
    for file in files:
        table = engine.backend.read_csv(str(file.path), **options)
        yield table.mutate(**{FILE: ibis.literal(file.shown), ROW: ibis.row_number() + 1})


def preview_mapping(names: Sequence[str]) -> str:
    """A mapping file for these files to start from, guessed from the names of their columns."""
    file = find_files(names)[0]
    if file.shape == "json":
        heads = [row for _, document in islice(documents(file), 3) for row in unwrapped(document)][:3]
        rows = [row for row in heads if isinstance(row, dict)]
        columns = tuple(dict.fromkeys(name for row in rows for name in row))
        return guessed_mapping(columns, rows)
    engine = open_duckdb()
    table = next((_parquet if file.shape == "parquet" else _csv)(engine, [file]))
    rows = rows_of(engine, table.limit(3), file.shown).to_pylist()
    return guessed_mapping(file.columns, rows)
