"""Techniques on the real catalog: what must hold whatever the draws."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from planner.beliefs.quality.abilities import QualityBeliefs, fit_quality
from planner.beliefs.quality.segment_quality import SegmentQuality, segment_quality
from planner.beliefs.techniques.gate import gate_auc, gate_correlation
from planner.beliefs.techniques.segment_retrieval import (
    answer_age_hours,
    invented_share,
    outdated_share,
    recall_at,
    retrieved_shares,
)
from planner.beliefs.techniques.segment_tuning import large_of_studies, segment_kind
from planner.beliefs.techniques.transforms import quantised_quality, reference_quality, technique_quality
from planner.catalog import load_catalog
from planner.catalog.schema import Catalog
from planner.units import logit
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


def test_a_better_weak_model_is_the_better_gate_and_agrees_with_the_strong_one() -> None:
    catalog, _ = _fitted()
    weak = np.repeat(np.array([[0.5], [0.7], [0.9]]), 256, axis=1)
    assert np.all(np.diff(gate_auc(catalog, tuned=False, weak=weak).mean(axis=1)) > 0.0)
    phi = gate_correlation(catalog, weak, np.full_like(weak, 0.95))
    assert np.all((phi > 0.0) & (phi < 1.0))
    assert np.all(np.diff(phi.mean(axis=1)) > 0.0)


def test_a_tuned_level_does_not_rise_with_models_that_no_study_used() -> None:
    catalog, segment, direct = _case(skill="extraction", training={"labelled_examples": 5000})
    row = direct.model_ids.index("anthropic/claude-opus-5")
    better = direct.direct.copy()
    better[row] = 0.999
    before = technique_quality(catalog, segment, direct, "fine_tune")
    after = technique_quality(catalog, segment, replace(direct, direct=better), "fine_tune")
    others = np.arange(len(direct.model_ids)) != row
    assert np.array_equal(before[others], after[others], equal_nan=True)
    assert np.all(large_of_studies(catalog, direct) < 1.0)


def test_a_stated_task_moves_the_tuned_level() -> None:
    levels = {}
    for task in ("text_to_sql", "programming"):
        catalog, segment, direct = _case(skill="coding", task=task, training={"labelled_examples": 5000})
        levels[task] = np.nanmean(technique_quality(catalog, segment, direct, "fine_tune"))
        assert segment_kind(segment) == task
    assert levels["text_to_sql"] > levels["programming"]


def test_a_task_of_another_skill_is_refused() -> None:
    with pytest.raises(ValueError, match="task text_to_sql with skill classification"):
        _case(task="text_to_sql")


@pytest.mark.parametrize("technique", ["direct", "few_shot", "fine_tune"])
def test_novelty_costs_every_technique_and_tuned_models_most(technique: Any) -> None:
    catalog, calm, direct = _case(novelty=0.0, training={"labelled_examples": 5000})
    novel = calm.model_copy(update={"novelty": 1.0})
    row = direct.model_ids.index("meta/llama-3.1-8b")

    def lost(name: Any) -> float:
        familiar, unseen = (logit(technique_quality(catalog, one, direct, name)[row]) for one in (calm, novel))
        return float(np.mean(familiar - unseen))

    assert lost(technique) > 0.1
    assert lost(technique) >= lost("direct") - 1e-9


def test_where_a_question_ends_adds_up_and_is_the_quality_of_retrieval() -> None:
    catalog, segment, direct = _case(
        skill="grounded_qa", novelty=0.0, knowledge={"private_or_fresh_share": 1.0, "corpus_tokens": 1e6}
    )
    shares = retrieved_shares(catalog, direct)
    whole = shares.right + shares.wrong + shares.from_memory + shares.declined + shares.invented
    assert np.allclose(whole, 1.0)
    assert np.allclose(shares.quality, technique_quality(catalog, segment, direct, "rag"), atol=1e-6)


def test_who_invents_much_when_rated_is_believed_to_invent_more() -> None:
    catalog, _ = _fitted()
    rated = sorted(catalog.abstention.values(), key=lambda row: row.invented)
    least, most = invented_share(catalog, (rated[0].model, rated[-1].model)).mean(axis=1)
    assert most > least + 0.2


def test_an_answer_is_as_old_as_its_index() -> None:
    _, weekly, _ = _case(
        skill="grounded_qa",
        knowledge={"corpus_tokens": 1e6, "changed_tokens_per_month": 1e5, "reindex_every_days": 7.0},
    )
    assert answer_age_hours(weekly) == (84.0, 168.0)
    assert outdated_share(weekly) == pytest.approx(0.1 * 84.0 / 730.0)


def test_calls_lose_more_to_fewer_bits_than_labels_do() -> None:
    catalog, labels, _ = _case()
    _, calls, _ = _case(skill="extraction", task="tool_calls")
    quality, size = np.full((1, 256), 0.8), np.array([1.0])
    of_labels, of_calls = (quantised_quality(catalog, quality, size, 4, segment=one).mean() for one in (labels, calls))
    assert of_calls < of_labels < 0.8


def test_a_relative_floor_refers_to_models_that_have_the_documents() -> None:
    catalog, segment, direct = _case(
        skill="grounded_qa", knowledge={"private_or_fresh_share": 0.7, "corpus_tokens": 1e6}
    )
    plain, grounded = (technique_quality(catalog, segment, direct, name) for name in ("direct", "rag"))
    assert reference_quality(plain, grounded) is grounded
