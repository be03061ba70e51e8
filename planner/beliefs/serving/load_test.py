"""The command lines that would measure what a sizing states: the same lengths, rate, precision and parallelism.

Flags as vLLM's `vllm serve` and `vllm bench serve` (vllm/benchmarks/serve.py@009e6d4) and llama.cpp's `llama-bench`
have them, read 2026-11-24. `$WEIGHTS` stands for the weights: a folder or a repository.
"""

from typing import Final

import numpy as np

from planner.beliefs.latency.api_times import reasoning_tokens
from planner.beliefs.priors import prior_draws
from planner.beliefs.requests import calls_of
from planner.beliefs.serving.devices import DeviceSizing
from planner.beliefs.serving.roofline import Precision, Setup
from planner.beliefs.serving.sizing import PoolSizing
from planner.catalog.schema import Catalog
from planner.units import SEED, Draws
from planner.workload.schema import Segment

_MINUTES: Final = 10.0
_FEWEST: Final = 200
_PRECISION_FLAGS: Final[dict[Precision, str]] = {
    "bf16": "--dtype bfloat16",
    "fp8": "--quantization fp8",
    "int4": "--dtype auto",
}
"""4-bit weights come quantised; the engine reads the method off them."""


_NO_BFLOAT16: Final = frozenset({"t4", "v100-16"})
"""Volta, Turing and older compute in half precision; vLLM refuses bfloat16 there."""


def _precision_flag(setup: Setup) -> str:
    half = setup.gpu.id in _NO_BFLOAT16
    if half and setup.precision != "fp8":
        return "--dtype half"
    return _PRECISION_FLAGS[setup.precision]


def server_command(catalog: Catalog, setup: Setup) -> str:
    """What to serve: one replica as it was sized."""
    parts = [
        'vllm serve "$WEIGHTS"',
        _precision_flag(setup),
        f"--tensor-parallel-size {setup.gpus_per_replica}",
        f"--gpu-memory-utilization {catalog.priors['serving.memory_share'].a:g}",
        f"--max-num-seqs {catalog.priors['serving.max_sequences'].a:g}",
    ]
    return " ".join(parts)


def load_command(
    catalog: Catalog,
    sizing: PoolSizing,
    segment: Segment,
    *,
    utilisation_cap: float,
    extra_input_tokens: Draws | float = 0.0,
    seed: int = SEED,
) -> str:
    """What to send one replica: model calls at the cap for ten minutes, as long and as bursty as was assumed.

    It prints TTFT, TPOT and whole answers at p50, p95 and p99, and the throughput.
    """
    calls = calls_of(catalog, segment, extra_input_tokens=extra_input_tokens, seed=seed)
    hidden = float(np.mean(reasoning_tokens(catalog, (sizing.model,), segment, seed)))
    prefix = round(calls.prefix_tokens)
    prompt = max(round(float(np.mean(calls.input_tokens)) / calls.count) - prefix, 1)
    answer = max(round(float(np.mean(calls.output_tokens)) / calls.count + hidden), 1)
    rate = utilisation_cap * float(np.mean(sizing.capacity_rps)) * calls.count
    burstiness = 1.0 / float(np.mean(prior_draws(catalog, "serving.arrival_cv2", seed)))
    count = max(round(rate * 60.0 * _MINUTES), _FEWEST)
    parts = [
        'vllm bench serve --model "$WEIGHTS" --dataset-name random --ignore-eos',
        f"--random-prefix-len {prefix} --random-input-len {prompt} --random-output-len {answer}",
        f"--request-rate {rate:.3g} --burstiness {burstiness:.2g} --num-prompts {count}",
        "--percentile-metrics ttft,tpot,itl,e2el --metric-percentiles 50,95,99",
    ]
    return " ".join(parts)


def device_command(sizing: DeviceSizing, segment: Segment) -> str:
    """What to run on the device: prompt and answer as long as the segment's, one stream."""
    prompt, answer = round(segment.input_tokens.mean), round(segment.output_tokens.mean)
    kind = {"bf16": "F16", "fp8": "Q8_0", "int4": "Q4_K_M"}[sizing.precision]
    return f'llama-bench -m "${{WEIGHTS}}-{kind}.gguf" -p {max(prompt, 1)} -n {max(answer, 1)} -r 5'
