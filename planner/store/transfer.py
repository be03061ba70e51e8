"""A run as one file and back: Parquet for analysis, JSONL for reading and for diffs. Nothing is lost on the way.

Both hold the same: a head (format version, run, suite text, comparisons) and one entry an attempt with its grades.
JSONL has the head in its first line; Parquet in the metadata of its schema, under 'planner', so that any tool reads
the attempts as a table, gaps and grades as lists.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypeAlias, TypeVar, get_args, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import to_json
from sqlalchemy.engine import Connection

from planner.errors import InputError
from planner.store.attempts import (
    ATTEMPT_FIELDS,
    CHUNK_ROWS,
    add_to_run,
    attempt_of,
    charges_of,
    insert_attempt,
    put_answer,
)
from planner.store.database.engine import Store
from planner.store.database.tables import attempts, grades, picodollars, preferences, runs
from planner.store.digest import attempt_key, digest_of_attempt, digest_of_grade
from planner.store.grades import PREFERENCE_FIELDS, preferences_of, put_grade, put_preference, stream_graded
from planner.store.parquet_weight import BATCH_ROWS, MOST_ROWS, is_too_heavy
from planner.store.records import Attempt, Grade, Preference, Run, Verdict
from planner.store.runs import insert_run, insert_suite, read_run, read_suite_text
from planner.store.verdicts import add_verdict, put_verdict, read_verdicts, verdicts_of

CheckSuite: TypeAlias = Callable[[str, str], None]
"""Raises ValueError unless a hash is that of a suite's text: the store itself doesn't know what a suite is."""
Parsed = TypeVar("Parsed")
_ENDINGS: Final = (".parquet", ".jsonl")
_HEAD: Final = b"planner"
_LONGEST_LINE: Final = 16_000_000
_MOST_WHOLE: Final = 2**63
"""What a database's whole numbers reach to."""
_ALLOWED: Final = "a run that `planner` exported as .parquet or .jsonl"


class _Head(BaseModel):
    """What stands before the attempts."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: Literal[1] = 1
    run: Run
    suite_text: str
    preferences: tuple[Preference, ...]
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    """An attempt with its grades."""

    attempt: Attempt
    grades: tuple[Grade, ...]


_HEADS: Final = TypeAdapter(_Head)
_ENTRIES: Final = TypeAdapter(_Entry)


def export_run(store: Store, run_id: str, path: Path) -> int:
    """Write a run to a file whose name ends in .parquet or .jsonl; how many attempts it has.

    The file appears whole or not at all. Attempts pass through memory a few hundred at a time.

    Raises:
        InputError: The run is unknown, the name ends otherwise, or the file cannot be written.
    """
    _check_ending(path)
    run = read_run(store, run_id)
    suite_text = read_suite_text(store, run.suite_hash)
    head = _Head(
        run=run,
        suite_text=suite_text,
        preferences=tuple(preferences_of(store, run_id)),
        verdicts=tuple(verdicts_of(store, run_id)),
    )
    entries = (
        _Entry(attempt=attempt, grades=tuple(found))
        for attempt, found in stream_graded(store, attempts.c.run == run_id)
    )
    part = path.with_name(f".{path.name}.part")
    try:
        written = (_write_parquet if path.suffix.lower() == ".parquet" else _write_jsonl)(part, head, entries)
        part.replace(path)
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise InputError(str(path), "", found=why, allowed="a file in a folder that can be written") from error
    finally:
        part.unlink(missing_ok=True)
    return written


def import_run(store: Store, path: Path, check_suite: CheckSuite | None = None) -> Run:
    """Add an exported run to the store; what is there already stays, so importing twice changes nothing.

    A run that is new here is marked as imported: whatever its file says, nothing is sent for it.

    All of the file is added or nothing. Attempts get ids of this store. An attempt that repeats an answer which is
    neither in the file nor here says so by `reused` = 0.

    Raises:
        InputError: The file is none of ours, damaged, or holds another run under an id that is kept here.
    """
    _check_ending(path)
    if not path.is_file():
        raise InputError(str(path), "", found="a folder" if path.is_dir() else "nothing", allowed=_ALLOWED)
    reader = (_read_parquet if path.suffix.lower() == ".parquet" else _read_jsonl)(path)
    with store.writing() as connection:
        head = next(reader)
        if not isinstance(head, _Head):
            raise InputError(str(path), "", found="no head", allowed=_ALLOWED)
        _check_suite(head, path, check_suite)
        imported = _add_run(connection, head, path)
        ids: dict[int, int] = {}
        sums = _Sums()
        known = _known_attempts(connection, head.run.id)
        for entry in reader:
            if isinstance(entry, _Entry):
                _check_entry(entry, head.run, path)
                _add_entry(connection, entry, known, ids, sums)
        add_to_run(connection, head.run.id, **asdict(sums))
        _add_preferences(connection, head)
        _add_verdicts(connection, head)
    return replace(head.run, imported=imported)


def _check_ending(path: Path) -> None:
    if path.suffix.lower() not in _ENDINGS:
        raise InputError(
            str(path), "", found=path.suffix or "no ending", allowed=f"a file that ends in {' or '.join(_ENDINGS)}"
        )


def _check_entry(entry: _Entry, run: Run, path: Path) -> None:
    attempt = entry.attempt
    if attempt.run != run.id:
        raise InputError(str(path), "attempt.run", found=attempt.run, allowed=f"{run.id}, as the head says")
    for name in ATTEMPT_FIELDS:
        value = getattr(attempt, name)
        if isinstance(value, int) and not -_MOST_WHOLE <= value < _MOST_WHOLE:
            raise InputError(str(path), f"attempt.{name}", found=value, allowed="a whole number of 64 bits")
    for grade in entry.grades:
        if not 0.0 <= grade.score <= 1.0:
            raise InputError(str(path), "grade.score", found=grade.score, allowed="a share from 0 to 1")
    for amount in (attempt.reserved_usd, attempt.cost_usd or 0.0, *(grade.cost_usd for grade in entry.grades)):
        try:
            picodollars(amount)
        except ValueError:
            raise InputError(str(path), "cost_usd", found=amount, allowed="an amount of at least 0 USD") from None


def _check_suite(head: _Head, path: Path, check_suite: CheckSuite | None) -> None:
    """Another text under a known suite's hash would be asked, and graded by, in its place."""
    if check_suite is None:
        return
    try:
        check_suite(head.run.suite_hash, head.suite_text)
    except ValueError as error:
        raise InputError(str(path), "suite_text", found="another text", allowed=str(error)) from None


def _add_run(connection: Connection, head: _Head, path: Path) -> bool:
    """Add the run unless it is here; whether it counts as imported."""
    run = head.run
    insert_suite(connection, run.suite_hash, run.suite, head.suite_text)
    here = connection.execute(sa.select(runs).where(runs.c.id == run.id)).mappings().first()
    if here is None:
        insert_run(connection, replace(run, imported=True))
        return True
    if (here["suite_hash"], here["created"]) != (run.suite_hash, run.created):
        raise InputError(str(path), "run.id", found=run.id, allowed="an id that no other run here has")
    if here["status"] == "running" and run.status != "running":
        ended = {"status": run.status, "finished": run.finished}
        connection.execute(sa.update(runs).where(runs.c.id == run.id).values(**ended))
    return bool(here["imported"])


def _known_attempts(connection: Connection, run_id: str) -> dict[str, int]:
    """Ids of the attempts that are here already, by what they are."""
    rows = connection.execute(sa.select(attempts).where(attempts.c.run == run_id)).mappings()
    return {attempt_key(attempt_of(row)): int(row["id"]) for row in rows}


@dataclass(slots=True)
class _Sums:
    """What new entries add to their run, written once at the end: a statement for each would take most of the time."""

    committed: int = 0
    spent: int = 0
    digest: int = 0


def _add_entry(
    connection: Connection, entry: _Entry, known: Mapping[str, int], ids: dict[int, int], sums: _Sums
) -> None:
    key = attempt_key(entry.attempt)
    reused = entry.attempt.reused
    attempt = replace(entry.attempt, reused=None if reused is None else ids.get(reused, 0))
    number = known.get(key)
    if number is None:
        number = _add_new(connection, replace(entry, attempt=attempt), key, sums)
    else:
        _add_to_known(connection, replace(entry, attempt=replace(attempt, id=number)), key)
    if entry.attempt.id is not None:
        ids[entry.attempt.id] = number


def _add_new(connection: Connection, entry: _Entry, key: str, sums: _Sums) -> int:
    """An attempt that is not here, with its grades; its id here."""
    number = insert_attempt(connection, entry.attempt, state=entry.attempt.state)
    committed, spent = charges_of(entry.attempt)
    graded = sum(picodollars(grade.cost_usd) for grade in entry.grades)
    sums.committed += committed + graded
    sums.spent += spent + graded
    sums.digest += digest_of_attempt(entry.attempt) + sum(digest_of_grade(grade, key) for grade in entry.grades)
    if entry.grades:
        connection.execute(sa.insert(grades), [asdict(grade) | {"attempt": number} for grade in entry.grades])
    return number


def _add_to_known(connection: Connection, entry: _Entry, key: str) -> None:
    """The answer of an attempt that was on its way here, and the grades that are not here."""
    attempt = entry.attempt
    if attempt.state != "sent":
        put_answer(connection, attempt)
    here = set(connection.scalars(sa.select(grades.c.grader).where(grades.c.attempt == attempt.id)))
    for grade in entry.grades:
        if grade.grader not in here:
            paid = picodollars(grade.cost_usd)
            add_to_run(connection, attempt.run, committed=paid, spent=paid)
            put_grade(connection, replace(grade, attempt=attempt.id or 0), attempt.run, key)


def _add_preferences(connection: Connection, head: _Head) -> None:
    query = sa.select(preferences).where(preferences.c.run == head.run.id)
    rows = connection.execute(query).mappings()
    here = {Preference(**{name: row[name] for name in PREFERENCE_FIELDS}) for row in rows}
    for preference in head.preferences:
        if preference not in here:
            paid = picodollars(preference.cost_usd)
            add_to_run(connection, head.run.id, committed=paid, spent=paid)
            put_preference(connection, preference)


def _add_verdicts(connection: Connection, head: _Head) -> None:
    """Verdicts that are not here, and answers of those that are on their way here."""
    here = {_which(verdict): verdict for verdict in read_verdicts(connection, head.run.id)}
    for verdict in head.verdicts:
        known = here.get(_which(verdict))
        if known is None:
            add_verdict(connection, verdict)
        elif known.state == "sent" != verdict.state:
            put_verdict(connection, replace(verdict, id=known.id))


def _which(verdict: Verdict) -> tuple[str, str, str, str, datetime]:
    """What tells a verdict from others in any store."""
    return verdict.item, verdict.condition, verdict.first, verdict.second, verdict.sent


def _write_jsonl(path: Path, head: _Head, entries: Iterator[_Entry]) -> int:
    written = 0
    with path.open("wb") as file:
        file.write(to_json(head) + b"\n")
        for written, entry in enumerate(entries, start=1):  # noqa: B007 (counted)
            file.write(to_json(entry) + b"\n")
    return written


def _read_jsonl(path: Path) -> Iterator[_Head | _Entry]:
    with path.open("rb") as file:
        yield _parsed(_HEADS, _line(file, path, 1), path, "line 1")
        number = 1
        while line := _line(file, path, number := number + 1):
            if line.strip():
                yield _parsed(_ENTRIES, line, path, f"line {number}")


def _line(file: BinaryIO, path: Path, number: int) -> bytes:
    """The next line, no longer than an attempt's may be; b'' at the end."""
    line = file.readline(_LONGEST_LINE + 1)
    if len(line) > _LONGEST_LINE or number > MOST_ROWS:
        found = f"more than {_LONGEST_LINE / 1e6:g} MB" if len(line) > _LONGEST_LINE else "more lines"
        allowed = f"a run of at most {MOST_ROWS:,} attempts, each of at most {_LONGEST_LINE / 1e6:g} MB"
        raise InputError(str(path), f"line {number}", found=found, allowed=allowed)
    return line


def _parsed(kind: TypeAdapter[Parsed], found: bytes | object, path: Path, where: str) -> Parsed:
    """A line or row as a record; InputError names the first thing wrong in it."""
    try:
        return kind.validate_json(found) if isinstance(found, bytes) else kind.validate_python(found)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        # What is no JSON or no record of ours from the start is better told by what would be.
        allowed = f"{_ALLOWED} ({first['msg'].lower()})"
        raise InputError(
            str(path), f"{where}: {field}" if field else where, found=first["input"], allowed=allowed
        ) from None


_MOMENT: Final = pa.timestamp("us", tz="UTC")
_GRADES: Final = pa.list_(
    pa.struct(
        [
            ("attempt", pa.int64()),
            ("grader", pa.string()),
            ("score", pa.float64()),
            ("detail", pa.string()),
            ("cost_usd", pa.float64()),
            ("graded", _MOMENT),
        ]
    )
)
_KINDS: Final[dict[object, pa.DataType]] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    datetime: _MOMENT,
    tuple[float, ...]: pa.list_(pa.float64()),
}


def _column(kind: object) -> pa.DataType:
    """Arrow's type of a field: an optional one's is that of what it may hold, a literal's is text."""
    inner = [one for one in get_args(kind) if one is not type(None)] if type(None) in get_args(kind) else [kind]
    return _KINDS.get(inner[0], pa.string())


def _schema() -> pa.Schema:
    """One column a field of Attempt, in its order, then the grades."""
    kinds = get_type_hints(Attempt)
    return pa.schema([*((name, _column(kinds[name])) for name in ATTEMPT_FIELDS), ("grades", _GRADES)])


def _write_parquet(path: Path, head: _Head, entries: Iterator[_Entry]) -> int:
    schema = _schema().with_metadata({_HEAD: to_json(head)})
    written = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while chunk := [_row(entry) for entry in islice(entries, CHUNK_ROWS)]:
            writer.write_table(pa.Table.from_pylist(chunk, schema=schema))
            written += len(chunk)
    return written


def _row(entry: _Entry) -> dict[str, Any]:
    attempt = {name: getattr(entry.attempt, name) for name in ATTEMPT_FIELDS}
    return attempt | {"grades": [asdict(grade) for grade in entry.grades]}


def _read_parquet(path: Path) -> Iterator[_Head | _Entry]:
    if is_too_heavy(path):
        found = "rows that take more memory than a run's do"
        raise InputError(str(path), "", found=found, allowed=_ALLOWED)
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            if file.metadata.num_rows > MOST_ROWS:
                allowed = f"a run of at most {MOST_ROWS:,} attempts"
                raise InputError(str(path), "", found=f"{file.metadata.num_rows:,} rows", allowed=allowed)
            yield _parsed(_HEADS, (file.schema_arrow.metadata or {}).get(_HEAD, b""), path, "head")
            number = 0
            for batch in file.iter_batches(BATCH_ROWS, use_threads=False):
                for number, row in enumerate(batch.to_pylist(), start=number + 1):  # noqa: B020 (counts on)
                    found = row.pop("grades", ())
                    yield _parsed(_ENTRIES, {"attempt": row, "grades": found}, path, f"row {number}")
    except (pa.ArrowException, OSError) as error:
        raise InputError(str(path), "", found=str(error), allowed=_ALLOWED) from error
