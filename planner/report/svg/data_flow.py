"""The picture of where data goes: segments, the gateway, and who processes their requests where."""

from collections.abc import Sequence
from typing import Final

from planner.report.decision.places import SENSITIVE, Way
from planner.report.format import clipped
from planner.report.svg.marks import Ink, draw_line, draw_rect, draw_text, svg_of
from planner.report.theme import TIER_COLOURS

_TOP: Final = 34.0
_ROW: Final = 44.0
_LOW_ROW: Final = 25.0
"""Height of a row where there are many: one line of text."""
_FEW: Final = 7
_LETTER: Final = 0.56


def data_flow_svg(ways: Sequence[Way], ink: Ink, pixels: int) -> str:
    """Segments at the left, processors at the right; sensitive data in the colour of a warning, what stays in green."""
    segments = list(dict.fromkeys(way.segment for way in ways))
    places = list(dict.fromkeys((way.processor, way.area, way.stays) for way in ways))
    rows = max(len(segments), len(places))
    row = _ROW if rows <= _FEW else _LOW_ROW
    height = _TOP + row * rows + 10.0
    width = pixels * 0.34
    left = {name: _middle(number, len(segments), height) for number, name in enumerate(segments)}
    right = {place: _middle(number, len(places), height) for number, place in enumerate(places)}
    gate_x, right_x = pixels * 0.5, pixels - width
    marks = [
        draw_text(0.0, 14.0, "What is asked", ink, size=11, colour=ink.surface.muted),
        draw_text(gate_x, 14.0, "Gateway", ink, size=11, anchor="middle", colour=ink.surface.muted),
        draw_text(right_x, 14.0, "Who processes it, where", ink, size=11, colour=ink.surface.muted),
    ]
    for way in ways:
        colour = ink.surface.warning if way.sensitivity in SENSITIVE and not way.stays else ink.surface.neutral
        colour = TIER_COLOURS["specialist"] if way.stays else colour
        thick = 1.0 if way.escalated else 2.0
        y1, y2 = left[way.segment], right[way.processor, way.area, way.stays]
        marks.append(draw_line(width, y1, gate_x - 5.0, y1 + (y2 - y1) * 0.4, colour, thick))
        marks.append(draw_line(gate_x + 5.0, y1 + (y2 - y1) * 0.6, right_x, y2, colour, thick))
    marks.append(draw_rect(gate_x - 5.0, _TOP - 8.0, 10.0, height - _TOP, ink.surface.line))
    sensitivity = {way.segment: way.sensitivity for way in ways}
    for name, y in left.items():
        marks += _box(0.0, y, width, row, (name, f"{sensitivity[name]} data"), ink)
    for (processor, area, _), y in right.items():
        marks += _box(right_x, y, width, row, (processor, area), ink)
    return svg_of(marks, pixels, height, "Where the data of each segment goes")


def _middle(number: int, count: int, height: float) -> float:
    room = (height - _TOP) / max(count, 1)
    return _TOP + room * (number + 0.5)


def _box(x: float, middle: float, width: float, row: float, texts: tuple[str, str], ink: Ink) -> list[str]:
    box = draw_rect(x, middle - (row - 8.0) / 2.0, width, row - 8.0, ink.surface.raised)
    first, second = texts
    if row < _ROW:
        return [box, draw_text(x + 8.0, middle + 4.0, _fit(f"{first} · {second}", 11.0, width), ink, size=11)]
    return [
        box,
        draw_text(x + 8.0, middle - 2.0, _fit(first, 12.0, width), ink, size=12, bold=True),
        draw_text(x + 8.0, middle + 12.0, _fit(second, 11.0, width), ink, size=11, colour=ink.surface.muted),
    ]


def _fit(text: str, size: float, width: float) -> str:
    return clipped(text, int((width - 16.0) / (_LETTER * size)))
