"""Charts of probes: shares and differences with intervals, forecasts before and after, forecast against measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go

from planner.planning.plan import Figure
from planner.report.charts.drawing import (
    ABOVE_RULE,
    INTERVAL,
    error_bars,
    intervals,
    label_rows,
    new_figure,
    row_heights,
    rows_px,
    rule_rows,
)
from planner.report.format import percent, points, share, times
from planner.report.theme import SURFACES, Mode

_ROW_PX: Final = 46
_PAIR_PX: Final = 62
_APART: Final = 0.13


@dataclass(frozen=True, slots=True)
class ProbedShare:
    """What one model got right when asked in one way."""

    name: str
    """'GPT-4o mini · with context'."""
    share: Figure
    answers: int


@dataclass(frozen=True, slots=True)
class ProbedDifference:
    """A difference of two shares on the same items."""

    name: str
    """'A less B'."""
    points: Figure
    """As a share, -1 to 1."""
    called: bool
    """Its interval excludes zero."""


@dataclass(frozen=True, slots=True)
class ForecastChange:
    """A model's forecast on a segment before and after measuring."""

    model: str
    name: str
    before: Figure
    after: Figure
    measured: Figure | None
    """Share of its own answers; None: it was not asked."""


@dataclass(frozen=True, slots=True)
class ForecastCheck:
    """A measured share beside the forecast that was made without it."""

    model: str
    name: str
    segment: str
    forecast: Figure
    measured: Figure
    held: bool
    """It lies in the forecast's interval, the chance of so few answers counted in."""


def probed_shares(rows: Sequence[ProbedShare], mode: Mode = "light") -> go.Figure:
    """Share of acceptable answers of each model and way of asking, with its interval."""
    heights = row_heights(len(rows))
    shares = [times(row.share, 100.0) for row in rows]
    hover = [f"{row.name}: {share(row.share)} of {row.answers} answers" for row in rows]
    figure = new_figure([intervals(shares, heights, mode, hover=hover)], mode, height=rows_px(len(rows), _ROW_PX))
    lines = [(row.name, f"{share(row.share)} of {row.answers} answers") for row in rows]
    label_rows(figure, lines, heights, mode, one_line=True, above=ABOVE_RULE)
    rule_rows(figure, heights, mode)
    return _share_axis(figure, "Acceptable answers, %; bars are 90 % intervals", heights)


def probed_differences(rows: Sequence[ProbedDifference], title: str, mode: Mode = "light") -> go.Figure:
    """Differences with their intervals around zero; hollow dots are no difference that was shown."""
    surface = SURFACES[mode]
    heights = row_heights(len(rows))
    gaps = [times(row.points, 100.0) for row in rows]
    trace = intervals(gaps, heights, mode, hover=[f"{row.name}: {_said(row)}" for row in rows])
    colours = [surface.text if row.called else surface.background for row in rows]
    trace.update(marker={"size": 9, "color": colours, "line": {"color": surface.text, "width": 1.5}})
    figure = new_figure([trace], mode, height=rows_px(len(rows), _ROW_PX))
    figure.add_vline(x=0.0, line={"color": surface.muted, "width": 1.5, "dash": "dot"})
    lines = [(row.name, _said(row)) for row in rows]
    label_rows(figure, lines, heights, mode, one_line=True, above=ABOVE_RULE)
    rule_rows(figure, heights, mode)
    reach = max(10.0, *(max(abs(gap.low), abs(gap.high)) for gap in gaps)) if gaps else 10.0
    figure.update_xaxes(title=title, range=[-1.05 * reach, 1.05 * reach], nticks=7)
    figure.update_yaxes(visible=False, range=[-0.45, heights[0] + 0.9 if heights else 1.0])
    return figure


def _said(row: ProbedDifference) -> str:
    interval = f"{points(row.points.mean)} ({points(row.points.low)} to {points(row.points.high)})".replace(
        " points", ""
    )
    return f"{interval} points" if row.called else f"{interval} points: no difference shown"


def forecast_chart(rows: Sequence[ForecastChange], floor: float | None = None, mode: Mode = "light") -> go.Figure:
    """Forecasts before (hollow) and after (full) measuring, what was measured as a diamond, the floor as a line."""
    surface = SURFACES[mode]
    heights = row_heights(len(rows))
    hollow, full = surface.background, surface.text
    traces = [
        _forecasts("before", [row.before for row in rows], [at + _APART for at in heights], hollow, mode),
        _forecasts("after", [row.after for row in rows], [at - _APART for at in heights], full, mode),
    ]
    asked = [(row.measured, at) for row, at in zip(rows, heights, strict=True) if row.measured is not None]
    if asked:
        traces.append(_measured_marks([found for found, _ in asked], [at for _, at in asked], mode))
    figure = new_figure(traces, mode, height=rows_px(len(rows), _PAIR_PX), legend=True)
    lines = [(row.name, f"{percent(row.before.mean)} before, {share(row.after)} after") for row in rows]
    label_rows(figure, lines, heights, mode, one_line=True, above=0.24)
    if floor is not None:
        figure.add_vline(x=100.0 * floor, line={"color": surface.warning, "width": 1.5, "dash": "dash"})
    wanted = "" if floor is None else f"; dashed: the floor, {percent(floor)}"
    return _share_axis(figure, f"Acceptable answers, %{wanted}", heights)


def _forecasts(name: str, figures: Sequence[Figure], heights: Sequence[float], fill: str, mode: Mode) -> go.Scatter:
    shown = [times(figure, 100.0) for figure in figures]
    trace = intervals(shown, heights, mode, hover=[f"{name}: {share(figure)}" for figure in figures])
    colour = SURFACES[mode].text
    trace.update(
        name=f"{name} measuring",
        showlegend=True,
        marker={"size": 9, "color": fill, "line": {"color": colour, "width": 1.5}},
    )
    return trace


def _measured_marks(figures: Sequence[Figure], heights: Sequence[float], mode: Mode) -> go.Scatter:
    surface = SURFACES[mode]
    return go.Scatter(
        x=[100.0 * figure.mean for figure in figures],
        y=list(heights),
        mode="markers",
        name="measured",
        meta=INTERVAL,
        marker={"size": 9, "symbol": "diamond", "color": surface.warning},
        error_x=error_bars([times(figure, 100.0) for figure in figures], surface.warning, thickness=1.6),
        hovertext=[f"measured: {share(figure)}" for figure in figures],
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
    )


def _share_axis(figure: go.Figure, title: str, heights: Sequence[float]) -> go.Figure:
    figure.update_xaxes(title=title, range=[-2.0, 102.0], nticks=6)
    figure.update_yaxes(visible=False, range=[-0.45, heights[0] + 0.9 if heights else 1.0])
    return figure


def forecast_check_chart(checks: Sequence[ForecastCheck], mode: Mode = "light") -> go.Figure:
    """Forecast before measuring (across) against the measured share (up), both with intervals; hollow: missed."""
    surface = SURFACES[mode]
    line = go.Scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        line={"color": surface.muted, "dash": "dot", "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )
    forecasts = [times(check.forecast, 100.0) for check in checks]
    measured = [times(check.measured, 100.0) for check in checks]
    dots = go.Scatter(
        x=[figure.mean for figure in forecasts],
        y=[figure.mean for figure in measured],
        mode="markers",
        meta=INTERVAL,
        marker={
            "size": 10,
            "color": [surface.text if check.held else surface.background for check in checks],
            "line": {"color": surface.text, "width": 1.5},
        },
        error_x=error_bars(forecasts, surface.muted, thickness=1.4),
        error_y=error_bars(measured, surface.muted, thickness=1.4),
        hovertext=[
            f"{check.name} on {check.segment}: forecast {share(check.forecast)}, measured {share(check.measured)}"
            for check in checks
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
        showlegend=False,
    )
    figure = new_figure([line, dots], mode, height=380)
    figure.update_xaxes(title="Forecast before measuring, % acceptable", range=[-2, 102])
    figure.update_yaxes(title="Measured, % acceptable", range=[-2, 102])
    return figure
