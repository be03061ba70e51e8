"""Every chart of the dashboard, from plans and rows: the only module that knows plotly.

All functions are pure: same data, same JSON. `mode` is the background the chart stands on. Uncertainty is always
drawn. Show them with Streamlit's own theme off, since colours and fonts come from `planner.report.theme`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from planner.planning.plan import Figure, FrontPoint, Plan
from planner.report.theme import Mode, Tier

Width = Literal["requests", "cost"]
Time = Literal["ttft", "total"]


@dataclass(frozen=True, slots=True)
class PricedModel:
    """One model of the price-quality picture, for a chosen skill and request shape."""

    model: str
    """Canonical id; also what a click reports (customdata)."""
    name: str
    tier: Tier
    usd_per_1000: Figure
    """USD per 1,000 requests of the chosen shape."""
    quality: Figure
    """Share of acceptable answers."""
    place: str = ""


@dataclass(frozen=True, slots=True)
class SkillEstimate:
    """Quality of one model in one skill."""

    skill: str
    quality: Figure
    evidence_rows: int
    """Benchmark scores behind it; 0: from size, date and family alone."""


@dataclass(frozen=True, slots=True)
class StripSpan:
    """Values of the moved input over which one tool serves a segment."""

    segment: str
    label: str
    """Tool: 'Qwen3 8B, fine-tuned'."""
    tier: Tier
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class SwitchPoint:
    """Value of the moved input at which another tool takes over, with its interval."""

    segment: str
    at: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Swing:
    """What one input moves the bill by, between a low and a high value, all else as it is."""

    label: str
    """'Volume'."""
    low_value: str
    """'0.5 times'."""
    high_value: str
    cost_at_low: Figure
    """USD a month."""
    cost_at_high: Figure


def flow_chart(plan: Plan, width: Width = "requests", mode: Mode = "light") -> go.Figure:
    """Segments flowing to the tools that serve them; cascades split into what stays and what is passed on."""
    raise NotImplementedError


def cost_comparison(plan: Plan, mode: Mode = "light") -> go.Figure:
    """USD a month of the plan beside the baselines, with intervals."""
    raise NotImplementedError


def front_chart(points: Sequence[FrontPoint], chosen: int | None = None, mode: Mode = "light") -> go.Figure:
    """Cost-quality front with both intervals; customdata of a marker is its index in `points`."""
    raise NotImplementedError


def quality_chart(plan: Plan, mode: Mode = "light") -> go.Figure:
    """Acceptable answers a segment with interval, its floor marked."""
    raise NotImplementedError


def latency_chart(plan: Plan, time: Time = "ttft", mode: Mode = "light") -> go.Figure:
    """95th percentile of a time a segment with interval, its limit marked where there is one."""
    raise NotImplementedError


def cost_parts_chart(plan: Plan, mode: Mode = "light") -> go.Figure:
    """What each segment's bill is made of; the interval stands on the whole."""
    raise NotImplementedError


def price_quality_scatter(rows: Sequence[PricedModel], selected: Sequence[str] = (), mode: Mode = "light") -> go.Figure:
    """Price against quality with intervals and the front drawn; customdata of a marker is the model id."""
    raise NotImplementedError


def skills_radar(rows: Sequence[SkillEstimate], name: str, mode: Mode = "light") -> go.Figure:
    """Skills of one model: mean line in a band from low to high."""
    raise NotImplementedError


def skill_bars(rows: Sequence[SkillEstimate], name: str, mode: Mode = "light") -> go.Figure:
    """The same as bars with intervals, readable at 390 pixels."""
    raise NotImplementedError


def what_if_comparison(before: Plan, after: Plan, mode: Mode = "light") -> go.Figure:
    """Cost, quality and slowest p95 time, before and after, with intervals."""
    raise NotImplementedError


def switch_strip(
    spans: Sequence[StripSpan],
    switches: Sequence[SwitchPoint],
    axis_title: str,
    at: float | None = None,
    mode: Mode = "light",
) -> go.Figure:
    """Which tool serves each segment along the moved input; switch points with their intervals, today's value marked."""
    raise NotImplementedError


def tornado_chart(swings: Sequence[Swing], now: Figure, mode: Mode = "light") -> go.Figure:
    """What moves the bill most, largest swing on top, each end with its interval."""
    raise NotImplementedError
