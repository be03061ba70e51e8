"""What timed answers do to the belief of how fast an API answers."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from planner.beliefs.evidence.measured import TimedAnswer
from planner.beliefs.latency.own_times import SplitTimes, split_times
from planner.beliefs.latency.speeds import LatencyBeliefs, fit_latency
from planner.catalog.schema import Catalog
from planner.units import Draws

MODEL = "openai/gpt-4o-mini"
PLAIN = TimedAnswer(MODEL, "openai", 0, 101, 0, 1.0, 1.0, "chat")


@pytest.fixture(scope="module")
def latency(catalog: Catalog) -> LatencyBeliefs:
    return fit_latency(catalog)


def _answers(count: int, ttft_ms: float, tpot_ms: float, **fields: object) -> list[TimedAnswer]:
    """Answers of 101 tokens to empty prompts, spread as requests are."""
    rng = np.random.default_rng(count)
    first = ttft_ms * np.exp(0.3 * rng.standard_normal(count))
    step = tpot_ms * np.exp(0.15 * rng.standard_normal(count))
    return [
        replace(PLAIN, ttft_ms=float(a), total_ms=float(a + 100.0 * b), **fields)  # type: ignore[arg-type]  # a test's own
        for a, b in zip(first, step, strict=True)
    ]


def _at(latency: LatencyBeliefs, model: str = MODEL, provider: str = "openai") -> tuple[Draws, Draws]:
    base, tpot = latency.at([model], [provider])
    return base[0], tpot[0]


@pytest.mark.parametrize(("ttft_ms", "tpot_ms"), [(150.0, 30.0), (1500.0, 4.0)])
def test_many_answers_of_a_known_server_give_back_its_times(
    catalog: Catalog, latency: LatencyBeliefs, ttft_ms: float, tpot_ms: float
) -> None:
    learnt = fit_latency(catalog, times=_answers(200, ttft_ms, tpot_ms))
    for found, before, truth in zip(_at(learnt), _at(latency), (ttft_ms, tpot_ms), strict=True):
        assert abs(np.log(np.median(found) / truth)) < 0.35 * abs(np.log(np.median(before) / truth)) + 0.1


def test_the_interval_narrows_but_not_below_what_one_session_can_tell(
    catalog: Catalog, latency: LatencyBeliefs
) -> None:
    spreads = [
        float(np.std(np.log(_at(fit_latency(catalog, times=_answers(n, 400.0, 10.0)))[0]))) for n in (1, 20, 2000)
    ]
    assert float(np.std(np.log(_at(latency)[0]))) > spreads[0] > spreads[1] > spreads[2] > 0.1


def test_old_answers_tell_less_of_today_than_new_ones(catalog: Catalog, latency: LatencyBeliefs) -> None:
    slow = 8.0 * float(np.median(_at(latency)[0]))
    days = [catalog.as_of, catalog.as_of - timedelta(days=400)]
    new, old = (float(np.median(_at(fit_latency(catalog, times=_answers(50, slow, 10.0, day=day)))[0])) for day in days)
    assert float(np.median(_at(latency)[0])) < old < new


def test_what_is_seen_of_one_model_moves_its_like_a_little(catalog: Catalog, latency: LatencyBeliefs) -> None:
    slow = 8.0 * float(np.median(_at(latency)[0]))
    learnt = fit_latency(catalog, times=_answers(50, slow, 10.0))
    moved = [
        float(np.log(np.median(_at(learnt, *place)[0]) / np.median(_at(latency, *place)[0])))
        for place in ((MODEL, "openai"), ("openai/gpt-4.1-mini", "openai"))
    ]
    assert moved[0] > 2.0 * moved[1] > 0.0


@pytest.mark.parametrize("field", [{"kind": "load"}, {"provider": "local"}, {"provider": "custom"}])
def test_answers_under_load_or_of_ones_own_server_say_nothing_of_the_api(
    catalog: Catalog, latency: LatencyBeliefs, field: dict[str, object]
) -> None:
    learnt = fit_latency(catalog, times=_answers(50, 50.0, 1.0, **field))
    assert np.array_equal(learnt.ttft_base_ms, latency.ttft_base_ms)


def test_hidden_reasoning_is_not_taken_for_a_slow_start(catalog: Catalog) -> None:
    plain = _answers(200, 300.0, 10.0)
    thinking = [
        replace(one, reasoning_tokens=400, output_tokens=501, ttft_ms=one.ttft_ms + 4e3, total_ms=one.total_ms + 4e3)
        for one in plain
    ]
    medians = [float(np.median(_at(fit_latency(catalog, times=some))[0])) for some in (plain, thinking)]
    assert medians[1] < 4.0 * medians[0]


def test_reasoning_hidden_or_streamed_gives_the_same_pace() -> None:
    streamed = TimedAnswer(MODEL, "openai", 0, 100, 80, 100.0, 100.0 + 99 * 20.0, "math")
    hidden = TimedAnswer(MODEL, "openai", 0, 100, 80, 1700.0, 100.0 + 99 * 20.0, "math")
    assert split_times(streamed) == SplitTimes(100.0, pytest.approx(20.0))
    assert split_times(hidden).tpot_ms == pytest.approx(20.0)
    assert split_times(replace(hidden, reasoning_streamed=False)) == split_times(hidden)
    assert split_times(replace(hidden, reasoning_streamed=True)).tpot_ms == pytest.approx(380.0 / 99.0)
