"""The break-even picture, on the page and as SVG: every path with its band, the crossing with its interval."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from planner.beliefs.cost.machine_hours import Demand, Startup, month_profile
from planner.planning.self_hosting.break_even import ApiPath, Reached, RentedPath, break_even, curve_of, volumes
from planner.report.charts import break_even_chart
from planner.report.charts.drawing import INTERVAL
from planner.report.svg.plan import ink_of
from planner.report.svg.serving import PathCurve, break_even_svg
from planner.report.theme import MODES, Mode

DRAWS = np.exp(0.2 * np.random.default_rng(2).standard_normal(256))


@pytest.fixture(scope="module")
def paths() -> list[PathCurve]:
    api = ApiPath("Model <b> at Acme", np.full(256, 5000.0), np.zeros(256))
    rented = RentedPath(
        label="h100 at cloud & co",
        demand=Demand(100_000.0, 0.3 * DRAWS, 3.0, 0.6),
        usd_per_gpu_hour=2.0,
        gpus_per_instance=1,
        gpus_per_replica=1,
        mode="always_on",
        profile=month_profile(3.0, 1.5),
        startup=Startup(np.full(256, 0.1), 1.0 / 12.0),
        people_usd=np.zeros(256),
        jobs_usd=np.zeros(256),
    )
    found = break_even(rented, api, "full")
    assert isinstance(found, Reached)
    scale = volumes(0.01, 100.0, 60)
    return [
        PathCurve("api", curve_of(api, scale, 100_000.0, "full")),
        PathCurve("rented", curve_of(rented, scale, 100_000.0, "full"), found),
    ]


@pytest.mark.parametrize("mode", MODES)
def test_each_path_is_drawn_with_a_band_and_the_crossing_with_its_interval(paths: list[PathCurve], mode: Mode) -> None:
    figure = break_even_chart(paths, 100_000.0, mode)
    assert sum(trace.meta == INTERVAL for trace in figure.data) == 3
    assert [trace.name for trace in figure.data if trace.name] == ["API", "rented GPUs"]


def test_machines_rise_in_steps_and_the_api_in_a_line(paths: list[PathCurve]) -> None:
    shapes = {trace.name: trace.line.shape for trace in break_even_chart(paths, 100_000.0).data if trace.name}
    assert shapes == {"API": "linear", "rented GPUs": "hv"}


def test_the_crossing_stands_where_it_was_found(paths: list[PathCurve]) -> None:
    marker = next(trace for trace in break_even_chart(paths, 100_000.0).data if trace.mode == "markers")
    assert paths[1].reached is not None
    assert marker.x[0] == paths[1].reached.requests


def test_an_interval_without_an_end_reaches_the_edge_of_the_picture(paths: list[PathCurve]) -> None:
    assert paths[1].reached is not None
    open_end = replace(paths[1], reached=replace(paths[1].reached, high=None))
    marker = next(t for t in break_even_chart([paths[0], open_end], 100_000.0).data if t.mode == "markers")
    assert marker.x[0] + marker.error_x.array[0] == pytest.approx(paths[1].curve.requests[-1])


def test_the_svg_is_well_formed_and_says_names_as_they_are(paths: list[PathCurve]) -> None:
    text = break_even_svg(paths, 100_000.0, ink_of("light"))
    root = ET.fromstring(text)  # noqa: S314 (our own text)
    told = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert "API: Model <b> at Acme" in told
    assert "rented GPUs: h100 at cloud & co" in told
    assert "planned: 100,000" in told


def test_the_svg_keeps_within_its_width(paths: list[PathCurve]) -> None:
    root = ET.fromstring(break_even_svg(paths, 100_000.0, ink_of("dark"), 360))  # noqa: S314 (our own text)
    lines = [element for element in root.iter() if element.tag.endswith("line")]
    assert all(0.0 <= float(line.get(end, "0")) <= 360.0 for line in lines for end in ("x1", "x2"))
