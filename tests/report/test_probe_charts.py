"""Charts and pictures of probes: every figure stands with its interval, and what was not shown is not called."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from planner.planning.plan import Figure
from planner.report import charts
from planner.report.charts import ForecastChange, ForecastCheck, ProbedDifference, ProbedShare
from planner.report.svg.marks import ink_of
from planner.report.svg.probes import check_svg, differences_svg, forecast_svg, shares_svg
from planner.report.theme import MODES, SURFACES, Mode


def figure(mean: float, low: float, high: float) -> Figure:
    return Figure(mean=mean, low=low, high=high, number_class="measured")


SHARES = [ProbedShare("A <b>", figure(0.8, 0.6, 0.9), 20), ProbedShare("B", figure(0.0, 0.0, 0.3), 8)]
GAPS = [
    ProbedDifference("A less B", figure(0.8, 0.5, 0.95), called=True),
    ProbedDifference("A less C", figure(0.05, -0.1, 0.2), called=False),
]
CHANGES = [
    ForecastChange("maker/a", "A", figure(0.6, 0.5, 0.75), figure(0.3, 0.2, 0.4), figure(0.25, 0.1, 0.5)),
    ForecastChange("maker/b", "B", figure(0.9, 0.8, 0.95), figure(0.85, 0.7, 0.95), None),
]
CHECKS = [
    ForecastCheck("maker/a", "A", "triage", figure(0.6, 0.5, 0.75), figure(0.25, 0.1, 0.5), held=False),
    ForecastCheck("maker/b", "B", "triage", figure(0.9, 0.8, 0.95), figure(0.88, 0.7, 0.95), held=True),
]


def traces(chart: Any) -> list[Any]:
    return [trace for trace in chart.data if trace.meta == "interval"]


@pytest.mark.parametrize("mode", MODES)
def test_shares_stand_in_per_cent_with_both_ends_of_their_intervals(mode: Mode) -> None:
    (dots,) = traces(charts.probed_shares(SHARES, mode))
    assert list(dots.x) == [80.0, 0.0]
    assert [round(value) for value in dots.error_x.array] == [10, 30]
    assert [round(value) for value in dots.error_x.arrayminus] == [20, 0]


@pytest.mark.parametrize("mode", MODES)
def test_a_difference_that_was_not_shown_is_hollow_and_says_so(mode: Mode) -> None:
    chart = charts.probed_differences(GAPS, "Difference, percentage points", mode)
    (dots,) = traces(chart)
    assert list(dots.marker.color) == [SURFACES[mode].text, SURFACES[mode].background]
    assert ["no difference shown" in text for text in dots.hovertext] == [False, True]
    low, high = chart.layout.xaxis.range
    assert low == -high
    assert low < -95.0


def test_a_forecast_has_before_after_and_what_was_measured() -> None:
    chart = charts.forecast_chart(CHANGES, 0.9)
    before, after, measured = traces(chart)
    assert (list(before.x), list(after.x), list(measured.x)) == ([60.0, 90.0], [30.0, 85.0], [25.0])
    assert all(high > low for high, low in zip(before.y, after.y, strict=True))
    assert "the floor, 90 %" in chart.layout.xaxis.title.text


def test_a_forecasts_label_tells_one_interval_so_that_it_fits_a_phone() -> None:
    (note, _) = charts.forecast_chart(CHANGES).layout.annotations
    assert "60 % before, 30 % (20 to 40) after" in note.text


def test_a_forecast_without_a_measured_model_has_no_diamonds() -> None:
    assert len(traces(charts.forecast_chart(CHANGES[1:]))) == 2


def test_a_check_sets_the_forecast_across_and_what_was_measured_up() -> None:
    (dots,) = traces(charts.forecast_check_chart(CHECKS))
    assert (list(dots.x), list(dots.y)) == ([60.0, 90.0], [25.0, 88.0])
    assert len(dots.error_x.array) == len(dots.error_y.array) == 2
    assert dots.marker.color[0] != dots.marker.color[1]


@pytest.mark.parametrize(
    ("picture", "rows"),
    [
        (shares_svg(SHARES, ink_of("light")), 2),
        (differences_svg(GAPS, "Difference", ink_of("dark")), 2),
        (forecast_svg(CHANGES, ink_of("light")), 5),
        (check_svg(CHECKS, ink_of("dark")), 2),
    ],
    ids=["shares", "differences", "forecasts", "checks"],
)
def test_a_picture_is_sound_svg_with_a_dot_for_every_figure(picture: str, rows: int) -> None:
    root = ET.fromstring(picture)  # noqa: S314 (our own text)
    dots = [mark for mark in root.iter("{http://www.w3.org/2000/svg}circle") if mark.get("r") == "4.8"]
    assert len(dots) == rows
    assert root.get("aria-label")


def test_a_name_with_angle_brackets_stays_text_in_chart_and_picture() -> None:
    notes = [note.text for note in charts.probed_shares(SHARES).layout.annotations]
    assert "A &lt;b&gt;" in notes[0]
    assert "<b>" not in shares_svg(SHARES, ink_of("light"))
