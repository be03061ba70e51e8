"""Hidden reasoning as it was measured."""

import numpy as np
import pytest

from planner.beliefs.evidence.measured import Measured, TimedAnswer
from planner.beliefs.latency.answer_lengths import with_measured_lengths
from planner.beliefs.latency.api_times import reasoning_tokens
from planner.catalog.schema import Catalog
from planner.workload.schema import Segment

THINKER = "openai/o3"


def _measured(tokens: list[int], skill: str = "math") -> Measured:
    return Measured(
        "v", times=tuple(TimedAnswer(THINKER, "openai", 50, n + 20, n, 100.0, 200.0, skill) for n in tokens)
    )


def _segment(segment: Segment, skill: str) -> Segment:
    return Segment.model_validate({**segment.model_dump(), "skill": skill})


def test_a_model_that_thinks_is_in_the_catalog(catalog: Catalog) -> None:
    assert catalog.models[THINKER].reasoning == "always"


@pytest.mark.parametrize("tokens", [120, 9000])
def test_measured_tokens_stand_in_for_the_skills_usual(catalog: Catalog, segment: Segment, tokens: int) -> None:
    asked = _segment(segment, "math")
    learnt = with_measured_lengths(catalog, _measured([tokens, int(1.2 * tokens), int(0.8 * tokens)] * 10))
    before, after = (reasoning_tokens(each, (THINKER,), asked)[0] for each in (catalog, learnt))
    assert abs(np.log(np.median(after) / tokens)) < 0.3 * abs(np.log(np.median(before) / tokens))
    assert np.std(np.log(after)) < np.std(np.log(before))


def test_other_skills_and_models_stay_as_they_were(catalog: Catalog, segment: Segment) -> None:
    learnt = with_measured_lengths(catalog, _measured([500] * 20))
    coding = _segment(segment, "coding")
    assert np.array_equal(reasoning_tokens(learnt, (THINKER,), coding), reasoning_tokens(catalog, (THINKER,), coding))
    other = ("deepseek/deepseek-r1-0528",)
    math = _segment(segment, "math")
    assert np.array_equal(reasoning_tokens(learnt, other, math), reasoning_tokens(catalog, other, math))


def test_answers_without_reasoning_change_nothing(catalog: Catalog) -> None:
    assert with_measured_lengths(catalog, _measured([0, 0, 0])) is catalog


def test_the_measured_prior_says_where_it_comes_from(catalog: Catalog) -> None:
    prior = with_measured_lengths(catalog, _measured([500] * 20)).priors[f"reasoning_tokens.math.{THINKER}"]
    assert prior.number_class == "measured"
    assert "20 answers" in prior.source.url
