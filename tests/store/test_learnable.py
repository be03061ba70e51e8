"""What beliefs read: the score that counts, times that are the server's, one hash of it all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from planner.store.attempts import reserve_attempt, store_answer, store_attempt
from planner.store.database.engine import Store
from planner.store.evidence import store_scores
from planner.store.grades import store_grade, store_preference
from planner.store.learnable import answers_for_learning, latency_samples, measured_hash, scores_hash
from planner.store.runs import finish_run
from tests.store.rows import START, a_run, an_attempt, answered, keep_run
from tests.store.test_evidence import a_score
from tests.store.test_grades import a_grade, a_preference, an_answer

RUN = a_run().id


def learnt(store: Store) -> list[tuple[str, str, float]]:
    return [(one.run.id, one.attempt.item, one.score) for one in answers_for_learning(store)]


def test_a_graded_answer_is_learnt_from(store: Store) -> None:
    keep_run(store)
    store_grade(store, a_grade(an_answer(store), score=0.5))
    assert learnt(store) == [(RUN, "item-0", 0.5)]


def test_an_ungraded_answer_is_not(store: Store) -> None:
    keep_run(store)
    an_answer(store)
    assert learnt(store) == []


def test_a_person_comes_before_the_grader(store: Store) -> None:
    keep_run(store, a_run(grader="exact_match"))
    attempt = an_answer(store)
    store_grade(store, a_grade(attempt, "exact_match", 0.0))
    store_grade(store, a_grade(attempt, "human:ada", 1.0))
    assert learnt(store) == [(RUN, "item-0", 1.0)]


def test_several_people_are_averaged(store: Store) -> None:
    keep_run(store)
    attempt = an_answer(store)
    for who, score in (("ada", 1.0), ("bob", 1.0), ("cai", 0.25)):
        store_grade(store, a_grade(attempt, f"human:{who}", score))
    assert learnt(store) == [(RUN, "item-0", 0.75)]


def test_the_runs_grader_counts_among_several(store: Store) -> None:
    keep_run(store, a_run(grader="numeric"))
    attempt = an_answer(store)
    store_grade(store, a_grade(attempt, "llm_judge:m", 0.2))
    store_grade(store, a_grade(attempt, "numeric", 0.8))
    assert learnt(store) == [(RUN, "item-0", 0.8)]


def test_without_a_named_grader_the_earliest_counts(store: Store) -> None:
    keep_run(store)
    attempt = an_answer(store)
    store_grade(store, a_grade(attempt, "zzz", 0.2))
    store_grade(store, a_grade(attempt, "aaa", 0.8))
    assert learnt(store) == [(RUN, "item-0", 0.2)]


def test_another_graders_score_does_not_stand_in_for_the_runs_grader(store: Store) -> None:
    keep_run(store, a_run(grader="numeric"))
    store_grade(store, a_grade(an_answer(store), "llm_judge:m", 0.2))
    assert learnt(store) == []


def test_answers_of_all_runs_are_learnt_from_whatever_their_state(store: Store) -> None:
    for name in ("r1", "r2"):
        keep_run(store, a_run(name))
        store_grade(store, a_grade(an_answer(store, 0, name)))
    finish_run(store, "r1", "cap", START)
    assert learnt(store) == [("r1", "item-0", 1.0), ("r2", "item-0", 1.0)]


def test_failures_are_not_learnt_from(store: Store) -> None:
    keep_run(store)
    number = reserve_attempt(store, an_attempt(), 1.0)
    assert number is not None
    store_answer(store, an_attempt(id=number, state="failed", error="timeout: 60 s", cost_usd=0.0))
    store_grade(store, a_grade(number, score=0.0))
    assert learnt(store) == []


@pytest.mark.parametrize(
    ("given", "counts"),
    [({}, True), ({"client_bound": True}, False), ({"warm_up": True}, False), ({"reused": 0}, False)],
    ids=["plain", "client-bound", "warm-up", "reused"],
)
def test_only_times_of_the_server_are_latency_samples(store: Store, given: dict[str, Any], counts: bool) -> None:
    keep_run(store)
    store_attempt(store, answered(an_attempt(), None, **given))
    assert [one.attempt.ttft_ms for one in latency_samples(store)] == ([20.5] if counts else [])


def test_an_attempt_under_way_is_no_latency_sample(store: Store) -> None:
    keep_run(store)
    reserve_attempt(store, an_attempt(), 1.0)
    assert list(latency_samples(store)) == []


def _more_grades(store: Store, attempt: int) -> None:
    store_grade(store, a_grade(attempt, "human:ada", 0.0))


def _another_grade(store: Store, attempt: int) -> None:
    store_grade(store, a_grade(attempt, score=0.5))


def _another_answer(store: Store, attempt: int) -> None:  # noqa: ARG001
    an_answer(store, 7)


def _a_comparison(store: Store, attempt: int) -> None:  # noqa: ARG001
    store_preference(store, a_preference())


def _a_score(store: Store, attempt: int) -> None:  # noqa: ARG001
    store_scores(store, "user", [a_score()])


@pytest.mark.parametrize("change", [_more_grades, _another_grade, _another_answer, _a_comparison, _a_score])
def test_the_hash_changes_with_what_is_learnt_from(store: Store, change: Callable[[Store, int], None]) -> None:
    keep_run(store)
    attempt = an_answer(store)
    store_grade(store, a_grade(attempt))
    before = measured_hash(store)
    change(store, attempt)
    assert measured_hash(store) != before


def test_the_hash_does_not_change_with_what_is_not(store: Store) -> None:
    keep_run(store)
    store_grade(store, a_grade(an_answer(store)))
    before = measured_hash(store)
    reserve_attempt(store, an_attempt(3), 1.0)
    finish_run(store, RUN, "finished", START)
    keep_run(store, a_run("nothing-answered-yet"))
    assert measured_hash(store) == before


def test_a_grade_taken_back_brings_the_hash_back(store: Store) -> None:
    keep_run(store)
    attempt = an_answer(store)
    store_grade(store, a_grade(attempt, score=1.0))
    before = measured_hash(store)
    store_grade(store, a_grade(attempt, score=0.0))
    store_grade(store, a_grade(attempt, score=1.0))
    assert measured_hash(store) == before


def test_the_order_of_answers_leaves_no_trace_in_the_hash(store: Store) -> None:
    for order in ((0, 1, 2), (2, 0, 1)):
        with store.writing() as connection:
            connection.exec_driver_sql("DELETE FROM runs")
        keep_run(store)
        for number in order:
            store_grade(store, a_grade(an_answer(store, number), score=number / 2))
        if order[0] == 0:
            first = measured_hash(store)
    assert measured_hash(store) == first


def test_scores_fetched_again_unchanged_have_the_same_hash(store: Store) -> None:
    store_scores(store, "user", [a_score("a"), a_score("b")])
    before = scores_hash(store)
    store_scores(store, "user", [a_score("b", fetched=START + timedelta(days=400)), a_score("a")])
    assert scores_hash(store) == before != ""


def test_no_scores_have_no_hash(store: Store) -> None:
    assert scores_hash(store) == ""
