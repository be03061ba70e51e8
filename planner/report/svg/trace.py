"""First tokens of a replayed trace as a curve: which share of the requests has it by when; as data and as SVG."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.serving.replay import TraceFormula
from planner.planning.self_hosting.trace import TraceCase, TraceRun
from planner.report.format import milliseconds, percent
from planner.report.svg.marks import Ink, Scale, draw_dot, draw_grid, draw_line, draw_rect, draw_text, short, svg_of
from planner.report.svg.serving import WIDE
from planner.report.theme import PATH_COLOURS
from planner.units import MS_PER_S, Floats

SHARES: Final = np.concatenate([np.linspace(0.01, 0.95, 95), np.linspace(0.955, 0.999, 45)])
FORMULA_SHARES: Final = (0.5, 0.95, 0.99)
_BODY: Final = 280.0
_LEFT: Final = 60.0
_LEGEND: Final = 18.0
_GRID_SHARES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class WaitCurve:
    """Times by which `SHARES` of the requests have their first token, ms, (P,) each."""

    name: str
    colour: str
    ms: Floats
    fast_ms: Floats
    slow_ms: Floats
    formula: TraceFormula | None


def wait_curves(case: TraceCase) -> tuple[WaitCurve, ...]:
    """At the planned busiest hour, and at the trace's own rate."""
    return (
        _curve("planned busiest hour", PATH_COLOURS["rented"], case.planned),
        _curve("trace's own rate", PATH_COLOURS["owned"], case.own),
    )


def _curve(name: str, colour: str, run: TraceRun) -> WaitCurve:
    mean, fast, slow = (
        np.asarray(np.quantile(one.replay.ttft_s, SHARES) * MS_PER_S) for one in (run.mean, run.fast, run.slow)
    )
    # a faster replica may wait longer somewhere by chance of who comes when; the band is what lies between
    return WaitCurve(name, colour, mean, np.minimum(fast, mean), np.maximum(slow, mean), run.formula)


def wait_range(curves: tuple[WaitCurve, ...], limit_ms: float | None) -> tuple[float, float]:
    """Lowest and highest time that a picture of the curves spans, ms."""
    low = min(float(curve.fast_ms.min()) for curve in curves)
    high = max(float(curve.slow_ms.max()) for curve in curves)
    formulas = [curve.formula.ttft.p99 for curve in curves if curve.formula is not None]
    return max(low, 0.1) * 0.9, 1.1 * max(high, limit_ms or 0.0, *formulas, low * 2.0)


def wait_svg(curves: tuple[WaitCurve, ...], limit_ms: float | None, ink: Ink, pixels: int = WIDE) -> str:
    """Share of requests over the time to the first token (log scale), bands between fast and slow speeds."""
    top = 10.0 + _LEGEND * len(curves)
    bottom = top + _BODY
    across = Scale(*wait_range(curves, limit_ms), _LEFT, pixels - 10.0, log=True)
    up = Scale(0.0, 1.0, bottom, top)
    marks = draw_grid(across, top, bottom, ink, milliseconds, "Time to the first token (log scale)")
    for tick in _GRID_SHARES:
        marks.append(draw_line(across.start, up(tick), across.end, up(tick), ink.surface.line))
        marks.append(draw_text(across.start - 8.0, up(tick) + 4.0, percent(tick), ink, size=11, anchor="end"))
    for place, curve in enumerate(curves):
        marks.append(draw_rect(0.0, 5.0 + _LEGEND * place, 12.0, 10.0, curve.colour))
        marks.append(draw_text(18.0, 14.0 + _LEGEND * place, curve.name, ink, size=12))
        marks += _lines(curve, across, up)
    if limit_ms is not None:
        at = across(limit_ms)
        marks.append(draw_line(at, top, at, bottom, ink.surface.muted, thick=1.5))
        marks.append(draw_text(at - 5.0, bottom - 6.0, f"limit {milliseconds(limit_ms)}", ink, size=11, anchor="end"))
    return svg_of(marks, pixels, bottom + 40.0, "Share of the trace's requests with a first token, by time")


def _lines(curve: WaitCurve, across: Scale, up: Scale) -> list[str]:
    def corners(ms: Floats) -> list[str]:
        low, high = across.low, across.high
        points = zip(np.clip(ms, low, high).tolist(), SHARES.tolist(), strict=True)
        return [f"{short(across(x))},{short(up(y))}" for x, y in points]

    band = " L".join([*corners(curve.fast_ms), *reversed(corners(curve.slow_ms))])
    marks = [
        f'<path d="M{band} Z" style="fill:{curve.colour};fill-opacity:0.18"/>',
        f'<path d="M{" L".join(corners(curve.ms))}" style="fill:none;stroke:{curve.colour};stroke-width:2.5"/>',
    ]
    for ms, share in formula_points(curve):
        marks.append(draw_dot(across(ms), up(share), 4.5, curve.colour, f"formula: {milliseconds(ms)}"))
    return marks


def formula_points(curve: WaitCurve) -> tuple[tuple[float, float], ...]:
    """The formula's time and share of requests, one for each of p50, p95, p99."""
    if curve.formula is None:
        return ()
    found = curve.formula.ttft
    return tuple(zip((found.p50, found.p95, found.p99), FORMULA_SHARES, strict=True))
