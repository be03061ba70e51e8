import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from planner.planning.plan import Plan
from planner.report.svg.plan import NARROW, WIDE, Ink, cost_svg, flow_svg, front_svg, ink_of, latency_svg, quality_svg
from planner.report.theme import TIER_COLOURS

Drawer = Callable[[Plan, Ink, int], str]
PICTURES: dict[str, Drawer] = {
    "flow by requests": lambda plan, ink, px: flow_svg(plan, "requests", ink, px),
    "flow by cost": lambda plan, ink, px: flow_svg(plan, "cost", ink, px),
    "cost": cost_svg,
    "quality": quality_svg,
    "first token": lambda plan, ink, px: latency_svg(plan, "ttft", ink, px),
    "whole answer": lambda plan, ink, px: latency_svg(plan, "total", ink, px),
    "front": lambda plan, ink, px: front_svg(plan.front, ink, px),
}


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 (our own drawing)


SVG = "{http://www.w3.org/2000/svg}"


def text_width(element: ET.Element) -> float:
    """Rough width of a line of text: 0.54 of the size a letter."""
    size = float(re.search(r"font-size:([\d.]+)px", element.attrib["style"]).group(1))  # type: ignore[union-attr]
    return 0.54 * size * len(element.text or "")


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("pixels", [NARROW, WIDE])
def test_nothing_is_drawn_outside_the_picture(name: str, pixels: int, plan: Plan) -> None:
    root = parsed(PICTURES[name](plan, ink_of("light"), pixels))
    for element in root.iter(f"{SVG}text"):
        x, width = float(element.attrib["x"]), text_width(element)
        left = {"start": x, "middle": x - width / 2.0, "end": x - width}[element.attrib["text-anchor"]]
        assert left >= -6.0
        assert left + width <= pixels + 6.0


@pytest.mark.parametrize("name", ["cost", "quality", "first token", "whole answer"])
def test_every_row_has_its_whisker(name: str, plan: Plan) -> None:
    root = parsed(PICTURES[name](plan, ink_of("light"), WIDE))
    level = [line for line in root.iter(f"{SVG}line") if line.attrib["y1"] == line.attrib["y2"]]
    rows = 1 + sum(one.monthly_cost_usd is not None for one in plan.baselines) if name == "cost" else len(plan.segments)
    assert len(level) == rows


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_uses_tier_colours_or_none(name: str, plan: Plan) -> None:
    text = PICTURES[name](plan, ink_of("light"), WIDE)
    assert (name == "front") != any(colour in text for colour in TIER_COLOURS.values())


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_can_be_read_aloud(name: str, plan: Plan) -> None:
    assert parsed(PICTURES[name](plan, ink_of("light"), WIDE)).attrib["aria-label"]


def test_hostile_labels_stay_text(hostile: Plan) -> None:
    assert "<script" not in cost_svg(hostile, ink_of("light"))


def test_a_plan_that_costs_nothing_still_has_a_picture(plan: Plan) -> None:
    nothing = plan.totals.monthly_cost_usd.model_copy(update={"mean": 0.0, "low": 0.0, "high": 0.0})
    free = tuple(part.model_copy(update={"monthly_cost_usd": nothing}) for part in plan.segments)
    assert flow_svg(plan.model_copy(update={"segments": free}), "cost", ink_of("dark")).endswith("</svg>")
