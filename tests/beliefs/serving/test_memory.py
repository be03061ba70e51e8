"""Weights and caches as engines hold them: latent caches, windows, few heads over many GPUs, 16-bit embeddings."""

from dataclasses import replace

import pytest

from planner.beliefs.serving.lines import _cache_text, _weights_text
from planner.beliefs.serving.load_test import server_command
from planner.beliefs.serving.memory import cache_bytes, weight_bytes, why_not_sized
from planner.beliefs.serving.roofline import Precision, Setup, machine_of, sequence_terms
from planner.catalog.attention import cache_copies, window_share
from planner.catalog.schema import Catalog


def _setup(catalog: Catalog, model: str, gpus: int = 1, precision: Precision = "bf16", gpu: str = "h100-sxm") -> Setup:
    return Setup(catalog.models[model], catalog.gpus[gpu], gpus, precision)


@pytest.mark.parametrize("gpus", [1, 2, 8])
def test_every_gpu_keeps_a_latent_cache_whole(catalog: Catalog, gpus: int) -> None:
    setup = _setup(catalog, "moonshotai/kimi-k2", gpus, "fp8")
    assert cache_bytes(setup, 1000.0) == pytest.approx(70_272 * 1000 * gpus)


@pytest.mark.parametrize(
    ("model", "gpus", "copies"),
    [
        ("qwen/qwen3-235b-a22b", 4, 1.0),
        ("qwen/qwen3-235b-a22b", 8, 2.0),
        ("qwen/qwen2.5-1.5b", 4, 2.0),
        ("meta/llama-3.1-8b", 8, 1.0),
    ],
)
def test_fewer_heads_than_gpus_are_kept_more_than_once(catalog: Catalog, model: str, gpus: int, copies: float) -> None:
    assert cache_copies(catalog.models[model], gpus) == copies


def test_layers_with_a_window_keep_no_more_than_it(catalog: Catalog) -> None:
    # 48 layers, one in six global, 8 heads of 256, window 1,024: 8,192 bytes a layer and token
    setup = _setup(catalog, "google/gemma-3-12b")
    by_hand = 8 * 8192 * 20_000 + 40 * 8192 * 1024
    assert cache_bytes(setup, 20_000.0) == pytest.approx(by_hand)
    assert cache_bytes(setup, 500.0) == pytest.approx(48 * 8192 * 500)


def test_half_of_the_layers_of_gpt_oss_keep_128_tokens(catalog: Catalog) -> None:
    assert window_share(catalog.models["openai/gpt-oss-20b"]) == (0.5, 128.0)
    long = cache_bytes(_setup(catalog, "openai/gpt-oss-20b"), 100_000.0)
    assert long == pytest.approx(0.5 * 49_152 * 100_000, rel=0.01)


@pytest.mark.parametrize(
    ("model", "gpus", "heads"),
    [
        ("microsoft/phi-4", 4, "10 KV heads"),
        ("microsoft/phi-3-medium", 8, "10 KV heads"),
        ("huggingfacetb/smollm2-135m", 2, "9 attention heads"),
        ("qwen/qwen2.5-7b", 8, "28 attention heads"),
        ("qwen/qwen2.5-0.5b", 4, "14 attention heads"),
    ],
)
def test_a_split_that_the_engine_refuses_is_no_set_up(catalog: Catalog, model: str, gpus: int, heads: str) -> None:
    why = why_not_sized(_setup(catalog, model, gpus))
    assert why is not None
    assert heads in why
    assert f"{gpus} GPUs" in why


@pytest.mark.parametrize(("model", "gpus"), [("microsoft/phi-4", 2), ("qwen/qwen2.5-7b", 4), ("qwen/qwen3-8b", 8)])
def test_an_even_split_is_one(catalog: Catalog, model: str, gpus: int) -> None:
    assert why_not_sized(_setup(catalog, model, gpus)) is None


PUBLISHED_GB: tuple[tuple[str, Precision, float], ...] = (
    ("meta/llama-3.1-8b", "bf16", 16.06),
    ("meta/llama-3.1-70b", "bf16", 141.1),
    ("qwen/qwen2.5-7b", "bf16", 15.23),
    ("qwen/qwen2.5-72b", "bf16", 145.4),
    ("qwen/qwen3-4b", "bf16", 8.24),
    ("qwen/qwen3-8b", "bf16", 16.38),
    ("qwen/qwen3-32b", "bf16", 65.5),
    ("qwen/qwen3-30b-a3b", "bf16", 61.1),
    ("mistralai/mistral-7b", "bf16", 14.5),
    ("mistralai/mixtral-8x7b", "bf16", 93.4),
    ("microsoft/phi-4", "bf16", 29.3),
    ("google/gemma-3-27b", "bf16", 54.9),
    ("google/gemma-2-9b", "bf16", 18.5),
    ("meta/llama-3.1-8b", "int4", 5.74),
    ("meta/llama-3.3-70b", "int4", 39.8),
    ("qwen/qwen2.5-7b", "int4", 5.57),
    ("qwen/qwen2.5-14b", "int4", 9.98),
    ("qwen/qwen2.5-32b", "int4", 19.33),
    ("qwen/qwen2.5-72b", "int4", 41.6),
    ("openai/gpt-oss-120b", "int4", 65.25),
)
"""Bytes of the published checkpoints (total_size of the safetensors index; AWQ for 4 bits), in GB; qwen3-4b is vLLM's
own "Model loading took 7.6785 GiB" (kyuz0/amd-strix-halo-vllm-toolboxes pull request 5)."""


@pytest.mark.parametrize(("model", "precision", "published_gb"), PUBLISHED_GB)
def test_weights_are_as_large_as_the_published_checkpoint(
    catalog: Catalog, model: str, precision: Precision, published_gb: float
) -> None:
    assert weight_bytes(_setup(catalog, model, 1, precision)) / 1e9 == pytest.approx(published_gb, rel=0.03)


def test_a_step_reads_the_copies_and_not_what_a_window_dropped(catalog: Catalog) -> None:
    latent = machine_of([_setup(catalog, "deepseek/deepseek-v3", gpus, "fp8", "h200-sxm") for gpus in (1, 8)])
    once, copied = sequence_terms(latent, 10_000.0)[:, 2]
    assert copied == pytest.approx(once)  # eight times the bytes over eight times the bandwidth
    windows = machine_of([_setup(catalog, "google/gemma-3-27b")])
    short, long = (sequence_terms(windows, context)[0, 2] for context in (1024.0, 10_240.0))
    assert long < 3.0 * short


def test_a_sizing_says_what_is_copied_windowed_and_active(catalog: Catalog) -> None:
    latent = _cache_text(_setup(catalog, "deepseek/deepseek-r1", 8, "fp8"))
    assert "kept whole on each of 8 GPUs" in latent
    assert "52 of 62 layers keep the last 1,024 tokens" in _cache_text(_setup(catalog, "google/gemma-3-27b"))
    experts = _weights_text(_setup(catalog, "qwen/qwen3-30b-a3b"))
    assert "3.3B active" in experts
    assert "not memory" in experts
    assert "active" not in _weights_text(_setup(catalog, "qwen/qwen3-8b"))
    assert "embeddings at 2 bytes" in _weights_text(_setup(catalog, "qwen/qwen3-8b", 1, "int4"))


@pytest.mark.parametrize(
    ("gpu", "flag"), [("t4", "--dtype half"), ("v100-16", "--dtype half"), ("l4", "--dtype bfloat16")]
)
def test_the_command_asks_for_a_type_that_the_gpu_has(catalog: Catalog, gpu: str, flag: str) -> None:
    assert flag in server_command(catalog, _setup(catalog, "qwen/qwen2.5-1.5b", gpu=gpu))


def test_a_model_without_known_heads_is_sized_as_before(catalog: Catalog) -> None:
    model = replace(catalog.models["meta/llama-3.1-8b"], id="someone/else")
    setup = Setup(model, catalog.gpus["h100-sxm"], 1, "int4")
    assert weight_bytes(setup) == pytest.approx(8.03e9 * 0.5625)
    assert why_not_sized(setup) is None
