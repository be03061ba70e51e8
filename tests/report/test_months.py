"""Which month a figure is of: the same words wherever it is told."""

import pytest

from planner.beliefs.cost.api import volume_factor
from planner.report.months import month_note, volume_of, volume_told
from planner.workload.schema import Workload


def workload(growth: float, months: int = 12) -> Workload:
    segment = {
        "name": "one",
        "skill": "chat",
        "requests_per_month": 1_000_000.0,
        "input_tokens": {"mean": 100.0},
        "output_tokens": {"mean": 10.0},
        "quality_floor": 0.8,
    }
    return Workload.model_validate(
        {"version": 1, "name": "w", "segments": [segment], "growth_per_month": growth, "horizon_months": months}
    )


def test_first_average_and_last_month_of_growing_requests() -> None:
    volume = volume_of(workload(0.1, 3))
    assert (volume.first, volume.average, volume.last) == pytest.approx((1e6, 3.31e6 / 3, 1.21e6))


def test_the_average_month_is_the_one_that_costs_are_of() -> None:
    grown = workload(0.03, 24)
    assert volume_of(grown).average == pytest.approx(1e6 * volume_factor(grown))


def test_a_figure_says_its_month_where_months_differ_and_only_there() -> None:
    assert volume_of(workload(0.02)).named("Cost") == "Cost, average month"
    assert volume_of(workload(0.0)).named("Cost") == "Cost a month"
    assert volume_told(workload(0.0)) == "1 million requests a month"
    assert volume_told(workload(0.02)) == "1.12 million requests in an average month"


def test_one_month_looked_ahead_to_has_no_average() -> None:
    assert volume_of(workload(0.5, 1)).named("Requests") == "Requests a month"


def test_the_note_names_growth_and_all_three_months() -> None:
    note = month_note(workload(0.02))
    assert note == (
        "Costs, requests and machines are those of the average month of 12: requests grow by 2 % a month, from"
        " 1 million in the first month to 1.24 million in the last; the average is 1.12 million."
    )


def test_the_note_tells_shrinking_and_standing_still() -> None:
    assert "requests shrink by 5 % a month" in month_note(workload(-0.05))
    assert month_note(workload(0.0)) == "Every month of the 12 looked at is alike: the workload states no growth."
