"""The commands that measure a sizing say the same lengths, rate, precision and parallelism."""

import re
import shlex

import pytest

from planner.beliefs.serving.devices import DeviceSizing, device_serving
from planner.beliefs.serving.load_test import device_command, load_command, server_command
from planner.beliefs.serving.sizing import PoolSizing, Precision, Setup, size_replica
from planner.catalog.load import load_catalog
from planner.workload.schema import Segment, TokenDistribution

# Names of flags that vLLM's benchmark knows (vllm/benchmarks/serve.py and datasets, read 2026-11-24).
BENCH_FLAGS = {
    "--model",
    "--dataset-name",
    "--ignore-eos",
    "--random-prefix-len",
    "--random-input-len",
    "--random-output-len",
    "--request-rate",
    "--burstiness",
    "--num-prompts",
    "--percentile-metrics",
    "--metric-percentiles",
}


def segment(**other: object) -> Segment:
    return Segment(
        name="triage",
        skill="classification",
        requests_per_month=1e6,
        input_tokens=TokenDistribution(mean=800.0),
        output_tokens=TokenDistribution(mean=120.0),
        shared_prefix_tokens=300.0,
        **other,
    )


def sized(precision: Precision = "fp8", gpus: int = 1) -> tuple[Setup, PoolSizing]:
    catalog = load_catalog()
    setup = Setup(catalog.models["meta/llama-3.1-8b"], catalog.gpus["h100-sxm"], gpus, precision)
    sizing = size_replica(catalog, setup, segment())
    assert isinstance(sizing, PoolSizing)
    return setup, sizing


def flags(command: str) -> dict[str, str]:
    words = shlex.split(command)
    found = {}
    for place, word in enumerate(words):
        if word.startswith("--"):
            following = words[place + 1] if place + 1 < len(words) else ""
            found[word] = "" if following.startswith("--") else following
    return found


def test_the_benchmark_uses_flags_that_exist_and_no_others() -> None:
    _, sizing = sized()
    assert set(flags(load_command(load_catalog(), sizing, segment(), utilisation_cap=0.6))) == BENCH_FLAGS


def test_prefix_and_prompt_make_the_segments_input() -> None:
    _, sizing = sized()
    told = flags(load_command(load_catalog(), sizing, segment(), utilisation_cap=0.6))
    assert int(told["--random-prefix-len"]) + int(told["--random-input-len"]) == 800
    assert int(told["--random-output-len"]) == 120


def test_the_rate_is_the_cap_of_what_a_full_replica_serves() -> None:
    _, sizing = sized()
    told = flags(load_command(load_catalog(), sizing, segment(), utilisation_cap=0.5))
    assert float(told["--request-rate"]) == pytest.approx(0.5 * float(sizing.capacity_rps.mean()), rel=0.01)


def test_retrieved_passages_lengthen_the_prompt() -> None:
    _, sizing = sized()
    told = flags(load_command(load_catalog(), sizing, segment(), utilisation_cap=0.6, extra_input_tokens=1000.0))
    assert int(told["--random-prefix-len"]) + int(told["--random-input-len"]) == 1800


@pytest.mark.parametrize(("precision", "flag"), [("fp8", "--quantization fp8"), ("bf16", "--dtype bfloat16")])
def test_the_server_runs_at_the_sized_precision_and_parallelism(precision: Precision, flag: str) -> None:
    setup, _ = sized(precision, 2)
    command = server_command(load_catalog(), setup)
    assert flag in command
    assert "--tensor-parallel-size 2" in command


def test_a_devices_command_has_prompt_and_answer_as_long_as_the_segments() -> None:
    catalog = load_catalog()
    found = device_serving(catalog, catalog.models["meta/llama-3.1-8b"], catalog.gpus["mac-m4-32"], "int4", segment())
    assert isinstance(found, DeviceSizing)
    command = device_command(found, segment())
    assert re.search(r"-p 800 -n 120\b", command)
    assert "Q4_K_M" in command
