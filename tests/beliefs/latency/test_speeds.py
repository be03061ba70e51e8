"""API speeds of every model where it is sold: from published rows, of hosts and classes where there are none."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from planner.beliefs.latency.origins import speed_origin
from planner.beliefs.latency.random_effects import student_quantiles
from planner.beliefs.latency.speed_facts import thought
from planner.beliefs.latency.speed_rows import points_of
from planner.beliefs.latency.speeds import LatencyBeliefs, fit_latency
from planner.catalog.schema import Catalog
from planner.catalog.source import Source
from planner.catalog.speeds import ApiSpeed
from planner.units import DRAW_COUNT

ROW = ApiSpeed(
    source_id="made-up",
    model="openai/gpt-5-nano",
    name="gpt-5-nano",
    host="openai",
    region=None,
    prompt_tokens=100.0,
    output_tokens=200.0,
    effort="none",
    ttft_ms=700.0,
    ttft_p95_ms=None,
    tokens_per_s=50.0,
    rate_kind="decode",
    total_ms=None,
    total_p95_ms=None,
    includes="visible",
    statistic="median",
    n=20.0,
    source=Source("a row made up for this test", date(2026, 11, 1)),
)


@pytest.fixture(scope="module")
def latency(catalog: Catalog) -> LatencyBeliefs:
    return fit_latency(catalog)


def _log_sd(latency: LatencyBeliefs, model: str, provider: str) -> float:
    return float(np.log(latency.at([model], [provider])[1][0]).std())


def test_every_model_and_every_place_of_sale_has_positive_times(catalog: Catalog, latency: LatencyBeliefs) -> None:
    sold = {(offer.model, offer.provider) for offer in catalog.offers if offer.model}
    assert sold <= set(latency.places)
    assert latency.model_ids == tuple(catalog.models)
    for draws in (latency.ttft_base_ms, latency.tpot_ms):
        assert draws.shape == (len(latency.places), DRAW_COUNT)
        assert np.all(np.isfinite(draws) & (draws > 0.0))


def test_the_same_catalog_and_seed_give_the_same_draws(catalog: Catalog, latency: LatencyBeliefs) -> None:
    assert np.array_equal(fit_latency(catalog).tpot_ms, latency.tpot_ms)


def test_another_row_pulls_towards_itself_and_narrows(catalog: Catalog, latency: LatencyBeliefs) -> None:
    slow = replace(ROW, tokens_per_s=5.0)
    told = fit_latency(replace(catalog, speeds=(*catalog.speeds, slow)))
    was, now = (float(np.median(one.at([ROW.model], ["openai"])[1])) for one in (latency, told))
    assert was < now < 200.0
    alone = fit_latency(replace(catalog, speeds=(ROW,)))
    assert _log_sd(latency, ROW.model, "openai") < _log_sd(alone, ROW.model, "openai")


def test_hosts_with_accelerators_of_their_own_are_faster(latency: LatencyBeliefs) -> None:
    model = "openai/gpt-oss-120b"
    groq, deepinfra, cerebras = (
        float(np.median(latency.at([model], [host])[1])) for host in ("groq", "deepinfra", "cerebras")
    )
    assert groq < deepinfra
    assert cerebras < deepinfra


def test_a_provider_that_nobody_knows_is_as_the_models_own_but_wider(latency: LatencyBeliefs) -> None:
    home, away = (latency.at([ROW.model], providers)[1][0] for providers in (None, ["nobody"]))
    assert np.median(away) == pytest.approx(np.median(home), rel=0.2)
    assert np.log(away).std() > np.log(home).std()


@pytest.mark.parametrize(
    ("reasoning", "effort", "expected"),
    [
        ("none", "high", "no"),
        ("always", "minimal", "no"),
        ("always", None, "yes"),
        ("optional", None, "unstated"),
        ("optional", "default", "unstated"),
        ("optional", "none", "no"),
        ("optional", "low", "yes"),
    ],
)
def test_whether_a_first_token_came_after_thinking(reasoning: str, effort: str | None, expected: str) -> None:
    assert thought(reasoning, effort) == expected  # type: ignore[arg-type]  # the table's words


def test_a_first_token_after_thinking_is_never_read_as_one_without(catalog: Catalog) -> None:
    thinking = replace(ROW, effort="high", ttft_ms=30_000.0)
    assert points_of(catalog, [thinking], "ttft") == ()
    assert len(points_of(catalog, [ROW], "ttft")) == 1


def test_a_rate_over_the_whole_answer_leaves_the_first_token_out(catalog: Catalog) -> None:
    # 64 tokens at 32 a second are 2 s; 500 ms of them before the first: 63 tokens in 1.5 s.
    row = replace(ROW, output_tokens=64.0, tokens_per_s=32.0, rate_kind="end_to_end", ttft_ms=500.0)
    (point,) = points_of(catalog, [row], "tpot")
    assert np.exp(point.log_ms) == pytest.approx(1500.0 / 63.0)


def test_rows_of_one_source_and_month_are_one_point(catalog: Catalog) -> None:
    rows = [replace(ROW, tokens_per_s=rate) for rate in (40.0, 50.0, 90.0)]
    (point,) = points_of(catalog, rows, "tpot")
    assert np.exp(point.log_ms) == pytest.approx(20.0)


def test_the_origin_of_a_time_names_rows_dates_and_what_was_added(catalog: Catalog) -> None:
    told = speed_origin(catalog, "openai/gpt-4o-mini", "openai")
    assert "cipher982" in told.source
    assert told.newest == date(2026, 11, 24)
    assert "hidden tokens" in told.value
    unknown = next(m for m in catalog.models if all(row.model != m for row in catalog.speeds))
    assert speed_origin(catalog, unknown, "openai").newest is None


def test_student_quantiles_are_those_of_four_degrees_of_freedom() -> None:
    found = student_quantiles(np.array([0.05, 0.5, 0.975]))
    assert found == pytest.approx([-2.1318, 0.0, 2.7764], abs=1e-3)
