"""Hidden tokens of a segment: by skill, model and effort; the shipped factors are those that the counts give."""

import numpy as np
import pytest
from pydantic import ValidationError

from planner.beliefs.latency.api_times import reasoning_tokens
from planner.beliefs.latency.tokens.factors import PREFIX, fitted_factors
from planner.catalog import load_catalog
from planner.catalog.schema import Catalog
from planner.workload.schema import Segment


@pytest.fixture(scope="module")
def full() -> Catalog:
    return load_catalog()


def _hidden(full: Catalog, segment: Segment, model: str, effort: str | None) -> float:
    asked = Segment.model_validate({**segment.model_dump(), "skill": "math", "reasoning_effort": effort})
    return float(np.median(reasoning_tokens(full, [model], asked)[0]))


def test_the_shipped_factors_are_what_the_counts_give(full: Catalog) -> None:
    found = fitted_factors(full)
    shipped = {name.removeprefix(PREFIX): prior for name, prior in full.priors.items() if name.startswith(PREFIX)}
    assert set(found) == set(shipped)
    for model, (factor, log_sd) in found.items():
        assert shipped[model].a == pytest.approx(factor, rel=0.01)
        assert shipped[model].b == pytest.approx(log_sd, abs=0.01)


def test_models_differ_by_what_was_counted(full: Catalog, segment: Segment) -> None:
    short, long = (_hidden(full, segment, model, None) for model in ("anthropic/claude-opus-4.7", "qwen/qwen3.8-27b"))
    assert long > 3.0 * short


def test_effort_moves_hidden_tokens_and_none_takes_them_away(full: Catalog, segment: Segment) -> None:
    efforts = ("none", "low", "medium", "high", "xhigh")
    tokens = [_hidden(full, segment, "openai/gpt-5.2", effort) for effort in efforts]
    assert tokens[0] == 0.0
    assert tokens == sorted(tokens)
    # Published: low to high x 7 to 9.
    assert 5.0 < tokens[3] / tokens[1] < 11.0


def test_a_model_that_always_thinks_can_be_asked_for_less_never_for_nothing(full: Catalog, segment: Segment) -> None:
    least, usual = (_hidden(full, segment, "openai/gpt-5", effort) for effort in ("none", None))
    assert 0.0 < least < 0.3 * usual


def test_thinking_off_and_an_effort_contradict_each_other(segment: Segment) -> None:
    with pytest.raises(ValidationError, match="reasoning_effort high with hidden_reasoning off"):
        Segment.model_validate({**segment.model_dump(), "hidden_reasoning": "off", "reasoning_effort": "high"})
