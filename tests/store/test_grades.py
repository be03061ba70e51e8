"""Grades and comparisons on both databases."""

from typing import Any

import pytest

from planner.errors import InputError, StoreError
from planner.store import grades as kept
from planner.store.attempts import reserve_attempt, reserve_usd, store_answer
from planner.store.database.engine import Store
from planner.store.records import Grade, Preference, Spending
from planner.store.runs import spending
from tests.store.rows import START, a_run, an_attempt, answered, keep_run

RUN = a_run().id


def an_answer(store: Store, number: int = 0, run: str = RUN, **given: Any) -> int:
    """A kept answer; its id."""
    attempt = an_attempt(number, run=run, reserved_usd=0.0)
    reserved = reserve_attempt(store, attempt, 1.0)
    assert reserved is not None
    store_answer(store, answered(attempt, reserved, **{"cost_usd": 0.0, **given}))
    return reserved


def a_grade(attempt: int, grader: str = "exact_match", score: float = 1.0, **given: Any) -> Grade:
    return Grade(attempt, grader, score, **{"detail": "„zwölf“", "cost_usd": 0.0, "graded": START, **given})


def a_preference(**given: Any) -> Preference:
    made = {"run": RUN, "item": "item-0", "winner": "a", "loser": "b", "judge": "llm_judge:c", "cost_usd": 0.001}
    return Preference(**{**made, "judged": START, **given})


def test_grades_come_back_by_attempt_and_grader(store: Store) -> None:
    keep_run(store)
    first, second = an_answer(store, 0), an_answer(store, 1)
    given = [a_grade(second, score=0.25), a_grade(first, "numeric"), a_grade(first, "human:ada", 0.0)]
    for grade in given:
        kept.store_grade(store, grade)
    assert kept.grades_of(store, RUN) == [given[1], given[2], given[0]]


def test_the_same_grader_changes_its_mind(store: Store) -> None:
    keep_run(store)
    attempt = an_answer(store)
    kept.store_grade(store, a_grade(attempt, "human:ada", 1.0))
    kept.store_grade(store, a_grade(attempt, "human:ada", 0.0, detail="looked again"))
    assert kept.grades_of(store, RUN) == [a_grade(attempt, "human:ada", 0.0, detail="looked again")]


def test_grades_of_other_runs_stay_out(store: Store) -> None:
    keep_run(store)
    keep_run(store, a_run("other"))
    kept.store_grade(store, a_grade(an_answer(store, 0, "other")))
    assert kept.grades_of(store, RUN) == []


def test_what_a_judge_cost_is_spent_and_frees_the_rest_of_its_reservation(store: Store) -> None:
    keep_run(store)
    attempt = an_answer(store)
    assert reserve_usd(store, RUN, 0.5, 1.0)
    kept.store_grade(store, a_grade(attempt, "llm_judge:m", 0.5, cost_usd=0.125), reserved_usd=0.5)
    assert spending(store, RUN) == Spending(0.125, 0.125)


def test_judging_again_is_paid_again(store: Store) -> None:
    keep_run(store)
    attempt = an_answer(store)
    for _ in range(2):
        kept.store_grade(store, a_grade(attempt, "llm_judge:m", 0.5, cost_usd=0.25))
    assert spending(store, RUN) == Spending(0.5, 0.5)


def test_an_attempt_that_is_not_kept_takes_no_grade(store: Store) -> None:
    with pytest.raises(StoreError, match="attempt 12 is not kept"):
        kept.store_grade(store, a_grade(12))


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan")])
def test_a_grade_is_a_share(store: Store, score: float) -> None:
    keep_run(store)
    with pytest.raises(ValueError, match="a share from 0 to 1"):
        kept.store_grade(store, a_grade(an_answer(store), score=score, cost_usd=0.5))
    assert spending(store, RUN) == Spending(0.0, 0.0)


def test_grades_of_a_long_run_come_in_chunks(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "CHUNK_ROWS", 2)
    keep_run(store)
    numbers = [an_answer(store, number) for number in range(5)]
    for number in numbers[::2]:
        kept.store_grade(store, a_grade(number))
    assert [grade.attempt for grade in kept.grades_of(store, RUN)] == numbers[::2]


def test_comparisons_come_back_in_order(store: Store) -> None:
    keep_run(store)
    given = [a_preference(), a_preference(winner="b", loser="a"), a_preference()]
    for preference in given:
        kept.store_preference(store, preference)
    assert kept.preferences_of(store, RUN) == given
    assert spending(store, RUN).spent_usd == 0.003


def test_a_comparison_needs_its_run(store: Store) -> None:
    with pytest.raises(InputError, match="no run is kept yet"):
        kept.store_preference(store, a_preference())
