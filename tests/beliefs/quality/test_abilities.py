"""Quality of segments on the real catalog: anchors, what observations do, and who is better than whom."""

from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from planner.beliefs.quality.abilities import QualityBeliefs, anchor_quality, fit_quality
from planner.beliefs.quality.cells import effort_of, planned_effort, score_logit
from planner.beliefs.quality.segment_quality import segment_quality
from planner.catalog import load_catalog
from planner.catalog.schema import Catalog
from planner.errors import InputError
from planner.terms import SKILLS
from planner.units import DRAW_COUNT, interval_of, logit
from planner.workload.schema import Segment


@lru_cache(maxsize=1)
def _fitted() -> tuple[Catalog, QualityBeliefs]:
    catalog = load_catalog()
    return catalog, fit_quality(catalog)


def _segment(**changes: Any) -> Segment:
    fields = {
        "name": "triage",
        "skill": "classification",
        "requests_per_month": 1000,
        "input_tokens": {"mean": 400, "p95": 900},
        "output_tokens": {"mean": 12, "p95": 30},
    }
    return Segment.model_validate({**fields, **changes})


def _width(draws: np.ndarray) -> float:
    interval = interval_of(draws)
    return interval.high - interval.low


@pytest.mark.parametrize("skill", SKILLS)
def test_every_skill_has_finite_shares_for_every_model(skill: str) -> None:
    catalog, quality = _fitted()
    draws = anchor_quality(quality, catalog, skill)
    assert draws.shape == (len(catalog.models), DRAW_COUNT)
    assert np.all((draws > 0.0) & (draws < 1.0))


@pytest.mark.parametrize("skill", ["reasoning", "math", "coding", "knowledge_qa", "chat"])
def test_a_flagship_is_better_than_an_8b_model(skill: str) -> None:
    catalog, quality = _fitted()
    draws = anchor_quality(quality, catalog, skill)
    row = {name: number for number, name in enumerate(quality.model_ids)}
    assert np.mean(draws[row["anthropic/claude-opus-5"]] > draws[row["meta/llama-3-8b"]]) > 0.95


def test_a_model_without_scores_is_less_certain_than_a_well_measured_one() -> None:
    catalog, quality = _fitted()
    draws = logit(anchor_quality(quality, catalog, "reasoning"))
    rows = quality.evidence_rows
    unknown = [_width(draws[m]) for m in np.flatnonzero(rows == 0)]
    measured = [_width(draws[m]) for m in np.flatnonzero(rows > 60)]
    assert np.median(unknown) > 1.5 * np.median(measured)


def test_observing_a_model_pulls_its_quality_to_what_was_seen() -> None:
    catalog, quality = _fitted()
    seen = {"model": "openai/gpt-4o-mini", "quality": 0.62, "n": 800}
    result = segment_quality(quality, catalog, _segment(observed=[seen]))
    row = result.model_ids.index("openai/gpt-4o-mini")
    assert result.direct[row].mean() == pytest.approx(0.62, abs=0.02)
    assert result.anchor_kind == "observed"


def test_observing_one_model_moves_the_others_through_the_difficulty() -> None:
    catalog, quality = _fitted()
    easy = segment_quality(
        quality, catalog, _segment(observed=[{"model": "openai/gpt-4o-mini", "quality": 0.95, "n": 500}])
    )
    hard = segment_quality(
        quality, catalog, _segment(observed=[{"model": "openai/gpt-4o-mini", "quality": 0.60, "n": 500}])
    )
    row = easy.model_ids.index("openai/gpt-4o")
    assert easy.direct[row].mean() > hard.direct[row].mean() + 0.1


def test_more_answers_looked_at_make_a_narrower_interval() -> None:
    catalog, quality = _fitted()
    few, many = (
        segment_quality(quality, catalog, _segment(observed=[{"model": "openai/gpt-4o", "quality": 0.9, "n": n}]))
        for n in (20, 2000)
    )
    row = few.model_ids.index("openai/gpt-4o")
    assert _width(few.direct[row]) > 2.0 * _width(many.direct[row])


def test_a_named_benchmark_is_a_stronger_anchor_than_the_usual_one() -> None:
    catalog, quality = _fitted()
    usual = segment_quality(quality, catalog, _segment())
    like = segment_quality(quality, catalog, _segment(like=catalog.anchors["classification"].benchmark))
    widths = [np.mean([_width(part.direct[m]) for m in range(40)]) for part in (usual, like)]
    assert widths[0] > widths[1]
    assert (usual.anchor_kind, like.anchor_kind) == ("usual", "like")


def test_an_unknown_benchmark_is_one_clear_line() -> None:
    catalog, quality = _fitted()
    with pytest.raises(InputError, match=r"segments\.triage\.like.*allowed: a benchmark"):
        segment_quality(quality, catalog, _segment(like="arena:fool"))


def test_an_unknown_observed_model_is_one_clear_line() -> None:
    catalog, quality = _fitted()
    with pytest.raises(InputError, match=r"observed.*gpt-4o-minny.*gpt-4o-mini"):
        segment_quality(
            quality, catalog, _segment(observed=[{"model": "openai/gpt-4o-minny", "quality": 0.9, "n": 20}])
        )


def test_the_same_evidence_gives_the_same_draws() -> None:
    catalog, quality = _fitted()
    again = fit_quality(catalog)
    one, two = (segment_quality(part, catalog, _segment()).direct for part in (quality, again))
    assert one.tobytes() == two.tobytes()


@pytest.mark.parametrize(
    ("variant", "effort"),
    [
        ("", 0.0),
        ("high", 1.0),
        ("xhigh", 1.0),
        ("medium", 0.75),
        ("low", 0.5),
        ("thinking-32k", 1.0),
        ("no-thinking", 0.0),
    ],
)
def test_effort_is_read_from_the_variant(variant: str, effort: float) -> None:
    assert effort_of(variant) == effort


def test_optional_thinking_is_planned_only_where_it_pays() -> None:
    catalog, _ = _fitted()
    model = next(model for model in catalog.models.values() if model.reasoning == "optional")
    assert planned_effort(model, "math") > 0.0
    assert planned_effort(model, "classification") == 0.0


def test_a_rating_400_points_up_is_ten_to_one() -> None:
    catalog, _ = _fitted()
    benchmark = next(item for item in catalog.benchmarks.values() if item.link == "elo")
    assert benchmark.reference_elo is not None
    z, _ = score_logit(benchmark.reference_elo + 400.0, float("nan"), benchmark)
    assert z == pytest.approx(np.log(10.0))
