"""The engines: DuckDB within the process, Spark for those who outgrow one machine, PostgreSQL where the logs live.

Every question goes through `rows_of` or `row_of`, which turn what an engine says of a file into one line of ours.
"""

import os
import re
import shutil
import tempfile
import uuid
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from planner.errors import InputError, OfflineError
from planner.logs.opening.dialect import Dialect, PostgresDialect, SparkDialect
from planner.workload.yaml_text import Said

BACKENDS: Final = ("duckdb", "pyspark")
_MEMORY_SHARE: Final = 0.4
"""Of the machine's memory that DuckDB may take before it goes to disk."""
_LINE: Final = re.compile(r"CSV Error on Line: (\d+)")
_OURS: Final = frozenset({"ParserException", "BinderException", "CatalogException", "InternalException"})
_FILE: Final = re.compile(r"file = (\S+)")


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """A connection, its dialect, and a folder for what is staged, which goes with it."""

    backend: Any
    dialect: Dialect
    folder: Path
    _end: Any = field(repr=False, default=None)

    def keep(self, table: ir.Table, name: str) -> ir.Table:
        """The table, worked out once and kept aside; in PostgreSQL, where the planner is a guest, nothing is kept."""
        if self.dialect.name == "duckdb":
            self.backend.raw_sql(f'CREATE TABLE "{name}" AS {self.backend.compile(table)}')
            return self.backend.table(name)
        if self.dialect.name == "pyspark":
            view = f"{name}_{uuid.uuid4().hex}"
            session = self.backend._session  # noqa: SLF001 (Ibis has no public way to it)
            session.sql(self.backend.compile(table)).persist().createOrReplaceTempView(view)
            return self.backend.table(view)
        return table

    def close(self) -> None:
        """Drop what was staged and leave the database; Spark, which others may use, goes on."""
        if self.dialect.name != "pyspark":
            self.backend.disconnect()
        self._end()


def open_duckdb(memory_bytes: int | None = None) -> Engine:
    """DuckDB in the process, in UTC, its memory bounded; what it keeps and spills lies in a folder of its own."""
    folder = _folder()
    backend = ibis.duckdb.connect(folder / "kept.duckdb")
    limit = memory_bytes or int(_memory_bytes() * _MEMORY_SHARE)
    for setting in (
        "SET TimeZone='UTC'",
        f"SET memory_limit='{limit // 1_000_000}MB'",
        f"SET temp_directory='{folder / 'spill'}'",
        "SET enable_progress_bar=false",
        "SET autoinstall_known_extensions=false",
    ):
        backend.raw_sql(setting)
    return _engine(backend, Dialect(), folder)


def open_spark(master: str = "local[*]") -> Engine:
    """Spark in local mode, or on the cluster of SPARK_MASTER; InputError where it is not installed."""
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 (Spark is optional and takes seconds to import)
    except ImportError:
        allowed = "pip install 'toolbox-planner[spark]', and Java 17"
        raise InputError("--backend", "", found=Said("pyspark, which is not installed"), allowed=allowed) from None
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        raise InputError("--backend", "", found=Said("pyspark without Java"), allowed="Java 17 on the PATH")
    session = (
        SparkSession.builder.master(master)
        .appName("toolbox-planner")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.legacy.parquet.nanosAsLong", "true")
        .config("spark.sql.ansi.enabled", "false")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    return _engine(ibis.pyspark.connect(session), SparkDialect(), _folder())


def open_url(url: str) -> Engine:
    """A database by its URL: PostgreSQL, tested; whatever else Ibis connects to, untested and in DuckDB's way."""
    shown = shown_url(url)
    dialect = PostgresDialect() if url.startswith(("postgres://", "postgresql://")) else Dialect()
    try:
        backend = ibis.connect(url.partition("#")[0])
    except ImportError as exc:
        allowed = "pip install 'toolbox-planner[postgres]', or the Ibis backend of that database"
        raise InputError(shown, "", found=Said("a database whose driver is not installed"), allowed=allowed) from exc
    except Exception as exc:
        msg = f"{shown} could not be reached ({type(exc).__name__})"
        raise OfflineError(msg) from exc
    return _engine(backend, dialect, _folder())


def shown_url(url: str) -> str:
    """A URL without its password."""
    return re.sub(r"//[^@/]*@", "//…@", url)


def rows_of(engine: Engine, table: ir.Table, source: str) -> pa.Table:
    """The rows of a table; what the engine says of a broken file becomes one line that names `source`."""
    try:
        return engine.backend.to_pyarrow(table)
    except (InputError, KeyboardInterrupt, NotImplementedError, ibis.IbisError):
        raise
    except Exception as exc:
        raise told_error(exc, source) from exc


def row_of(engine: Engine, table: ir.Table, source: str) -> dict[str, Any]:
    """The only row of a table."""
    found: Sequence[dict[str, Any]] = rows_of(engine, table, source).to_pylist()
    return found[0]


def told_error(exc: Exception, source: str) -> Exception:
    """What an engine says of a file, as one line: file, line, what was found; a question that is wrong is our fault."""
    if type(exc).__name__ in _OURS:
        return exc
    text = str(exc)
    line, named = _LINE.search(text), _FILE.search(text)
    field_name = f"line {line[1]}" if line else ""
    words = [part.strip() for part in text.splitlines() if part.strip()]
    said = next((part for part in words if "Error on Line" not in part and "Original Line" not in part), "")
    ours = "a row of another number of columns" if line and "Number of Columns" in text else said[:90]
    file = named[1] if named else source
    return InputError(file, field_name, found=Said(ours or type(exc).__name__), allowed="a whole file that can be read")


def _engine(backend: Any, dialect: Dialect, folder: Path) -> Engine:  # noqa: ANN401 (an Ibis backend)
    ends = weakref.finalize(backend, shutil.rmtree, folder, ignore_errors=True)
    return Engine(backend, dialect, folder, ends)


def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="toolbox-planner-logs-"))


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
