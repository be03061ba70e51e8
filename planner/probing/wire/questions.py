"""One question to a model and what can come of it."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from planner.probing.wire.messages import Timeouts
from planner.store.records import Target

FailureKind: TypeAlias = Literal[
    "auth",
    "rate_limit",
    "timeout",
    "bad_request",
    "not_found",
    "context_window",
    "content_filter",
    "server",
    "connection",
    "malformed",
    "unsupported",
    "payment",
    "internal",
]
RETRIED: Final[frozenset[FailureKind]] = frozenset({"rate_limit", "server", "connection", "timeout", "malformed"})
"""Kinds that another try may mend; only tried again when the failed try cannot have been billed."""
FATAL: Final[frozenset[FailureKind]] = frozenset({"auth", "not_found", "payment"})
"""Kinds that every further request to the same model would meet too."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: str
    """system, user or assistant."""
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent to one model."""

    target: Target
    messages: tuple[Message, ...]
    max_output_tokens: int
    temperature: float | None
    seed: int | None
    timeouts: Timeouts


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer with its times (ms) and tokens."""

    text: str
    finish_reason: str | None
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    """Reasoning included."""
    reasoning_tokens: int
    usage_stated: bool
    """The server counted the tokens; otherwise they are litellm's estimate."""
    litellm_cost_usd: float | None
    ttft_ms: float | None
    total_ms: float
    gaps_ms: tuple[float, ...]
    lag_ms: float
    """Worst lateness of the loop that took the times."""
    streams: int
    sent: float | None
    """`time.perf_counter` when it left; None when that was not seen."""
    at_transport: bool
    """False: this provider's path could not be wrapped; the times are the client's own and enter no fit."""
    beside_tokens: int = 0
    """Output tokens that the server's total holds beside its prompt and completion; part of completion_tokens here."""
    missing_tokens: int = 0
    """By how much the server's total falls short of its prompt and completion."""


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer, and why."""

    kind: FailureKind
    message: str
    """One line, without keys."""
    may_be_billed: bool
    """The request left and no refusal came back: the provider may charge for it."""
    retry_after_s: float | None = None
    lag_ms: float | None = None
    streams: int = 1
