"""A name from any door leads to its model, and a look-alike to none."""

from dataclasses import replace

import pytest

from planner.catalog.load import load_catalog
from planner.catalog.names.models import find_model, model_names
from planner.catalog.names.spelling import is_copy, is_snapshot, plain, tails, without_surroundings
from planner.errors import InputError

CATALOG = load_catalog()
NAMES = model_names(CATALOG)


@pytest.mark.parametrize("model_id", list(CATALOG.models))
def test_every_model_is_found_by_its_id_and_its_shown_name(model_id: str) -> None:
    model = CATALOG.models[model_id]
    for name in (model_id, model_id.upper(), model.name, f" {model.name.lower()} "):
        found = NAMES.model_of(name)
        assert found is not None, name
        assert found.id == model_id, name


def test_every_joined_entry_of_the_price_map_leads_to_its_model() -> None:
    wrong = [
        (offer.key, found.id if found else None)
        for offer in CATALOG.offers
        if offer.model is not None and offer.key not in CATALOG.models
        for found in [NAMES.model_of(offer.key)]
        if found is None or found.id != offer.model
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("gpt-4.1-mini-2025-04-14", "openai/gpt-4.1-mini"),
        ("openai/gpt-4.1-2025-04-14", "openai/gpt-4.1"),
        ("azure/eu/gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini"),
        ("GPT‑4o", "openai/gpt-4o"),
        ("claude-opus-4-5-20251101", "anthropic/claude-opus-4.5"),
        ("vertex_ai/claude-haiku-4-5@20251001", "anthropic/claude-haiku-4.5"),
        ("apac.anthropic.claude-3-haiku-20240307-v1:0", "anthropic/claude-3-haiku"),
        (
            "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
            "anthropic/claude-3-haiku",
        ),
        ("openrouter/anthropic/claude-haiku-4.5", "anthropic/claude-haiku-4.5"),
        ("openrouter/openai/gpt-oss-20b:free", "openai/gpt-oss-20b"),
        ("models/gemini-2.5-flash-lite", "google/gemini-2.5-flash-lite"),
        ("projects/x/locations/us-east1/publishers/google/models/gemini-2.5-pro", "google/gemini-2.5-pro"),
        ("gemini-2.5-flash-001", "google/gemini-2.5-flash"),
        ("Llama 3.3 70B", "meta/llama-3.3-70b"),
        ("meta-llama/Llama-3.2-3B-Instruct", "meta/llama-3.2-3b"),
        ("RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a8", "meta/llama-3.1-8b"),
        ("hugging-quants/Meta-Llama-3.1-70B-Instruct-AWQ-INT4", "meta/llama-3.1-70b"),
        ("unsloth/gemma-3-12b-it-unsloth-bnb-4bit", "google/gemma-3-12b"),
        ("bartowski/Qwen2.5-32B-Instruct-GGUF", "qwen/qwen2.5-32b"),
        ("mlx-community/Qwen2.5-14B-Instruct-8bit", "qwen/qwen2.5-14b"),
        ("Qwen2.5-3B-Instruct-Q4_K_M.gguf", "qwen/qwen2.5-3b"),
        ("ollama/qwen2.5:14b-instruct-q5_K_S", "qwen/qwen2.5-14b"),
        ("Qwen/Qwen3-4B-Instruct-2507", "qwen/qwen3-4b-instruct-2507"),
        ("Qwen/Qwen3-235B-A22B-Thinking-2507-FP8", "qwen/qwen3-235b-a22b-thinking-2507"),
        ("mistralai/Mistral-Large-Instruct-2407", "mistralai/mistral-large-2407"),
        ("deepseek-ai/DeepSeek-V3-0324", "deepseek/deepseek-v3-0324"),
        ("accounts/fireworks/models/llama-v3p3-70b-instruct", "meta/llama-3.3-70b"),
        ("@cf/meta/llama-3.2-3b-instruct", "meta/llama-3.2-3b"),
        ("Claude 4.5 Haiku", "anthropic/claude-haiku-4.5"),
        ("moonshotai/Kimi-K2-Thinking", "moonshotai/kimi-k2-thinking"),
    ],
)
def test_names_of_providers_hubs_and_people_lead_to_the_model(name: str, model: str) -> None:
    found = NAMES.model_of(name)
    assert found is not None
    assert found.id == model


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o-realtime-preview-2024-12-17",
        "gpt-4o-transcribe",
        "ft:gpt-4.1-mini-2025-04-14:acme::x1",
        "someone/gpt-4o",
        "someone/Llama-3.1-8B-Instruct-uncensored",
        "nvidia/Llama-3.1-Nemotron-51B-Instruct",
        "Qwen3-30B-A3B-Thinking-2506",
        "deepseek-v4-flash-0802",
        "llama",
        "claude",
        "gpt-5o",
        "",
        "-",
    ],
)
def test_a_look_alike_is_no_model(name: str) -> None:
    assert NAMES.model_of(name) is None


def test_a_name_of_two_models_stands_for_none_and_the_error_lists_both() -> None:
    model = CATALOG.models["openai/gpt-4o"]
    ids = ("acme/zeta-1", "beta/zeta-1")
    twins = replace(CATALOG, models={one: replace(model, id=one, name=one) for one in ids}, offers=())
    with pytest.raises(InputError, match=r"did you mean .*beta/zeta-1") as caught:
        find_model(twins, "zeta-1", "shop.yaml", "segments.a.prefer")
    assert "acme/zeta-1" in str(caught.value)
    assert find_model(twins, "Acme/Zeta-1").id == "acme/zeta-1"


def test_the_error_names_file_field_and_what_was_meant() -> None:
    with pytest.raises(InputError) as caught:
        find_model(CATALOG, "gemini-2.5-por", "shop.yaml", "segments.a.prefer")
    assert str(caught.value).startswith("shop.yaml: segments.a.prefer: found 'gemini-2.5-por'")
    assert "google/gemini-2.5-pro" in str(caught.value)


def test_spellings_are_cut_from_the_outside_in() -> None:
    assert list(tails("a/b/c")) == ["a/b/c", "b/c", "c"]
    cut = list(without_surroundings("us.anthropic.claude-3-haiku-20240307-v1:0"))
    assert cut == ["claude-3-haiku-20240307-v1:0", "claude-3-haiku-20240307", "claude-3-haiku"]
    assert plain("meta-llama-3-1-8b-instruct") == plain("llama-3.1-8b") == "llama3.1@8b"
    assert plain("gpt-4-32k") != plain("gpt-4.32k")


@pytest.mark.parametrize(("name", "copy"), [("x/Llama-3.1-8B-Instruct-AWQ", True), ("x/Llama-3.1-8B-Instruct", False)])
def test_a_quantised_copy_is_told_from_the_model(name: str, copy: bool) -> None:
    assert is_copy(name) is copy


@pytest.mark.parametrize(("name", "dated"), [("gpt-4o-2031-01-01", True), ("x@20250929", True), ("gpt-4-0314", False)])
def test_the_day_of_a_snapshot_is_seen(name: str, dated: bool) -> None:
    assert is_snapshot(name) is dated
