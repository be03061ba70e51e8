"""What evidence would narrow a belief: real models of the shipped catalog."""

from dataclasses import replace

import numpy as np
import pytest

from planner.beliefs.quality.abilities import QualityBeliefs, anchor_quality, fit_quality
from planner.beliefs.quality.cells import planned_effort
from planner.beliefs.quality.narrowing import PROBE, narrowing
from planner.catalog.schema import Catalog
from planner.terms import SKILLS
from planner.units import logit


@pytest.mark.parametrize("skill", SKILLS)
def test_no_evidence_widens_and_the_most_telling_comes_first(
    catalog: Catalog, quality: QualityBeliefs, skill: str
) -> None:
    found = narrowing(quality, catalog, "openai/gpt-4o-mini", skill)
    assert [one.narrower for one in found] == sorted((one.narrower for one in found), reverse=True)
    assert all(one.narrower > -1e-9 for one in found)


def test_evidence_that_the_model_has_is_not_asked_for(catalog: Catalog, quality: QualityBeliefs) -> None:
    evidence = catalog.evidence
    has = {b for m, b in zip(evidence.model, evidence.benchmark, strict=True) if m == "openai/gpt-4o-mini"}
    assert not has & {one.benchmark for one in narrowing(quality, catalog, "openai/gpt-4o-mini", "coding", most=50)}


def test_a_model_without_scores_gains_more_than_a_well_known_one(catalog: Catalog, quality: QualityBeliefs) -> None:
    rows = dict(zip(quality.model_ids, quality.evidence_rows.tolist(), strict=True))
    unknown, known = min(rows, key=lambda m: rows[m]), max(rows, key=lambda m: rows[m])
    assert rows[unknown] == 0
    first = [narrowing(quality, catalog, model, "reasoning")[0].narrower for model in (unknown, known)]
    assert first[0] > first[1]


def test_the_skills_own_benchmark_tells_most_of_a_model_without_scores(
    catalog: Catalog, quality: QualityBeliefs
) -> None:
    model = quality.model_ids[int(np.argmin(quality.evidence_rows))]
    best = narrowing(quality, catalog, model, "math")[0]
    assert best.benchmark == catalog.anchors["math"].benchmark


def test_a_probe_of_ones_own_is_among_the_suggestions(catalog: Catalog, quality: QualityBeliefs) -> None:
    assert PROBE in {one.benchmark for one in narrowing(quality, catalog, "openai/gpt-4o-mini", "math", most=500)}


@pytest.mark.parametrize("skill", ["extraction", "knowledge_qa", "classification"])
def test_the_narrowing_comes_true_when_the_score_is_added(
    catalog: Catalog, quality: QualityBeliefs, skill: str
) -> None:
    """A score as expected is added to the evidence of a model without any, and everything is fitted anew."""
    # The score is of a setting without reasoning, so the plan must mean that one.
    model = next(
        name
        for name, rows in zip(quality.model_ids, quality.evidence_rows, strict=True)
        if rows == 0 and planned_effort(catalog.models[name], skill) == 0.0
    )
    anchor = catalog.anchors[skill].benchmark
    told = next(one for one in narrowing(quality, catalog, model, skill, most=500) if one.benchmark == anchor)
    evidence = catalog.evidence
    like = evidence.benchmark.index(told.benchmark)
    columns = ("row_id", "raw_name", "variant", "benchmark", "date", "source")
    more = replace(
        evidence,
        model=(*evidence.model, model),
        score=np.append(evidence.score, told.now.mean),
        n=np.append(evidence.n, evidence.n[like]),
        **{name: (*getattr(evidence, name), getattr(evidence, name)[like]) for name in columns},
    )
    after = fit_quality(replace(catalog, evidence=more))
    widths = [
        float(np.std(logit(anchor_quality(fitted, catalog, skill)[fitted.model_ids.index(model)])))
        for fitted in (quality, after)
    ]
    forecast = (logit(told.then.high) - logit(told.then.low)) / (logit(told.now.high) - logit(told.now.low))
    assert widths[1] / widths[0] == pytest.approx(forecast, abs=0.2)
