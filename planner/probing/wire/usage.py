"""Tokens that a server says it billed, checked: output is what the total leaves after the prompt, if that is more.

Some servers state reasoning beside the completion instead of inside it, some state it in the total alone. Whoever sums
prompt and completion then sees a part of the bill. The larger figure is taken, so that a cap can only end early.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_MOST_COUNT: Final = 10**9
"""More tokens than any request has; a store's columns and a price's arithmetic hold it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer as they are billed."""

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    """All output, reasoning included."""
    reasoning_tokens: int
    beside_tokens: int
    """Output that the stated completion left out; 0 when the figures add up."""
    missing_tokens: int
    """By how much the stated total falls short of its parts; 0 when the figures add up or no total is stated."""


def read_usage(usage: Any, stated_total: int = 0) -> Usage:  # noqa: ANN401 (litellm's usage; fields may be missing)
    """Billed tokens of a stated usage; what is missing counts as 0.

    `stated_total` is the server's own total: litellm writes the sum of its parts over it.

    Output is the largest of: the completion; the total less the prompt; completion and reasoning together where there
    is more reasoning than completion, so that the one cannot be a part of the other.
    """
    prompt, completion = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    total = stated_total or _count(usage, "total_tokens")
    reasoning = _count(getattr(usage, "completion_tokens_details", None), "reasoning_tokens")
    apart = completion + reasoning if reasoning > completion else completion
    output = max(apart, total - prompt)
    beside = output - completion
    return Usage(
        prompt_tokens=prompt,
        cached_tokens=_count(getattr(usage, "prompt_tokens_details", None), "cached_tokens"),
        completion_tokens=output,
        reasoning_tokens=max(reasoning, beside),
        beside_tokens=beside,
        missing_tokens=max(prompt + completion - total, 0) if total else 0,
    )


def _count(holder: Any, name: str) -> int:  # noqa: ANN401 (litellm's usage)
    return max(int(getattr(holder, name, None) or 0), 0)


def bad_count(content: Mapping[str, Any]) -> str:
    """The first count of tokens in an event's usage that is none (negative, huge, no whole number); '' without one.

    >>> bad_count({"usage": {"prompt_tokens": 3, "completion_tokens": -1}})
    'completion_tokens -1'
    """
    for holder in ("usage", "usageMetadata"):
        usage = content.get(holder)
        if isinstance(usage, dict):
            for name, value in usage.items():
                if name.endswith(("tokens", "TokenCount")) and not _is_count(value):
                    return f"{name} {str(value)[:20]}"
                if isinstance(value, dict):
                    inner = [n for n, v in value.items() if n.endswith("tokens") and v is not None and not _is_count(v)]
                    if inner:
                        return f"{inner[0]} {str(value[inner[0]])[:20]}"
    return ""


def _is_count(value: Any) -> bool:  # noqa: ANN401 (JSON as it came)
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return whole and not isinstance(value, bool) and 0 <= value <= _MOST_COUNT
