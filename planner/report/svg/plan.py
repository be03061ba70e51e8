"""The report's pictures, drawn as SVG from the same data as the dashboard's charts: no browser, no script, no network.

Every function takes the ink (colours and font) and a width in pixels, and gives one `<svg>` element as text. Colours
stand in `style` attributes, so that a page may pass CSS variables and follow the reader's theme.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from planner.planning.plan import Figure, FrontPoint, Plan
from planner.report.format import (
    clipped,
    money_interval,
    number,
    share,
    times,
)
from planner.report.picture_data import (
    TIME_TEXTS,
    CostRow,
    LimitRow,
    Time,
    Width,
    cost_line,
    cost_rows,
    flow_amount,
    flows_of,
    latency_rows,
    quality_rows,
    spans_decades,
    tiers_in,
    tools_of,
)
from planner.report.svg.marks import (
    Ink,
    Scale,
    draw_dot,
    draw_grid,
    draw_line,
    draw_rect,
    draw_text,
    ink_of,
    plain_tick,
    short,
    svg_of,
    ticks_of,
)
from planner.report.theme import TIER_COLOURS

__all__ = ["NARROW", "WIDE", "Ink", "cost_svg", "flow_svg", "front_svg", "ink_of", "latency_svg", "quality_svg"]

WIDE: Final = 760
NARROW: Final = 360
_ROW: Final = 58.0
_BAR: Final = 16.0
_FLOW_BODY: Final = 170.0
_FLOW_GAP: Final = 40.0
_LETTER: Final = 0.54
"""Mean width of a letter, in sizes of the font."""


@dataclass(frozen=True, slots=True)
class _Node:
    top: float
    height: float
    first: str
    second: str
    colour: str


def flow_svg(plan: Plan, width: Width, ink: Ink, pixels: int = WIDE) -> str:
    """Segments flowing to the tools that serve them, by requests or by USD a month."""
    flows, tools = flows_of(plan), tools_of(plan)
    sizes = {id(flow): flow.requests if width == "requests" else flow.monthly_usd for flow in flows}
    per_pixel = sum(sizes.values()) / _FLOW_BODY or 1.0
    order = [tool.key for tool in tools]
    first_tool = {flow.segment: order.index(flow.tool) for flow in reversed(flows)}
    parts = sorted(plan.segments, key=lambda part: first_tool[part.name])
    totals = [sum(sizes[id(flow)] for flow in flows if flow.segment == part.name) / per_pixel for part in parts]
    amounts = [flow_amount(part, width) for part in parts]
    grey = ink.surface.neutral
    at_left = [(part.name, text, size, grey) for part, text, size in zip(parts, amounts, totals, strict=True)]
    used = [sum(sizes[id(flow)] for flow in flows if flow.tool == tool.key) / per_pixel for tool in tools]
    at_right = [(tool.label, tool.place, size, TIER_COLOURS[tool.tier]) for tool, size in zip(tools, used, strict=True)]
    body = max(_least_body(at_left), _least_body(at_right))
    left, right = _stack(at_left, body), _stack(at_right, body)
    left_at = {part.name: node.top for part, node in zip(parts, left, strict=True)}
    right_at = {tool.key: node.top for tool, node in zip(tools, right, strict=True)}
    marks: list[str] = []
    for flow in sorted(flows, key=lambda one: (first_tool[one.segment], order.index(one.tool))):
        thick = max(sizes[id(flow)] / per_pixel, 1.0)
        ends = (left_at[flow.segment], right_at[flow.tool])
        marks.append(_ribbon(10.0, ends[0], pixels - 10.0, ends[1], thick, TIER_COLOURS[flow.tier]))
        left_at[flow.segment] += thick
        right_at[flow.tool] += thick
    marks += [mark for node in left for mark in _node(node, 0.0, pixels, ink)]
    marks += [mark for node in right for mark in _node(node, pixels - 10.0, pixels, ink)]
    bottom = max(node.top + node.height for node in (*left, *right)) + 26.0
    title = "Which tool serves which segment, by " + ("requests" if width == "requests" else "USD a month")
    return svg_of(marks, pixels, bottom, title)


def cost_svg(plan: Plan, ink: Ink, pixels: int = WIDE) -> str:
    """USD a month of the plan, by tier, beside the baselines, each with its interval."""
    rows = cost_rows(plan)
    scale = Scale(0.0, max(row.cost.high for row in rows) * 1.02, 0.0, pixels - 8.0)
    top = 30.0
    bottom = top + _ROW * len(rows)
    marks = [*_tier_legend(plan, ink), *draw_grid(scale, top, bottom, ink, plain_tick, "USD a month")]
    for place, row in enumerate(rows):
        base = top + _ROW * place
        marks += _row_label(base, row.label, cost_line(row), ink, pixels)
        marks += _cost_bar(row, scale, base + 34.0, ink)
        marks += _whisker(row.cost, scale, base + 34.0 + _BAR / 2.0, ink.surface.text)
    return svg_of(marks, pixels, bottom + 40.0, "Cost of this plan beside other plans, USD a month")


def quality_svg(plan: Plan, ink: Ink, pixels: int = WIDE) -> str:
    """Acceptable answers of each segment with its interval, the floor marked."""
    rows = quality_rows(plan)
    scale = Scale(max(100.0 * min(_ends(rows)) - 2.0, 0.0), 100.0, 8.0, pixels - 8.0)
    return _limit_picture(rows, 100.0, scale, "Acceptable answers, %; mark: floor", ink, pixels)


def latency_svg(plan: Plan, time: Time, ink: Ink, pixels: int = WIDE) -> str:
    """95th percentile of a time of each segment with its interval, the limit marked where there is one."""
    rows = latency_rows(plan, time)
    ends = [1e-3 * end for end in _ends(rows)]
    scale = Scale(max(min(ends), 1e-4) * 0.9, max(ends) * 1.1, 8.0, pixels - 8.0, log=True)
    return _limit_picture(rows, 1e-3, scale, f"{TIME_TEXTS[time]} at p95, seconds; mark: limit", ink, pixels)


def front_svg(points: Sequence[FrontPoint], ink: Ink, pixels: int = WIDE) -> str:
    """Cost-quality front with both intervals, the chosen plan marked."""
    qualities = [times(point.quality, 100.0) for point in points]
    top, bottom = 12.0, 280.0
    costs = tuple(point.monthly_cost_usd for point in points)
    log, dearest = spans_decades(costs), max(cost.high for cost in costs)
    cheapest = 0.9 * min(cost.low for cost in costs) if log else 0.0
    across = Scale(cheapest, dearest * (1.1 if log else 1.02), 44.0, pixels - 8.0, log=log)
    up = Scale(
        min(one.low for one in qualities) - 0.5, min(max(one.high for one in qualities) + 0.5, 100.0), bottom, top
    )
    marks = draw_grid(across, top, bottom, ink, plain_tick, f"USD a month{' (log scale)' if log else ''}")
    for tick in ticks_of(up, 5):
        marks.append(draw_line(across.start, up(tick), across.end, up(tick), ink.surface.line))
        marks.append(draw_text(across.start - 8.0, up(tick) + 4.0, f"{number(tick)} %", ink, size=11, anchor="end"))
    at = [(across(point.monthly_cost_usd.mean), up(one.mean)) for point, one in zip(points, qualities, strict=True)]
    path = " L".join(f"{short(x)},{short(y)}" for x, y in at)
    marks.append(f'<path d="M{path}" style="fill:none;stroke:{ink.surface.neutral};stroke-dasharray:3 3"/>')
    for point, one, (x, y) in zip(points, qualities, at, strict=True):
        cost = point.monthly_cost_usd
        marks.append(draw_line(across(cost.low), y, across(cost.high), y, ink.surface.muted))
        marks.append(draw_line(x, up(one.low), x, up(one.high), ink.surface.muted))
        colour = ink.surface.text if point.chosen else ink.surface.neutral
        hover = f"{money_interval(cost)} a month, {share(point.quality)} acceptable"
        marks.append(draw_dot(x, y, 7.0 if point.chosen else 4.5, colour, hover))
        if point.chosen:
            marks.append(draw_text(x + 12.0, y + 18.0, "this plan", ink, size=12, bold=True))
    return svg_of(
        marks, pixels, bottom + 40.0, "Plans that no other beats on both cost and quality; acceptable answers, %"
    )


def _ends(rows: Sequence[LimitRow]) -> list[float]:
    """All that a picture of these rows has to have room for: both ends of each interval, and the limits."""
    ends = [end for row in rows for end in (row.figure.low, row.figure.high)]
    return ends + [row.limit for row in rows if row.limit is not None]


def _limit_picture(rows: Sequence[LimitRow], factor: float, scale: Scale, title: str, ink: Ink, pixels: int) -> str:
    """One row a segment; `factor` takes its figure and its limit to the unit of the scale."""
    bottom = 8.0 + _ROW * len(rows)
    marks = draw_grid(scale, 8.0, bottom, ink, number if scale.log else plain_tick, title)
    for place, row in enumerate(rows):
        base, figure = 8.0 + _ROW * place, times(row.figure, factor)
        colour = TIER_COLOURS[row.tier]
        marks += _row_label(base, row.segment, row.text, ink, pixels)
        marks += _whisker(figure, scale, base + 42.0, colour, thick=3.0)
        marks.append(draw_dot(scale(figure.mean), base + 42.0, 5.5, colour, f"{row.segment}: {row.text}"))
        if row.limit is not None:
            at = scale(factor * row.limit)
            marks.append(draw_line(at, base + 33.0, at, base + 51.0, ink.surface.text, thick=2.5))
    return svg_of(marks, pixels, bottom + 40.0, title)


def _least_body(nodes: Sequence[tuple[str, str, float, str]]) -> float:
    return sum(max(height, 2.0) for _, _, height, _ in nodes) + _FLOW_GAP * (len(nodes) - 1)


def _stack(nodes: Sequence[tuple[str, str, float, str]], body: float) -> list[_Node]:
    """Nodes from the top down, the gaps between them such that they fill `body` pixels."""
    heights = [max(height, 2.0) for _, _, height, _ in nodes]
    gap = max((body - sum(heights)) / max(len(nodes) - 1, 1), _FLOW_GAP)
    top, stacked = 14.0, []
    for (first, second, _, colour), height in zip(nodes, heights, strict=True):
        stacked.append(_Node(top, height, first, second, colour))
        top += height + gap
    return stacked


def _node(node: _Node, x: float, pixels: int, ink: Ink) -> list[str]:
    middle, room = node.top + node.height / 2.0, pixels / 2.0 - 20.0
    text_x, anchor = (x + 16.0, "start") if x == 0.0 else (x - 6.0, "end")
    return [
        draw_rect(x, node.top, 10.0, node.height, node.colour),
        draw_text(text_x, middle - 2.0, _fit(node.first, 12.0, room), ink, size=12, anchor=anchor, bold=True),
        draw_text(text_x, middle + 13.0, _fit(node.second, 11.0, room), ink, size=11, anchor=anchor),
    ]


def _ribbon(x1: float, y1: float, x2: float, y2: float, thick: float, colour: str) -> str:
    middle = short((x1 + x2) / 2.0)
    down = f"M{short(x1)},{short(y1)} C{middle},{short(y1)} {middle},{short(y2)} {short(x2)},{short(y2)}"
    low, high = short(y2 + thick), short(y1 + thick)
    back = f"L{short(x2)},{low} C{middle},{low} {middle},{high} {short(x1)},{high} Z"
    return f'<path d="{down} {back}" style="fill:{colour};fill-opacity:0.35"/>'


def _tier_legend(plan: Plan, ink: Ink) -> list[str]:
    marks, x = [], 0.0
    for tier in tiers_in(plan):
        marks.append(draw_rect(x, 4.0, 10.0, 10.0, TIER_COLOURS[tier]))
        marks.append(draw_text(x + 15.0, 13.0, tier, ink, size=11))
        x += 32.0 + 6.2 * len(tier)
    return marks


def _cost_bar(row: CostRow, scale: Scale, y: float, ink: Ink) -> list[str]:
    if not row.parts:
        faint = 1.0 if row.fits else 0.35
        return [draw_rect(0.0, y, scale(row.cost.mean), _BAR, ink.surface.neutral, opacity=faint, hover=row.note)]
    marks, x = [], 0.0
    for tier, usd in row.parts:
        marks.append(draw_rect(x, y, scale(usd), _BAR, TIER_COLOURS[tier], hover=tier))
        x += scale(usd)
    return marks


def _row_label(base: float, name: str, line: str, ink: Ink, pixels: int) -> list[str]:
    return [
        draw_text(0.0, base + 13.0, _fit(name, 12.0, pixels), ink, size=12, bold=True),
        draw_text(0.0, base + 28.0, _fit(line, 11.0, pixels), ink, size=11, colour=ink.surface.muted),
    ]


def _fit(text: str, size: float, room: float) -> str:
    return clipped(text, int(room / (_LETTER * size)))


def _whisker(figure: Figure, scale: Scale, y: float, colour: str, thick: float = 1.5) -> list[str]:
    low, high = scale(figure.low), scale(figure.high)
    marks = [draw_line(low, y, high, y, colour, thick=thick)]
    marks += [draw_line(end, y - 4.0, end, y + 4.0, colour, thick=thick) for end in (low, high)]
    return [*marks, draw_dot(scale(figure.mean), y, 2.5, colour)]
