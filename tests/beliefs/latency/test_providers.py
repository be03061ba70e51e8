"""The same model at several providers: how far its times lie apart, and what probes of a provider say of its others."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from planner.beliefs.evidence.measured import TimedAnswer
from planner.beliefs.latency.api_times import LatencyBeliefs, api_latency, fit_latency
from planner.beliefs.latency.learning import learn_latency
from planner.beliefs.latency.providers import Offset, first_parties, provider_source_ids
from planner.catalog.schema import Catalog
from planner.resources import catalogs_dir
from planner.units import Draws
from planner.workload.schema import Segment

OPEN = ("meta/llama-3.1-8b", "qwen/qwen3-8b", "mistralai/mistral-small-2603", "openai/gpt-oss-120b")
CLOSED = "openai/gpt-4o-mini"


@pytest.fixture(scope="module")
def latency(catalog: Catalog) -> LatencyBeliefs:
    return fit_latency(catalog)


def _log_spread(draws: Draws) -> float:
    return float(np.log(draws).std())


@pytest.mark.parametrize(
    ("column", "provider_id", "pair_id"), [("ttft_ms", "ttft", "model_ttft"), ("tokens_per_s", "tpot", "model_tpot")]
)
def test_the_priors_are_what_the_table_says(catalog: Catalog, column: str, provider_id: str, pair_id: str) -> None:
    with (catalogs_dir() / "provider_speeds.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["note"]]
    models, model = np.unique([row["model"] for row in rows], return_inverse=True)
    providers = np.array([row["provider"] for row in rows])
    assert (len(rows), len(models), len(set(providers))) == (16, 3, 7)
    logs = np.log([float(row[column]) for row in rows])
    design = np.eye(len(models))[model]
    same = providers[:, None] == providers[None]

    def minus_restricted_likelihood(log_sds: np.ndarray) -> float:
        between, within = np.exp(2.0 * log_sds)
        covariance = between * same + within * np.eye(len(logs))
        inverse = np.linalg.inv(covariance)
        information = design.T @ inverse @ design
        residual = logs - design @ np.linalg.solve(information, design.T @ inverse @ logs)
        logs_of = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(information)[1]
        return float(logs_of + residual @ inverse @ residual) / 2.0

    found = np.exp(minimize(minus_restricted_likelihood, np.log([0.5, 0.3]), method="Nelder-Mead").x)
    assert found[0] == pytest.approx(catalog.priors[f"api_provider.{provider_id}_log_sd"].a, abs=0.01)
    assert found[1] == pytest.approx(catalog.priors[f"api_provider.{pair_id}_log_sd"].a, abs=0.01)


def test_a_makers_own_endpoints_are_first_parties(catalog: Catalog) -> None:
    known = first_parties(catalog)
    assert known[CLOSED] == {"openai"}
    assert {"gemini", "vertex_ai"} <= known["google/gemini-3.7-flash"]
    assert "azure" not in known[CLOSED]
    assert not known["qwen/qwen3-8b"] & {"deepinfra", "together_ai"}


def test_at_the_first_party_the_models_own_figure_stands(
    catalog: Catalog, latency: LatencyBeliefs, segment: Segment
) -> None:
    plain = api_latency(latency, catalog, (CLOSED,), segment)
    home = api_latency(latency, catalog, (CLOSED,), segment, providers=("openai",))
    assert np.array_equal(plain.total_p95_ms, home.total_p95_ms)


def test_elsewhere_the_interval_is_wider_around_the_same_middle(
    catalog: Catalog, latency: LatencyBeliefs, segment: Segment
) -> None:
    home, azure = (
        api_latency(latency, catalog, (CLOSED,), segment, providers=(provider,)) for provider in ("openai", "azure")
    )
    assert _log_spread(azure.total_p95_ms) > 1.15 * _log_spread(home.total_p95_ms)
    assert abs(np.log(np.median(azure.ttft_p50_ms) / np.median(home.ttft_p50_ms))) < 0.15


def test_an_open_model_is_less_known_at_a_provider_than_a_closed_one(latency: LatencyBeliefs) -> None:
    at_open, at_closed = (latency.factors.offset(model, "azure").tpot for model in ("qwen/qwen3-8b", CLOSED))
    assert at_open.std() > 2.0 * at_closed.std() > 0.0


def _answers(model: str, provider: str, ttft_ms: float, tpot_ms: float, count: int = 40) -> list[TimedAnswer]:
    rng = np.random.default_rng(count)
    plain = TimedAnswer(model, provider, 0, 101, 0, 1.0, 1.0, "chat")
    first = ttft_ms * np.exp(0.44 * rng.standard_normal(count))
    step = tpot_ms * np.exp(0.21 * rng.standard_normal(count))
    return [replace(plain, ttft_ms=float(a), total_ms=float(a + 100.0 * b)) for a, b in zip(first, step, strict=True)]


def _slow(latency: LatencyBeliefs, models: tuple[str, ...], provider: str, times: float) -> list[TimedAnswer]:
    answers = []
    for model in models:
        row = latency.model_ids.index(model)
        ttft, tpot = (times * float(np.median(draws[row])) for draws in (latency.ttft_base_ms, latency.tpot_ms))
        answers += _answers(model, provider, ttft, tpot)
    return answers


def test_models_seen_slow_at_a_provider_slow_its_other_models_and_not_those_of_another(
    catalog: Catalog, latency: LatencyBeliefs
) -> None:
    learnt = learn_latency(latency, catalog, _slow(latency, OPEN[:3], "together_ai", 3.0))
    there = learnt.factors.offset(OPEN[3], "together_ai").tpot
    before = latency.factors.offset(OPEN[3], "together_ai").tpot
    assert there.mean() > before.mean() + 0.4
    assert there.std() < 0.9 * before.std()
    elsewhere = learnt.factors.offset(OPEN[3], "fireworks_ai").tpot
    assert np.array_equal(elsewhere, latency.factors.offset(OPEN[3], "fireworks_ai").tpot)
    row = learnt.model_ids.index(OPEN[3])
    assert np.array_equal(learnt.tpot_ms[row], latency.tpot_ms[row])


def test_three_models_say_more_of_a_provider_than_one(catalog: Catalog, latency: LatencyBeliefs) -> None:
    one, three = (learn_latency(latency, catalog, _slow(latency, OPEN[:count], "together_ai", 3.0)) for count in (1, 3))
    assert three.factors.provider("together_ai").tpot.mean() > one.factors.provider("together_ai").tpot.mean()
    assert three.factors.provider("together_ai").tpot.std() < one.factors.provider("together_ai").tpot.std()


def test_a_probed_model_at_a_provider_is_known_there(
    catalog: Catalog, latency: LatencyBeliefs, segment: Segment
) -> None:
    learnt = learn_latency(latency, catalog, _answers(OPEN[0], "together_ai", 700.0, 25.0, count=200))
    found = api_latency(learnt, catalog, OPEN[:1], segment, providers=("together_ai",))
    before = api_latency(latency, catalog, OPEN[:1], segment, providers=("together_ai",))
    row = learnt.model_ids.index(OPEN[0])
    tpot = learnt.tpot_ms[row] * np.exp(learnt.factors.offset(OPEN[0], "together_ai").tpot)
    assert np.median(tpot) == pytest.approx(25.0, rel=0.12)
    assert _log_spread(found.total_p95_ms) < 0.6 * _log_spread(before.total_p95_ms)


def test_intervals_of_unprobed_models_cover_made_up_providers(catalog: Catalog, latency: LatencyBeliefs) -> None:
    rng, inside, tries = np.random.default_rng(5), 0, 80
    factors = latency.factors
    for _ in range(tries):
        provider = factors.provider_sd[1] * rng.standard_normal()
        truth, answers = 0.0, []
        for model in OPEN:
            row = latency.model_ids.index(model)
            logs = np.log(latency.tpot_ms[row])
            own = logs.mean() + logs.std() * rng.standard_normal()
            truth = own + provider + factors.pair_sd[1] * rng.standard_normal()
            if model != OPEN[3]:
                day = truth + 0.15 * rng.standard_normal()
                answers += _answers(model, "together_ai", 500.0, float(np.exp(day)), count=20)
        learnt = learn_latency(latency, catalog, answers)
        row = learnt.model_ids.index(OPEN[3])
        told = np.log(learnt.tpot_ms[row]) + learnt.factors.offset(OPEN[3], "together_ai").tpot
        low, high = np.quantile(told, (0.05, 0.95))
        inside += bool(low <= truth <= high)
    assert 0.8 <= inside / tries <= 0.98


def test_what_is_assumed_of_a_provider_is_named(catalog: Catalog) -> None:
    assert provider_source_ids(catalog, CLOSED, "openai") == ()
    assert "prior:api_provider.closed_share" in provider_source_ids(catalog, CLOSED, "azure")
    assert provider_source_ids(catalog, OPEN[1], "together_ai") == (
        "prior:api_provider.ttft_log_sd",
        "prior:api_provider.tpot_log_sd",
    )


def test_factors_add_in_logs() -> None:
    both = Offset(np.array([1.0]), np.array([2.0])).plus(Offset(np.array([0.5]), np.array([-2.0])))
    assert (both.ttft[0], both.tpot[0]) == (1.5, 0.0)
