"""The picture of a replayed trace: bands around the lines, the formula's marks, the limit."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from planner.beliefs.serving.replay import Percentiles, TraceFormula
from planner.report.charts import wait_chart
from planner.report.charts.drawing import INTERVAL
from planner.report.svg.plan import ink_of
from planner.report.svg.trace import SHARES, WaitCurve, wait_range, wait_svg
from planner.report.theme import MODES, Mode


@pytest.fixture
def curves() -> tuple[WaitCurve, ...]:
    ms = 50.0 + 200.0 * np.square(SHARES)
    formula = TraceFormula(Percentiles(95.0, 240.0, 300.0), None)
    return (
        WaitCurve("planned busiest hour", "#112233", ms, 0.8 * ms, 1.5 * ms, formula),
        WaitCurve("trace's <own> rate", "#445566", 0.9 * ms, 0.7 * ms, 1.2 * ms, None),
    )


@pytest.mark.parametrize("mode", MODES)
def test_every_curve_has_its_band(curves: tuple[WaitCurve, ...], mode: Mode) -> None:
    figure = wait_chart(curves, 400.0, mode)
    assert sum(trace.meta == INTERVAL for trace in figure.data) == 2
    assert [trace.name for trace in figure.data if trace.name] == [curve.name for curve in curves]


def test_the_formula_is_marked_at_its_three_percentiles(curves: tuple[WaitCurve, ...]) -> None:
    marks = [trace for trace in wait_chart(curves, None).data if trace.mode == "markers"]
    assert list(marks[0].x) == [95.0, 240.0, 300.0]
    assert list(marks[0].y) == [0.5, 0.95, 0.99]
    assert len(marks[1].x or ()) == 0


def test_the_range_holds_every_band_the_formula_and_the_limit(curves: tuple[WaitCurve, ...]) -> None:
    low, high = wait_range(curves, 4000.0)
    assert low < min(curve.fast_ms.min() for curve in curves)
    assert high > 4000.0


def test_the_svg_is_whole_escaped_and_marks_the_limit(curves: tuple[WaitCurve, ...]) -> None:
    text = wait_svg(curves, 400.0, ink_of("light"))
    root = ET.fromstring(text)  # noqa: S314 (our own text)
    assert "limit 400 ms" in text
    assert "&lt;own&gt;" in text
    assert len([one for one in root if one.tag.endswith("path")]) == 4
    assert "nan" not in text
