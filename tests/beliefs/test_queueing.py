"""The closed forms of queueing against an iteration-level simulation of one replica with continuous batching."""

from dataclasses import replace

import numpy as np
import pytest

from planner.beliefs.requests import token_log_sd
from planner.beliefs.roofline import Setup, calibration, machine_of, prefill_seconds, step_of
from planner.beliefs.serving import PoolSizing, size_replica
from planner.catalog.schema import Catalog, Prior
from planner.units import stream
from planner.workload.schema import Segment, TokenDistribution

REQUESTS = 3000
WARM_UP = 300
TOKENS_PER_STEP = 2048
"""Prompt tokens read between two decode steps (vLLM's usual budget)."""


@pytest.fixture(scope="module")
def certain(catalog: Catalog) -> Catalog:
    """The catalog with every serving prior at its middle, Poisson arrivals and no prefix cache."""
    fixed = {
        name: Prior(name, "fixed", prior.a, 0.0, prior.unit, prior.number_class, prior.source)
        for name, prior in catalog.priors.items()
        if name.startswith("serving.")
    }
    fixed["serving.arrival_cv2"] = replace(fixed["serving.arrival_cv2"], a=1.0)
    return replace(catalog, priors={**catalog.priors, **fixed})


def _segment(prompt: float, answer: float) -> Segment:
    return Segment(
        name="simulated",
        skill="summarization",
        requests_per_month=1e6,
        input_tokens=TokenDistribution(mean=prompt, p95=2.2 * prompt),
        output_tokens=TokenDistribution(mean=answer, p95=2.2 * answer),
    )


def _lengths(seed: int, name: str, tokens: TokenDistribution) -> np.ndarray:
    log_sd = token_log_sd(tokens)
    drawn = stream(seed, "simulation", name).lognormal(np.log(tokens.mean) - log_sd**2 / 2, log_sd, REQUESTS)
    return np.maximum(np.rint(drawn), 1.0)


def _simulate(
    catalog: Catalog, setup: Setup, segment: Segment, rate: float, max_batch: int, seed: int
) -> tuple[float, float]:
    """p95 of TTFT and mean TPOT, seconds: waiting prompts are read within a budget, then one decode step of all."""
    machine, factors = machine_of([setup]), calibration(catalog)
    prompts, answers = (_lengths(seed, n, t) for n, t in (("in", segment.input_tokens), ("out", segment.output_tokens)))
    reads = prefill_seconds(machine, factors, prompts[:, None])[:, 0]
    # steps are linear in batch and in cached tokens for a dense model: three numbers tell them all
    base = float(step_of(machine, factors, 0.0).seconds(0.0)[0, 0])
    each = float(step_of(machine, factors, 0.0).seconds(1.0)[0, 0]) - base
    token = (float(step_of(machine, factors, 1000.0).seconds(1.0)[0, 0]) - base - each) / 1000.0
    arrivals = np.cumsum(stream(seed, "simulation", "arrivals").exponential(1.0 / rate, REQUESTS))
    now, nxt, left, held, first, last = 0.0, 0, {}, 0.0, np.zeros(REQUESTS), np.zeros(REQUESTS)
    done: list[int] = []
    while len(done) < REQUESTS:
        if not left and nxt < REQUESTS and arrivals[nxt] > now:
            now = arrivals[nxt]
        budget, start = TOKENS_PER_STEP, now
        while nxt < REQUESTS and arrivals[nxt] <= start and len(left) < max_batch and budget > 0.0:
            now, budget = now + reads[nxt], budget - prompts[nxt]
            left[nxt], held = answers[nxt], held + prompts[nxt]
            nxt += 1
        now += base + each * len(left) + token * held
        held += len(left)
        for row in list(left):
            first[row] = first[row] or now
            left[row] -= 1
            if left[row] <= 0:
                last[row] = now
                held -= prompts[row] + answers[row]
                del left[row]
                done.append(row)
    kept = slice(WARM_UP, REQUESTS - WARM_UP)
    tpot = (last - first)[kept].sum() / (answers - 1.0)[kept].sum()
    return float(np.quantile((first - arrivals)[kept], 0.95)), float(tpot)


@pytest.mark.parametrize("cap", [0.3, 0.6])
@pytest.mark.parametrize(
    ("prompt", "answer", "tolerance"), [(1500.0, 120.0, 0.12), (400.0, 200.0, 0.12), (420.0, 12.0, 0.30)]
)
def test_latency_at_the_cap_agrees_with_the_simulation(
    certain: Catalog, cap: float, prompt: float, answer: float, tolerance: float
) -> None:
    segment = _segment(prompt, answer)
    setup = Setup(certain.models["meta/llama-3.1-8b"], certain.gpus["l40s"], 1, "fp8")
    sizing = size_replica(certain, setup, segment, utilisation_cap=cap)
    assert isinstance(sizing, PoolSizing)
    rate = cap * float(sizing.capacity_rps[0])
    runs = [_simulate(certain, setup, segment, rate, sizing.max_batch, seed) for seed in (1, 2)]
    ttft, tpot = np.mean(runs, axis=0)
    assert float(sizing.tpot_ms[0]) == pytest.approx(1000 * tpot, rel=0.10)
    assert float(sizing.ttft_p95_ms[0]) == pytest.approx(1000 * ttft, rel=tolerance)


def test_a_replica_at_its_capacity_cannot_keep_up(certain: Catalog) -> None:
    segment = _segment(1500.0, 120.0)
    setup = Setup(certain.models["meta/llama-3.1-8b"], certain.gpus["l40s"], 1, "fp8")
    sizing = size_replica(certain, setup, segment)
    assert isinstance(sizing, PoolSizing)
    over = 1.15 * float(sizing.capacity_rps[0])
    busy, _ = _simulate(certain, setup, segment, over, sizing.max_batch, 1)
    calm, _ = _simulate(certain, setup, segment, 0.6 * float(sizing.capacity_rps[0]), sizing.max_batch, 1)
    assert busy > 5 * calm
