"""From a real store to what beliefs learn from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from planner.beliefs.evidence.learning import learn, learn_from
from planner.beliefs.evidence.measured import NOTHING
from planner.catalog.schema import Catalog
from planner.store.attempts import reserve_attempt, store_answer
from planner.store.database.engine import Store, open_store
from planner.store.grades import store_grade, store_preference
from planner.store.records import Grade, Preference
from tests.store.rows import START, a_run, a_target, an_attempt, answered, keep_run

RUN = "r20261124-101500-3fa2"
KNOWN = "openai/gpt-4o-mini"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'kept.sqlite3'}") as opened:
        yield opened


def _answer(store: Store, number: int, score: float, **given: Any) -> int:
    attempt = an_attempt(number, **{"model": "gpt-4o-mini", **given})
    kept = reserve_attempt(store, attempt, 1.0)
    assert kept is not None
    store_answer(store, answered(attempt, kept))
    store_grade(store, Grade(kept, "exact_match", score, "", 0.0, START))
    return kept


def test_nothing_is_learnt_where_no_store_is_and_none_is_made(tmp_path: Path, catalog: Catalog) -> None:
    place = tmp_path / "none.sqlite3"
    assert learn_from(f"sqlite:///{place}", catalog) is NOTHING
    assert not place.exists()


def test_an_empty_store_teaches_nothing(store: Store, catalog: Catalog) -> None:
    assert learn(store, catalog) is NOTHING


def test_graded_answers_come_out_by_catalog_model(store: Store, catalog: Catalog) -> None:
    keep_run(store)
    for number, score in enumerate((1.0, 0.0, 1.0)):
        _answer(store, number, score)
    (part,) = learn(store, catalog).suites
    assert part.outcomes.models == (KNOWN,)
    assert part.outcomes.score.tolist() == [1.0, 0.0, 1.0]
    assert (part.suite, part.condition, part.skill, part.runs, part.date) == (
        "sums",
        "plain",
        "math",
        (RUN,),
        "2026-11-24",
    )


def test_a_model_that_the_catalog_does_not_know_teaches_nothing(store: Store, catalog: Catalog) -> None:
    keep_run(store)
    _answer(store, 1, 1.0, model="local/smollm2")
    assert learn(store, catalog).suites == ()


def test_repeats_of_an_item_are_one_answer(store: Store, catalog: Catalog) -> None:
    keep_run(store)
    for repeat, score in enumerate((1.0, 0.0)):
        _answer(store, 1, score, repeat=repeat)
    (part,) = learn(store, catalog).suites
    assert part.outcomes.score.tolist() == [0.5]


def test_items_of_one_document_share_its_difficulty(store: Store, catalog: Catalog) -> None:
    keep_run(store)
    for number in range(4):
        _answer(store, number, 1.0, cluster=f"document-{number // 2}")
    (part,) = learn(store, catalog).suites
    assert part.outcomes.item.tolist() == [0, 0, 1, 1]


def test_runs_of_one_suite_are_taken_together(store: Store, catalog: Catalog) -> None:
    keep_run(store)
    other = a_run("r20261125-101500-3fa2", targets=(a_target("other", catalog_model="openai/gpt-4o"),))
    keep_run(store, other)
    _answer(store, 1, 1.0)
    _answer(store, 1, 0.0, run=other.id, model="other")
    (part,) = learn(store, catalog).suites
    assert part.outcomes.models == ("openai/gpt-4o", KNOWN)
    assert part.outcomes.item.tolist() == [0, 0]
    assert len(part.runs) == 2


def test_a_persons_label_comes_before_the_grader(store: Store, catalog: Catalog) -> None:
    keep_run(store)
    kept = _answer(store, 1, 1.0)
    before = learn(store, catalog)
    store_grade(store, Grade(kept, "human:ada", 0.0, "", 0.0, START))
    after = learn(store, catalog)
    assert after.suites[0].outcomes.score.tolist() == [0.0]
    assert after.version != before.version


def test_comparisons_are_wins_and_losses(store: Store, catalog: Catalog) -> None:
    targets = (a_target("a", catalog_model=KNOWN), a_target("b", catalog_model="openai/gpt-4o"))
    keep_run(store, a_run(targets=targets))
    store_preference(store, Preference(RUN, "item-1", "b", "a", "judge", 0.0, START))
    (part,) = learn(store, catalog).suites
    models = part.outcomes.models
    assert [models[k] for k in part.outcomes.winner] == ["openai/gpt-4o"]
    assert [models[k] for k in part.outcomes.loser] == [KNOWN]


def test_times_of_a_lagging_client_are_left_out(store: Store, catalog: Catalog) -> None:
    keep_run(store)
    for number, bound in enumerate((False, True)):
        attempt = an_attempt(number, model="gpt-4o-mini")
        kept = reserve_attempt(store, attempt, 1.0)
        store_answer(store, answered(attempt, kept, client_bound=bound))
    (timed,) = learn(store, catalog).times
    assert (timed.model, timed.ttft_ms, timed.output_tokens) == (KNOWN, 20.5, 3)


def test_the_order_of_answers_leaves_no_trace(tmp_path: Path, catalog: Catalog) -> None:
    found = []
    for name, order in (("a", (0, 1, 2)), ("b", (2, 0, 1))):
        with open_store(f"sqlite:///{tmp_path / name}.sqlite3") as opened:
            keep_run(opened)
            for number in order:
                _answer(opened, number, float(number == 1))
            found.append(learn(opened, catalog))
    assert found[0].version == found[1].version
    assert np.array_equal(found[0].suites[0].outcomes.score, found[1].suites[0].outcomes.score)
