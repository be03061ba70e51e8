"""Joining names from elsewhere: known ones whatever their order, never one that could be another model."""

from collections.abc import Mapping

import pytest

from planner.catalog.evidence.scores import Alias, load_aliases
from planner.catalog.load import load_models
from planner.catalog.model_names import KnownNames, join_name, known_names
from planner.catalog.schema import Model
from planner.resources import catalogs_dir


@pytest.fixture(scope="module")
def models() -> Mapping[str, Model]:
    return load_models(catalogs_dir() / "models.yaml")


@pytest.fixture(scope="module")
def names(models: Mapping[str, Model]) -> KnownNames:
    return known_names(models, load_aliases(catalogs_dir() / "aliases.csv"))


def test_every_model_is_known_by_its_id_and_its_shown_name(models: Mapping[str, Model], names: KnownNames) -> None:
    shown = [model.name.lower() for model in models.values()]
    for model in models.values():
        assert join_name(names, model.id) == Alias(model.id, "")
        if shown.count(model.name.lower()) == 1:
            assert join_name(names, model.name) == Alias(model.id, "")


@pytest.mark.parametrize(
    ("name", "model", "variant"),
    [
        ("gpt-oss-120B (high)", "openai/gpt-oss-120b", "high"),
        ("Claude 4.5 Sonnet", "anthropic/claude-sonnet-4.5", ""),
        ("Claude 4.5 Sonnet (Reasoning)", "anthropic/claude-sonnet-4.5", "reasoning"),
        ("claude-sonnet-4-5-20250929-thinking-32k", "anthropic/claude-sonnet-4.5", "thinking-32k"),
        ("Llama 3.3 Instruct 70B", "meta/llama-3.3-70b", ""),
        ("DeepSeek V3.2 (Non-reasoning)", "deepseek/deepseek-v3.2", "non-reasoning"),
        ("DeepSeek R1 0528 (May '25)", "deepseek/deepseek-r1-0528", "may '25"),
        ("  GPT-4o mini ", "openai/gpt-4o-mini", ""),
    ],
)
def test_a_known_name_is_joined_with_how_the_model_was_run(
    names: KnownNames, name: str, model: str, variant: str
) -> None:
    assert join_name(names, name) == Alias(model, variant)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Some Model 9", "nobody knows it"),
        ("GPT", "less than a name"),
        ("GPT-4o Ultra", "one word more"),
        ("Qwen3 235B A22B 2507 (Reasoning)", "the catalog's model of these words never reasons"),
        ("Mistral Large 2 (Nov '24)", "the catalog's model of these words is of July"),
        ("", "nothing"),
        ("(high)", "a remark alone"),
    ],
)
def test_a_name_that_could_be_another_model_is_not_joined(names: KnownNames, name: str, why: str) -> None:
    assert join_name(names, name) is None, why


def test_a_name_of_two_models_stands_for_none(models: Mapping[str, Model]) -> None:
    aliases = {("a", "twin"): Alias("openai/o1", ""), ("b", "Twin"): Alias("openai/o3", "")}
    assert join_name(known_names(models, aliases), "twin") is None
