"""From what a user calls a model to how it is reached."""

from datetime import date

import pytest

from planner.catalog.load import load_catalog
from planner.errors import InputError
from planner.probing.targets import KEY_VARIABLES, LOCAL_MODEL, key_notes, missing_keys, resolve_targets
from planner.store.records import Target

TODAY = date(2026, 11, 24)
OPENAI = {"OPENAI_API_KEY": "none-needed-here"}


def _one(name: str, environment: dict[str, str], **options: object) -> Target:
    targets, problems = resolve_targets([name], load_catalog(), environment, TODAY, **options)  # type: ignore[arg-type]
    assert problems == (), problems
    return targets[0]


def _problem(name: str, environment: dict[str, str], **options: object) -> InputError:
    targets, problems = resolve_targets([name], load_catalog(), environment, TODAY, **options)  # type: ignore[arg-type]
    assert targets == ()
    assert "\n" not in str(problems[0])
    return problems[0]


@pytest.mark.parametrize("name", ["openai/gpt-4o-mini", "gpt-4o-mini", "GPT-4o mini"])
def test_a_catalog_model_is_reached_at_a_provider_whose_key_is_there(name: str) -> None:
    target = _one(name, OPENAI)
    assert (target.catalog_model, target.provider, target.litellm_model) == (
        "openai/gpt-4o-mini",
        "openai",
        "gpt-4o-mini",
    )
    assert (target.input_usd_per_mtok, target.output_usd_per_mtok) == (0.15, 0.6)


def test_another_key_leads_to_another_provider() -> None:
    azure = {"AZURE_API_KEY": "none-needed-here", "AZURE_API_BASE": "https://example.openai.azure.com"}
    target = _one("gpt-4o-mini", azure)
    assert (target.catalog_model, target.provider) == ("openai/gpt-4o-mini", "azure")


def test_of_all_providers_whose_key_is_there_the_cheapest_is_asked() -> None:
    names = ("GROQ", "CEREBRAS", "DEEPINFRA", "TOGETHERAI", "FIREWORKS_AI")
    everyone = {f"{name}_API_KEY": "none-needed-here" for name in names}
    chosen = _one("meta/llama-3.3-70b", everyone)
    for name in names:
        try:
            other = _one("meta/llama-3.3-70b", {f"{name}_API_KEY": "none-needed-here"})
        except AssertionError:
            continue
        mixed = [3.0 * (t.input_usd_per_mtok or 0.0) + (t.output_usd_per_mtok or 0.0) for t in (chosen, other)]
        assert mixed[0] <= mixed[1] + 1e-9


def test_an_offer_with_price_steps_brings_them() -> None:
    target = _one("gemini/gemini-2.5-pro", {"GEMINI_API_KEY": "none-needed-here"})
    assert target.price is not None
    assert [step.above_input_tokens for step in target.price.steps] == [200_000.0]
    assert _one("gpt-4o-mini", OPENAI).price is None


def test_without_a_key_one_line_names_the_variable() -> None:
    assert "OPENAI_API_KEY" in str(_problem("gpt-4o-mini", {}))


def test_what_sends_nothing_needs_no_key_and_tells_which_one_a_run_would() -> None:
    targets, problems = resolve_targets(
        ["openai/gpt-4o-mini", "nonsense-9", LOCAL_MODEL], load_catalog(), {}, TODAY, needs_key=False
    )
    assert [target.name for target in targets] == ["openai/gpt-4o-mini", LOCAL_MODEL]
    assert (targets[0].input_usd_per_mtok, len(problems)) == (0.15, 1)
    (note,) = key_notes(targets, {}).values()
    assert "OPENAI_API_KEY" in note
    assert key_notes(targets, OPENAI) == {}


def test_an_unknown_model_is_told_with_close_names() -> None:
    assert "gpt-4o-mini" in str(_problem("gpt-4o-minni", OPENAI))


def test_a_litellm_name_is_taken_as_it_is_with_the_price_of_the_map() -> None:
    target = _one("openai/gpt-4o-mini-2024-07-18", OPENAI)
    assert target.litellm_model in {"gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini-2024-07-18"}
    assert target.input_usd_per_mtok == 0.15


def test_a_model_that_no_price_map_lists_needs_a_stated_price() -> None:
    assert "--price IN:OUT" in str(_problem("openai/my-own-tuned-model", OPENAI))
    target = _one("openai/my-own-tuned-model", OPENAI, price=(0.5, 1.5))
    assert (target.litellm_model, target.output_usd_per_mtok) == ("openai/my-own-tuned-model", 1.5)


def test_a_server_of_ones_own_needs_an_address_and_a_price_and_no_key() -> None:
    target = _one("my-model", {}, api_base="http://127.0.0.1:8000/v1", price=(0.0, 0.0))
    assert (target.provider, target.litellm_model, target.api_base) == (
        "custom",
        "openai/my-model",
        "http://127.0.0.1:8000/v1",
    )
    assert "--price" in str(_problem("my-model", {}, api_base="http://127.0.0.1:8000/v1"))


def test_the_local_model_needs_nothing_and_costs_nothing() -> None:
    target = _one(LOCAL_MODEL, {}, api_base="http://127.0.0.1:8000/v1", price=(5.0, 5.0))
    assert (target.provider, target.api_base, target.input_usd_per_mtok) == ("local", None, 0.0)


def test_one_unreachable_model_leaves_the_others() -> None:
    targets, problems = resolve_targets([LOCAL_MODEL, "gpt-4o-mini", "nonsense-9"], load_catalog(), {}, TODAY)
    assert [target.name for target in targets] == [LOCAL_MODEL]
    assert len(problems) == 2


def test_a_name_given_twice_is_asked_once() -> None:
    targets, _ = resolve_targets([LOCAL_MODEL, f" {LOCAL_MODEL} ", ""], load_catalog(), {}, TODAY)
    assert len(targets) == 1


def test_a_retired_offer_is_not_asked() -> None:
    catalog = load_catalog()
    retired = next(
        offer
        for offer in catalog.offers
        if offer.retires is not None and offer.retires < TODAY and offer.model is None and offer.mode == "chat"
    )
    _, problems = resolve_targets([retired.key], catalog, {}, TODAY)
    assert problems


def test_keys_are_asked_for_under_the_names_that_litellm_reads() -> None:
    from planner.probing.wire.litellm_client import load_litellm

    litellm = load_litellm()
    models = {"openai": "gpt-4o-mini", "anthropic": "claude-haiku-4-5", "gemini": "gemini/gemini-2.5-flash"}
    models |= {"groq": "groq/llama-3.1-8b-instant", "mistral": "mistral/mistral-small-latest"}
    models |= {"deepseek": "deepseek/deepseek-chat", "xai": "xai/grok-4", "cerebras": "cerebras/llama3.1-8b"}
    models |= {"fireworks_ai": "fireworks_ai/accounts/fireworks/models/llama-v3p1-8b-instruct"}
    for provider, model in models.items():
        wanted = litellm.validate_environment(model)["missing_keys"]
        assert set(missing_keys(provider, {})) & set(wanted), (provider, wanted)


@pytest.mark.parametrize("provider", sorted(KEY_VARIABLES))
def test_any_of_the_ways_to_be_let_in_is_enough(provider: str) -> None:
    for way in KEY_VARIABLES[provider]:
        assert missing_keys(provider, dict.fromkeys(way, "x")) == ()


@pytest.mark.parametrize("name", ["deepseek/deepseek-v4-flash", "deepseek/deepseek-v4-pro"])
def test_the_exact_litellm_name_wins_over_an_id_that_is_spelled_alike(name: str) -> None:
    target = _one(name, {"DEEPSEEK_API_KEY": "none-needed-here"})
    assert (target.litellm_model, target.provider, target.catalog_model) == (name, "deepseek", name)
    assert _one(name, {}, needs_key=False).provider == "deepseek"
    assert _one(name, {"DEEPINFRA_API_KEY": "none-needed-here"}).provider == "deepinfra"


def test_a_hugging_face_name_is_asked_wherever_the_model_is_sold_and_a_named_provider_binds() -> None:
    assert _one("meta-llama/Llama-3.1-8B-Instruct", {}, needs_key=False).catalog_model == "meta/llama-3.1-8b"
    assert "--price" in str(_problem("groq/llama-3.1-8b-instruct", {"GROQ_API_KEY": "none-needed-here"}))


def test_a_dated_name_that_the_map_lacks_is_never_asked_as_another_snapshot() -> None:
    assert "gpt-4o-2031-01-01" in str(_problem("gpt-4o-2031-01-01", OPENAI))


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("o3-mini-2025-01-31", "2026-10-23"),
        ("claude-sonnet-4-5", "2026-11-30"),
        ("anthropic/claude-sonnet-4-5-20250929", "2026-11-30"),
        ("vertex_ai/gemini-2.5-pro", "2026-10-20"),
    ],
)
def test_a_retired_name_says_since_when_and_what_follows(name: str, day: str) -> None:
    _, problems = resolve_targets([name], load_catalog(), {}, date(2026, 12, 1), needs_key=False)
    assert f"retired on {day}" in str(problems[0])
    assert "what follows it" in str(problems[0])
    assert "--price" not in str(problems[0])


def test_a_model_that_nobody_sells_says_so_and_what_follows() -> None:
    problem = _problem("google/gemini-1.5-pro", {"GEMINI_API_KEY": "none-needed-here"})
    assert "no provider of the price map sells" in str(problem)


def test_a_quantised_copy_on_a_server_of_ones_own_is_not_taken_for_the_model() -> None:
    server = {"api_base": "http://127.0.0.1:8000/v1", "price": (0.0, 0.0)}
    assert _one("meta-llama/Llama-3.1-8B-Instruct", {}, **server).catalog_model == "meta/llama-3.1-8b"
    assert _one("x/Llama-3.1-8B-Instruct-AWQ", {}, **server).catalog_model is None
