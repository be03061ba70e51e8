"""The pieces all charts are drawn with: figure, bars, intervals, row labels, axes."""

import html
import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

import plotly.graph_objects as go

from planner.planning.plan import Figure
from planner.report.format import number
from planner.report.theme import FONTS, SURFACES, TIER_COLOURS, Mode

ROW_PX: Final = 64
CLEAR: Final = "rgba(0,0,0,0)"
INTERVAL: Final = "interval"
"""`meta` of every trace that draws an interval."""
PART: Final = "part"
"""`meta` of a bar that is a part of a whole; the whole carries the interval."""
RULE: Final = "rule"
"""`name` of the line through a row's mark."""
ABOVE_BAR: Final = 0.19
"""Where a row's label stands over the middle of its bar, in rows."""
ABOVE_RULE: Final = 0.12
"""The same over a mark without a bar."""


def new_figure(
    traces: Sequence[Any],
    mode: Mode,
    *,
    height: int,
    margin: dict[str, int] | None = None,
    legend: bool = False,
    barmode: str | None = None,
) -> go.Figure:
    """A figure in the colours and fonts of the mode; `height` in pixels."""
    surface = SURFACES[mode]
    axis = {
        "gridcolor": surface.line,
        "linecolor": surface.line,
        "zeroline": False,
        "automargin": True,
        "fixedrange": True,
        "title": {"font": {"size": 12, "color": surface.muted}},
    }
    layout = {
        "font": {"family": FONTS, "size": 13, "color": surface.text},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "colorway": list(TIER_COLOURS.values()),
        "xaxis": axis,
        "yaxis": axis,
        "hoverlabel": {"bgcolor": surface.raised, "bordercolor": surface.line, "font": {"color": surface.text}},
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.0,
            "yanchor": "bottom",
            "font": {"size": 12},
            "itemclick": False,
            "traceorder": "normal",
        },
    }
    return go.Figure(
        data=list(traces),
        layout={
            "template": go.layout.Template(layout=layout),
            "height": height,
            "margin": {"l": 12, "r": 18, "t": 36 if legend else 14, "b": 48, **(margin or {})},
            "showlegend": legend,
            "barmode": barmode,
            "uirevision": "kept",
            "hovermode": "closest",
        },
    )


def bar_trace(
    values: Sequence[float],
    height: float | Sequence[float],
    colour: str,
    *,
    name: str,
    hover: Sequence[str],
    meta: str | None = None,
    legend: bool = False,
) -> go.Bar:
    """Horizontal bars at the given heights, one hover text each."""
    heights = [height] * len(values) if isinstance(height, float) else list(height)
    return go.Bar(
        x=list(values),
        y=heights,
        width=0.3,
        orientation="h",
        name=name,
        meta=meta,
        marker={"color": colour, "line": {"width": 0}},
        hovertext=list(hover),
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=legend,
    )


def intervals(figures: Sequence[Figure], heights: Sequence[float], mode: Mode, *, hover: Sequence[str]) -> go.Scatter:
    """Means with their intervals; every bar has one of these."""
    surface = SURFACES[mode]
    return go.Scatter(
        x=[figure.mean for figure in figures],
        y=list(heights),
        mode="markers",
        meta=INTERVAL,
        marker={"size": 7, "color": surface.text, "line": {"color": surface.background, "width": 1}},
        error_x=error_bars(figures, surface.text, thickness=1.6),
        hovertext=list(hover),
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
        showlegend=False,
    )


def error_bars(figures: Iterable[Figure], colour: str, thickness: float) -> dict[str, Any]:
    """Plotly error bars from low to high of each figure."""
    shown = list(figures)
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(figure.high - figure.mean, 0.0) for figure in shown],
        "arrayminus": [max(figure.mean - figure.low, 0.0) for figure in shown],
        "color": colour,
        "thickness": thickness,
        "width": 5,
    }


def row_heights(count: int) -> list[float]:
    """Heights of rows, the first on top."""
    return [float(count - 1 - place) for place in range(count)]


def rows_px(count: int, row_px: int = ROW_PX) -> int:
    """Height in pixels of a chart of so many rows."""
    return row_px * count + 92


def label_rows(
    figure: go.Figure,
    lines: Sequence[tuple[str, str]],
    heights: Sequence[float],
    mode: Mode,
    *,
    one_line: bool = False,
    above: float = ABOVE_BAR,
) -> None:
    """Write each row's name, and its figures, above its bar: nothing is cut at 390 pixels."""
    muted = SURFACES[mode].muted
    for (name, line), height in zip(lines, heights, strict=True):
        rest = f'<span style="color:{muted}">{plain(line)}</span>' if line else ""
        figure.add_annotation(
            x=0,
            xref="paper",
            y=height + above,
            text=f"<b>{plain(name)}</b>{'  ' if one_line or not line else '<br>'}{rest}",
            showarrow=False,
            align="left",
            xanchor="left",
            yanchor="bottom",
            font={"size": 12},
            bgcolor=rgba(SURFACES[mode].background, 0.8),
        )


def rule_rows(figure: go.Figure, heights: Iterable[float], mode: Mode) -> None:
    """A thin line through each mark under its label, so that mark and label read as one row where there are no bars."""
    for height in heights:
        figure.add_hline(y=height, line={"color": SURFACES[mode].line, "width": 1}, layer="below", name=RULE)


def row_axes(figure: go.Figure, title: str, top: float) -> go.Figure:
    """Axes of a chart of rows: from zero to `top`, no upright axis."""
    figure.update_xaxes(title=title, tickformat=",", range=[0.0, top * 1.04], nticks=6)
    highest = max(float(height) for trace in figure.data for height in trace.y)
    figure.update_yaxes(visible=False, range=[-0.45, highest + 0.9])
    return figure


def log_axis(figure: go.Figure, axis: str, title: str, low: float, high: float) -> None:
    """Make an axis logarithmic, with a few ticks in plain numbers."""
    ends = (math.log10(low) - 0.05, math.log10(high) + 0.05)
    decades = ends[1] - ends[0]
    steps = (1.0,) if decades > 3.0 else (1.0, 3.0) if decades > 1.7 else (1.0, 2.0, 5.0)
    ticks = [step * 10.0**power for power in range(math.floor(ends[0]), math.ceil(ends[1]) + 1) for step in steps]
    shown = [tick for tick in ticks if ends[0] <= math.log10(tick) <= ends[1]]
    figure.update_layout(
        {
            f"{axis}axis": {
                "type": "log",
                "title": title,
                "range": list(ends),
                "tickvals": shown,
                "ticktext": [number(tick) for tick in shown],
            }
        }
    )


def rgba(colour: str, opacity: float) -> str:
    """A #RRGGBB colour with an opacity."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def plain(text: str) -> str:
    """Text that plotly shows as it is, tags included."""
    return html.escape(text, quote=False)
