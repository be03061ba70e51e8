"""Break-even as SVG: the same curves as the dashboard's chart, for a download."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, TypeAlias

from planner.planning.self_hosting.break_even import Curve, Reached
from planner.report.format import clipped, money, requests
from planner.report.svg.marks import (
    Ink,
    Scale,
    draw_dot,
    draw_grid,
    draw_line,
    draw_rect,
    draw_text,
    short,
    svg_of,
    ticks_of,
)
from planner.report.theme import PATH_COLOURS
from planner.units import Floats

PathKind: TypeAlias = Literal["api", "rented", "owned"]
PATH_NAMES: Final[dict[PathKind, str]] = {"api": "API", "rented": "rented GPUs", "owned": "own servers"}
WIDE: Final = 760
_BODY: Final = 300.0
_LEFT: Final = 78.0
_LEGEND: Final = 18.0


@dataclass(frozen=True, slots=True, eq=False)
class PathCurve:
    """One path of the picture."""

    kind: PathKind
    curve: Curve
    reached: Reached | None = None
    """Where it meets the API's, if it does."""


def nearest_usd(path: PathCurve, volume: float) -> float:
    """The path's median cost at the point of its curve that lies nearest to a volume, USD a month."""
    points = path.curve.requests
    return float(path.curve.usd[min(range(len(points)), key=lambda place: abs(float(points[place]) - volume))])


def break_even_svg(paths: Sequence[PathCurve], planned: float, ink: Ink, pixels: int = WIDE) -> str:
    """Cost a month of each path over volume, log scales, medians in bands, crossings with intervals."""
    top = 10.0 + _LEGEND * len(paths)
    bottom = top + _BODY
    usd = [float(value) for path in paths for value in (*path.curve.low_usd, *path.curve.high_usd) if value > 0.0]
    ends = [float(value) for path in paths for value in (path.curve.requests[0], path.curve.requests[-1])]
    across = Scale(min(ends), max(ends), _LEFT, pixels - 10.0, log=True)
    up = Scale(max(min(usd), max(usd) * 1e-5), max(usd), bottom, top, log=True)
    marks = draw_grid(across, top, bottom, ink, requests, "Requests a month (log scale)")
    for tick in ticks_of(up, 5):
        marks.append(draw_line(across.start, up(tick), across.end, up(tick), ink.surface.line))
        marks.append(draw_text(across.start - 8.0, up(tick) + 4.0, money(tick), ink, size=11, anchor="end"))
    for place, path in enumerate(paths):
        colour = ink.surface.text if path.kind == "api" else PATH_COLOURS[path.kind]
        marks.append(draw_rect(0.0, 5.0 + _LEGEND * place, 12.0, 10.0, colour))
        label = clipped(f"{PATH_NAMES[path.kind]}: {path.curve.label}", 90)
        marks.append(draw_text(18.0, 14.0 + _LEGEND * place, label, ink, size=12))
        marks += _curve(path.curve, across, up, colour, steps=path.kind != "api")
        marks += _crossing(path, across, up, colour, ink)
    at = across(planned)
    marks.append(draw_line(at, top, at, bottom, ink.surface.muted, thick=1.5))
    marks.append(draw_text(at + 5.0, bottom - 6.0, f"planned: {requests(planned)}", ink, size=11))
    return svg_of(marks, pixels, bottom + 40.0, "Cost a month of each path against requests a month")


def _points(requests_a_month: Floats, usd: Floats, across: Scale, up: Scale, *, steps: bool) -> list[str]:
    """Corners of a line; a staircase keeps its level until the next point."""
    shown = [(across(float(x)), up(max(float(y), up.low))) for x, y in zip(requests_a_month, usd, strict=True)]
    out = [f"{short(shown[0][0])},{short(shown[0][1])}"]
    for (_, before), (x, y) in pairwise(shown):
        if steps and before != y:
            out.append(f"{short(x)},{short(before)}")
        out.append(f"{short(x)},{short(y)}")
    return out


def _curve(curve: Curve, across: Scale, up: Scale, colour: str, *, steps: bool) -> list[str]:
    def corners(usd: Floats) -> list[str]:
        return _points(curve.requests, usd, across, up, steps=steps)

    band = " L".join([*corners(curve.low_usd), *reversed(corners(curve.high_usd))])
    middle = " L".join(corners(curve.usd))
    return [
        f'<path d="M{band} Z" style="fill:{colour};fill-opacity:0.18"/>',
        f'<path d="M{middle}" style="fill:none;stroke:{colour};stroke-width:2.5"/>',
    ]


def _crossing(path: PathCurve, across: Scale, up: Scale, colour: str, ink: Ink) -> list[str]:
    found = path.reached
    if found is None or not across.low <= found.requests <= across.high:
        return []
    y = up(nearest_usd(path, found.requests))
    high = across.high if found.high is None else min(found.high, across.high)
    interval = draw_line(across(max(found.low, across.low)), y, across(high), y, ink.surface.text, thick=2.0)
    hover = f"cheaper from {requests(found.requests)} on"
    return [interval, draw_dot(across(found.requests), y, 6.0, colour, hover)]
