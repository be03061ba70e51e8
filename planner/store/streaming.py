"""Which tokens of a streamed answer came after its first, whether its reasoning was hidden or streamed.

Providers that hide reasoning think before the first token: what follows are the visible tokens. Others stream it
(DeepSeek R1, Qwen, Grok mini): the first token is a thought, and every other token follows. Both state the same counts,
so how the chunks came tells which it was.
"""

from typing import Final

_MORE: Final = 1.25
"""Chunks beyond this many times the visible tokens can't all be visible: a chunk brings a token or more."""
_SPARE: Final = 2
_MOST_OF: Final = 0.5
"""Chunks of at least this part of the visible tokens are those tokens, one or two at a time."""
_UNTHINKABLE: Final = 2.0
"""Reasoning at the pace of what followed would have taken this many times as long as the first token did."""


def was_streamed(visible: int, reasoning: int, chunks: int | None, ttft_ms: float, total_ms: float) -> bool:
    """Whether an answer's reasoning was streamed.

    Args:
        visible: Output tokens without the reasoning.
        reasoning: Tokens of reasoning, streamed or hidden.
        chunks: Events that brought tokens; None where they weren't kept. They decide where they can; else time does.
        ttft_ms: To the first token of either kind.
        total_ms: To the last.
    """
    if reasoning <= 0:
        return False
    if chunks is not None and chunks > 1:
        if chunks > _MORE * visible + _SPARE:
            return True
        if chunks >= _MOST_OF * visible:
            return False
    if visible <= 1:
        return total_ms - ttft_ms > ttft_ms
    return reasoning * (total_ms - ttft_ms) / (visible - 1) > _UNTHINKABLE * ttft_ms


def tokens_after_first(output: int, reasoning: int, *, streamed: bool) -> int:
    """Tokens that arrived after the first one: all but one, hidden reasoning left out."""
    return max(output - (0 if streamed else reasoning) - 1, 0)
