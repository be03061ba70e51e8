"""The session's parts alone: links, edits, strips, relaxations, tables."""

import base64
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner import app
from planner.errors import InputError
from planner.planning.plan import Conflict, LimitInConflict, Outcome, Plan
from planner.planning.what_if.changes import Change
from planner.planning.what_if.sweep import SweepRow, sweep
from planner.session import Scenario, example_names, example_text, field_value, indexed
from planner.session.edits import add_segment, edit_values, redo, undo, use_text
from planner.session.link import LONGEST, pack, read_changes, unpack, write_changes
from planner.session.state import Session
from planner.session.strip import strip_of
from planner.views.parts.figures import interval_bar
from planner.views.parts.tables import csv_text
from planner.views.toolbox.conflict import relaxation, relaxed_words
from planner.views.what_if.scenarios import read_scenarios, scenarios_text
from planner.views.what_if.sliders import SLIDERS, today_of
from planner.workload.load import parse_workload

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / "tests" / "report"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan.model_validate_json((REPORTS / "every_part.json").read_text())


@pytest.fixture
def session(plan: Plan) -> Session:
    text = example_text("invoice-extraction")
    return Session(text, parse_workload(text), "invoice-extraction", plan, plan)


def swept(*answers: Outcome) -> tuple[SweepRow, ...]:
    """A sweep whose answers are known."""
    workload, given_in_turn = parse_workload(example_text("invoice-extraction")), iter(answers)
    return sweep([(float(place), workload) for place in range(len(answers))], lambda _: next(given_in_turn))


@given(st.text(max_size=3000))
def test_a_text_comes_back_from_a_link_as_it_was(text: str) -> None:
    assert unpack(pack(text)) == text


@given(st.binary(max_size=200).map(lambda noise: base64.urlsafe_b64encode(noise).decode()))
def test_a_link_of_noise_is_refused_in_one_line(packed: str) -> None:
    with pytest.raises(InputError, match="a link copied whole") as caught:
        unpack(packed)
    assert "\n" not in str(caught.value)


def test_a_link_that_unpacks_to_megabytes_is_refused() -> None:
    with pytest.raises(InputError, match="link"):
        unpack(pack("a" * 5_000_000))


@pytest.mark.parametrize("name", example_names())
def test_every_example_fits_into_a_link_or_is_kept_by_id(name: str) -> None:
    assert len(pack(example_text(name))) <= 2 * LONGEST


def test_changes_come_back_from_a_link() -> None:
    changes = (
        Change("segments.*.requests_per_month", "x2"),
        Change("confidence", 0.8),
        Change("limits.max_models", None),
    )
    assert read_changes(write_changes(changes)) == changes


def test_scenarios_come_back_from_their_file() -> None:
    scenarios = (Scenario("Twice", (Change("segments.*.requests_per_month", "x2"),)), Scenario("Sure", ()))
    assert read_scenarios(scenarios_text(scenarios), "scenarios.yaml") == scenarios


@pytest.mark.parametrize("text", ["scenarios: 3", "[]", "scenarios: [{name: a}]", "a: b", ""])
def test_a_file_that_is_no_scenarios_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="scenarios"):
        read_scenarios(text, "scenarios.yaml")


def test_an_edit_of_one_field_leaves_all_others(session: Session) -> None:
    before = session.workload
    edit_values(session, {"segments[0].requests_per_month": 5.0})
    assert session.workload.segments[0].requests_per_month == 5.0
    assert session.workload.segments[1:] == before.segments[1:]
    assert session.origin == ""


def test_an_emptied_field_takes_its_default_again(session: Session) -> None:
    edit_values(session, {"segments[0].novelty": 0.5})
    edit_values(session, {"segments[0].novelty": None})
    assert "novelty" not in session.workload.segments[0].model_fields_set


def test_a_wrong_edit_is_kept_apart(session: Session) -> None:
    before = session.workload
    edit_values(session, {"segments[0].requests_per_month": -1.0})
    assert session.workload is before
    assert session.problems[0].field == "segments[0].requests_per_month"


def test_wrong_text_stays_in_the_editor(session: Session) -> None:
    before = session.workload
    assert not use_text(session, "version: 2")
    assert (session.text, session.workload) == ("version: 2", before)


def test_a_field_is_found_by_its_segments_name(session: Session) -> None:
    path = indexed(session.workload, "segments.line-to-account.skill")
    assert field_value(session.workload, path) == session.workload.segment("line-to-account").skill


def test_a_strip_joins_equal_neighbours_and_brackets_each_switch(plan: Plan) -> None:
    first = plan.segments[0]
    other = first.model_copy(update={"option": first.option.model_copy(update={"model_name": "Other"})})
    changed = plan.model_copy(update={"segments": (other, *plan.segments[1:])})
    spans, switches = strip_of(swept(plan, plan, changed, changed), [first.name])
    assert [(span.start, span.end) for span in spans] == [(0.0, 1.5), (1.5, 3.0)]
    assert [(switch.low, switch.high) for switch in switches] == [(1.0, 2.0)]


def test_a_strip_leaves_a_gap_where_no_plan_holds(plan: Plan) -> None:
    conflict = Conflict.model_validate_json((REPORTS / "example_conflict.json").read_text())
    name = plan.segments[0].name
    spans, switches = strip_of(swept(plan, conflict, plan), [name])
    assert [(span.start, span.end) for span in spans] == [(0.0, 0.5), (1.5, 2.0)]
    assert switches == []


@pytest.mark.parametrize(
    ("path", "text", "value", "words"),
    [
        ("segments.a.quality_floor", "0.852 of best", {"at_least": 0.852, "of": "best"}, "85 % of the best"),
        ("segments.a.quality_floor", "0.95 times the present floor", "x0.95", "0.95 times the present floor"),
        ("segments.a.latency.ttft_p95_ms", "56200 ms", 56200.0, "56.2 s"),
        ("limits.monthly_budget_usd", "12,300 USD", 12300.0, "12,300 USD"),
        ("limits.max_models", "3", 3, "3"),
        ("segments.invoice-fields.data.residency", "also jp", ["eu", "us", "jp"], "also jp"),
        ("segments.a.data.may_leave_premises", "true", True, "true"),
    ],
)
def test_a_proposed_relaxation_becomes_a_change(
    session: Session, path: str, text: str, value: object, words: str
) -> None:
    limit = LimitInConflict(limit=path, value="", best_reachable="", relax_to=text)
    change = relaxation(limit, session.workload)
    assert change is not None
    assert change.value == value
    assert relaxed_words(limit) == words


def test_a_relaxation_told_in_words_has_no_button(session: Session) -> None:
    limit = LimitInConflict(limit="segments.a.context_p99_tokens", value="", best_reachable="", relax_to="shorter")
    assert relaxation(limit, session.workload) is None


@pytest.mark.parametrize("slider", SLIDERS, ids=lambda slider: slider.id)
def test_a_slider_at_today_stands_on_one_of_its_marks_or_adds_it(session: Session, slider: object) -> None:
    here = today_of(slider, session.workload)  # type: ignore[arg-type]  # ids need the plain object
    assert isinstance(here, float)


def test_a_cell_that_a_spreadsheet_would_run_is_quoted() -> None:
    assert csv_text([{"name": "=cmd()", "usd": -1.5}]) == "name,usd\n'=cmd(),-1.5\n"


def test_an_interval_is_drawn_inside_its_scale(plan: Plan) -> None:
    drawn = interval_bar(plan.totals.monthly_cost_usd, 0.0, 1.0, limit=0.5)
    assert "left:100.0%" in drawn
    assert 'tp-limit" style="left:50.0%' in drawn


def test_the_settings_file_says_what_the_command_passes() -> None:
    said = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    flat: dict[str, object] = {}
    for section, values in said.items():
        for name, value in values.items():
            parts = (
                {f"{section}.{name}.{inner}": one for inner, one in value.items()} if isinstance(value, dict) else {}
            )
            flat |= parts or {f"{section}.{name}": value}
    assert flat == app.SETTINGS


def test_a_taken_port_is_one_line() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind((app.ADDRESS, 0))
        taken.listen()
        with pytest.raises(InputError, match="a port that is free"):
            app.run_app(taken.getsockname()[1])


def test_a_copied_segment_that_is_renamed_is_still_the_one_looked_at(session: Session) -> None:
    copied = session.workload.segments[0].model_dump(mode="json", exclude_unset=True)
    count = len(session.workload.segments)
    add_segment(session, copied)
    assert session.segment == f"{copied['name']}-2"
    edit_values(session, {f"segments[{count}].name": "renamed"})
    assert session.segment == "renamed"
    edit_values(session, {f"segments[{count}].requests_per_month": 5.0})
    assert session.workload.segments[0].requests_per_month != 5.0
    assert session.workload.segments[count].requests_per_month == 5.0


def test_an_edit_of_the_form_leaves_the_comments_of_the_text(session: Session) -> None:
    comments = [line for line in session.text.splitlines() if line.startswith("#")]
    edit_values(session, {"segments[0].requests_per_month": 7.0, "confidence": 0.8})
    assert comments
    assert [line for line in session.text.splitlines() if line.startswith("#")] == comments
    assert parse_workload(session.text) == session.workload


def test_edits_are_undone_and_had_again_one_by_one(session: Session) -> None:
    first = session.text
    edit_values(session, {"confidence": 0.8})
    second = session.text
    edit_values(session, {"confidence": 0.7})
    undo(session)
    assert (session.text, session.workload.confidence) == (second, 0.8)
    undo(session)
    assert (session.text, session.origin) == (first, "invoice-extraction")
    undo(session)
    redo(session)
    assert session.text == second
    edit_values(session, {"confidence": 0.6})
    redo(session)
    assert session.workload.confidence == 0.6


def test_a_wrong_text_keeps_the_last_good_one_for_undo(session: Session) -> None:
    first = session.good_text
    assert not use_text(session, "version: 2")
    assert session.good_text == first
    edit_values(session, {"confidence": 0.7})
    undo(session)
    assert session.text == first
