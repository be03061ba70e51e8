"""A run as a file and back, between both kinds of database and both kinds of file."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.errors import InputError
from planner.store.attempts import attempts_of, insert_attempt, reserve_attempt, store_answer, store_attempt
from planner.store.database.engine import Store, open_store
from planner.store.database.tables import keepable
from planner.store.grades import grades_of, preferences_of, store_grade, store_preference
from planner.store.learnable import measured_hash
from planner.store.records import Attempt, Grade, Preference, Run
from planner.store.runs import finish_run, list_runs, read_run, read_suite_text, spending
from planner.store.transfer import export_run, import_run
from tests.store.rows import START, SUITE_HASH, a_run, an_attempt, answered, keep_run
from tests.store.test_grades import a_grade, a_preference, an_answer

RUN = a_run().id


@pytest.fixture(params=["parquet", "jsonl"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"run.{request.param}"


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """Another store, whose numbers are not those of the first."""
    with open_store(f"sqlite:///{tmp_path / 'other.sqlite3'}") as opened:
        keep_run(opened, a_run("already-there"))
        for number in range(3):
            reserve_attempt(opened, an_attempt(number, run="already-there"), 1.0)
        yield opened


def a_full_run(store: Store) -> None:
    """Answers, a failure, one in doubt, a reused one, grades by three graders, comparisons."""
    keep_run(store, a_run(workload="Desk ☃", segment="triage", grader="numeric"))
    first = an_answer(store, 0, answer="zwölf \x1f\n\r\u2028", gaps_ms=(0.1, 1e-9, 12.0), cost_usd=0.004)
    failed = reserve_attempt(store, an_attempt(1), 1.0)
    store_answer(store, an_attempt(1, id=failed, state="failed", error="cut: after 3 tokens"))
    reserve_attempt(store, an_attempt(2, warm_up=True), 1.0)
    store_attempt(store, answered(an_attempt(0, repeat=1, reserved_usd=0.0), None, reused=first, cost_usd=0.0))
    for grade in (a_grade(first, "numeric", 1.0), a_grade(first, "llm_judge:m", 1 / 3, cost_usd=0.001)):
        store_grade(store, grade)
    store_grade(store, a_grade(first, "human:ada", 0.0, detail=""))
    store_preference(store, a_preference())
    store_preference(store, a_preference(winner="b", loser="a"))
    finish_run(store, RUN, "stopped", START)


def content(store: Store) -> tuple[Run, str, list[Attempt], list[Grade], list[Preference]]:
    """All of the run but where it came from, its attempts numbered from 1 on."""
    attempts = attempts_of(store, RUN)
    number = {one.id: place for place, one in enumerate(attempts, start=1)}
    return (
        replace(read_run(store, RUN), imported=False),
        read_suite_text(store, SUITE_HASH),
        [replace(one, id=number[one.id], reused=one.reused and number[one.reused]) for one in attempts],
        [replace(grade, attempt=number[grade.attempt]) for grade in grades_of(store, RUN)],
        preferences_of(store, RUN),
    )


def test_a_run_comes_whole_into_another_store(store: Store, other: Store, file: Path) -> None:
    a_full_run(store)
    assert export_run(store, RUN, file) == 4
    assert import_run(other, file) == replace(read_run(store, RUN), imported=True) == read_run(other, RUN)
    assert content(other) == content(store)
    assert spending(other, RUN) == spending(store, RUN)


def test_a_run_comes_whole_back_from_another_store(store: Store, other: Store, file: Path) -> None:
    a_full_run(other)
    export_run(other, RUN, file)
    import_run(store, file)
    assert content(store) == content(other)


def test_what_is_learnt_from_is_the_same_in_both_stores(store: Store, tmp_path: Path, file: Path) -> None:
    a_full_run(store)
    export_run(store, RUN, file)
    with open_store(f"sqlite:///{tmp_path / 'fresh.sqlite3'}") as fresh:
        import_run(fresh, file)
        assert measured_hash(fresh) == measured_hash(store)


def test_importing_twice_changes_nothing(store: Store, other: Store, file: Path) -> None:
    a_full_run(store)
    export_run(store, RUN, file)
    import_run(other, file)
    before = (content(other), spending(other, RUN), measured_hash(other))
    import_run(other, file)
    assert (content(other), spending(other, RUN), measured_hash(other)) == before


def test_importing_where_it_came_from_changes_nothing(store: Store, file: Path) -> None:
    a_full_run(store)
    export_run(store, RUN, file)
    before = (content(store), spending(store, RUN), measured_hash(store))
    import_run(store, file)
    assert (content(store), spending(store, RUN), measured_hash(store)) == before


def test_a_later_file_brings_what_came_since(store: Store, other: Store, file: Path) -> None:
    keep_run(store)
    number = reserve_attempt(store, an_attempt(0), 1.0)
    export_run(store, RUN, file)
    import_run(other, file)
    store_answer(store, answered(an_attempt(0), number))
    store_grade(store, a_grade(an_answer(store, 1)))
    finish_run(store, RUN, "finished", START)
    export_run(store, RUN, file)
    import_run(other, file)
    assert content(other) == content(store)
    assert spending(other, RUN) == spending(store, RUN)


def test_an_answer_reused_from_another_run_is_still_a_reused_one(store: Store, other: Store, file: Path) -> None:
    keep_run(store, a_run("earlier"))
    first = an_answer(store, 0, "earlier")
    keep_run(store)
    store_attempt(store, answered(an_attempt(0, reserved_usd=0.0), None, reused=first, cost_usd=0.0))
    export_run(store, RUN, file)
    import_run(other, file)
    assert [one.reused for one in attempts_of(other, RUN)] == [0]


def test_parquet_is_a_table_for_any_tool(store: Store, tmp_path: Path) -> None:
    a_full_run(store)
    export_run(store, RUN, tmp_path / "run.parquet")
    table = pq.read_table(tmp_path / "run.parquet")
    assert table.schema.field("gaps_ms").type == pa.list_(pa.float64())
    assert table.schema.field("sent").type == pa.timestamp("us", tz="UTC")
    assert table.column("gaps_ms")[0].as_py() == [0.1, 1e-9, 12.0]
    assert [grade["grader"] for grade in table.column("grades")[0].as_py()] == ["numeric", "llm_judge:m", "human:ada"]


def test_jsonl_is_one_object_a_line(store: Store, tmp_path: Path) -> None:
    a_full_run(store)
    export_run(store, RUN, tmp_path / "run.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text(encoding="utf-8").split("\n") if line]
    assert [sorted(line) for line in lines] == [["preferences", "run", "suite_text", "verdicts", "version"]] + [
        ["attempt", "grades"]
    ] * 4


def test_a_long_run_passes_in_chunks(store: Store, other: Store, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("grades", "transfer"):
        monkeypatch.setattr(f"planner.store.{module}.CHUNK_ROWS", 3)
    keep_run(store)
    with store.writing() as connection:
        for number in range(8):
            insert_attempt(connection, an_attempt(number), state="sent")
    assert export_run(store, RUN, file) == 8
    import_run(other, file)
    assert [one.item for one in attempts_of(other, RUN)] == [f"item-{n}" for n in range(8)]


def test_an_unknown_run_is_not_exported(store: Store, file: Path) -> None:
    with pytest.raises(InputError, match="no run is kept yet"):
        export_run(store, RUN, file)
    assert not file.exists()


def test_a_file_that_cannot_be_written_is_told(store: Store, tmp_path: Path) -> None:
    keep_run(store)
    with pytest.raises(
        InputError, match="found 'no such file or directory'; allowed: a file in a folder that can be written"
    ):
        export_run(store, RUN, tmp_path / "nowhere" / "run.jsonl")


def test_another_ending_is_refused(store: Store, tmp_path: Path) -> None:
    keep_run(store)
    for ask in (lambda path: export_run(store, RUN, path), lambda path: import_run(store, path)):
        with pytest.raises(InputError, match=r"found '\.csv'; allowed: a file that ends in \.parquet or \.jsonl"):
            ask(tmp_path / "run.csv")


def _damaged(path: Path, how: str) -> None:
    text = path.read_bytes()
    if how == "cut":
        path.write_bytes(text[: len(text) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "other":
        path.write_bytes(b"model,score\na,1\n")
    elif how == "bytes":
        path.write_bytes(bytes(range(256)) * 8)
    else:
        path.unlink()


@pytest.mark.parametrize("how", ["cut", "empty", "other", "bytes", "missing"])
def test_a_damaged_file_is_told_in_one_line_and_adds_nothing(store: Store, other: Store, file: Path, how: str) -> None:
    a_full_run(store)
    export_run(store, RUN, file)
    _damaged(file, how)
    with pytest.raises(InputError) as caught:
        import_run(other, file)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)
    assert [run.id for run in list_runs(other)] == ["already-there"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"version":1', '"version":2', "line 1: version: found 2"),
        ('"score":1.0', '"score":1.5', "grade.score: found 1.5; allowed: a share from 0 to 1"),
        ('"cost_usd":0.004', '"cost_usd":-1', "cost_usd: found -1.0; allowed: an amount"),
        ('"state":"answered"', '"state":"lost"', "line 2: attempt.state: found 'lost'"),
        ('"attempt":{"id":1,"run":"', '"attempt":{"id":1,"run":"x', "attempt.run: found 'xr20261124"),
        ('"repeat":0', '"repeat":"twice"', "line 2: attempt.repeat: found 'twice'"),
        ("Z", "", "a time without time zone cannot be kept: 2026"),
    ],
)
def test_a_wrong_value_is_told_with_its_place(store: Store, tmp_path: Path, old: str, new: str, line: str) -> None:
    with open_store(f"sqlite:///{tmp_path / 'source.sqlite3'}") as source:
        a_full_run(source)
        export_run(source, RUN, tmp_path / "run.jsonl")
    text = (tmp_path / "run.jsonl").read_text(encoding="utf-8")
    (tmp_path / "run.jsonl").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(Exception, match=line) as caught:
        import_run(store, tmp_path / "run.jsonl")
    assert "\n" not in str(caught.value)
    assert list_runs(store) == ()


def test_another_run_of_the_same_id_is_not_mixed_in(store: Store, other: Store, file: Path) -> None:
    keep_run(store, a_run(created=START.replace(hour=1)))
    export_run(store, RUN, file)
    keep_run(other)
    with pytest.raises(InputError, match=f"found '{RUN}'; allowed: an id that no other run here has"):
        import_run(other, file)


texts = st.text(max_size=40)
amounts = st.floats(0.0, 1e4, allow_subnormal=False)
times = st.floats(0.0, 1e7)
drawn = st.builds(
    an_attempt,
    st.integers(0, 5),
    model=texts,
    item=texts,
    condition=texts,
    repeat=st.integers(0, 2**31 - 1),
    state=st.sampled_from(["answered", "failed"]),
    sent=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()),  # noqa: DTZ001 (bounds)
    reserved_usd=amounts,
    cost_usd=st.none() | amounts,
    answer=st.none() | st.text(st.characters(exclude_categories=())),
    completion_tokens=st.none() | st.integers(0, 2**31 - 1),
    ttft_ms=st.none() | times,
    gaps_ms=st.lists(times, max_size=8).map(tuple),
    warm_up=st.booleans(),
    error=st.none() | texts,
)


@given(attempt=drawn)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_attempt_survives_the_store_and_the_file(
    other: Store, tmp_path: Path, file: Path, attempt: Attempt
) -> None:
    clean = {name: keepable(getattr(attempt, name)) for name in ("model", "item", "condition")}
    marked = {name: text and keepable(text) for name, text in (("answer", attempt.answer), ("error", attempt.error))}
    with open_store(f"sqlite:///{tmp_path / 'drawn.sqlite3'}") as first:
        for store in (first, other):
            with store.writing() as connection:
                connection.exec_driver_sql("DELETE FROM runs")
        keep_run(first)
        number = store_attempt(first, replace(attempt, **clean))
        (kept,) = attempts_of(first, RUN)
        # Moments are compared in one zone: where a clock is set back, Python finds no two zones' times equal.
        assert kept == replace(attempt, id=number, sent=attempt.sent.astimezone(UTC), **clean, **marked)
        export_run(first, RUN, file)
    import_run(other, file)
    (brought,) = attempts_of(other, RUN)
    assert replace(brought, id=number) == kept
