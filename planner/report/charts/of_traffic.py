"""What a log says, drawn: histograms of tokens and requests by hour of the week."""

from typing import Final

from plotly import graph_objects as go

from planner.logs.profile.profile import SegmentProfile
from planner.report.charts.drawing import new_figure
from planner.report.format import number, percent, requests
from planner.report.theme import TIER_COLOURS, Mode
from planner.units import Floats

_NAMES: Final = {
    "input_tokens": "input",
    "cached_tokens": "of it cached",
    "output_tokens": "output",
    "reasoning_tokens": "reasoning",
}
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def lengths_chart(part: SegmentProfile, mode: Mode = "light") -> go.Figure:
    """Requests by tokens, a line a kind, bins on a logarithmic scale."""
    colours = iter(TIER_COLOURS.values())
    traces = []
    for column, name in _NAMES.items():
        if column not in part.spreads:
            continue
        edges, counts = part.spreads[column].histogram()
        middles = [float(one) for one in (edges[:-1] + edges[1:]) / 2]
        traces.append(
            go.Scatter(
                x=middles,
                y=counts.tolist(),
                mode="lines",
                line={"shape": "hvh", "color": next(colours), "width": 2},
                name=name,
                hovertext=[
                    f"{name}: {requests(float(count))} requests of {number(low)} to {number(high)} tokens"
                    for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
                ],
                hovertemplate="%{hovertext}<extra></extra>",
            )
        )
    figure = new_figure(traces, mode, height=320, legend=True)
    figure.update_xaxes(type="log", title_text="Tokens of a request (log scale)")
    figure.update_yaxes(title_text="Requests", rangemode="tozero")
    return figure


def hours_chart(shares: Floats, mode: Mode = "light") -> go.Figure:
    """Share of requests by hour of the week, shape (168,), from Monday 00:00 UTC."""
    labels = [f"{_DAYS[hour // 24]} {hour % 24:02d}:00" for hour in range(shares.size)]
    bars = go.Bar(
        x=list(range(shares.size)),
        y=shares.tolist(),
        marker={"color": next(iter(TIER_COLOURS.values()))},
        hovertext=[f"{label} UTC: {percent(float(share))}" for label, share in zip(labels, shares, strict=True)],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure = new_figure([bars], mode, height=240)
    figure.update_xaxes(
        tickvals=[day * 24 for day in range(7)], ticktext=list(_DAYS), title_text="Hour of the week, UTC"
    )
    figure.update_yaxes(title_text="Share of requests", tickformat=".1%")
    return figure
