"""Charts of the back-tests: error beside the simple ways, and how often stated intervals held the truth."""

from collections.abc import Sequence

import plotly.graph_objects as go

from planner.planning.plan import Figure
from planner.report.charts.drawing import (
    ABOVE_RULE,
    INTERVAL,
    intervals,
    label_rows,
    new_figure,
    row_axes,
    row_heights,
    rows_px,
    rule_rows,
)
from planner.report.format import number, percent
from planner.report.theme import SURFACES, Mode

_ROW_PX = 44
_ASKED_SHARE = (87.0, 93.0)
"""Band that a 90 % interval's coverage should lie in, per cent."""


def error_chart(rows: Sequence[tuple[str, Figure]], mode: Mode = "light") -> go.Figure:
    """Error of each way in percentage points of score, with its sampling interval; rows are (way, error)."""
    heights = row_heights(len(rows))
    errors = [error for _, error in rows]
    hover = [
        f"{name}: {number(error.mean)} points ({number(error.low)} to {number(error.high)})" for name, error in rows
    ]
    figure = new_figure([intervals(errors, heights, mode, hover=hover)], mode, height=rows_px(len(rows), _ROW_PX))
    lines = [(name, f"{number(error.mean)} points") for name, error in rows]
    label_rows(figure, lines, heights, mode, one_line=True, above=ABOVE_RULE)
    rule_rows(figure, heights, mode)
    return row_axes(figure, "Root mean square error, percentage points of score", max(error.high for error in errors))


def coverage_chart(rows: Sequence[tuple[str, Figure]], mode: Mode = "light") -> go.Figure:
    """Share of held-out scores inside the stated 90 % interval, per cent, with its sampling interval."""
    heights = row_heights(len(rows))
    shares = [share for _, share in rows]
    hover = [f"{name}: {percent(s.mean / 100)} ({percent(s.low / 100)} to {percent(s.high / 100)})" for name, s in rows]
    figure = new_figure([intervals(shares, heights, mode, hover=hover)], mode, height=rows_px(len(rows), _ROW_PX))
    low, high = _ASKED_SHARE
    figure.add_vrect(x0=low, x1=high, fillcolor=SURFACES[mode].neutral, opacity=0.3, line_width=0, layer="below")
    lines = [(name, percent(s.mean / 100)) for name, s in rows]
    label_rows(figure, lines, heights, mode, one_line=True, above=ABOVE_RULE)
    rule_rows(figure, heights, mode)
    figure = row_axes(figure, "Held-out scores inside the 90 % interval, per cent; band: 87 to 93", 100.0)
    figure.update_xaxes(range=[min(60.0, *(share.low for share in shares)), 101.0])
    return figure


def calibration_chart(points: Sequence[tuple[float, Figure]], mode: Mode = "light") -> go.Figure:
    """Stated level against the share of held-out scores that the intervals held, both per cent."""
    surface = SURFACES[mode]
    line = go.Scatter(
        x=[40, 100],
        y=[40, 100],
        mode="lines",
        line={"color": surface.muted, "dash": "dot", "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )
    held = [share for _, share in points]
    dots = go.Scatter(
        x=[level for level, _ in points],
        y=[share.mean for share in held],
        mode="markers",
        meta=INTERVAL,
        marker={"size": 9, "color": surface.text},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [share.high - share.mean for share in held],
            "arrayminus": [share.mean - share.low for share in held],
            "color": surface.text,
        },
        hovertext=[f"stated {level:.0f} %, held {share.mean:.1f} %" for level, share in points],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )
    figure = new_figure([line, dots], mode, height=320)
    figure.update_xaxes(title="Stated level of the interval, per cent", range=[45, 95])
    figure.update_yaxes(title="Held, per cent", range=[40, 100])
    return figure
