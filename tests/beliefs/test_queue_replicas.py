"""Replicas for a rate: by work, by the wait, with a spare one; traces read and replayed."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.beliefs.queue_replicas import ReplicaCount, replicas_for
from planner.beliefs.queue_simulation import Requests
from planner.beliefs.queue_traces import TraceReplay, load_trace, replay_trace
from planner.beliefs.queueing import ReplicaLoad, capacity
from planner.beliefs.roofline import Setup
from planner.catalog.schema import Catalog
from planner.errors import InputError
from planner.units import stream


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


AZURE = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.0319600,3180,8\n"
)


def test_an_azure_trace_is_read_with_its_fractions_of_a_second(tmp_path: Path) -> None:
    path = tmp_path / "code.csv"
    path.write_text(AZURE, encoding="utf-8")
    found = load_trace(path)
    assert found.arrivals.tolist() == pytest.approx([0.0, 0.052], abs=1e-6)
    assert found.prompts.tolist() == [4808.0, 3180.0]


def test_a_mooncake_trace_is_read_in_milliseconds(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_text(
        '{"timestamp": 3000, "input_length": 10, "output_length": 5}\n\n'
        '{"timestamp": 0, "input_length": 7, "output_length": 0}\n',
        encoding="utf-8",
    )
    found = load_trace(path)
    assert found.arrivals.tolist() == [0.0, 3.0]
    assert found.answers.tolist() == [1.0, 5.0]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", AZURE.replace("4808", "many"), "line 2: ContextTokens"),
        ("a.csv", AZURE.replace("2023-11-16 18:17:03.9799600", "yesterday"), "line 2: TIMESTAMP"),
        ("a.csv", AZURE.replace(",8\n", ",-8\n"), "line 3: GeneratedTokens"),
        ("a.csv", AZURE.replace("ContextTokens", "Prompt"), "header"),
        ("a.csv", AZURE.split("\n", maxsplit=1)[0], "0 requests"),
        ("a.jsonl", '{"timestamp": 0}\n', "line 1: input_length"),
        ("a.jsonl", "[1]\n", "line 1"),
        ("a.jsonl", "not json\n", "line 1"),
    ],
)
def test_a_bad_trace_is_refused_with_its_line(tmp_path: Path, name: str, text: str, told: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_trace(path)
    assert told in str(caught.value)


def _requests(rate: float) -> Requests:
    rng = stream(1, "trace")
    arrivals = np.cumsum(rng.exponential(1.0 / rate, 2000))
    return Requests(arrivals, np.full(2000, 900.0), np.full(2000, 150.0))


def _replayed(catalog: Catalog, replicas: int, speed_up: float = 1.0) -> TraceReplay:
    setup = Setup(catalog.models["meta/llama-3.1-8b"], catalog.gpus["l40s"], 1, "fp8")
    found = replay_trace(catalog, setup, _requests(12.0), replicas=replicas, speed_up=speed_up)
    assert isinstance(found, TraceReplay), found
    return found


def test_more_replicas_shorten_the_waits_of_a_trace(catalog: Catalog) -> None:
    one, three = (_replayed(catalog, count) for count in (1, 3))
    assert three.ttft_p95_ms < one.ttft_p95_ms
    assert three.tpot_ms < one.tpot_ms


def test_twice_the_traffic_waits_longer(catalog: Catalog) -> None:
    assert _replayed(catalog, 2, speed_up=2.0).ttft_p95_ms > _replayed(catalog, 2).ttft_p95_ms


def test_a_trace_with_requests_beyond_the_cache_is_told(catalog: Catalog) -> None:
    setup = Setup(catalog.models["meta/llama-3.1-8b"], catalog.gpus["l4"], 1, "bf16")
    long = Requests(np.array([0.0, 1.0]), np.array([120_000.0, 10.0]), np.array([10.0, 10.0]))
    assert "GB of cache" in str(replay_trace(catalog, setup, long, replicas=1))
