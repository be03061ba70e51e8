"""First tokens of a replayed trace: share of requests over time, with the spread of the speeds and the formula."""

from plotly import graph_objects as go

from planner.report.charts.drawing import INTERVAL, log_axis, new_figure, rgba
from planner.report.format import milliseconds, percent
from planner.report.svg.trace import SHARES, WaitCurve, formula_points, wait_range
from planner.report.theme import SURFACES, Mode


def wait_chart(curves: tuple[WaitCurve, ...], limit_ms: float | None, mode: Mode = "light") -> go.Figure:
    """Share of requests with a first token by a time (log scale): lines at mean speeds in bands from fast to slow.

    Diamonds are the formula's p50, p95 and p99; a dotted line is the limit.
    """
    figure = new_figure([trace for curve in curves for trace in _curve(curve)], mode, height=360, legend=True)
    log_axis(figure, "x", "Time to the first token (log scale)", *wait_range(curves, limit_ms))
    figure.update_xaxes(ticktext=[milliseconds(value) for value in figure.layout.xaxis.tickvals])
    figure.update_yaxes(title_text="Share of requests", range=[0.0, 1.0], tickformat=".0%")
    if limit_ms is not None:
        figure.add_vline(x=limit_ms, line={"color": SURFACES[mode].text, "width": 1.5, "dash": "dot"})
    return figure


def _curve(curve: WaitCurve) -> list[go.Scatter]:
    edge = {"y": SHARES, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    hover = [
        f"{curve.name}: {percent(share)} within {milliseconds(ms)} ({milliseconds(low)} to {milliseconds(high)})"
        for share, ms, low, high in zip(SHARES, curve.ms, curve.fast_ms, curve.slow_ms, strict=True)
    ]
    points = formula_points(curve)
    return [
        go.Scatter(x=curve.fast_ms, **edge),
        go.Scatter(x=curve.slow_ms, **edge, fill="tonextx", fillcolor=rgba(curve.colour, 0.18), meta=INTERVAL),
        go.Scatter(
            x=curve.ms,
            y=SHARES,
            mode="lines",
            line={"color": curve.colour, "width": 2.5},
            name=curve.name,
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
        ),
        go.Scatter(
            x=[ms for ms, _ in points],
            y=[share for _, share in points],
            mode="markers",
            marker={"size": 9, "symbol": "diamond", "color": curve.colour},
            hovertext=[f"formula: {percent(share)} within {milliseconds(ms)}" for ms, share in points],
            hovertemplate="%{hovertext}<extra></extra>",
            showlegend=False,
        ),
    ]
