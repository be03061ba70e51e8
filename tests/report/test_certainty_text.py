"""What doubt costs, in words that a board reads."""

import pytest

from planner.planning.certainty.records import CertaintyStep, Cliff, MeasuredFirst, Trial, TryFirst
from planner.planning.plan import Plan
from planner.report.certainty_text import cliff_lines, curve_lines, ways_lines
from tests.report.conftest import HERE


@pytest.fixture
def plan() -> Plan:
    told = {
        "certainty": (
            CertaintyStep(0.8, 2590.0, 2590.0, ()),
            CertaintyStep(0.9, 11300.0, 11300.0, ("answers: B instead of A", "triage: D instead of C"), knee=True),
        ),
        "cliffs": (
            Cliff("answers", "latency.ttft_p95_ms", "3.5 s", "4 s", 4980.0),
            Cliff("answers", "data.residency", "eu", "anywhere", 900.0),
            Cliff("kiosk", "data.may_leave_premises", "own machines only", "data may leave", 100.0),
            Cliff("", "limits.max_models", "2 models", "3 models", 90.0),
        ),
        "measured_first": MeasuredFirst(("Ask M 100 samples.",), 12.0, 1.0, 2600.0),
        "try_first": TryFirst((Trial("answers", "A", "judge 100 of its answers", "B", 0.84),), 4000.0),
    }
    return Plan.model_validate_json((HERE / "every_part.json").read_text()).model_copy(update=told)


def test_three_ways_stand_side_by_side(plan: Plan) -> None:
    ways = dict(ways_lines(plan))
    assert list(ways) == ["Safe", "Measured first", "Try first"]
    assert ways["Measured first"].startswith("2,600 USD a month expected, after one probe for 12 USD and 1 h of people")
    assert "begin answers with A (84 % likely to hold); judge 100 of its answers" in ways["Try first"]


def test_ways_that_do_not_pay_are_left_out(plan: Plan) -> None:
    assert len(ways_lines(plan.model_copy(update={"measured_first": None, "try_first": None}))) == 1


def test_a_step_says_what_it_costs_and_takes(plan: Plan) -> None:
    assert curve_lines(plan) == (
        "up to 80 % holds 2,590 USD a month",
        "up to 90 % takes 11,300 USD a month (beyond this, certainty costs most): answers: B instead of A and 1 more",
    )


def test_the_three_dearest_cliffs_are_sentences(plan: Plan) -> None:
    assert cliff_lines(plan) == (
        "answers: the time to first token 4 s instead of 3.5 s: 4,980 USD a month less",
        "answers: processed anywhere instead of in eu: 900 USD a month less",
        "kiosk: if its data might leave your machines: 100 USD a month less",
    )
