import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import pytest

from planner.planning.plan import Figure, Plan
from planner.report import charts
from planner.report.theme import MODES, TIER_COLOURS, Mode


def figure(mean: float, spread: float = 0.1) -> Figure:
    return Figure(mean=mean, low=mean * (1.0 - spread), high=mean * (1.0 + spread))


MODELS = [
    charts.PricedModel("maker/a", "A", "specialist", figure(0.02), figure(0.7)),
    charts.PricedModel("maker/b", "B <b>", "generalist", figure(0.4), figure(0.8)),
    charts.PricedModel("maker/c", "C", "frontier", figure(9.0), figure(0.9)),
]
SKILLS = [charts.SkillEstimate(skill, figure(0.6), 3) for skill in ("coding", "math", "knowledge_qa")]
SPANS = [
    charts.StripSpan("triage", "A", "specialist", 0.1, 1.2),
    charts.StripSpan("triage", "C", "frontier", 1.2, 10.0),
]
SWITCHES = [charts.SwitchPoint("triage", 1.2, 0.9, 1.6)]
SWINGS = [
    charts.Swing("Volume", "0.5 times", "2 times", figure(50.0), figure(200.0)),
    charts.Swing("Frontier price", "0.5 times", "2 times", figure(90.0), figure(120.0)),
]
OF_PLAN: dict[str, Callable[[Plan, Mode], go.Figure]] = {
    "flow by requests": lambda plan, mode: charts.flow_chart(plan, "requests", mode),
    "flow by cost": lambda plan, mode: charts.flow_chart(plan, "cost", mode),
    "cost comparison": charts.cost_comparison,
    "front": lambda plan, mode: charts.front_chart(plan.front, None, mode),
    "what if": lambda plan, mode: charts.what_if_comparison(plan, plan, mode),
    "price and quality": lambda _, mode: charts.price_quality_scatter(MODELS, ["maker/b"], mode),
    "radar": lambda _, mode: charts.skills_radar(SKILLS, "A", mode),
    "skill bars": lambda _, mode: charts.skill_bars(SKILLS, "A", mode),
    "strip": lambda _, mode: charts.switch_strip(SPANS, SWITCHES, "Requests, times today", 1.0, mode),
    "tornado": lambda _, mode: charts.tornado_chart(SWINGS, figure(100.0), mode),
    "back-test errors": lambda _, mode: charts.error_chart([("ours", figure(8.6)), ("low rank", figure(10.3))], mode),
    "back-test coverage": lambda _, mode: charts.coverage_chart([("chat", figure(90.0, 0.02))], mode),
}
WITH_AXES = [
    name for name in OF_PLAN if name not in {"flow by requests", "flow by cost", "radar"} and "back-test" not in name
]


def interval_ends(chart: go.Figure) -> list[tuple[float, float]]:
    """Mean and height of everything that is drawn with an interval of some width."""
    ends = []
    for trace in chart.data:
        if trace.meta == "interval" and trace.type == "scatter":
            bars = trace.error_x
            widths = [up + down for up, down in zip(bars.array, bars.arrayminus, strict=True)]
            ends += [(x, y) for x, y, width in zip(trace.x, trace.y, widths, strict=True) if width > 0.0]
    return ends


@pytest.mark.parametrize("name", OF_PLAN)
def test_every_bar_stands_at_the_height_of_an_interval(name: str, plan: Plan) -> None:
    chart = OF_PLAN[name](plan, "light")
    heights = [y for _, y in interval_ends(chart)]
    bars = {y for trace in chart.data if trace.type == "bar" for y in trace.y}
    assert all(any(abs(height - y) <= 0.31 for y in heights) for height in bars)


@pytest.mark.parametrize("name", OF_PLAN)
def test_every_whole_bar_ends_at_the_mean_of_an_interval(name: str, plan: Plan) -> None:
    chart = OF_PLAN[name](plan, "light")
    means = [mean for mean, _ in interval_ends(chart)]
    ends = [
        (trace.base or 0.0) + length
        for trace in chart.data
        if trace.type == "bar" and trace.meta != "part"
        for length in trace.x
    ]
    assert all(any(end == pytest.approx(mean) for mean in means) for end in ends)


@pytest.mark.parametrize("name", OF_PLAN)
def test_every_chart_of_uncertain_numbers_draws_intervals(name: str, plan: Plan) -> None:
    chart = OF_PLAN[name](plan, "light")
    drawn = [trace for trace in chart.data if trace.meta == "interval"]
    told = [trace for trace in chart.data if trace.type == "sankey" and " to " in str(trace.node.customdata)]
    assert drawn or told


@pytest.mark.parametrize("name", OF_PLAN)
@pytest.mark.parametrize("mode", MODES)
def test_the_same_plan_gives_the_same_json(name: str, mode: Mode, plan: Plan) -> None:
    assert OF_PLAN[name](plan, mode).to_json() == OF_PLAN[name](plan, mode).to_json()


@pytest.mark.parametrize("name", WITH_AXES)
def test_axes_name_their_unit(name: str, plan: Plan) -> None:
    layout = OF_PLAN[name](plan, "light").layout
    assert any(unit in layout.xaxis.title.text for unit in ("USD", "%", "seconds", "times"))


def test_axes_of_the_back_tests_name_their_unit(plan: Plan) -> None:
    axes = [OF_PLAN[f"back-test {what}"](plan, "light").layout.xaxis.title.text for what in ("errors", "coverage")]
    assert "percentage points" in axes[0]
    assert "per cent" in axes[1]


def test_calibration_draws_the_interval_of_every_held_share() -> None:
    held = [(50.0, figure(56.0, 0.02)), (90.0, figure(92.0, 0.01))]
    (dots,) = [trace for trace in charts.calibration_chart(held).data if trace.meta == "interval"]
    assert list(dots.x) == [level for level, _ in held]
    for (_, share), mean, up, down in zip(held, dots.y, dots.error_y.array, dots.error_y.arrayminus, strict=True):
        assert (mean - down, mean, mean + up) == pytest.approx((share.low, share.mean, share.high))


@pytest.mark.parametrize("name", OF_PLAN)
def test_hover_texts_have_no_exponent_and_no_bare_field_name(name: str, plan: Plan) -> None:
    texts = json.dumps([trace.hovertext for trace in OF_PLAN[name](plan, "light").data if trace.type != "sankey"])
    assert "e-0" not in texts
    assert "_usd" not in texts


@pytest.mark.parametrize("name", ["flow by requests", "cost comparison", "price and quality"])
def test_a_tier_has_its_own_colour_in_both_modes(name: str, plan: Plan) -> None:
    shown = [OF_PLAN[name](plan, mode).to_json() for mode in MODES]
    tier = "generalist" if name == "price and quality" else plan.segments[0].option.tier
    assert all(TIER_COLOURS[tier] in text for text in shown)


def test_names_from_outside_are_not_read_as_tags() -> None:
    chart = charts.price_quality_scatter(MODELS, ["maker/b"])
    texts = [text for trace in chart.data if trace.text for text in trace.text]
    assert texts == ["B &lt;b&gt;"]


def test_a_click_on_the_front_says_which_plan(plan: Plan) -> None:
    assert [row[0] for row in charts.front_chart(plan.front).data[0].customdata] == list(range(len(plan.front)))


def test_a_click_on_a_model_says_which() -> None:
    clicked = {
        row[0] for trace in charts.price_quality_scatter(MODELS).data if trace.customdata for row in trace.customdata
    }
    assert clicked == {row.model for row in MODELS}


def test_an_empty_selection_of_models_is_an_empty_chart_not_an_error() -> None:
    assert len(charts.price_quality_scatter([]).data) == 0


def test_writing_a_report_does_not_load_plotly() -> None:
    code = "import sys, planner.report.render; print('plotly' in sys.modules, 'streamlit' in sys.modules)"
    told: Any = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "False"]


def test_a_mark_without_a_bar_has_a_line_through_it_close_under_its_label() -> None:
    rows = [("ours", figure(8.0)), ("column mean", figure(19.0))]
    for chart in (charts.error_chart(rows), charts.coverage_chart(rows)):
        heights = [float(at) for at in chart.data[0].y]
        assert [line.y0 for line in chart.layout.shapes if line.name == "rule"] == heights
        gaps = [note.y - at for note, at in zip(chart.layout.annotations, heights, strict=True)]
        assert all(0.0 < gap < 0.15 for gap in gaps)
