"""Token counts as servers state them, and what is billed for them."""

from types import SimpleNamespace
from typing import Any

import pytest

from planner.probing.wire.usage import read_usage


def _usage(prompt: int, completion: int, total: int | None, reasoning: int | None = None) -> Any:
    details = None if reasoning is None else SimpleNamespace(reasoning_tokens=reasoning)
    return SimpleNamespace(
        prompt_tokens=prompt, completion_tokens=completion, total_tokens=total, completion_tokens_details=details
    )


@pytest.mark.parametrize(
    ("usage", "output", "reasoning", "beside"),
    [
        (_usage(50, 40, 90), 40, 0, 0),
        (_usage(50, 40, 90, 30), 40, 30, 0),  # reasoning is a part of the completion
        (_usage(50, 40, 590, 500), 540, 500, 500),  # reasoning beside the completion, in the total
        (_usage(50, 40, 590), 540, 500, 500),  # in the total alone
        (_usage(50, 40, 90, 500), 540, 500, 500),  # more reasoning than completion: it cannot be a part of it
        (_usage(50, 40, None, 500), 540, 500, 500),  # no total at all
        (_usage(50, 40, 590, 20), 540, 500, 500),
        (_usage(0, 0, 0), 0, 0, 0),
        (None, 0, 0, 0),
    ],
)
def test_output_is_what_the_total_leaves_after_the_prompt(usage: Any, output: int, reasoning: int, beside: int) -> None:
    read = read_usage(usage)
    assert (read.completion_tokens, read.reasoning_tokens, read.beside_tokens) == (output, reasoning, beside)


def test_a_total_below_its_parts_is_told_and_lowers_nothing() -> None:
    read = read_usage(_usage(50, 40, 60))
    assert (read.completion_tokens, read.beside_tokens, read.missing_tokens) == (40, 0, 30)


def test_the_servers_own_total_comes_before_the_sum_of_its_parts() -> None:
    assert read_usage(_usage(50, 40, 90), stated_total=590).completion_tokens == 540
