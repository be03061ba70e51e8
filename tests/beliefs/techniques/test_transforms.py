"""Techniques on the real catalog: what must hold whatever the draws."""

from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from planner.beliefs.quality.abilities import QualityBeliefs, fit_quality
from planner.beliefs.quality.segment_quality import SegmentQuality, segment_quality
from planner.beliefs.techniques.transforms import (
    gate_auc,
    labels_gain_share,
    quantised_quality,
    recall_at,
    reference_quality,
    technique_quality,
)
from planner.catalog import load_catalog
from planner.catalog.schema import Catalog
from planner.workload.schema import Segment


@lru_cache(maxsize=1)
def _fitted() -> tuple[Catalog, QualityBeliefs]:
    catalog = load_catalog()
    return catalog, fit_quality(catalog)


def _case(**changes: Any) -> tuple[Catalog, Segment, SegmentQuality]:
    catalog, quality = _fitted()
    fields = {
        "name": "desk",
        "skill": "classification",
        "requests_per_month": 1000,
        "input_tokens": {"mean": 400, "p95": 900},
        "output_tokens": {"mean": 12, "p95": 30},
    }
    segment = Segment.model_validate({**fields, **changes})
    return catalog, segment, segment_quality(quality, catalog, segment)


def test_private_questions_are_lost_without_retrieval() -> None:
    catalog, segment, direct = _case(
        skill="grounded_qa", knowledge={"private_or_fresh_share": 0.8, "corpus_tokens": 1e6}
    )
    plain = technique_quality(catalog, segment, direct, "direct").mean()
    grounded = technique_quality(catalog, segment, direct, "rag").mean()
    assert plain < 0.35
    assert grounded > plain + 0.25


def test_retrieval_without_a_corpus_is_no_option() -> None:
    catalog, segment, direct = _case()
    assert np.isnan(technique_quality(catalog, segment, direct, "rag")).all()


def test_tuning_needs_labels() -> None:
    catalog, segment, direct = _case(training={"labelled_examples": 20})
    assert np.isnan(technique_quality(catalog, segment, direct, "fine_tune")).all()


def test_more_labels_never_make_a_tuned_model_worse() -> None:
    means = []
    for labels in (100, 300, 1000, 5000, 50_000):
        catalog, segment, direct = _case(training={"labelled_examples": labels})
        means.append(np.nanmean(technique_quality(catalog, segment, direct, "fine_tune")))
    assert np.all(np.diff(means) >= 0.0)


def test_models_that_cannot_be_tuned_are_nan_and_the_others_are_not() -> None:
    catalog, segment, direct = _case(training={"labelled_examples": 5000})
    tuned = technique_quality(catalog, segment, direct, "fine_tune")
    can = np.array([catalog.models[name].fine_tuning != "no" for name in direct.model_ids])
    assert np.array_equal(~np.isnan(tuned).any(axis=1), can)


def test_a_tuned_8b_model_can_match_a_frontier_model_on_narrow_labels() -> None:
    catalog, segment, direct = _case(training={"labelled_examples": 5000}, novelty=0.0)
    tuned = technique_quality(catalog, segment, direct, "fine_tune")
    row = {name: number for number, name in enumerate(direct.model_ids)}
    frontier = direct.direct[row["anthropic/claude-opus-5"]]
    wins = np.mean(tuned[row["meta/llama-3.1-8b"]] > frontier)
    assert 0.3 < wins < 0.9


def test_tuning_for_mathematics_does_not_beat_a_frontier_model() -> None:
    catalog, segment, direct = _case(skill="math", training={"labelled_examples": 5000})
    tuned = technique_quality(catalog, segment, direct, "fine_tune")
    row = {name: number for number, name in enumerate(direct.model_ids)}
    frontier = direct.direct[row["anthropic/claude-opus-5"]]
    assert np.mean(tuned[row["meta/llama-3.1-8b"]] > frontier) < 0.15


def test_novel_requests_cost_small_models_more_than_frontier_ones() -> None:
    catalog, calm, direct = _case(novelty=0.0)
    novel = calm.model_copy(update={"novelty": 0.8})
    drop = technique_quality(catalog, calm, direct, "direct") - technique_quality(catalog, novel, direct, "direct")
    by_class = {
        name: np.mean([drop[k].mean() for k, m in enumerate(direct.model_ids) if catalog.models[m].model_class == name])
        for name in ("small", "frontier")
    }
    assert by_class["small"] > by_class["frontier"]


def test_four_bits_lose_more_than_eight_and_small_models_more_than_large() -> None:
    catalog, _ = _fitted()
    quality = np.full((2, 256), 0.85)
    sizes = np.array([1.5, 70.0])
    eight, four = (quantised_quality(catalog, quality, sizes, bits).mean(axis=1) for bits in (8, 4))
    assert four[0] < four[1] < eight[1] + 1e-3
    assert np.array_equal(quantised_quality(catalog, quality, sizes, 16), quality)


def test_recall_grows_with_passages() -> None:
    catalog, _ = _fitted()
    assert recall_at(catalog, 5).mean() < recall_at(catalog, 10).mean() < recall_at(catalog, 20).mean()


@pytest.mark.parametrize("labels", [10, 100, 1000])
def test_the_share_of_the_gain_passes_through_the_published_points(labels: int) -> None:
    catalog, _ = _fitted()
    published = {10: 0.17, 100: 0.42, 1000: 0.67}
    assert labels_gain_share(catalog, labels).mean() == pytest.approx(published[labels], abs=0.08)


def test_a_tuned_models_gate_is_the_better_one() -> None:
    catalog, _ = _fitted()
    assert (
        gate_auc(catalog, tuned=True, labelled_examples=1000).mean()
        > gate_auc(catalog, tuned=False, labelled_examples=1000).mean()
    )


def test_a_relative_floor_refers_to_models_that_have_the_documents() -> None:
    catalog, segment, direct = _case(
        skill="grounded_qa", knowledge={"private_or_fresh_share": 0.7, "corpus_tokens": 1e6}
    )
    plain, grounded = (technique_quality(catalog, segment, direct, name) for name in ("direct", "rag"))
    assert reference_quality(plain, grounded) is grounded
