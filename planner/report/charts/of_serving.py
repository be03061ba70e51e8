"""Break-even as a picture: monthly cost of each path against volume, with bands, today's volume and the crossing."""

import math
from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from planner.report.charts.drawing import INTERVAL, log_axis, new_figure, rgba
from planner.report.format import money, requests
from planner.report.svg.serving import PATH_NAMES, PathCurve, PathKind, nearest_usd
from planner.report.theme import PATH_COLOURS, SURFACES, Mode

_DASHES: Final[dict[PathKind, str]] = {"api": "solid", "rented": "solid", "owned": "dash"}


def break_even_chart(paths: Sequence[PathCurve], planned: float, mode: Mode = "light") -> go.Figure:
    """Cost a month of each path over volume, both on log scales: median lines in 90 % bands, crossings with intervals.

    `planned` is the workload's own volume, requests a month.
    """
    traces = [trace for path in paths for trace in _band(path, mode)]
    traces += [_crossing(path, mode) for path in paths if path.reached is not None]
    figure = new_figure(traces, mode, height=430, legend=True)
    figure.update_layout(hovermode="x unified")
    ends = [(path.curve.requests[0], path.curve.requests[-1]) for path in paths]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    log_axis(figure, "x", "Requests a month (log scale)", low, high)
    usd = [value for path in paths for value in (*path.curve.low_usd, *path.curve.high_usd) if value > 0.0]
    log_axis(figure, "y", "USD a month (log scale)", max(min(usd), max(usd) * 1e-5), max(usd))
    _short_ticks(figure)
    colour = SURFACES[mode].text
    figure.add_vline(x=planned, line={"color": colour, "width": 1.5, "dash": "dot"})
    figure.add_annotation(
        x=math.log10(planned),
        y=0.01,
        yref="paper",
        text=f"planned: {requests(planned)}",
        showarrow=False,
        xanchor="left",
        xshift=4,
        yanchor="bottom",
        font={"size": 11},
    )
    return figure


def _short_ticks(figure: go.Figure) -> None:
    """'2.5 million' instead of '2,500,000' on the axis of requests."""
    axis = figure.layout.xaxis
    figure.update_xaxes(ticktext=[requests(value) for value in axis.tickvals])


def _colour(kind: PathKind, mode: Mode) -> str:
    return SURFACES[mode].text if kind == "api" else PATH_COLOURS[kind]


def _band(path: PathCurve, mode: Mode) -> list[go.Scatter]:
    curve, colour = path.curve, _colour(path.kind, mode)
    shape = "linear" if path.kind == "api" else "hv"
    edge = {"x": curve.requests, "mode": "lines", "line": {"width": 0, "shape": shape}, "hoverinfo": "skip"}
    hover = [
        f"{PATH_NAMES[path.kind]} {money(middle)} ({money(low)} to {money(high)})"
        for middle, low, high in zip(curve.usd, curve.low_usd, curve.high_usd, strict=True)
    ]
    return [
        go.Scatter(y=curve.low_usd, **edge, showlegend=False),
        go.Scatter(
            y=curve.high_usd, **edge, fill="tonexty", fillcolor=rgba(colour, 0.18), meta=INTERVAL, showlegend=False
        ),
        go.Scatter(
            x=curve.requests,
            y=curve.usd,
            mode="lines",
            line={"color": colour, "width": 2.5, "dash": _DASHES[path.kind], "shape": shape},
            name=PATH_NAMES[path.kind],
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
        ),
    ]


def _crossing(path: PathCurve, mode: Mode) -> go.Scatter:
    """The volume from which the path stays cheaper, on its own line, with its interval."""
    found, surface = path.reached, SURFACES[mode]
    assert found is not None
    high = found.high if found.high is not None else float(path.curve.requests[-1])
    words = f"cheaper from {requests(found.requests)} on"
    return go.Scatter(
        x=[found.requests],
        y=[nearest_usd(path, found.requests)],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [max(high - found.requests, 0.0)],
            "arrayminus": [max(found.requests - found.low, 0.0)],
            "color": surface.text,
            "thickness": 2,
            "width": 6,
        },
        mode="markers",
        meta=INTERVAL,
        marker={
            "size": 12,
            "symbol": "diamond",
            "color": _colour(path.kind, mode),
            "line": {"color": surface.text, "width": 1.5},
        },
        hovertext=[f"{PATH_NAMES[path.kind]}: {words}"],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )
