"""Forecasts of times and hidden reasoning before and after measuring."""

from dataclasses import replace

import numpy as np
import pytest

from planner.beliefs.evidence.measured import Measured, TimedAnswer
from planner.beliefs.latency.answer_lengths import with_measured_lengths
from planner.beliefs.latency.changes import SpeedChange, length_changes, time_changes
from planner.beliefs.latency.speeds import LatencyBeliefs, fit_latency
from planner.catalog.schema import Catalog

MODEL = "openai/gpt-4o-mini"
THINKER = "openai/o3"
PLAIN = TimedAnswer(MODEL, "openai", 400, 51, 0, 900.0, 900.0 + 50 * 40.0, "chat")


@pytest.fixture(scope="module")
def latency(catalog: Catalog) -> LatencyBeliefs:
    return fit_latency(catalog)


def changed(latency: LatencyBeliefs, catalog: Catalog, *times: TimedAnswer) -> list[SpeedChange]:
    return time_changes(latency, fit_latency(catalog, times=times), times)


def test_both_times_of_a_probed_model_move_towards_what_was_measured(catalog: Catalog, latency: LatencyBeliefs) -> None:
    first, token = changed(latency, catalog, *[PLAIN] * 60)
    assert ((first.what, first.at_tokens), (token.what, token.seen[0])) == (("ttft", 400.0), ("tpot", 40.0))
    for one, spread in ((first, latency.ttft_log_sd), (token, latency.tpot_log_sd)):
        truth = one.seen[0] * float(np.exp(1.645 * spread.mean()))
        was, now = (abs(np.log(float(np.median(draws)) / truth)) for draws in (one.before, one.after))
        assert now < was
        assert np.std(np.log(one.after)) < np.std(np.log(one.before))


def test_a_model_away_from_home_is_forecast_at_the_provider_that_was_asked(
    catalog: Catalog, latency: LatencyBeliefs
) -> None:
    away = replace(PLAIN, provider="azure")
    first, _ = changed(latency, catalog, *[away] * 60)
    home, _ = changed(latency, catalog, *[PLAIN] * 60)
    assert first.where == "azure"
    assert np.std(np.log(first.before)) > np.std(np.log(home.before))
    truth = 900.0 * float(np.exp(1.645 * latency.ttft_log_sd.mean()))
    assert abs(np.log(np.median(first.after) / truth)) < abs(np.log(np.median(first.before) / truth))


def test_hidden_reasoning_is_taken_out_of_the_first_token(catalog: Catalog, latency: LatencyBeliefs) -> None:
    thought = replace(PLAIN, output_tokens=61, reasoning_tokens=10, ttft_ms=1300.0, total_ms=1300.0 + 50 * 40.0)
    first, _ = changed(latency, catalog, *[thought] * 4)
    # 51 visible tokens at 40 ms; ten hidden ones took 400 of the 1,300 ms.
    assert first.seen == pytest.approx((900.0,) * 4)


def test_an_answer_of_one_token_times_no_token(catalog: Catalog, latency: LatencyBeliefs) -> None:
    one_word = replace(PLAIN, output_tokens=1, total_ms=900.0)
    assert [one.what for one in changed(latency, catalog, one_word)] == ["ttft"]


def test_load_and_models_that_no_forecast_is_of_change_nothing(catalog: Catalog, latency: LatencyBeliefs) -> None:
    loaded = replace(PLAIN, kind="load")
    assert (
        changed(latency, catalog, loaded, replace(PLAIN, model="own/unknown"), replace(PLAIN, provider="local")) == []
    )


def test_hidden_reasoning_before_and_after(catalog: Catalog) -> None:
    times = tuple(TimedAnswer(THINKER, "openai", 50, n + 20, n, 100.0, 200.0, "math") for n in (900, 1000, 1100) * 9)
    (one,) = length_changes(catalog, with_measured_lengths(catalog, Measured("v", times=times)), times)
    assert (one.what, one.model, one.where, len(one.seen)) == ("hidden", THINKER, "math", 27)
    assert abs(np.log(np.median(one.after) / 1000.0)) < abs(np.log(np.median(one.before) / 1000.0))
    assert np.std(np.log(one.after)) < np.std(np.log(one.before))


def test_answers_without_hidden_reasoning_leave_its_forecast(catalog: Catalog) -> None:
    assert length_changes(catalog, with_measured_lengths(catalog, Measured("v", times=(PLAIN,))), (PLAIN,)) == []
