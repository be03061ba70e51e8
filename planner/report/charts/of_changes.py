"""Charts of changes: before and after, who wins where, what moves the bill."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from planner.planning.plan import Figure, Plan
from planner.report.charts.drawing import (
    INTERVAL,
    PART,
    bar_trace,
    error_bars,
    intervals,
    label_rows,
    new_figure,
    plain,
    rgba,
    row_heights,
    rows_px,
)
from planner.report.format import milliseconds_interval, money, money_interval, number, share, times
from planner.report.theme import SURFACES, TIER_COLOURS, Mode, Tier


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


def what_if_comparison(before: Plan, after: Plan, mode: Mode = "light") -> go.Figure:
    """Cost, quality and the slowest segment's p95 time, before and after, each with its interval."""
    pair = (before, after)
    figure = new_figure([], mode, height=540, margin={"t": 16, "b": 56})
    costs = [plan.totals.monthly_cost_usd for plan in pair]
    qualities = [times(plan.totals.quality, 100.0) for plan in pair]
    slowest = [_slowest_s(plan) for plan in pair]
    _add_panel(figure, 0, "USD a month", costs, [money_interval(cost) for cost in costs], mode)
    _add_panel(figure, 1, "Acceptable answers, %", qualities, [share(plan.totals.quality) for plan in pair], mode)
    texts = [milliseconds_interval(times(one, 1e3)) for one in slowest]
    _add_panel(figure, 2, "Whole answer of the slowest segment at p95, seconds", slowest, texts, mode)
    return figure


def switch_strip(
    spans: Sequence[StripSpan],
    switches: Sequence[SwitchPoint],
    axis_title: str,
    at: float | None = None,
    mode: Mode = "light",
) -> go.Figure:
    """Which tool serves each segment along the moved input, with switch points, their intervals and today's value."""
    names = list(dict.fromkeys(span.segment for span in spans))
    heights = dict(zip(names, row_heights(len(names)), strict=True))
    traces = [_span_bar(span, heights[span.segment], mode) for span in spans]
    if switches:
        figures = [Figure(mean=one.at, low=one.low, high=one.high) for one in switches]
        below = [heights[one.segment] - 0.3 for one in switches]
        traces.append(intervals(figures, below, mode, hover=[_switch_hover(one) for one in switches]))
    figure = new_figure(traces, mode, height=rows_px(len(names)), margin={"t": 28}, barmode="overlay")
    label_rows(figure, [(name, "") for name in names], list(heights.values()), mode, above=0.25)
    figure.update_layout(uniformtext={"minsize": 10, "mode": "hide"})
    if at is not None:
        _mark_now(figure, at, mode)
    ends = [end for span in spans for end in (span.start, span.end)]
    figure.update_xaxes(title=axis_title, range=[min(ends), max(ends)] if ends else None)
    figure.update_yaxes(visible=False, range=[-0.5, len(names) - 0.4])
    return figure


def tornado_chart(swings: Sequence[Swing], now: Figure, mode: Mode = "light") -> go.Figure:
    """What moves the bill most, largest swing on top, each end with its interval."""
    surface = SURFACES[mode]
    ordered = sorted(swings, key=lambda one: -abs(one.cost_at_high.mean - one.cost_at_low.mean))
    heights = row_heights(len(ordered))
    traces = []
    for side, opacity, shift in (("low", 0.35, 0.07), ("high", 0.85, -0.07)):
        costs = [one.cost_at_low if side == "low" else one.cost_at_high for one in ordered]
        hovers = [_swing_hover(one, side, cost) for one, cost in zip(ordered, costs, strict=True)]
        lengths = [cost.mean - now.mean for cost in costs]
        colour = rgba(surface.neutral, opacity)
        bar = bar_trace(lengths, heights, colour, name=f"{side} value", hover=hovers, legend=True)
        bar.update(base=now.mean, marker={"line": {"color": surface.neutral, "width": 1}})
        traces += [bar, intervals(costs, [height + shift for height in heights], mode, hover=hovers)]
    figure = new_figure(traces, mode, height=rows_px(len(ordered)), barmode="overlay", legend=True)
    label_rows(figure, [(one.label, _swing_line(one)) for one in ordered], heights, mode)
    figure.add_vline(x=now.mean, line={"color": surface.text, "width": 1.5})
    figure.update_xaxes(title="USD a month; the line is the plan now", tickformat=",", nticks=6)
    figure.update_yaxes(visible=False, range=[-0.4, len(ordered) - 0.1])
    return figure


def _add_panel(
    figure: go.Figure, place: int, title: str, figures: Sequence[Figure], texts: Sequence[str], mode: Mode
) -> None:
    surface = SURFACES[mode]
    axis = "" if place == 0 else str(place + 1)
    trace = go.Scatter(
        x=[one.mean for one in figures],
        y=[1, 0],
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
        mode="markers",
        meta=INTERVAL,
        marker={
            "size": 12,
            "color": [surface.background, surface.text],
            "line": {"color": surface.text, "width": 2},
        },
        error_x=error_bars(figures, surface.muted, thickness=2.0),
        hovertext=[f"before: {texts[0]}", f"after: {texts[1]}"],
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
        showlegend=False,
    )
    top = 1.0 - place * 0.375
    upright = {"domain": [top - 0.25, top], "anchor": f"x{axis}", "range": [-0.4, 1.9], "visible": False}
    level = {"anchor": f"y{axis}", "title": title, "range": _wide_range(figures), "nticks": 6, "tickformat": ","}
    figure.add_trace(trace)
    figure.update_layout({f"yaxis{axis}": upright, f"xaxis{axis}": level})
    for height, when, text in ((1.0, "before", texts[0]), (0.0, "after", texts[1])):
        figure.add_annotation(
            x=0,
            xref="paper",
            y=height + 0.2,
            yref=f"y{axis}",
            text=f'<b>{when}</b>  <span style="color:{surface.muted}">{text}</span>',
            showarrow=False,
            xanchor="left",
            yanchor="bottom",
            font={"size": 12},
        )


def _mark_now(figure: go.Figure, at: float, mode: Mode) -> None:
    colour = SURFACES[mode].text
    figure.add_vline(x=at, line={"color": colour, "width": 1.5, "dash": "dot"})
    figure.add_annotation(x=at, y=1, yref="paper", text="now", showarrow=False, yanchor="bottom", font={"size": 11})


def _span_bar(span: StripSpan, height: float, mode: Mode) -> go.Bar:
    hover = f"{plain(span.segment)}: {plain(span.label)} ({span.tier}) from {number(span.start)} to {number(span.end)}"
    colour = TIER_COLOURS[span.tier]
    bar = bar_trace([span.end - span.start], height, rgba(colour, 0.45), name=span.tier, hover=[hover], meta=PART)
    bar.update(base=span.start, text=[plain(span.label)], textposition="inside", insidetextanchor="middle", textangle=0)
    bar.update(textfont={"color": SURFACES[mode].text, "size": 12}, width=0.42)
    bar.update(marker={"line": {"color": colour, "width": 1.5}})
    return bar


def _wide_range(figures: Sequence[Figure]) -> list[float]:
    low, high = min(one.low for one in figures), max(one.high for one in figures)
    margin = max(0.3 * (high - low), 0.05 * abs(high), 1e-9)
    return [max(low - margin, 0.0), high + margin]


def _slowest_s(plan: Plan) -> Figure:
    return times(max((part.total_p95_ms for part in plan.segments), key=lambda figure: figure.mean), 1e-3)


def _switch_hover(one: SwitchPoint) -> str:
    return f"{plain(one.segment)} switches at {number(one.at)} ({number(one.low)} to {number(one.high)})"


def _swing_hover(one: Swing, side: str, cost: Figure) -> str:
    value = one.low_value if side == "low" else one.high_value
    return f"{plain(one.label)} at {plain(value)}: {money_interval(cost)} a month"


def _swing_line(one: Swing) -> str:
    return f"{one.low_value}: {money(one.cost_at_low.mean)} · {one.high_value}: {money(one.cost_at_high.mean)}"
