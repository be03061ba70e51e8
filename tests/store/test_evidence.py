"""Scores of connectors and of the user's tables on both databases."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from planner.store import evidence as kept
from planner.store.database.engine import Store
from planner.store.records import EvidenceScore
from tests.store.rows import START


def a_score(benchmark: str = "sums", **given: Any) -> EvidenceScore:
    score = EvidenceScore(
        connector="user",
        model="my-model",
        variant="",
        benchmark=benchmark,
        skill="math",
        score=0.75,
        n=120,
        measured=date(2026, 11, 1),
        source="ours.csv",
        fetched=START,
    )
    return replace(score, **given)


def test_scores_come_back_as_they_were_stored(store: Store) -> None:
    given = (
        a_score(),
        a_score("arena", unit="elo", score=1234.5, n=None, measured=None, maker="us", released=date(2026, 5, 1)),
        a_score("quiz", chance=0.25, family="mine", total_params_b=8.5, active_params_b=1.5),
    )
    kept.store_scores(store, "user", given)
    assert kept.kept_scores(store) == given


def test_a_source_read_again_replaces_its_scores_alone(store: Store) -> None:
    kept.store_scores(store, "user", [a_score("a"), a_score("b")])
    kept.store_scores(store, "user", [a_score("c", source="theirs.csv")])
    kept.store_scores(store, "user", [a_score("d")])
    assert [(score.source, score.benchmark) for score in kept.kept_scores(store)] == [
        ("ours.csv", "d"),
        ("theirs.csv", "c"),
    ]


def test_connectors_do_not_touch_each_other(store: Store) -> None:
    kept.store_scores(store, "user", [a_score()])
    kept.store_scores(store, "other", [a_score(connector="other")])
    assert kept.forget_scores(store, "other") == 1
    assert kept.kept_scores(store) == (a_score(),)


def test_one_source_is_forgotten(store: Store) -> None:
    kept.store_scores(store, "user", [a_score(), a_score(source="theirs.csv")])
    assert kept.forget_scores(store, "user", "ours.csv") == 1
    assert [score.source for score in kept.kept_scores(store)] == ["theirs.csv"]


def test_forgetting_what_is_not_kept_forgets_nothing(store: Store) -> None:
    assert kept.forget_scores(store, "user", "ours.csv") == 0


def test_a_score_of_another_connector_is_refused_and_nothing_changes(store: Store) -> None:
    kept.store_scores(store, "user", [a_score()])
    with pytest.raises(ValueError, match="another connector"):
        kept.store_scores(store, "other", [a_score()])
    assert kept.kept_scores(store) == (a_score(),)
