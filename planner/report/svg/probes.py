"""Pictures of probes as SVG: shares, differences, forecasts before and after; no browser, no script."""

from collections.abc import Sequence
from typing import Final

from planner.planning.plan import Figure
from planner.report.charts.of_probes import ForecastChange, ForecastCheck, ProbedDifference, ProbedShare
from planner.report.format import clipped, points, share
from planner.report.svg.marks import Ink, Scale, draw_dot, draw_grid, draw_line, draw_text, plain_tick, svg_of

_WIDE: Final = 760
_ROW: Final = 44.0
_TALL: Final = 62.0
_LETTERS: Final = 110
_HEAD: Final = 8.0


def shares_svg(rows: Sequence[ProbedShare], ink: Ink, pixels: int = _WIDE) -> str:
    """Share of acceptable answers of each row with its interval."""
    scale = Scale(0.0, 100.0, 10.0, pixels - 10.0)
    lines = [f"{row.name}  {share(row.share)} of {row.answers} answers" for row in rows]
    marks = _whiskers([row.share for row in rows], lines, scale, ink, [True] * len(rows))
    return _picture(marks, len(rows), _ROW, scale, "Acceptable answers, %; bars are 90 % intervals", ink, pixels)


def differences_svg(rows: Sequence[ProbedDifference], title: str, ink: Ink, pixels: int = _WIDE) -> str:
    """Differences around zero with their intervals; hollow dots are none that was shown."""
    ends = [abs(end) for row in rows for end in (row.points.low, row.points.high)]
    reach = 105.0 * max(0.1, *ends)
    scale = Scale(-reach, reach, 10.0, pixels - 10.0)
    lines = [f"{row.name}  {_interval(row.points)}{'' if row.called else ': no difference shown'}" for row in rows]
    marks = _whiskers([row.points for row in rows], lines, scale, ink, [row.called for row in rows])
    zero = draw_line(scale(0.0), _HEAD, scale(0.0), _HEAD + _ROW * len(rows), ink.surface.muted, 1.5)
    return _picture([zero, *marks], len(rows), _ROW, scale, title, ink, pixels)


def forecast_svg(rows: Sequence[ForecastChange], ink: Ink, pixels: int = _WIDE) -> str:
    """Forecasts before (hollow) and after (full), what was measured as a coloured dot."""
    scale = Scale(0.0, 100.0, 10.0, pixels - 10.0)
    marks: list[str] = []
    for place, row in enumerate(rows):
        base = _HEAD + _TALL * place
        line = f"{row.name}  {share(row.before)} before, {share(row.after)} after"
        marks.append(draw_text(0.0, base + 13.0, clipped(line, _LETTERS), ink, size=12))
        marks += _whisker(row.before, scale, base + 26.0, ink, ink.surface.text, full=False)
        marks += _whisker(row.after, scale, base + 38.0, ink, ink.surface.text, full=True)
        if row.measured is not None:
            marks += _whisker(row.measured, scale, base + 50.0, ink, ink.surface.warning, full=True)
    title = "Acceptable answers, %: hollow before, full after measuring, coloured measured"
    return _picture(marks, len(rows), _TALL, scale, title, ink, pixels)


def check_svg(checks: Sequence[ForecastCheck], ink: Ink, pixels: int = 420) -> str:
    """Forecast before measuring (across) against the measured share (up), both with intervals."""
    across, up = Scale(0.0, 100.0, 46.0, pixels - 14.0), Scale(0.0, 100.0, pixels - 60.0, 10.0)
    marks = draw_grid(across, 10.0, pixels - 60.0, ink, plain_tick, "Forecast before measuring, % acceptable")
    marks += [draw_text(40.0, up(tick) + 4.0, plain_tick(tick), ink, size=11, anchor="end") for tick in (0, 50, 100)]
    marks.append(draw_text(0.0, 10.0, "Measured, %", ink, size=11, colour=ink.surface.muted))
    marks.append(draw_line(across(0.0), up(0.0), across(100.0), up(100.0), ink.surface.muted))
    for check in checks:
        x, y = across(100.0 * check.forecast.mean), up(100.0 * check.measured.mean)
        low, high = (across(100.0 * end) for end in (check.forecast.low, check.forecast.high))
        marks.append(draw_line(low, y, high, y, ink.surface.muted, 1.4))
        low, high = (up(100.0 * end) for end in (check.measured.low, check.measured.high))
        marks.append(draw_line(x, low, x, high, ink.surface.muted, 1.4))
        told = f"{check.name} on {check.segment}: forecast {share(check.forecast)}, measured {share(check.measured)}"
        marks += _dot(x, y, ink, ink.surface.text, full=check.held, hover=told)
    return svg_of(marks, pixels, pixels, "Forecast before measuring against the measured share")


def _interval(figure: Figure) -> str:
    return f"{points(figure.mean)} ({points(figure.low)} to {points(figure.high)})"


def _whiskers(
    figures: Sequence[Figure], lines: Sequence[str], scale: Scale, ink: Ink, full: Sequence[bool]
) -> list[str]:
    marks: list[str] = []
    for place, (figure, line, filled) in enumerate(zip(figures, lines, full, strict=True)):
        base = _HEAD + _ROW * place
        marks.append(draw_text(0.0, base + 14.0, clipped(line, _LETTERS), ink, size=12))
        marks += _whisker(figure, scale, base + 30.0, ink, ink.surface.text, full=filled)
    return marks


def _whisker(figure: Figure, scale: Scale, y: float, ink: Ink, colour: str, *, full: bool) -> list[str]:
    low, mean, high = (scale(100.0 * end) for end in (figure.low, figure.mean, figure.high))
    return [draw_line(low, y, high, y, colour, 1.8), *_dot(mean, y, ink, colour, full=full)]


def _dot(x: float, y: float, ink: Ink, colour: str, *, full: bool, hover: str = "") -> list[str]:
    inner = [] if full else [draw_dot(x, y, 3.0, ink.surface.background)]
    return [draw_dot(x, y, 4.8, colour, hover), *inner]


def _picture(
    marks: Sequence[str], rows: int, row_height: float, scale: Scale, title: str, ink: Ink, pixels: int
) -> str:
    bottom = _HEAD + row_height * rows
    return svg_of([*draw_grid(scale, _HEAD, bottom, ink, plain_tick, title), *marks], pixels, bottom + 40.0, title)
