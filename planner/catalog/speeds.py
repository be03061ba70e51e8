"""What is published of how fast APIs answer: one time or statistic a row, and the hosts it was taken at."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from planner.catalog.source import Source

HostClass: TypeAlias = Literal["first_party", "hyperscaler", "fast", "open_host", "router"]
RateKind: TypeAlias = Literal["decode", "end_to_end"]
Effort: TypeAlias = Literal["", "none", "minimal", "low", "medium", "high", "xhigh", "max", "default"]


@dataclass(frozen=True, slots=True)
class ApiSpeed:
    """What one source says of one model at one host."""

    source_id: str
    """File that it stands in."""
    model: str
    """Catalog id, or a published name without a slash."""
    name: str
    """As published."""
    host: str | None
    """Id of hosts.csv; None where hosts are pooled or not told."""
    region: Literal["us", "eu", "asia"] | None
    """Where the client stood."""
    prompt_tokens: float | None
    output_tokens: float | None
    """Of an answer, hidden reasoning included."""
    effort: Effort | None
    """Reasoning effort asked for; None: not stated."""
    ttft_ms: float | None
    ttft_p95_ms: float | None
    tokens_per_s: float | None
    rate_kind: RateKind | None
    """decode: after the first token; end_to_end: all tokens over the total time."""
    total_ms: float | None
    total_p95_ms: float | None
    includes: Literal["visible", "unknown"] | None
    """visible: to the first visible token, so hidden reasoning is inside."""
    statistic: Literal["median", "mean", "best", "unknown"]
    n: float | None
    """Requests or runs behind it."""
    source: Source
    """Its date is the day of the measurement, or the middle of its days."""


@dataclass(frozen=True, slots=True)
class ApiHost:
    """Who serves models by API, as far as speed goes."""

    id: str
    """A provider id where the catalog has one."""
    host_class: HostClass
    makers: str
    """Maker whose models are at home here; '' for none."""
    also_named: tuple[str, ...]
    source: Source
