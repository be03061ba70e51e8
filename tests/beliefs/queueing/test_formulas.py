"""The closed forms of queueing against an iteration-level simulation of replicas with continuous batching."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.beliefs.queueing.formulas import ReplicaLoad, Waiting, capacity, waiting
from planner.beliefs.queueing.simulation import Replay, StepLine, poisson_requests, simulate

STEP = StepLine(base=0.0125, each=6e-5, token=1.67e-7)
"""An 8B model in 8 bits on one L40S, about."""
READ_S = 5.5e-5
"""Seconds a prompt token."""
LOG_SD = 0.58
REQUESTS = 24_000
SEEDS = (1, 2)


def _load(prompt: float, answer: float, batch: int, arrival_cv2: float = 1.0) -> ReplicaLoad:
    cv2 = float(np.expm1(LOG_SD**2))
    sequences = np.arange(1, batch + 1)
    step = STEP.base + sequences * (STEP.each + STEP.token * (prompt + answer * (1.0 + cv2) / 2.0))
    return ReplicaLoad(
        step_s=step[None],
        max_batch=np.array([float(batch)]),
        prefill_s=np.array([READ_S * prompt]),
        prefill_cv2=cv2,
        prompt_tokens=np.array([prompt]),
        output_tokens=np.array([answer]),
        output_cv2=cv2,
        arrival_cv2=arrival_cv2,
    )


def _simulated(load: ReplicaLoad, rate: float, seed: int, replicas: int = 1) -> Replay:
    prompt, answer = float(load.prompt_tokens[0]), float(load.output_tokens[0])
    requests = poisson_requests(
        rate * replicas, REQUESTS, (prompt, LOG_SD), (answer, LOG_SD), seed, arrival_cv2=load.arrival_cv2
    )
    batch = int(load.max_batch[0])
    return simulate(requests, READ_S * requests.prompts, STEP, max_batch=batch, replicas=replicas).settled()


def _p95(load: ReplicaLoad, rate: float) -> float:
    return float(np.mean([np.quantile(_simulated(load, rate, seed).ttft_s, 0.95) for seed in SEEDS]))


@pytest.mark.parametrize("utilisation", [0.3, 0.6, 0.8, 0.9])
@pytest.mark.parametrize(("prompt", "answer", "batch"), [(1500.0, 120.0, 128), (300.0, 60.0, 256)])
def test_p95_of_the_first_token_is_within_a_tenth_of_the_simulation(
    prompt: float, answer: float, batch: int, utilisation: float
) -> None:
    load = _load(prompt, answer, batch)
    rate = utilisation * capacity(load)
    assert float(waiting(load, rate).p95_s[0]) == pytest.approx(_p95(load, float(rate[0])), rel=0.10)


@pytest.mark.parametrize("utilisation", [0.3, 0.6, 0.8])
def test_p95_holds_for_bursty_arrivals(utilisation: float) -> None:
    load = _load(400.0, 200.0, 128, arrival_cv2=2.5)
    rate = utilisation * capacity(load)
    assert float(waiting(load, rate).p95_s[0]) == pytest.approx(_p95(load, float(rate[0])), rel=0.10)


@pytest.mark.parametrize("utilisation", [0.3, 0.6, 0.8, 0.9])
def test_the_time_per_token_is_within_a_tenth_of_the_simulation(utilisation: float) -> None:
    load = _load(1500.0, 120.0, 128)
    rate = utilisation * capacity(load)
    found = float(np.mean([_simulated(load, float(rate[0]), seed).tpot_s for seed in SEEDS]))
    assert float(waiting(load, rate).tpot_s[0]) == pytest.approx(found, rel=0.10)


def test_a_full_batch_makes_calls_wait_for_room() -> None:
    # a small batch: at 80 % a tenth of the calls find it full
    load = _load(1000.0, 200.0, 24)
    rate = 0.8 * capacity(load)
    found = waiting(load, rate)
    assert float(found.share_full[0]) > 0.05
    assert float(found.p95_s[0]) == pytest.approx(_p95(load, float(rate[0])), rel=0.25)


def test_a_replica_beyond_its_capacity_cannot_keep_up() -> None:
    load = _load(1500.0, 120.0, 128)
    full = float(capacity(load)[0])
    busy, calm = (np.quantile(_simulated(load, share * full, 1).ttft_s, 0.95) for share in (1.15, 0.6))
    assert busy > 5 * calm


def test_two_replicas_behind_one_balancer_wait_less_than_one_alone() -> None:
    load = _load(1500.0, 120.0, 128)
    rate = 0.8 * float(capacity(load)[0])
    alone, shared = (np.quantile(_simulated(load, rate, 1, replicas).ttft_s, 0.95) for replicas in (1, 2))
    assert shared < alone


def _at(prompt: float, answer: float, share: float, arrival_cv2: float = 1.0) -> Waiting:
    load = _load(prompt, answer, 64, arrival_cv2)
    return waiting(load, share * capacity(load))


@settings(deadline=None, max_examples=40)
@given(
    prompt=st.floats(100.0, 6000.0), answer=st.floats(10.0, 800.0), low=st.floats(0.05, 0.8), more=st.floats(0.02, 0.15)
)
def test_more_load_never_shortens_the_wait(prompt: float, answer: float, low: float, more: float) -> None:
    calm, busy = _at(prompt, answer, low), _at(prompt, answer, low + more)
    assert busy.p95_s[0] >= 0.98 * calm.p95_s[0]
    assert busy.mean_batch[0] >= calm.mean_batch[0]


@settings(deadline=None, max_examples=40)
@given(prompt=st.floats(100.0, 6000.0), answer=st.floats(10.0, 800.0), share=st.floats(0.05, 0.95))
def test_percentiles_are_in_order(prompt: float, answer: float, share: float) -> None:
    found = _at(prompt, answer, share)
    assert found.p50_s[0] < found.p95_s[0] < found.p99_s[0]


def test_burstier_arrivals_wait_longer() -> None:
    assert _at(1000.0, 200.0, 0.7, 4.0).p95_s[0] > _at(1000.0, 200.0, 0.7).p95_s[0]
