"""Runs and suites on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from planner.errors import InputError, StoreError
from planner.store import runs as kept
from planner.store.database.engine import Store
from planner.store.records import Spending
from tests.store.rows import START, SUITE_HASH, SUITE_TEXT, a_run, keep_run


def test_a_run_comes_back_as_it_was_stored(store: Store) -> None:
    run = a_run(workload="Support desk", segment="triage", grader="exact_match", finished=START, status="cap")
    keep_run(store, run)
    assert kept.read_run(store, run.id) == run


def test_a_run_without_targets_comes_back(store: Store) -> None:
    keep_run(store, a_run(targets=()))
    assert kept.read_run(store, a_run().id).targets == ()


def test_a_run_ends_with_its_status_and_time(store: Store) -> None:
    run = keep_run(store)
    kept.finish_run(store, run.id, "finished", START + timedelta(minutes=1))
    ended = replace(run, status="finished", finished=START + timedelta(minutes=1))
    assert kept.read_run(store, run.id) == ended


def test_a_run_is_taken_up_again(store: Store) -> None:
    run = keep_run(store)
    kept.finish_run(store, run.id, "stopped", START)
    kept.finish_run(store, run.id, "running", None)
    assert kept.read_run(store, run.id) == run


def test_runs_are_listed_newest_first(store: Store) -> None:
    for number, name in enumerate(("first", "second", "third")):
        keep_run(store, a_run(name, created=START + timedelta(seconds=number)))
    assert [run.id for run in kept.list_runs(store)] == ["third", "second", "first"]


def test_listed_runs_are_whole(store: Store) -> None:
    run = keep_run(store)
    assert kept.list_runs(store) == (run,)


def test_an_id_is_taken_once(store: Store) -> None:
    run = keep_run(store)
    with pytest.raises(StoreError, match=f"run {run.id} is kept already"):
        kept.store_run(store, run)


def test_a_run_needs_its_suite(store: Store) -> None:
    with pytest.raises(StoreError, match="of suite sums, whose text is not kept"):
        kept.store_run(store, a_run())


def test_an_unknown_run_is_told_with_the_closest_ids(store: Store) -> None:
    for name in ("r20261124-101500-3fa2", "r20261123-090000-0001"):
        keep_run(store, a_run(name))
    with pytest.raises(InputError) as caught:
        kept.read_run(store, "r20261124-101500-3fa9")
    assert "found 'r20261124-101500-3fa9'; allowed: a kept run: r20261124-101500-3fa2" in str(caught.value)


@pytest.mark.parametrize("ask", [kept.read_run, kept.spending])
def test_an_empty_store_says_that_no_run_is_kept(store: Store, ask: object) -> None:
    with pytest.raises(InputError, match="allowed: no run is kept yet"):
        ask(store, "r1")  # type: ignore[operator]  # one of two functions of a store and an id


def test_an_unknown_run_cannot_end(store: Store) -> None:
    keep_run(store)
    with pytest.raises(InputError, match="allowed: a kept run"):
        kept.finish_run(store, "other", "finished", START)


def test_nothing_is_spent_at_first(store: Store) -> None:
    run = keep_run(store)
    assert kept.spending(store, run.id) == Spending(0.0, 0.0)


def test_a_suite_is_kept_once(store: Store) -> None:
    kept.store_suite(store, SUITE_HASH, "sums", SUITE_TEXT)
    kept.store_suite(store, SUITE_HASH, "sums", SUITE_TEXT)
    assert kept.read_suite_text(store, SUITE_HASH) == SUITE_TEXT


def test_an_unknown_suite_is_told(store: Store) -> None:
    with pytest.raises(StoreError, match="no suite abc is kept"):
        kept.read_suite_text(store, "abc")
