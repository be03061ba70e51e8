"""Paired comparisons of a run that is really kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from planner.beliefs.evidence.run_comparison import compare_conditions, compare_models, item_scores
from planner.errors import InputError
from planner.store.attempts import reserve_attempt, store_answer
from planner.store.database.engine import Store, open_store
from planner.store.grades import store_grade
from planner.store.records import Grade
from tests.store.rows import START, a_run, a_target, an_attempt, answered, keep_run

RUN = "r20261124-101500-3fa2"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'kept.sqlite3'}") as opened:
        keep_run(opened, a_run(targets=(a_target("a"), a_target("b"))))
        yield opened


def _answer(store: Store, model: str, number: int, score: float, condition: str = "plain", repeat: int = 0) -> None:
    attempt = an_attempt(number, model=model, condition=condition, repeat=repeat)
    kept = reserve_attempt(store, attempt, 5.0)
    assert kept is not None
    store_answer(store, answered(attempt, kept))
    store_grade(store, Grade(kept, "exact_match", score, "", 0.0, START))


def test_only_items_that_both_answered_count(store: Store) -> None:
    for number in range(20):
        _answer(store, "a", number, 1.0)
    for number in range(10, 30):
        _answer(store, "b", number, 0.0)
    (found,) = compare_models(item_scores(store, RUN))
    assert (found.first, found.second) == (("a", "plain"), ("b", "plain"))
    assert found.difference.items == 10
    assert found.difference.better == 1


def test_the_same_answers_show_no_difference(store: Store) -> None:
    for number in range(30):
        for model in ("a", "b"):
            _answer(store, model, number, float(number % 2))
    (found,) = compare_models(item_scores(store, RUN))
    assert not found.difference.called


def test_context_is_compared_with_closed_book_for_each_model(store: Store) -> None:
    for number in range(20):
        _answer(store, "a", number, 0.0, "closed_book")
        _answer(store, "a", number, 1.0, "with_context")
    scores = item_scores(store, RUN)
    (found,) = compare_conditions(scores)
    assert (found.first[1], found.second[1]) == ("with_context", "closed_book")
    assert found.difference.better == 1
    assert compare_models(scores) == ()


def test_repeats_of_an_item_are_averaged(store: Store) -> None:
    for repeat, score in enumerate((1.0, 0.0)):
        _answer(store, "a", 1, score, repeat=repeat)
    assert item_scores(store, RUN).by_side["a", "plain"] == {"item-1": 0.5}


def test_an_unknown_run_is_wrong_input(store: Store) -> None:
    with pytest.raises(InputError, match="r20261124"):
        item_scores(store, "r20261124-101500-ffff")
