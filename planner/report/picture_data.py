"""What the pictures show, before anyone draws it: tools, flows and rows, read off a plan."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from planner.planning.plan import Figure, OptionChoice, Plan, SegmentPlan
from planner.report.format import milliseconds, milliseconds_interval, money_interval, percent, requests, share
from planner.report.theme import TIERS, Tier
from planner.workload.schema import Workload

Width: TypeAlias = Literal["requests", "cost"]
Time: TypeAlias = Literal["ttft", "total"]
TIME_TEXTS: Final = {"ttft": "Time to first token", "total": "Time to the whole answer"}
_ESCALATIONS: Final = "escalations"
_TECHNIQUE_TEXTS: Final = {
    "direct": "as it is",
    "few_shot": "with examples in the prompt",
    "fine_tune": "fine-tuned",
    "rag": "with retrieval",
    "rag+fine_tune": "fine-tuned, with retrieval",
}
_SERVING_TEXTS: Final = {"api": "API", "self_hosted": "own machines", "on_device": "on the device"}


@dataclass(frozen=True, slots=True)
class Tool:
    """One model, used one way, in one place, and the segments that it serves."""

    key: str
    label: str
    """'Qwen3 8B, fine-tuned'."""
    tier: Tier
    model: str
    technique: str
    """In words: 'with retrieval'."""
    serving: str
    """In words: 'own machines'."""
    place: str
    segments: tuple[str, ...]
    requests_per_month: float
    monthly_usd: float
    """Mean cost of the segments' shares that it serves."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What goes from a segment to a tool in a month."""

    segment: str
    tool: str
    """Key of the tool."""
    tier: Tier
    requests: float
    monthly_usd: float
    """Mean."""
    escalated: bool
    """Passed on by a gate."""


@dataclass(frozen=True, slots=True)
class CostRow:
    """One bar of the cost comparison."""

    label: str
    cost: Figure
    quality: Figure | None
    fits: bool
    parts: tuple[tuple[Tier, float], ...]
    """The plan's own bar by tier, USD; empty for baselines."""
    note: str


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One segment's figure and the limit that it is held against."""

    segment: str
    tier: Tier
    figure: Figure
    limit: float | None
    text: str
    """Both in words: '93 % (90 to 95), at least 90 %'."""


def workload_of(plan: Plan) -> Workload:
    """The workload that the plan answers, from the copy it carries."""
    return Workload.model_validate(plan.workload)


def technique_text(option: OptionChoice) -> str:
    """How the model is used, in words."""
    return _TECHNIQUE_TEXTS[option.technique]


def serving_text(option: OptionChoice) -> str:
    """Where the model runs, in words."""
    return _SERVING_TEXTS[option.serving]


def tools_of(plan: Plan) -> tuple[Tool, ...]:
    """The plan's tools, small tiers first, then by requests; a cascade's strong model is a tool of its own."""
    flows = flows_of(plan)
    named = [(key, part.option, strong) for part in plan.segments for key, strong in _keys_of(part.option)]
    # A model that also serves a segment of its own is called by its full name there, so that use comes first.
    first_of: dict[str, tuple[OptionChoice, bool]] = {}
    for key, option, strong in sorted(named, key=lambda use: use[2]):
        first_of.setdefault(key, (option, strong))
    tools = [_tool(key, option, strong, flows) for key, (option, strong) in first_of.items()]
    return tuple(sorted(tools, key=lambda tool: (TIERS.index(tool.tier), -tool.requests_per_month, tool.key)))


def flows_of(plan: Plan) -> tuple[Flow, ...]:
    """What each segment sends to each tool: one flow, or two for a cascade."""
    return tuple(flow for segment in plan.segments for flow in _segment_flows(segment))


def flow_amount(segment: SegmentPlan, width: Width) -> str:
    """What a segment sends in a month, as it stands beside its flow."""
    if width == "requests":
        return f"{requests(segment.requests_per_month)} requests"
    return money_interval(segment.monthly_cost_usd)


def cost_rows(plan: Plan) -> tuple[CostRow, ...]:
    """The plan first, then the baselines that have a cost, in the plan's order."""
    parts = tuple((tier, sum(f.monthly_usd for f in flows_of(plan) if f.tier == tier)) for tier in TIERS)
    rows = [
        CostRow(
            label="This plan",
            cost=plan.totals.monthly_cost_usd,
            quality=plan.totals.quality,
            fits=True,
            parts=tuple((tier, usd) for tier, usd in parts if usd > 0.0),
            note="",
        )
    ]
    rows += [
        CostRow(base.label, base.monthly_cost_usd, base.quality, base.fits, (), base.note)
        for base in plan.baselines
        if base.monthly_cost_usd is not None
    ]
    return tuple(rows)


def cost_line(row: CostRow) -> str:
    """What stands under a plan's name: '3,410 USD (2,900 to 4,250) · 93 % acceptable'."""
    good = f" · {percent(row.quality.mean)}" if row.quality is not None else ""
    fits = (" acceptable" if good else "") if row.fits else ", misses a limit"
    return f"{money_interval(row.cost)}{good}{fits}"


def quality_rows(plan: Plan) -> tuple[LimitRow, ...]:
    """Acceptable answers of each segment against its floor."""
    return tuple(
        LimitRow(
            part.name, part.option.tier, part.quality, part.quality_floor, f"{share(part.quality)}, {part.floor_text}"
        )
        for part in plan.segments
    )


def latency_rows(plan: Plan, time: Time) -> tuple[LimitRow, ...]:
    """95th percentile of a time for each segment against its limit, milliseconds."""
    workload = workload_of(plan)
    rows = []
    for part in plan.segments:
        limit = getattr(workload.segment(part.name).latency, f"{time}_p95_ms")
        figure = part.ttft_p95_ms if time == "ttft" else part.total_p95_ms
        held = "no limit" if limit is None else f"limit {milliseconds(limit)}"
        text = f"{milliseconds_interval(figure)}, {held}"
        rows.append(LimitRow(part.name, part.option.tier, figure, limit, text))
    return tuple(rows)


def spans_decades(costs: tuple[Figure, ...]) -> bool:
    """Whether costs lie so far apart that only a logarithmic axis shows the small ones."""
    means = [cost.mean for cost in costs]
    return min(cost.low for cost in costs) > 0.0 and max(means) > 8.0 * min(means)


def tiers_in(plan: Plan) -> tuple[Tier, ...]:
    """Tiers that appear in the plan, small ones first."""
    used = {flow.tier for flow in flows_of(plan)}
    return tuple(tier for tier in TIERS if tier in used)


def _keys_of(option: OptionChoice) -> tuple[tuple[str, bool], ...]:
    own = f"{option.model}|{option.technique}|{option.place}"
    if option.gate is None:
        return ((own, False),)
    return ((own, False), (f"{option.gate.strong_model}|direct|{option.gate.strong_place}", True))


def _tool(key: str, option: OptionChoice, strong: bool, flows: tuple[Flow, ...]) -> Tool:
    mine = [flow for flow in flows if flow.tool == key]
    gate = option.gate
    if strong and gate is not None:
        label, technique, serving = gate.strong_model.split("/")[-1], "for what a gate passes on", "API"
        model, place = gate.strong_model, gate.strong_place
    else:
        label = option.model_copy(update={"gate": None}).label
        technique, serving = technique_text(option), serving_text(option)
        model, place = option.model, option.place
    return Tool(
        key=key,
        label=label,
        tier=mine[0].tier,
        model=model,
        technique=technique,
        serving=serving,
        place=place,
        segments=tuple(flow.segment for flow in mine),
        requests_per_month=sum(flow.requests for flow in mine),
        monthly_usd=sum(flow.monthly_usd for flow in mine),
    )


def _segment_flows(segment: SegmentPlan) -> tuple[Flow, ...]:
    option, cost = segment.option, segment.monthly_cost_usd.mean
    keys = _keys_of(option)
    if option.gate is None:
        return (Flow(segment.name, keys[0][0], option.tier, segment.requests_per_month, cost, escalated=False),)
    passed = option.gate.escalation_share.mean
    passed_usd = sum(part.monthly_usd for part in segment.cost_parts if part.name.startswith(_ESCALATIONS))
    return (
        Flow(
            segment.name,
            keys[0][0],
            option.tier,
            segment.requests_per_month * (1.0 - passed),
            max(cost - passed_usd, 0.0),
            escalated=False,
        ),
        Flow(segment.name, keys[1][0], "frontier", segment.requests_per_month * passed, passed_usd, escalated=True),
    )
