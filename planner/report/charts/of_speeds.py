"""Charts of times and lengths before and after measuring, with every measured answer as a dot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import plotly.graph_objects as go

from planner.planning.plan import Figure
from planner.report.charts.drawing import intervals, label_rows, log_axis, new_figure, rgba, row_heights, rows_px
from planner.report.format import milliseconds, number
from planner.report.theme import SURFACES, Mode

_PAIR_PX: Final = 70
_APART: Final = 0.14
_LEAST: Final = {"ms": 0.01, "tokens": 1.0}
"""Smallest value that a log axis shows: an answer without hidden reasoning stands at one token."""
SpeedUnit: TypeAlias = Literal["ms", "tokens"]


@dataclass(frozen=True, slots=True)
class SpeedForecast:
    """A forecast of one model before and after measuring, and what was measured."""

    model: str
    name: str
    """'GPT-4o mini · OpenAI'."""
    before: Figure
    after: Figure
    seen: tuple[float, ...]
    """Each accepted answer."""
    at_tokens: float = 0.0
    """Prompt length that it is for; 0 where that doesn't matter."""


def speed_chart(rows: Sequence[SpeedForecast], title: str, unit: SpeedUnit, mode: Mode = "light") -> go.Figure:
    """Forecasts before (hollow) and after (full), with intervals; every measured answer is a dot between the two."""
    surface, heights, told = SURFACES[mode], row_heights(len(rows)), _told(unit)
    traces = [
        _answers(rows, heights, unit, mode),
        _forecasts("before", [row.before for row in rows], [at + _APART for at in heights], surface.background, mode),
        _forecasts("after", [row.after for row in rows], [at - _APART for at in heights], surface.text, mode),
    ]
    for trace, name in zip(traces[1:], ("before", "after"), strict=True):
        figures = [getattr(row, name) for row in rows]
        trace.update(hovertext=[f"{name}: {told(f.mean)} ({told(f.low)} to {told(f.high)})" for f in figures])
    figure = new_figure(traces, mode, height=rows_px(len(rows), _PAIR_PX) + 20, legend=True)
    lines = [(row.name, f"{told(row.before.mean)} before, {told(row.after.mean)} after") for row in rows]
    label_rows(figure, lines, heights, mode, one_line=True, above=0.24)
    values = [value for row in rows for value in (*row.seen, *_ends(row.before), *_ends(row.after))]
    least = _LEAST[unit]
    log_axis(figure, "x", title, max(min(values), least), max(*values, least * 2.0))
    figure.update_yaxes(visible=False, range=[-0.45, heights[0] + 0.9])
    return figure


def _ends(figure: Figure) -> tuple[float, float]:
    return figure.low, figure.high


def _told(unit: SpeedUnit) -> Callable[[float], str]:
    return milliseconds if unit == "ms" else lambda value: f"{number(value)} tokens"


def _answers(rows: Sequence[SpeedForecast], heights: Sequence[float], unit: SpeedUnit, mode: Mode) -> go.Scatter:
    told, least = _told(unit), _LEAST[unit]
    return go.Scatter(
        x=[max(value, least) for row in rows for value in row.seen],
        y=[at for row, at in zip(rows, heights, strict=True) for _ in row.seen],
        mode="markers",
        name="measured answers",
        meta="answers",
        marker={
            "size": 6,
            "symbol": "line-ns-open",
            "color": rgba(SURFACES[mode].warning, 0.75),
            "line": {"width": 1.5},
        },
        hovertext=[f"measured: {told(value)}" for row in rows for value in row.seen],
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
    )


def _forecasts(name: str, figures: Sequence[Figure], heights: Sequence[float], fill: str, mode: Mode) -> go.Scatter:
    trace = intervals(figures, heights, mode, hover=[""] * len(figures))
    marker = {"size": 9, "color": fill, "line": {"color": SURFACES[mode].text, "width": 1.5}}
    trace.update(name=f"forecast {name} measuring", showlegend=True, marker=marker)
    return trace
