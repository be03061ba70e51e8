"""What probes do to a segment's quality: the probed, the unprobed, other suites of the skill, and honest refusals."""

import numpy as np
import pytest

from planner.beliefs.evidence.item_outcomes import ItemOutcomes
from planner.beliefs.evidence.measured import Measured, SegmentMeasurement, SuiteAnswers, measured_on
from planner.beliefs.quality.abilities import QualityBeliefs
from planner.beliefs.quality.segment_quality import SegmentQuality, segment_quality
from planner.beliefs.techniques.transforms import technique_quality
from planner.catalog.schema import Catalog
from planner.errors import InputError
from planner.units import Floats, logit
from planner.workload.schema import Segment, TokenDistribution

NONE = np.array([], dtype=np.int64)
ASKED = ("openai/gpt-4o-mini", "openai/gpt-4.1", "meta/llama-3.1-8b")


def _segment(**fields: object) -> Segment:
    return Segment.model_validate(
        {
            "name": "triage",
            "skill": "classification",
            "requests_per_month": 1000.0,
            "input_tokens": TokenDistribution(mean=100.0),
            "output_tokens": TokenDistribution(mean=10.0),
            **fields,
        }
    )


def _answers(shares: dict[str, float], items: int = 60, **fields: object) -> SuiteAnswers:
    """Each model answers all items; its first `share` of them right."""
    models = tuple(shares)
    model, item = np.divmod(np.arange(len(models) * items), items)
    right: Floats = np.array([float(i < round(shares[models[m]] * items)) for m, i in zip(model, item, strict=True)])
    told: dict[str, object] = {"workload": "desk", "segment": "triage", "suite": "own", "condition": "plain", **fields}
    return SuiteAnswers(
        skill="classification",
        runs=("r1",),
        date="2026-11-24",
        outcomes=ItemOutcomes(models, model, item, right, NONE, NONE),
        **told,  # type: ignore[arg-type]  # a test's own keywords
    )


def _width(found: SegmentQuality, model: str) -> float:
    """Width in log odds, which doesn't change with the level."""
    low, high = np.quantile(logit(found.direct[found.model_ids.index(model)]), (0.05, 0.95))
    return float(high - low)


def _mean(found: SegmentQuality, model: str) -> float:
    return float(found.direct[found.model_ids.index(model)].mean())


def _measured(*parts: SuiteAnswers, segment: Segment | None = None) -> SegmentMeasurement:
    return measured_on(Measured("v", parts), "desk", segment or _segment())


def test_models_known_to_the_test_are_in_the_catalog(catalog: Catalog) -> None:
    assert set(ASKED) <= set(catalog.models)


def test_without_measurements_nothing_moves(catalog: Catalog, quality: QualityBeliefs) -> None:
    plain = segment_quality(quality, catalog, _segment())
    given = segment_quality(quality, catalog, _segment(), measured_on(Measured(), "desk", _segment()))
    assert np.array_equal(plain.direct, given.direct)
    assert plain.anchor_kind == "usual"


def test_a_probed_model_is_believed_to_be_what_it_showed(catalog: Catalog, quality: QualityBeliefs) -> None:
    found = segment_quality(quality, catalog, _segment(), _measured(_answers(dict.fromkeys(ASKED[:1], 0.7), 400)))
    assert _mean(found, ASKED[0]) == pytest.approx(0.7, abs=0.03)
    assert (found.anchor_kind, found.probed) == ("measured", ASKED[:1])


def test_probing_three_models_narrows_the_forecast_of_the_others(catalog: Catalog, quality: QualityBeliefs) -> None:
    segment = _segment(skill="coding")
    before = segment_quality(quality, catalog, segment)
    after = segment_quality(
        quality, catalog, segment, _measured(_answers(dict(zip(ASKED, (0.8, 0.85, 0.75), strict=True))))
    )
    others = [m for m, rows in zip(before.model_ids, before.evidence_rows, strict=True) if rows > 20 and m not in ASKED]
    assert np.median([_width(after, m) / _width(before, m) for m in others]) < 0.9


def test_a_hard_segment_lowers_every_model(catalog: Catalog, quality: QualityBeliefs) -> None:
    hard, easy = (
        segment_quality(quality, catalog, _segment(), _measured(_answers(dict.fromkeys(ASKED, share))))
        for share in (0.3, 0.95)
    )
    assert (hard.direct.mean(axis=1) < easy.direct.mean(axis=1)).all()


def test_another_suite_of_the_skill_moves_the_model_but_not_the_difficulty(
    catalog: Catalog, quality: QualityBeliefs
) -> None:
    shares = {ASKED[0]: 0.95, ASKED[1]: 0.5, ASKED[2]: 0.5}
    other = _answers(shares, 200, workload=None, segment=None, suite="tickets")
    before, after = (segment_quality(quality, catalog, _segment(), seen) for seen in (None, _measured(other)))
    assert _mean(after, ASKED[0]) > _mean(before, ASKED[0])
    assert _mean(after, ASKED[1]) < _mean(before, ASKED[1])
    unasked = "openai/gpt-4o"
    assert _mean(after, unasked) == pytest.approx(_mean(before, unasked), abs=1e-9)
    assert after.anchor_kind == "usual"


def test_a_suite_of_another_skill_moves_nothing(catalog: Catalog, quality: QualityBeliefs) -> None:
    coding = _segment(skill="coding")
    other = _answers(dict.fromkeys(ASKED, 0.9), workload=None, segment=None, suite="tickets")
    assert _measured(other, segment=coding).runs == ()
    assert np.array_equal(
        segment_quality(quality, catalog, coding).direct,
        segment_quality(quality, catalog, coding, _measured(other, segment=coding)).direct,
    )


def test_another_workloads_segment_of_the_same_name_is_only_a_suite_of_the_skill() -> None:
    seen = _measured(_answers(dict.fromkeys(ASKED, 0.9), workload="shop"))
    assert seen.own == ()
    assert [part.workload for part in seen.skill] == ["shop"]


def test_a_segment_like_a_suite_takes_its_difficulty(catalog: Catalog, quality: QualityBeliefs) -> None:
    suite = _answers(dict.fromkeys(ASKED, 0.6), 400, workload=None, segment=None, suite="tickets")
    segment = _segment(like="probe:tickets")
    found = segment_quality(quality, catalog, segment, _measured(suite, segment=segment))
    assert found.anchor_kind == "like"
    assert _mean(found, ASKED[0]) == pytest.approx(0.6, abs=0.07)
    own = segment_quality(quality, catalog, _segment(), _measured(_answers(dict.fromkeys(ASKED, 0.6), 400)))
    assert _width(found, ASKED[0]) > _width(own, ASKED[0])


def test_a_suite_that_was_never_run_is_no_anchor(catalog: Catalog, quality: QualityBeliefs) -> None:
    with pytest.raises(InputError, match="probe tickets --models"):
        segment_quality(quality, catalog, _segment(like="probe:tickets"))


def test_answers_with_the_evidence_in_the_prompt_are_not_taken_for_closed_book(
    catalog: Catalog, quality: QualityBeliefs
) -> None:
    closed = _answers(dict.fromkeys(ASKED, 0.2), 100, condition="closed_book")
    open_ = _answers(dict.fromkeys(ASKED, 0.95), 100, condition="with_context")
    seen = _measured(closed, open_)
    assert [part.condition for part in seen.own] == ["closed_book"]
    assert [part.condition for part in seen.grounded] == ["with_context"]
    assert _mean(segment_quality(quality, catalog, _segment(), seen), ASKED[0]) < 0.35


def test_observed_shares_and_answers_are_both_taken(catalog: Catalog, quality: QualityBeliefs) -> None:
    segment = _segment(observed=[{"model": ASKED[1], "quality": 0.9, "n": 300}])
    seen = _measured(_answers({ASKED[0]: 0.6}, 200), segment=segment)
    found = segment_quality(quality, catalog, segment, seen)
    assert _mean(found, ASKED[0]) == pytest.approx(0.6, abs=0.04)
    assert _mean(found, ASKED[1]) == pytest.approx(0.9, abs=0.03)


def test_draws_are_the_same_each_time(catalog: Catalog, quality: QualityBeliefs) -> None:
    seen = _measured(_answers(dict.fromkeys(ASKED, 0.8)), _answers(dict.fromkeys(ASKED, 0.7), suite="b", segment=None))
    one, other = (segment_quality(quality, catalog, _segment(), seen).direct for _ in range(2))
    assert np.array_equal(one, other)


def _grounded(catalog: Catalog, quality: QualityBeliefs, *parts: SuiteAnswers) -> dict[str, float]:
    """Quality with retrieval of the three models on a segment all of whose requests need private facts."""
    segment = _segment(skill="grounded_qa", knowledge={"private_or_fresh_share": 1.0, "corpus_tokens": 1e6})
    direct = segment_quality(quality, catalog, segment, _measured(*parts, segment=segment))
    found = technique_quality(catalog, segment, direct, "rag")
    return {model: float(found[direct.model_ids.index(model)].mean()) for model in ASKED}


def test_what_readers_made_of_the_evidence_moves_retrieval(catalog: Catalog, quality: QualityBeliefs) -> None:
    closed = _answers(dict.fromkeys(ASKED, 0.1), 100, condition="closed_book")
    good = _answers(dict(zip(ASKED, (0.97, 0.97, 0.5), strict=True)), 100, condition="with_context")
    before, after = _grounded(catalog, quality, closed), _grounded(catalog, quality, closed, good)
    assert after[ASKED[2]] < before[ASKED[2]]
    assert after[ASKED[0]] > after[ASKED[2]] + 0.2


@pytest.mark.parametrize("skill", ["classification", "coding", "math"])
def test_the_failure_of_a_tiny_model_says_little_of_the_others(
    catalog: Catalog, quality: QualityBeliefs, skill: str
) -> None:
    segment, tiny = _segment(skill=skill), "huggingfacetb/smollm2-135m"
    before = segment_quality(quality, catalog, segment)
    after = segment_quality(quality, catalog, segment, _measured(_answers({tiny: 0.0}, 36), segment=segment))
    assert _mean(after, tiny) < 0.1
    assert _mean(after, "openai/gpt-4.1") == pytest.approx(_mean(before, "openai/gpt-4.1"), abs=0.05)


def test_the_failure_of_a_well_known_model_says_much(catalog: Catalog, quality: QualityBeliefs) -> None:
    before = segment_quality(quality, catalog, _segment())
    after = segment_quality(quality, catalog, _segment(), _measured(_answers({ASKED[1]: 0.2}, 100)))
    assert _mean(after, ASKED[0]) < _mean(before, ASKED[0]) - 0.2
