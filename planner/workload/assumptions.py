"""What no one said: every default that moves the plan, with its value and reason, the most influential first.

Influence is an order of fields, not a computed number: floor and difficulty decide which models are good enough, peak
and token lengths what they cost, the rest shifts the bill by percents. The tornado of the What-if page computes it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from planner.workload.distributions import context_p99, p95_tokens
from planner.workload.schema import Segment, Workload


@dataclass(frozen=True, slots=True)
class WorkloadAssumption:
    """One default that the user did not give."""

    path: str
    """Where it is changed: 'segments.ticket-triage.peak_to_mean', 'assumptions.engineer_hour_usd'."""
    label: str
    """What it is, in words."""
    value: str
    """The value taken, without its unit."""
    unit: str
    """Unit; '' where the value says it all."""
    reason: str
    """Why this value, in one sentence."""


@dataclass(frozen=True, slots=True)
class _Default:
    """How one field is told when it was left out."""

    field: str
    label: str
    unit: str
    reason: str
    value: Callable[[Segment], str] | None = None
    """Text of the value; None: the field's own default."""
    when: Callable[[Segment], bool] = lambda _: True
    """Whether the default matters for this segment."""


_SEGMENT_DEFAULTS: Final[tuple[_Default, ...]] = (
    _Default(
        "quality_floor",
        "Least acceptable quality",
        "",
        "A relative floor needs far less evidence than an absolute one; 95 % of the best often is what is meant.",
        lambda _: "95 % as good as the best",
        lambda segment: segment.quality_floor is None,
    ),
    _Default(
        "like",
        "How hard the requests are",
        "",
        "Without observed answers or a named benchmark the skill's usual anchor is taken; it widens every interval.",
        lambda segment: f"about as hard as the usual benchmark of {segment.skill}".replace("_", " "),
        lambda segment: segment.like is None and not segment.observed,
    ),
    _Default(
        "peak_to_mean",
        "Busiest hour over the mean",
        "times",
        "Office-hours traffic packs a week's requests into about 50 hours and has its own rush; sizes own machines.",
    ),
    _Default(
        "input_tokens.p95",
        "95th percentile of the prompt",
        "tokens",
        "2.2 times the mean: a log-normal of middling spread; drives the slowest answers.",
        lambda segment: f"{p95_tokens(segment.input_tokens):,.0f}",
        lambda segment: segment.input_tokens.p95 is None,
    ),
    _Default(
        "output_tokens.p95",
        "95th percentile of the answer",
        "tokens",
        "2.2 times the mean: a log-normal of middling spread; drives the slowest answers.",
        lambda segment: f"{p95_tokens(segment.output_tokens):,.0f}",
        lambda segment: segment.output_tokens.p95 is None,
    ),
    _Default(
        "shared_prefix_tokens",
        "Prompt tokens that all requests share",
        "tokens",
        "No shared system prompt is known, so prompt caches save nothing.",
    ),
    _Default(
        "tool_result_tokens",
        "Tokens that a tool's result adds to the prompt",
        "tokens",
        "A search result or a short record; files and pages take many times more.",
        lambda _: "about 500",
        lambda segment: segment.tool_calls_per_request > 0.0 and segment.tool_result_tokens is None,
    ),
    _Default(
        "loop_cache_hit_share",
        "Earlier calls of a request found in the prompt cache",
        "",
        "Rounds follow each other within seconds, so most of the history is still there.",
        lambda _: "about 73 %",
        lambda segment: segment.tool_calls_per_request > 0.0 and segment.loop_cache_hit_share is None,
    ),
    _Default(
        "knowledge.private_or_fresh_share",
        "Requests that need your own or fresh facts",
        "",
        "No documents were named, so retrieval earns nothing; models are taken to know what is asked.",
        lambda _: "0 %",
        lambda segment: segment.skill in {"knowledge_qa", "grounded_qa", "chat", "writing", "agentic"},
    ),
    _Default(
        "training.labelled_examples",
        "Labelled examples to tune on",
        "examples",
        "None were named, so fine-tuning is out.",
    ),
    _Default(
        "latency",
        "Latency limits",
        "",
        "None were named: however slow, an answer is an answer.",
        lambda _: "none",
        lambda segment: (
            not segment.batchable and segment.latency.ttft_p95_ms is None and segment.latency.total_p95_ms is None
        ),
    ),
    _Default(
        "data.residency",
        "Where the data may be processed",
        "",
        "No area was named. Personal data usually has one: say so before you send any.",
        lambda _: "anywhere",
        lambda segment: segment.data.residency is None and segment.data.may_leave_premises,
    ),
    _Default(
        "data.sensitivity",
        "How sensitive the data is",
        "",
        "The middle way; personal or confidential data would keep away from providers of unknown place.",
    ),
    _Default(
        "context_p99_tokens",
        "99th percentile of prompt plus answer",
        "tokens",
        "Sum of both 99th percentiles of the log-normals; models with a smaller window are out.",
        lambda segment: f"{context_p99(segment):,.0f}",
        lambda segment: segment.context_p99_tokens is None,
    ),
    _Default(
        "batchable",
        "May answers come within a day?",
        "",
        "Someone is taken to wait for the answer; batch prices, often half, don't apply.",
        lambda _: "no",
    ),
    _Default(
        "error_cost_usd",
        "Cost of one wrong answer",
        "USD",
        "Unknown, so wrong answers cost nothing beside the bill.",
    ),
    _Default(
        "novelty",
        "Requests unlike anything seen before",
        "",
        "One in ten; weighs against small and tuned models.",
        lambda segment: f"{segment.novelty:.0%}".replace("%", " %"),
    ),
    _Default(
        "languages",
        "Languages",
        "",
        "The workload says nothing; models that are weak in yours would be overrated.",
        lambda segment: ", ".join(segment.languages),
    ),
)

_FITNESS: Final = 2
"""The first two decide which models are good enough; they come before the defaults of the whole workload."""

_WORKLOAD_DEFAULTS: Final[tuple[tuple[str, str, str, str], ...]] = (
    (
        "confidence",
        "Share of draws in which each limit must hold",
        "",
        "Nine in ten: sure enough to sign, short of certainty.",
    ),
    ("growth_per_month", "Growth of the volume", "a month", "None was named."),
    ("horizon_months", "Months that the plan looks ahead", "months", "One budget year."),
    ("limits.monthly_budget_usd", "Monthly budget", "", "None was named."),
    (
        "assumptions.engineer_hour_usd",
        "An engineer's hour",
        "USD",
        "Pay and overheads of a senior engineer, rounded; yours will differ.",
    ),
    (
        "assumptions.cache_hit_share",
        "Prefix served from a prompt cache",
        "",
        "Follows from how often requests arrive and how long a provider keeps an entry; measure it in your logs.",
    ),
    (
        "assumptions.off_peak_share",
        "Requests in a provider's cheaper hours",
        "",
        "Spread evenly over the week; what may wait a day is sent in these hours alone.",
    ),
    (
        "assumptions.tokens_counted_by",
        "Whose tokens the workload states",
        "",
        "Today's model where one is named, else nobody's in particular: newer Claude counts about 1.5 times as many.",
    ),
    (
        "assumptions.gpu_utilisation_cap",
        "Busy share of own machines never planned beyond",
        "",
        "Room for the hour that is busier than the busiest hour.",
    ),
    (
        "assumptions.spare_replicas",
        "Spare replicas of each pool of own machines (1: N+1)",
        "",
        "None: a replica that fails at the peak makes the others slower.",
    ),
    (
        "assumptions.prefer_commitment",
        "How GPUs are paid for",
        "",
        "By the hour: no commitment before the plan has proved itself.",
    ),
    (
        "assumptions.retry_share",
        "Requests sent again after errors",
        "",
        "Errors and time-outs of a public API on an ordinary day.",
    ),
    (
        "tolerance.quality",
        "By how much doubt may miss a quality floor",
        "of all answers",
        "Two points: a floor holds when its mean does and, less this, at the stated confidence.",
    ),
    (
        "tolerance.time",
        "By how much doubt may miss a time limit",
        "of the limit",
        "A tenth: a time limit holds when its median does and, plus this, at the stated confidence.",
    ),
    (
        "assumptions.amortise_months",
        "Months over which set-up is spread",
        "months",
        "Two years: about as long as a model stays current, twice over.",
    ),
    (
        "assumptions.device_count",
        "Devices in the field",
        "devices",
        "A small fleet; only on-device serving depends on it.",
    ),
)


def list_assumptions(workload: Workload) -> tuple[WorkloadAssumption, ...]:
    """What the file itself calls assumed, then every default that matters and that the user did not give.

    The most influential default comes first.

    Within one field the segment with the most tokens a month comes first.
    """
    written = tuple(_written_assumptions(workload))
    fitness = tuple(_segment_assumptions(workload, _SEGMENT_DEFAULTS[:_FITNESS]))
    rest = tuple(_segment_assumptions(workload, _SEGMENT_DEFAULTS[_FITNESS:]))
    return written + fitness + tuple(_workload_assumptions(workload)) + rest


def _written_assumptions(workload: Workload) -> Iterator[WorkloadAssumption]:
    """Fields that are given and still assumed, as a profile of a log writes them."""
    for item in workload.assumed:
        name, _, label = item.path.removeprefix("segments.").rpartition(".")
        segment = next((part for part in workload.segments if part.name == name), None)
        known = segment is not None and label in type(segment).model_fields
        value = _text(getattr(segment, label)) if known else ""
        yield WorkloadAssumption(item.path, label.replace("_", " ").capitalize(), value, "", item.reason)


def _segment_assumptions(workload: Workload, defaults: Sequence[_Default]) -> Iterator[WorkloadAssumption]:
    by_volume = sorted(workload.segments, key=_tokens_per_month, reverse=True)
    for default in defaults:
        for segment in by_volume:
            if is_given(segment, default.field) or not default.when(segment):
                continue
            value = default.value(segment) if default.value else _text(_value_of(segment, default.field))
            path = f"segments.{segment.name}.{default.field}"
            yield WorkloadAssumption(path, default.label, value, default.unit, default.reason)


def _workload_assumptions(workload: Workload) -> Iterator[WorkloadAssumption]:
    for path, label, unit, reason in _WORKLOAD_DEFAULTS:
        if not is_given(workload, path) and _matters(workload, path):
            yield WorkloadAssumption(path, label, _text(_value_of(workload, path)), unit, reason)


def _matters(workload: Workload, path: str) -> bool:
    """Devices count only where something may run on them."""
    if path == "assumptions.device_count":
        return any(s.data.devices or not s.data.may_leave_premises for s in workload.segments)
    if path == "assumptions.cache_hit_share":
        return any(segment.shared_prefix_tokens > 0 for segment in workload.segments)
    return True


def _tokens_per_month(segment: Segment) -> float:
    return segment.requests_per_month * (segment.input_tokens.mean + segment.output_tokens.mean)


def is_given(part: BaseModel, path: str) -> bool:
    """Whether the user stated the field at a dotted path of field names."""
    head, _, rest = path.partition(".")
    if head not in part.model_fields_set:
        return False
    value = getattr(part, head)
    return is_given(value, rest) if rest and isinstance(value, BaseModel) else True


def _value_of(part: BaseModel, path: str) -> object:
    value: object = part
    for name in path.split("."):
        value = getattr(value, name)
    return value


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.10g}"
    return str(value).replace("_", " ")
