"""The curated models: what must hold between the facts of one model."""

from datetime import date

import pytest

from planner.catalog import load_catalog
from planner.catalog.schema import Model

MODELS = load_catalog().models
FOUNDING = (
    "openai/gpt-4",
    "openai/gpt-3.5-turbo",
    "anthropic/claude-3-opus",
    "anthropic/claude-3-sonnet",
    "anthropic/claude-3-haiku",
    "meta/llama-3-8b",
    "meta/llama-3-70b",
    "microsoft/phi-3-mini",
    "mistralai/mistral-7b",
    "mistralai/mixtral-8x7b",
    "mistralai/mixtral-8x22b",
    "google/gemma-2-9b",
)
TODAY = (
    "openai/gpt-6-astra",
    "openai/gpt-6.1-sol",
    "openai/gpt-6-luna",
    "anthropic/claude-opus-5.5",
    "anthropic/claude-sonnet-5.5",
    "anthropic/claude-haiku-5.5",
    "google/gemini-4-argon",
    "google/gemma-4-31b",
    "x-ai/grok-4.7",
    "moonshotai/kimi-k3",
    "qwen/qwen3.8-27b",
    "z-ai/glm-5.3",
    "deepseek/deepseek-v4-pro",
)


@pytest.mark.parametrize("model_id", [*FOUNDING, *TODAY])
def test_a_model_that_matters_is_there(model_id: str) -> None:
    assert model_id in MODELS


def test_there_are_at_least_120_models() -> None:
    assert len(MODELS) >= 120


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_the_facts_of_a_model_agree(model: Model) -> None:
    assert model.open_weights == (model.licence_kind != "proprietary")
    assert model.released is None or date(2022, 11, 1) <= model.released <= date(2026, 11, 24)
    assert model.context_tokens >= 2_048
    assert model.modalities[0] == "text"
    assert (model.fine_tuning == "weights") == model.open_weights
    if model.active_params_b is not None:
        assert model.total_params_b is not None
        assert 0.0 < model.active_params_b <= model.total_params_b


@pytest.mark.parametrize(
    "model",
    [model for model in MODELS.values() if model.kv_heads is not None and not model.id.startswith("qwen/qwen3-next")],
    ids=lambda model: model.id,
)
def test_the_cache_of_a_token_follows_from_the_shape(model: Model) -> None:
    assert model.layers is not None
    assert model.kv_heads is not None
    assert model.head_dim is not None
    keys_and_values, bytes_each = 2, 2
    assert model.kv_bytes_per_token == keys_and_values * bytes_each * model.layers * model.kv_heads * model.head_dim


@pytest.mark.parametrize(
    "model",
    [
        m
        for m in MODELS.values()
        if m.hidden and m.layers and m.total_params_b and m.active_params_b == m.total_params_b
    ],
    ids=lambda model: model.id,
)
def test_the_size_of_a_dense_model_fits_its_shape(model: Model) -> None:
    # A layer holds about 12 hidden^2 weights; grouped attention and narrow or wide feed-forward parts shift it.
    assert model.hidden is not None
    assert model.layers is not None
    assert model.total_params_b is not None
    from_shape_b = 12.0 * model.layers * model.hidden**2 / 1e9
    assert 0.35 * from_shape_b <= model.total_params_b <= 4.0 * from_shape_b


@pytest.mark.parametrize("model", [m for m in MODELS.values() if m.total_params_b], ids=lambda model: model.id)
def test_an_open_model_of_up_to_15_billion_parameters_is_small(model: Model) -> None:
    assert model.total_params_b is not None
    if model.total_params_b <= 15.0:
        assert model.model_class == "small"


def test_every_maker_of_a_frontier_model_has_one_that_is_cheaper_to_run() -> None:
    makers = {model.maker for model in MODELS.values() if model.model_class == "frontier"}
    others = {model.maker for model in MODELS.values() if model.model_class != "frontier"}
    assert {"OpenAI", "Anthropic", "Google"} <= makers & others
