"""Tokens that arrived after the first, whether the reasoning was hidden or streamed."""

import pytest

from planner.store.streaming import tokens_after_first, was_streamed


@pytest.mark.parametrize(
    ("visible", "reasoning", "chunks", "ttft_ms", "total_ms", "streamed"),
    [
        (20, 900, 20, 500.0, 880.0, False),  # a chunk a visible token: the rest was never sent
        (20, 80, 100, 100.0, 2080.0, True),  # more chunks than visible tokens
        (20, 80, None, 100.0, 2080.0, True),  # 80 thoughts at the visible pace don't fit before the first token
        (20, 80, None, 1700.0, 2080.0, False),
        (100, 900, 6, 20_000.0, 22_000.0, False),  # few large chunks: time tells
        (100, 900, 6, 300.0, 22_000.0, True),
        (1, 500, None, 6000.0, 6010.0, False),
        (1, 500, None, 200.0, 6010.0, True),
        (50, 0, 50, 100.0, 900.0, False),
    ],
)
def test_chunks_tell_else_time(
    visible: int, reasoning: int, chunks: int | None, ttft_ms: float, total_ms: float, streamed: bool
) -> None:
    assert was_streamed(visible, reasoning, chunks, ttft_ms, total_ms) is streamed


def test_hidden_reasoning_is_no_token_after_the_first() -> None:
    assert tokens_after_first(920, 900, streamed=False) == 19
    assert tokens_after_first(920, 900, streamed=True) == 919
    assert tokens_after_first(0, 0, streamed=False) == 0
    assert tokens_after_first(900, 900, streamed=False) == 0
