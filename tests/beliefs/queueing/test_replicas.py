"""Replicas for a rate: by work, by the wait, with a spare one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.beliefs.queueing.formulas import ReplicaLoad, capacity
from planner.beliefs.queueing.replicas import ReplicaCount, replicas_for


def _load(arrival_cv2: float = 1.0) -> ReplicaLoad:
    sequences = np.arange(1, 129)
    return ReplicaLoad(
        step_s=(0.0125 + sequences * 3e-4)[None],
        max_batch=np.array([128.0]),
        prefill_s=np.array([0.08]),
        prefill_cv2=0.4,
        prompt_tokens=np.array([1500.0]),
        output_tokens=np.array([120.0]),
        output_cv2=0.4,
        arrival_cv2=arrival_cv2,
    )


def _counted(answer: ReplicaCount | str) -> ReplicaCount:
    assert isinstance(answer, ReplicaCount), answer
    return answer


def test_work_alone_takes_the_rate_over_what_is_allowed_of_a_replica() -> None:
    full = float(capacity(_load())[0])
    assert _counted(replicas_for(_load(), 6.0 * full * 0.6, utilisation_cap=0.6)).replicas == 6
    assert _counted(replicas_for(_load(), 6.1 * full * 0.6, utilisation_cap=0.6)).replicas == 7


def test_a_tighter_wait_takes_more_replicas_than_the_work() -> None:
    rate = 10.0 * float(capacity(_load())[0])
    loose = _counted(replicas_for(_load(), rate, utilisation_cap=0.85))
    tight = _counted(replicas_for(_load(), rate, utilisation_cap=0.85, ttft_p95_s=0.6 * float(loose.waiting.p95_s[0])))
    assert tight.replicas > loose.replicas == loose.by_work
    assert float(tight.waiting.p95_s[0]) <= 0.6 * float(loose.waiting.p95_s[0])


def test_one_replica_fewer_would_break_the_limit() -> None:
    rate = 10.0 * float(capacity(_load())[0])
    found = _counted(replicas_for(_load(), rate, utilisation_cap=0.9, ttft_p99_s=0.5))
    fewer = _counted(replicas_for(_load(), rate, utilisation_cap=rate / (found.replicas - 1) / capacity(_load())[0]))
    assert float(fewer.waiting.p99_s[0]) > 0.5 >= float(found.waiting.p99_s[0])


def test_a_spare_replica_is_one_more() -> None:
    plain, spare = (_counted(replicas_for(_load(), 20.0, spare=extra)) for extra in (0, 1))
    assert spare.replicas == plain.replicas + 1
    assert spare.utilisation == plain.utilisation


def test_a_wait_that_an_idle_replica_exceeds_is_told() -> None:
    assert "even on an idle replica" in str(replicas_for(_load(), 5.0, ttft_p95_s=0.01))


@settings(deadline=None, max_examples=25)
@given(rate=st.floats(0.5, 60.0), more=st.floats(0.5, 30.0))
def test_more_requests_never_take_fewer_replicas(rate: float, more: float) -> None:
    few, many = (_counted(replicas_for(_load(), asked, ttft_p95_s=0.7)) for asked in (rate, rate + more))
    assert many.replicas >= few.replicas
