"""What timed answers do to the belief of how fast an API answers."""

from dataclasses import replace

import numpy as np
import pytest

from planner.beliefs.evidence.measured import TimedAnswer
from planner.beliefs.latency.api_times import LatencyBeliefs, fit_latency
from planner.beliefs.latency.learning import learn_latency
from planner.catalog.schema import Catalog

MODEL = "openai/gpt-4o-mini"


@pytest.fixture(scope="module")
def latency(catalog: Catalog) -> LatencyBeliefs:
    return fit_latency(catalog)


def _answers(count: int, ttft_ms: float, tpot_ms: float, **fields: object) -> list[TimedAnswer]:
    """Answers of 101 tokens to empty prompts, spread as requests are."""
    rng = np.random.default_rng(count)
    first = ttft_ms * np.exp(0.44 * rng.standard_normal(count))
    step = tpot_ms * np.exp(0.21 * rng.standard_normal(count))
    plain = TimedAnswer(MODEL, "openai", 0, 101, 0, 1.0, 1.0, "chat")
    return [
        replace(plain, ttft_ms=float(a), total_ms=float(a + 100.0 * b), **fields)  # type: ignore[arg-type]  # a test's own
        for a, b in zip(first, step, strict=True)
    ]


def _row(latency: LatencyBeliefs) -> int:
    return latency.model_ids.index(MODEL)


def test_without_answers_nothing_moves(catalog: Catalog, latency: LatencyBeliefs) -> None:
    assert learn_latency(latency, catalog, ()) is latency


@pytest.mark.parametrize("ttft_ms", [150.0, 900.0])
@pytest.mark.parametrize("tpot_ms", [8.0, 30.0])
def test_many_answers_of_a_known_server_give_back_its_times(
    catalog: Catalog, latency: LatencyBeliefs, ttft_ms: float, tpot_ms: float
) -> None:
    learnt, row = learn_latency(latency, catalog, _answers(200, ttft_ms, tpot_ms)), _row(latency)
    for found, before, truth in (
        (learnt.ttft_base_ms[row], latency.ttft_base_ms[row], ttft_ms),
        (learnt.tpot_ms[row], latency.tpot_ms[row], tpot_ms),
    ):
        assert abs(np.log(np.median(found) / truth)) < 0.35 * abs(np.log(np.median(before) / truth)) + 0.1


def test_the_interval_narrows_but_not_below_what_one_session_can_tell(
    catalog: Catalog, latency: LatencyBeliefs
) -> None:
    row = _row(latency)
    spreads = [
        float(np.std(np.log(learn_latency(latency, catalog, _answers(n, 400.0, 10.0)).ttft_base_ms[row])))
        for n in (1, 20, 2000)
    ]
    assert float(np.std(np.log(latency.ttft_base_ms[row]))) > spreads[0] > spreads[1] > spreads[2] > 0.1


def test_one_answer_moves_the_belief_part_of_the_way(catalog: Catalog, latency: LatencyBeliefs) -> None:
    row = _row(latency)
    before = float(np.log(latency.ttft_base_ms[row]).mean())
    told = 20.0 * float(np.exp(before))
    answer = replace(_answers(1, 1.0, 1.0)[0], ttft_ms=told, total_ms=2.0 * told)
    after = float(np.log(learn_latency(latency, catalog, [answer]).ttft_base_ms[row]).mean())
    assert before < after < before + 0.9 * np.log(20.0)


def test_models_that_were_not_asked_stay_as_they_were(catalog: Catalog, latency: LatencyBeliefs) -> None:
    learnt, row = learn_latency(latency, catalog, _answers(50, 50.0, 1.0)), _row(latency)
    others = np.arange(len(latency.model_ids)) != row
    assert np.array_equal(learnt.tpot_ms[others], latency.tpot_ms[others])


@pytest.mark.parametrize("field", [{"kind": "load"}, {"provider": "local"}, {"provider": "custom"}])
def test_answers_under_load_or_of_ones_own_server_say_nothing_of_the_api(
    catalog: Catalog, latency: LatencyBeliefs, field: dict[str, object]
) -> None:
    assert learn_latency(latency, catalog, _answers(50, 50.0, 1.0, **field)) is latency


def test_hidden_reasoning_is_not_taken_for_a_slow_start(catalog: Catalog, latency: LatencyBeliefs) -> None:
    plain = _answers(200, 300.0, 10.0)
    thinking = [
        replace(one, reasoning_tokens=400, output_tokens=501, ttft_ms=one.ttft_ms + 4e3, total_ms=one.total_ms + 4e3)
        for one in plain
    ]
    medians = [
        float(np.median(learn_latency(latency, catalog, some).ttft_base_ms[_row(latency)]))
        for some in (plain, thinking)
    ]
    assert medians[1] < 4.0 * medians[0]


def test_the_probes_are_named_as_a_source(catalog: Catalog, latency: LatencyBeliefs) -> None:
    learnt = learn_latency(latency, catalog, _answers(5, 300.0, 10.0))
    assert learnt.source_ids[_row(latency)][0] == "measured:your probes"
