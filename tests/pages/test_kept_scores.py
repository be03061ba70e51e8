"""Scores that the user keeps, on the pages: shown with their source, and taken in while the app runs."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from planner.catalog.evidence.evaluations import ATTRIBUTION
from planner.session import cached
from planner.store.database.engine import open_store
from planner.store.database.place import default_url
from planner.store.evidence import forget_scores, store_scores
from planner.store.records import EvidenceScore
from tests.pages.test_pages import opened

MODEL = "openai/gpt-4.1"
SCORE = EvidenceScore(
    connector="artificial-analysis",
    model=MODEL,
    variant="",
    benchmark="artificial-analysis:hle",
    skill="reasoning",
    score=0.123,
    n=None,
    measured=date(2026, 11, 24),
    source=ATTRIBUTION,
    fetched=datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
)


@pytest.fixture(autouse=True)
def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question looks at the store, where the app waits some seconds."""
    monkeypatch.setattr(cached, "_kept_version", cached._kept_version.__wrapped__)


def test_a_models_page_shows_kept_scores_first_with_their_source() -> None:
    with open_store(default_url(os.environ)) as store:
        store_scores(store, "artificial-analysis", [SCORE])
    at = opened("models", model=MODEL)
    rows = [row for table in at.dataframe for row in table.value.to_dict("records") if "Benchmark" in row]
    assert (rows[0]["Benchmark"], rows[0]["Score"], rows[0]["Source"]) == (SCORE.benchmark, 0.123, ATTRIBUTION)


def test_scores_that_come_and_go_while_the_app_runs_are_noticed() -> None:
    before = cached.the_catalog().version
    with open_store(default_url(os.environ)) as store:
        store_scores(store, "artificial-analysis", [SCORE])
        during = cached.the_catalog().version
        forget_scores(store, "artificial-analysis")
    assert during != before
    assert cached.the_catalog().version == before


def test_without_a_store_none_is_made() -> None:
    cached.the_catalog()
    assert list(Path(os.environ["PLANNER_DATA_DIR"]).iterdir()) == []
