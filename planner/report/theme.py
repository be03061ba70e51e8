"""One colour a tier, the same on every page, chart and report; fonts and surfaces for light and dark.

The four tier colours are taken from the colour-blind safe palette of Okabe and Ito (2008,
https://jfly.uni-koeln.de/color/), the purple darkened a little. Each has a contrast of at least 3:1 (WCAG 2.2,
non-text contrast) on both backgrounds, so one set serves both themes.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from planner.options.table import TIERS, Tier

__all__ = [
    "FONTS",
    "MODES",
    "PATH_COLOURS",
    "SURFACES",
    "TIERS",
    "TIER_COLOURS",
    "TIER_TEXTS",
    "Mode",
    "Surface",
    "Tier",
]

Mode: TypeAlias = Literal["light", "dark"]
MODES: Final[tuple[Mode, ...]] = ("light", "dark")

TIER_COLOURS: Final = MappingProxyType(
    {"specialist": "#009E73", "grounded": "#0072B2", "generalist": "#BB6497", "frontier": "#D55E00"}
)
TIER_SYMBOLS: Final = MappingProxyType(
    {"specialist": "diamond", "grounded": "square", "generalist": "circle", "frontier": "triangle-up"}
)
"""Marker of each tier, so that a tier can be told without colour."""
TIER_TEXTS: Final = MappingProxyType(
    {
        "specialist": "a small or tuned model for one job",
        "grounded": "answers from your documents",
        "generalist": "a mid-size model for many jobs",
        "frontier": "the strongest, for what others cannot do",
    }
)
PATH_COLOURS: Final = MappingProxyType({"rented": "#B87500", "owned": "#6672DB"})
"""Machines rented and owned, where paths of cost are compared; the API's line has the colour of text."""
FONTS: Final = (
    'Inter, "Source Sans", "Source Sans 3", "Segoe UI", Roboto, Helvetica, Arial, "Liberation Sans", sans-serif'
)


@dataclass(frozen=True, slots=True)
class Surface:
    """Colours of one background."""

    background: str
    raised: str
    """Cards and tables."""
    text: str
    muted: str
    """Secondary text and interval bars; still at least 4.5:1."""
    line: str
    """Grid and borders."""
    neutral: str
    """Bars that stand for no tier (baselines, segments)."""
    warning: str


SURFACES: Final = MappingProxyType(
    {
        "light": Surface("#FFFFFF", "#F6F7F9", "#1B1F24", "#5A6470", "#D9DEE4", "#7A8591", "#A33B00"),
        "dark": Surface("#0E1117", "#181D26", "#E8EBEF", "#A3ADB8", "#2E3641", "#7F8A97", "#FF9A5C"),
    }
)
