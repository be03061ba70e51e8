"""The reviewed join of price-map entries to models: tricky names are joined right, or not at all."""

import pytest

from planner.catalog import load_catalog

JOINED = {
    "gpt-4o-2024-05-13": "openai/gpt-4o",
    "azure/gpt-35-turbo": "openai/gpt-3.5-turbo",
    "azure/gpt-4-1106-preview": "openai/gpt-4-turbo",
    "gpt-4-0613": "openai/gpt-4",
    "gpt-5.6": "openai/gpt-5.6-sol",
    "claude-haiku-4-5-20251001": "anthropic/claude-haiku-4.5",
    "eu.anthropic.claude-opus-4-6-v1": "anthropic/claude-opus-4.6",
    "anthropic.claude-3-5-sonnet-20241022-v2:0": "anthropic/claude-3.5-sonnet",
    "vertex_ai/claude-opus-5-5@default": "anthropic/claude-opus-5.5",
    "databricks/databricks-claude-fable-5-1": "anthropic/claude-fable-5.1",
    "deepseek.v3-v1:0": "deepseek/deepseek-v3.1",
    "bedrock/eu-north-1/deepseek.v3.2": "deepseek/deepseek-v3.2",
    "deepinfra/deepseek-ai/DeepSeek-R1-0528": "deepseek/deepseek-r1-0528",
    "deepinfra/deepseek-ai/DeepSeek-V3-0324": "deepseek/deepseek-v3-0324",
    "deepseek/deepseek-flash": "deepseek/deepseek-v4.1-flash",
    "nscale/deepseek-ai/DeepSeek-R1-Distill-Llama-8B": "deepseek/deepseek-r1-distill-llama-8b",
    "fireworks_ai/accounts/fireworks/models/llama-v3p1-8b-instruct": "meta/llama-3.1-8b",
    "cerebras/llama3.1-8b": "meta/llama-3.1-8b",
    "meta.llama3-2-11b-instruct-v1:0": "meta/llama-3.2-11b-vision",
    "together_ai/meta-llama/Llama-3-8b-chat-hf": "meta/llama-3-8b",
    "azure_ai/Phi-3-mini-4k-instruct": "microsoft/phi-3-mini",
    "mistral/open-mistral-nemo": "mistralai/mistral-nemo",
    "bedrock/eu-west-3/mistral.mixtral-8x7b-instruct-v0:1": "mistralai/mixtral-8x7b",
    "qwen.qwen3-235b-a22b-2507-v1:0": "qwen/qwen3-235b-a22b-instruct-2507",
    "deepinfra/Qwen/Qwen3-235B-A22B": "qwen/qwen3-235b-a22b",
    "moonshot.kimi-k2-thinking": "moonshotai/kimi-k2-thinking",
    "openai.gpt-oss-20b-1:0": "openai/gpt-oss-20b",
    "xai/grok-4.20-0309-reasoning": "x-ai/grok-4.20",
    "azure_ai/FW-GLM-5.3-Flash": "z-ai/glm-5.3-flash",
    "gemini/gemini-3.1-pro-preview": "google/gemini-3.1-pro",
}
NOT_JOINED = (
    # tuned by a customer, or tuned by someone else
    "ft:gpt-4o-2024-08-06",
    "deepinfra/NousResearch/Hermes-3-Llama-3.1-70B",
    "fireworks_ai/accounts/fireworks/models/dolphin-2p6-mixtral-8x7b",
    "together_ai/NousResearch/Nous-Hermes-2-Mixtral-8x7B-DPO",
    # base models
    "fireworks_ai/accounts/fireworks/models/llama-v3-8b",
    "fireworks_ai/accounts/fireworks/models/mixtral-8x7b",
    "fireworks_ai/accounts/fireworks/models/qwen2p5-72b",
    "replicate/meta/llama-3-8b",
    # quantised, or sold as a faster variant
    "meta_llama/Llama-4-Maverick-17B-128E-Instruct-FP8",
    "together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo",
    "cloudflare/@cf/meta/llama-3.1-8b-instruct-fp8",
    "novita/qwen/qwen3-32b-fp8",
    "together_ai/moonshotai/Kimi-K2.5-fp4",
    "deepinfra/openai/gpt-oss-120b-Turbo",
    "azure_ai/claude-opus-5-5-fast",
    # other products under a similar name
    "gpt-5-chat",
    "gpt-5-codex",
    "gpt-5.4-pro",
    "gpt-4o-search-preview",
    "gpt-4o-audio-preview-2024-12-17",
    "o3-deep-research",
    "bedrock_mantle/openai.gpt-oss-safeguard-20b",
    "gemini-3.8-flash-cyber",
    "gemini/gemini-3.1-pro-preview-customtools",
    "xai/grok-4.20-multi-agent-0309",
    "meta/muse-spark-1.3-contributor",
    "azure_ai/MAI-DS-R1",
    "novita/deepseek/deepseek-r1-0528-qwen3-8b",
    "nvidia.nemotron-nano-12b-v2",
    "minimax/MiniMax-M2.5-lightning",
    # names that point to whatever is newest
    "chat-latest",
    "gemini/gemini-flash-latest",
    "mistral/mistral-large-latest",
    "mistral/mistral-medium",
    "deepseek/deepseek-chat",
    # names that the maker routes to another model by now
    "deepseek/deepseek-v4-pro",
    # a dated version that is another model
    "dashscope/qwen3-max-2026-01-23",
)


@pytest.mark.parametrize(("key", "model"), JOINED.items())
def test_a_tricky_name_is_joined_right(key: str, model: str) -> None:
    assert {offer.model for offer in load_catalog().offers if offer.key == key} == {model}


@pytest.mark.parametrize("key", NOT_JOINED)
def test_a_name_that_is_not_the_model_stays_unjoined(key: str) -> None:
    assert {offer.model for offer in load_catalog().offers if offer.key == key} == {None}


def test_no_fine_tuned_entry_is_joined() -> None:
    assert [offer.key for offer in load_catalog().offers if offer.key.startswith("ft:") and offer.model] == []


def test_no_key_that_says_quantised_is_joined() -> None:
    marks = ("fp8", "fp4", "int8", "awq", "gguf", "nvfp4")
    joined = [offer.key for offer in load_catalog().offers if offer.model]
    assert [key for key in joined if any(mark in key.lower() for mark in marks)] == []


def test_embeddings_are_not_joined_to_chat_models() -> None:
    assert [offer.key for offer in load_catalog().offers if offer.mode == "embedding" and offer.model] == []
