"""Charts of one plan: where requests go, what it costs, how good and how fast it is."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from planner.planning.plan import FrontPoint, Plan, SegmentPlan
from planner.report.charts.drawing import (
    INTERVAL,
    PART,
    bar_trace,
    error_bars,
    intervals,
    label_rows,
    log_axis,
    new_figure,
    plain,
    rgba,
    row_axes,
    row_heights,
    rows_px,
)
from planner.report.format import (
    clipped,
    money,
    money_interval,
    requests,
    share,
    times,
)
from planner.report.picture_data import (
    CostRow,
    Flow,
    Width,
    cost_line,
    cost_rows,
    flow_amount,
    flows_of,
    spans_decades,
    tools_of,
)
from planner.report.theme import SURFACES, TIER_COLOURS, Mode


def flow_chart(plan: Plan, width: Width = "requests", mode: Mode = "light") -> go.Figure:
    """Segments flowing to the tools that serve them, USD or requests a month; a cascade has two flows."""
    flows, tools = flows_of(plan), tools_of(plan)
    names = [segment.name for segment in plan.segments]
    keys = [tool.key for tool in tools]
    labels = [f"{plain(part.name)}<br>{flow_amount(part, width)}" for part in plan.segments]
    labels += [f"{plain(clipped(tool.label, 28))}<br>{plain(clipped(tool.place, 28))}" for tool in tools]
    colours = [SURFACES[mode].neutral] * len(names) + [TIER_COLOURS[tool.tier] for tool in tools]
    hovers = [_segment_hover(part) for part in plan.segments]
    hovers += [
        f"{plain(tool.label)}: {tool.tier}, {plain(tool.serving)}, {money(tool.monthly_usd)} a month" for tool in tools
    ]
    trace = go.Sankey(
        arrangement="snap",
        textfont={"size": 12, "color": SURFACES[mode].text, "shadow": "none"},
        node={
            "label": labels,
            "color": colours,
            "customdata": hovers,
            "hovertemplate": "%{customdata}<extra></extra>",
            "pad": 40,
            "thickness": 12,
            "line": {"width": 0},
        },
        link={
            "source": [names.index(flow.segment) for flow in flows],
            "target": [len(names) + keys.index(flow.tool) for flow in flows],
            "value": [flow.requests if width == "requests" else flow.monthly_usd for flow in flows],
            "color": [rgba(TIER_COLOURS[flow.tier], 0.4) for flow in flows],
            "customdata": [_flow_hover(flow) for flow in flows],
            "hovertemplate": "%{customdata}<extra></extra>",
        },
    )
    return new_figure([trace], mode, height=150 + 52 * max(len(names), len(tools)), margin={"t": 20, "b": 28})


def cost_comparison(plan: Plan, mode: Mode = "light") -> go.Figure:
    """USD a month of the plan, by tier, beside the baselines, each with its interval."""
    rows = cost_rows(plan)
    heights = row_heights(len(rows))
    traces = [
        bar_trace(
            [usd],
            heights[0],
            TIER_COLOURS[tier],
            name=tier,
            hover=[f"{tier}: {money(usd)} a month"],
            meta=PART,
            legend=True,
        )
        for tier, usd in rows[0].parts
    ]
    traces += [_baseline_bar(row, height, mode) for row, height in zip(rows[1:], heights[1:], strict=True)]
    traces.append(intervals([row.cost for row in rows], heights, mode, hover=[_cost_hover(row) for row in rows]))
    figure = new_figure(traces, mode, height=rows_px(len(rows)), barmode="stack", legend=True)
    label_rows(figure, [(row.label, cost_line(row)) for row in rows], heights, mode)
    return row_axes(figure, "USD a month", top=max(row.cost.high for row in rows))


def front_chart(points: Sequence[FrontPoint], chosen: int | None = None, mode: Mode = "light") -> go.Figure:
    """Cost-quality front with both intervals; customdata[0] of a marker is its index in `points`."""
    picked = chosen if chosen is not None else next((i for i, point in enumerate(points) if point.chosen), None)
    surface = SURFACES[mode]
    quality = [times(point.quality, 100.0) for point in points]
    trace = go.Scatter(
        x=[point.monthly_cost_usd.mean for point in points],
        y=[figure.mean for figure in quality],
        error_x=error_bars([point.monthly_cost_usd for point in points], surface.muted, thickness=1.2),
        error_y=error_bars(quality, surface.muted, thickness=1.2),
        mode="lines+markers",
        meta=INTERVAL,
        line={"color": surface.neutral, "width": 1.5, "dash": "dot"},
        marker={
            "size": [17 if i == picked else 11 for i in range(len(points))],
            "color": [surface.text if i == picked else surface.neutral for i in range(len(points))],
            "symbol": ["star" if i == picked else "circle" for i in range(len(points))],
            "opacity": 1.0,
        },
        customdata=[[i] for i in range(len(points))],
        hovertext=[_front_hover(point, picked=i == picked) for i, point in enumerate(points)],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )
    figure = new_figure([trace], mode, height=380)
    figure.update_yaxes(title="Acceptable answers, %")
    costs = tuple(point.monthly_cost_usd for point in points)
    if log := bool(costs) and spans_decades(costs):
        ends = min(cost.low for cost in costs), max(cost.high for cost in costs)
        log_axis(figure, "x", "USD a month (log scale)", *ends)
    else:
        figure.update_xaxes(title="USD a month", tickformat=",", rangemode="tozero")
    if picked is not None:
        # Plotly places a note on a logarithmic axis by the logarithm.
        _note(figure, math.log10(costs[picked].mean) if log else costs[picked].mean, quality[picked].mean, mode)
    return figure


def _baseline_bar(row: CostRow, height: float, mode: Mode) -> go.Bar:
    surface = SURFACES[mode]
    bar = bar_trace([row.cost.mean], height, surface.neutral, name=plain(row.label), hover=[_cost_hover(row)])
    if not row.fits:
        bar.update(marker={"color": rgba(surface.neutral, 0.35), "line": {"color": surface.neutral, "width": 1}})
    return bar


def _note(figure: go.Figure, x: float, y: float, mode: Mode) -> None:
    colour = SURFACES[mode].text
    figure.add_annotation(
        x=x,
        y=y,
        text="this plan",
        ax=36,
        ay=36,
        arrowcolor=colour,
        arrowwidth=1,
        font={"size": 12},
        bgcolor=rgba(SURFACES[mode].background, 0.85),
    )


def _flow_hover(flow: Flow) -> str:
    passed = ", passed on by the gate" if flow.escalated else ""
    return f"{plain(flow.segment)}: {requests(flow.requests)} requests and {money(flow.monthly_usd)} a month{passed}"


def _segment_hover(part: SegmentPlan) -> str:
    return (
        f"{plain(part.name)}: {money_interval(part.monthly_cost_usd)} a month<br>"
        f"{share(part.quality)} acceptable, by {plain(part.option.label)}"
    )


def _cost_hover(row: CostRow) -> str:
    note = f"<br>{plain(row.note)}" if row.note else ""
    quality = f", {share(row.quality)} acceptable" if row.quality is not None else ""
    return f"{plain(row.label)}: {money_interval(row.cost)} a month{quality}{note}"


def _front_hover(point: FrontPoint, *, picked: bool) -> str:
    head = "this plan" if picked else "another plan: click to take it"
    models = ", ".join(plain(model) for model in point.models)
    return f"{head}<br>{money_interval(point.monthly_cost_usd)} a month, {share(point.quality)} acceptable<br>{models}"
