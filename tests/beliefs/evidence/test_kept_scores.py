"""The user's own scores as evidence: joined, attributed, believed in, and without effect where there are none."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from planner.beliefs.evidence.kept_scores import catalog_of_store, catalog_with_kept
from planner.beliefs.quality.abilities import anchor_quality, fit_quality
from planner.beliefs.quality.cells import build_frame
from planner.catalog.browse import list_models, show_model
from planner.catalog.evidence.evaluations import ATTRIBUTION, is_kept_row
from planner.catalog.load import load_catalog
from planner.catalog.schema import Catalog, Evidence
from planner.store.database.engine import open_store
from planner.store.evidence import forget_scores, store_scores
from planner.store.records import EvidenceScore

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'planner.sqlite3'}"


def a_score(**given: Any) -> EvidenceScore:
    score = EvidenceScore(
        connector="user",
        model="gpt-4.1",
        variant="",
        benchmark="Tickets",
        skill="classification",
        score=0.9,
        n=200,
        measured=date(2026, 11, 1),
        source="ours.csv",
        fetched=NOW,
    )
    return replace(score, **given)


def theirs(**given: Any) -> EvidenceScore:
    """A score of Artificial Analysis' as the connector keeps it."""
    made = {"connector": "artificial-analysis", "model": "openai/gpt-4.1", "benchmark": "artificial-analysis:hle"}
    return a_score(**{**made, "skill": "reasoning", "source": ATTRIBUTION, "n": None, **given})


def kept(catalog: Catalog, url: str, *scores: EvidenceScore) -> Catalog:
    """The catalog with these scores, by way of a real store."""
    with open_store(url) as store:
        for connector in {score.connector for score in scores}:
            store_scores(store, connector, [score for score in scores if score.connector == connector])
    return catalog_with_kept(catalog, url)


def rows(evidence: Evidence) -> list[Mapping[str, Any]]:
    """The rows that the user keeps."""
    return [
        {
            name: getattr(evidence, name)[number]
            for name in ("row_id", "model", "variant", "benchmark", "date", "source")
        }
        for number in range(len(evidence))
        if is_kept_row(evidence.row_id[number])
    ]


def test_without_a_store_the_catalog_is_itself_and_no_store_is_made(catalog: Catalog, url: str, tmp_path: Path) -> None:
    assert catalog_with_kept(catalog, url) is catalog
    assert list(tmp_path.iterdir()) == []


def test_with_an_empty_store_the_catalog_is_itself(catalog: Catalog, url: str) -> None:
    open_store(url).close()
    assert catalog_with_kept(catalog, url) is catalog


def test_forgotten_scores_leave_no_trace(catalog: Catalog, url: str) -> None:
    kept(catalog, url, a_score())
    with open_store(url) as store:
        forget_scores(store, "user")
        assert catalog_of_store(catalog, store) is catalog


def test_a_users_score_is_a_row_of_its_own_benchmark_with_its_file_as_source(catalog: Catalog, url: str) -> None:
    found = kept(catalog, url, a_score())
    (row,) = rows(found.evidence)
    assert row == {
        "row_id": "user:ours.csv#1",
        "model": "openai/gpt-4.1",
        "variant": "",
        "benchmark": "user:Tickets",
        "date": "2026-11-01",
        "source": "ours.csv",
    }
    assert found.benchmarks["user:Tickets"].skill == "classification"


def test_a_benchmark_of_the_catalog_stays_that_benchmark(catalog: Catalog, url: str) -> None:
    found = kept(catalog, url, a_score(benchmark="aider:polyglot", skill="coding"))
    assert [row["benchmark"] for row in rows(found.evidence)] == ["aider:polyglot"]
    assert found.benchmarks["aider:polyglot"] is catalog.benchmarks["aider:polyglot"]


def test_a_reviewed_name_brings_its_variant(catalog: Catalog, url: str) -> None:
    found = kept(catalog, url, a_score(model="gpt-oss-120b (high)"))
    assert [(row["model"], row["variant"]) for row in rows(found.evidence)] == [("openai/gpt-oss-120b", "high")]


def test_their_scores_carry_their_name_and_a_title(catalog: Catalog, url: str) -> None:
    index = theirs(benchmark="artificial-analysis:coding-index-v4.1", skill="coding")
    found = kept(catalog, url, theirs(), index)
    assert {row["source"] for row in rows(found.evidence)} == {ATTRIBUTION}
    assert found.benchmarks["artificial-analysis:hle"].name == "Humanity's Last Exam, by Artificial Analysis"
    assert found.benchmarks[index.benchmark].name == "Coding Index, by Artificial Analysis"


def test_a_score_without_a_day_is_dated_by_the_day_it_was_read(catalog: Catalog, url: str) -> None:
    assert rows(kept(catalog, url, a_score(measured=None)).evidence)[0]["date"] == "2026-11-24"


def test_the_shipped_rows_stay_as_they_are(catalog: Catalog, url: str) -> None:
    old, new = catalog.evidence, kept(catalog, url, a_score(), theirs()).evidence
    assert new.row_id[2:] == old.row_id
    assert np.array_equal(new.score[2:], old.score)
    assert len(new.model) == len(new.variant) == len(new.date) == new.n.size == len(old) + 2


def test_the_version_changes_with_the_scores_and_only_with_them(catalog: Catalog, tmp_path: Path) -> None:
    def version(name: str, *scores: EvidenceScore) -> str:
        return kept(catalog, f"sqlite:///{tmp_path / name}", *scores).version

    first = version("a", a_score())
    assert first != catalog.version
    assert len(first) == len(catalog.version)
    assert version("b", a_score(fetched=NOW.replace(hour=15))) == first
    assert version("c", a_score(score=0.91)) != first


def test_the_models_page_shows_kept_rows_first_with_their_source(catalog: Catalog, url: str) -> None:
    shown = show_model(kept(catalog, url, theirs()), "openai/gpt-4.1").evidence
    assert (shown[0].benchmark, shown[0].source) == ("artificial-analysis:hle", ATTRIBUTION)
    assert len(shown) == len(show_model(catalog, "openai/gpt-4.1").evidence) + 1


def test_a_model_that_only_the_user_knows_is_listed_and_shown(catalog: Catalog, url: str) -> None:
    score = a_score(model="Desk-Tuned", maker="us", total_params_b=8.0, released=date(2026, 6, 1))
    found = kept(catalog, url, score)
    details = show_model(found, "us/desk-tuned")
    assert details.model.total_params_b == 8.0
    assert details.model.released == date(2026, 6, 1)
    assert details.offers == ()
    assert [row.benchmark for row in details.evidence] == ["user:Tickets"]
    assert "us/desk-tuned" in {row.id for row in list_models(found, date(2026, 11, 24))}


def _reasoning(catalog: Catalog) -> dict[str, float]:
    """Expected score of each model on the usual reasoning benchmark."""
    draws = anchor_quality(fit_quality(catalog), catalog, "reasoning")
    return dict(zip(catalog.models, draws.mean(axis=1).tolist(), strict=False))


def test_kept_scores_move_what_is_believed(catalog: Catalog, url: str) -> None:
    expected = _reasoning(catalog)
    others = [
        theirs(model=name, score=expected[name]) for name in list(catalog.models)[:60] if name != "openai/gpt-4.1"
    ]
    believed = []
    for share in (0.3, 0.9):
        found = kept(catalog, url, *others, theirs(score=share))
        believed.append(_reasoning(found)["openai/gpt-4.1"])
    assert believed[0] < believed[1]


def test_two_models_on_a_benchmark_of_the_users_are_compared(catalog: Catalog, url: str) -> None:
    pair = kept(catalog, url, a_score(), a_score(model="o3"))
    assert "user:Tickets" in build_frame(pair).benchmarks


def test_one_model_alone_on_a_benchmark_says_nothing(catalog: Catalog, url: str) -> None:
    assert "user:Tickets" not in build_frame(kept(catalog, url, a_score())).benchmarks
