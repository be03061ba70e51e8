from itertools import combinations

import numpy as np
import pytest

from planner.report.theme import MODES, PATH_COLOURS, SURFACES, TIER_COLOURS, TIER_SYMBOLS, TIERS, Mode

# Linear RGB seen without one cone: Machado, Oliveira and Fernandes, IEEE TVCG 15(6), 2009, severity 1.0.
SIGHTS = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    "full": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
}
# Linear sRGB to CIE XYZ (IEC 61966-2-1), divided by the D65 white.
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])
LUMINANCE = TO_XYZ[1]
"""Relative luminance is the Y of XYZ."""


def linear(colour: str) -> np.ndarray:
    shares = np.array([int(colour[at : at + 2], 16) / 255.0 for at in (1, 3, 5)])
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two #RRGGBB colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lights = sorted(float(LUMINANCE @ linear(colour)) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def lab(colour: str, sight: str) -> np.ndarray:
    seen = np.clip(np.array(SIGHTS[sight]) @ linear(colour), 0.0, 1.0)
    x, y, z = np.cbrt((TO_XYZ @ seen) / WHITE)
    return np.array([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)])


def test_black_on_white_has_the_contrast_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("tier", TIERS)
def test_each_tier_stands_out_from_page_and_card(tier: str, mode: Mode) -> None:
    surface = SURFACES[mode]
    assert min(contrast(TIER_COLOURS[tier], one) for one in (surface.background, surface.raised)) >= 3.0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("role", ["text", "muted", "warning"])
def test_text_can_be_read_on_page_and_card(role: str, mode: Mode) -> None:
    surface = SURFACES[mode]
    colour = getattr(surface, role)
    assert min(contrast(colour, one) for one in (surface.background, surface.raised)) >= 4.5


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("pair", list(combinations(TIERS, 2)))
def test_two_tiers_differ_for_every_kind_of_sight(pair: tuple[str, str], sight: str) -> None:
    one, other = (lab(TIER_COLOURS[tier], sight) for tier in pair)
    assert float(np.linalg.norm(one - other)) >= 15.0


def test_a_tier_can_be_told_without_colour() -> None:
    assert len(set(TIER_SYMBOLS.values())) == len(TIERS)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("path", PATH_COLOURS)
def test_each_path_of_cost_stands_out_from_the_page(path: str, mode: Mode) -> None:
    assert contrast(PATH_COLOURS[path], SURFACES[mode].background) >= 3.0


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("mode", MODES)
def test_rented_owned_and_the_apis_line_differ_for_every_kind_of_sight(mode: Mode, sight: str) -> None:
    colours = [*PATH_COLOURS.values(), SURFACES[mode].text]
    for one, other in combinations(colours, 2):
        assert float(np.linalg.norm(lab(one, sight) - lab(other, sight))) >= 15.0
