"""Counting tokens without a network."""

import os
from pathlib import Path

import pytest

from planner.errors import OfflineError
from planner.workload import tokens
from planner.workload.tokens import TOKENIZERS, count_tokens, encode


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_known_texts_have_known_counts(tokenizer: tokens.Tokenizer) -> None:
    assert count_tokens(["hello world", "", "a b c d"], tokenizer) == [2, 0, 4]


def test_the_two_tokenizers_differ_on_german() -> None:
    text = "Die Rückerstattung der Versandkosten für beschädigte Wanderausrüstung"
    assert count_tokens([text], "o200k_base")[0] < count_tokens([text], "cl100k_base")[0]


def test_special_tokens_in_a_prompt_are_ordinary_text() -> None:
    assert count_tokens(["<|endoftext|>"])[0] > 1


def test_a_lone_surrogate_is_counted_not_refused() -> None:
    assert count_tokens(["\ud800 x"])[0] >= 2


def test_ids_are_stable() -> None:
    assert encode(["hello world"], "cl100k_base") == [[15339, 1917]]


def test_the_setting_of_the_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "elsewhere")
    tokens._encoding.cache_clear()
    count_tokens(["x"])
    assert os.environ["TIKTOKEN_CACHE_DIR"] == "elsewhere"
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR")
    tokens._encoding.cache_clear()
    count_tokens(["x"])
    assert "TIKTOKEN_CACHE_DIR" not in os.environ


def test_a_missing_vocabulary_is_said_and_not_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tokens._encoding.cache_clear()
    monkeypatch.setattr(tokens, "_vocabulary_folder", lambda: tmp_path)
    with pytest.raises(OfflineError, match="o200k_base is not in the installed litellm"):
        count_tokens(["x"])
    tokens._encoding.cache_clear()
