"""The marks that the report's pictures are made of: scales, ticks, lines, bars, dots, texts, as SVG elements."""

import html
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from planner.report.format import number
from planner.report.theme import FONTS, SURFACES, Mode, Surface


@dataclass(frozen=True, slots=True)
class Ink:
    """What a picture is drawn with."""

    surface: Surface
    font: str = FONTS


@dataclass(frozen=True, slots=True)
class Scale:
    """Where values lie: from `start` to `end` pixels."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Pixels at a value."""
        low, high, at = (math.log10(one) if self.log else one for one in (self.low, self.high, value))
        return self.start + (at - low) / (high - low) * (self.end - self.start)


def ink_of(mode: Mode) -> Ink:
    """Ink for a picture that stands alone on a light or dark page."""
    return Ink(SURFACES[mode])


def draw_grid(
    scale: Scale, top: float, bottom: float, ink: Ink, tick_text: Callable[[float], str], title: str
) -> list[str]:
    """Upright lines at the ticks of a scale, their texts and its title below."""
    marks = []
    for tick in ticks_of(scale, 6 if scale.end - scale.start > 500.0 else 4):
        x = scale(tick)
        marks.append(draw_line(x, top, x, bottom, ink.surface.line))
        anchor = "start" if x < scale.start + 12.0 else "end" if x > scale.end - 12.0 else "middle"
        marks.append(draw_text(x, bottom + 15.0, tick_text(tick), ink, size=11, anchor=anchor))
    middle = (scale.start + scale.end) / 2.0
    return [*marks, draw_text(middle, bottom + 33.0, title, ink, size=11, anchor="middle", colour=ink.surface.muted)]


def ticks_of(scale: Scale, count: int) -> list[float]:
    """About `count` round values inside a scale; powers of ten with a few between on a logarithmic one."""
    if scale.log:
        decades = range(math.floor(math.log10(scale.low)), math.ceil(math.log10(scale.high)) + 1)
        steps = (1.0,) if len(decades) > 4 else (1.0, 3.0) if len(decades) > 2 else (1.0, 2.0, 5.0)
        every = [step * 10.0**power for power in decades for step in steps]
    else:
        rough = (scale.high - scale.low) / count
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(size * power for size in (1.0, 2.0, 5.0, 10.0) if size * power >= rough)
        first = math.ceil(scale.low / step)
        every = [step * place for place in range(first, math.floor(scale.high / step) + 1)]
    return [tick for tick in every if scale.low <= tick <= scale.high]


def plain_tick(value: float) -> str:
    """A tick's value, not rounded to three figures."""
    return number(value, 6)


def short(value: float) -> str:
    """Pixels with one decimal, without it where it is 0."""
    return f"{value:.1f}".removesuffix(".0")


def draw_rect(
    x: float, y: float, width: float, height: float, colour: str, *, opacity: float = 1.0, hover: str = ""
) -> str:
    """A filled box; `hover` is what it says to a pointer and a screen reader."""
    size = f'width="{short(max(width, 0.5))}" height="{short(height)}"'
    style = f"fill:{colour}" + (f";fill-opacity:{opacity:g}" if opacity < 1.0 else "")
    title = f"<title>{html.escape(hover)}</title>" if hover else ""
    return f'<rect x="{short(x)}" y="{short(y)}" {size} style="{style}">{title}</rect>'


def draw_line(x1: float, y1: float, x2: float, y2: float, colour: str, thick: float = 1.0) -> str:
    """A straight line."""
    ends = f'x1="{short(x1)}" y1="{short(y1)}" x2="{short(x2)}" y2="{short(y2)}"'
    return f'<line {ends} style="stroke:{colour};stroke-width:{thick:g}"/>'


def draw_dot(x: float, y: float, radius: float, colour: str, hover: str = "") -> str:
    """A filled circle."""
    title = f"<title>{html.escape(hover)}</title>" if hover else ""
    return f'<circle cx="{short(x)}" cy="{short(y)}" r="{radius:g}" style="fill:{colour}">{title}</circle>'


def draw_text(
    x: float,
    y: float,
    text: str,
    ink: Ink,
    *,
    size: float,
    anchor: str = "start",
    bold: bool = False,
    colour: str = "",
) -> str:
    """A line of text that begins, ends or is centred at x; whatever it holds is escaped."""
    weight = ";font-weight:600" if bold else ""
    font = html.escape(ink.font.replace('"', "'"), quote=True).replace("&#x27;", "'")
    style = f"font-family:{font};font-size:{size:g}px;fill:{colour or ink.surface.text}{weight}"
    return f'<text x="{short(x)}" y="{short(y)}" text-anchor="{anchor}" style="{style}">{html.escape(text)}</text>'


def svg_of(marks: Iterable[str], width: int, height: float, title: str) -> str:
    """The whole picture; its title is for screen readers."""
    box = f'viewBox="0 0 {width} {short(height)}" width="{width}" height="{short(height)}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-label="{html.escape(title)}">'
    return "\n".join([head, *marks, "</svg>"])
