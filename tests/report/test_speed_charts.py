"""Times before and after measuring, drawn."""

import pytest

from planner.planning.plan import Figure
from planner.report import charts
from planner.report.theme import MODES, Mode

ROWS = [
    charts.SpeedForecast(
        "a/b",
        "B · A",
        Figure(mean=900.0, low=300.0, high=2_000.0),
        Figure(mean=500.0, low=400.0, high=620.0),
        (380.0, 410.0, 700.0),
        120.0,
    ),
    charts.SpeedForecast(
        "a/c", "C · A", Figure(mean=50.0, low=20.0, high=90.0), Figure(mean=40.0, low=30.0, high=50.0), ()
    ),
]


@pytest.mark.parametrize("mode", MODES)
def test_before_and_after_have_intervals_and_every_answer_a_tick(mode: Mode) -> None:
    chart = charts.speed_chart(ROWS, "Milliseconds", "ms", mode)
    answers, before, after = chart.data
    assert list(answers.x) == [380.0, 410.0, 700.0]
    assert list(before.error_x.arrayminus) == [600.0, 30.0]
    assert list(after.error_x.array) == [120.0, 10.0]
    assert before.y[0] > answers.y[0] > after.y[0]
    assert before.hovertext[0] == "before: 900 ms (300 ms to 2 s)"


def test_an_answer_without_hidden_tokens_stands_at_the_axis() -> None:
    rows = [ROWS[0].__class__("a/b", "B", ROWS[0].before, ROWS[0].after, (0.0, 12.0))]
    assert list(charts.speed_chart(rows, "Tokens", "tokens").data[0].x) == [1.0, 12.0]
