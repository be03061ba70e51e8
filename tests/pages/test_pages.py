"""Every page as Streamlit runs it: the same script, the same widgets, real plans of a real example."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from planner import app
from planner.beliefs.backtest.ranking import standings
from planner.planning.plan import Plan
from planner.report.format import requests
from planner.report.months import volume_told
from planner.resources import pages_dir
from planner.session import Session, example_text
from planner.views.evidence.backtests import kept_back_tests

EXAMPLE = "invoice-extraction"
WAIT_S = 120


def opened(page: str = "toolbox", **link: str) -> AppTest:
    at = AppTest.from_file(str(Path(app.__file__)), default_timeout=WAIT_S)
    for name, value in {"example": EXAMPLE, **link}.items():
        at.query_params[name] = value
    at.run()
    if page != "toolbox":
        at.switch_page(str(pages_dir() / f"{page}.py"))
        at.run()
    assert not at.exception, at.exception
    return at


def session_of(at: AppTest) -> Session:
    found = at.session_state["session"]
    assert isinstance(found, Session)
    return found


def plan_of(at: AppTest) -> Plan:
    outcome = session_of(at).outcome
    assert isinstance(outcome, Plan)
    return outcome


def shown(at: AppTest) -> str:
    """All HTML on the page, tags removed."""
    return " ".join(
        re.sub(r"<[^>]+>", "", element.proto.body) for element in at.get("html") if "<style>" not in element.proto.body
    )


def alerts(at: AppTest) -> str:
    return " ".join(element.proto.body for element in at.get("html") if 'role="alert"' in element.proto.body)


@pytest.mark.parametrize("page", ["toolbox", "workload", "what_if", "models", "measure", "evidence", "report"])
def test_a_page_runs_and_says_its_answer(page: str) -> None:
    at = opened(page)
    answers = [element.proto.body for element in at.get("html") if 'class="tp-answer"' in element.proto.body]
    assert len(answers) == 1
    assert re.search(r"\d", answers[0])


def test_the_toolbox_opens_on_a_planned_example_when_nothing_is_asked() -> None:
    at = AppTest.from_file(str(Path(app.__file__)), default_timeout=WAIT_S).run()
    assert not at.exception
    assert plan_of(at).answer in shown(at)


def test_the_toolbox_says_the_plans_own_sentence() -> None:
    at = opened()
    assert plan_of(at).answer in shown(at)


def test_the_toolbox_says_which_limits_the_way_it_compares_with_would_not_hold() -> None:
    at = opened(example="support-desk-eu")
    assert "than everything on" in shown(at)
    assert re.search(r"which would not hold \d+ limits: the time to the whole answer of \d+ segments", shown(at))
    assert "5 of 5 segments rest on an assumed difficulty" in shown(at)


def test_the_evidence_page_names_the_best_simple_way_by_the_one_definition_test_by_test() -> None:
    at = opened("evidence")
    found = standings(kept_back_tests().rows)
    cells = next(one for one in found if (one.ours.test, one.ours.group) == ("cells", "all"))
    answer = next(one.proto.body for one in at.get("html") if 'class="tp-answer"' in one.proto.body)
    assert f"the best of the simple ways ({cells.simple.method})" in answer
    table = next(one.proto.body for one in at.get("html") if "Best simple way" in one.proto.body)
    whole = [one for one in found if one.ours.group == "all" or "known" in one.ours.group]
    assert table.count("<tr>") == 1 + len(whole)
    assert all(f"{one.simple.rmse_logit:.3f}" in table and f"({one.simple.method})" in table for one in whole)


def test_header_and_toolbox_speak_of_the_same_month_and_say_which() -> None:
    at = opened()
    plan = plan_of(at)
    told = volume_told(session_of(at).workload)
    caption = next(one for one in at.caption if told in one.value)
    assert told.startswith(requests(plan.totals.requests_per_month))
    assert told.endswith("in an average month")
    assert "requests grow by 4 % a month" in caption.help
    assert "Requests, average month" in shown(at)
    assert "Cost, average month, people included" in shown(at)


def test_the_toolbox_has_a_card_for_every_tool() -> None:
    at = opened()
    cards = "".join(element.proto.body for element in at.get("html") if 'class="tp-cards"' in element.proto.body)
    tools = {(part.option.tier, part.option.label, part.option.place) for part in plan_of(at).segments}
    assert cards.count('class="tp-card"') == len(tools)


def test_every_figure_of_an_open_segment_has_its_class_mark() -> None:
    segment = "invoice-fields"
    at = opened(segment=segment)
    part = next(one for one in plan_of(at).segments if one.name == segment)
    table = next(element.proto.body for element in at.get("html") if "Cost a month</th>" in element.proto.body)
    assert all(cost.how in re.sub(r"<[^>]+>", "", table).replace("&#x27;", "'") for cost in part.cost_parts)
    assert table.count("tp-mark") >= len(part.cost_parts) + 1


def test_why_not_tells_a_reason_for_a_model_that_was_not_taken() -> None:
    at = opened(segment="invoice-fields")
    at.selectbox(key="why_not.invoice-fields").select("openai/gpt-4").run()
    assert not at.exception
    reasons = [element.proto.body for element in at.get("html") if 'class="tp-list"' in element.proto.body][-2:]
    assert any(len(re.sub(r"<[^>]+>", "", reason)) > 20 for reason in reasons)


def test_a_link_brings_back_segment_and_changes() -> None:
    at = opened(segment="line-to-account", set="segments.*.requests_per_month=x2")
    session = session_of(at)
    assert session.segment == "line-to-account"
    assert [change.value for change in session.changes] == ["x2"]


def test_a_wrong_link_is_said_and_the_first_example_opened() -> None:
    at = AppTest.from_file(str(Path(app.__file__)), default_timeout=WAIT_S)
    at.query_params["workload"] = "not-one-of-ours"
    at.run()
    assert not at.exception
    assert "link" in at.info[0].value
    assert isinstance(session_of(at).outcome, Plan)


def test_wrong_yaml_is_told_with_its_field_and_the_last_plan_stays() -> None:
    at = opened("workload")
    before = plan_of(at)
    wrong = example_text(EXAMPLE).replace("skill: extraction", "skill: extractoin", 1)
    at.text_area(key="workload_yaml").set_value(wrong).run()
    assert not at.exception
    assert "skill" in alerts(at)
    assert "extractoin" in alerts(at)
    assert plan_of(at) is before
    at.switch_page(str(pages_dir() / "toolbox.py")).run()
    assert before.answer in shown(at)


def test_the_way_back_from_wrong_yaml_is_one_button() -> None:
    at = opened("workload")
    at.text_area(key="workload_yaml").set_value("version: 1\nname: [").run()
    next(button for button in at.button if button.label == "Back to the last good one").click().run()
    assert session_of(at).problems == ()
    assert "invoice-fields" in session_of(at).text


def test_a_form_field_writes_the_yaml() -> None:
    at = opened("workload", segment="invoice-fields")
    at.number_input(key="form.segments[0].requests_per_month").set_value(123456.0).run()
    assert not at.exception
    assert "requests_per_month: 123456" in session_of(at).text
    assert "requests_per_month: 123456" in at.text_area(key="workload_yaml").value


def test_yaml_fills_the_form() -> None:
    at = opened("workload", segment="invoice-fields")
    text = session_of(at).text
    number = re.search(r"requests_per_month: (\d+)", text)
    assert number is not None
    at.text_area(key="workload_yaml").set_value(text.replace(number.group(), "requests_per_month: 777000", 1)).run()
    assert at.number_input(key="form.segments[0].requests_per_month").value == 777000.0


def test_a_wrong_form_field_has_its_message_beside_it_and_changes_nothing() -> None:
    at = opened("workload", segment="invoice-fields")
    before = session_of(at).text
    at.number_input(key="form.segments[0].requests_per_month").set_value(-5.0).run()
    assert "Found -5" in alerts(at)
    assert session_of(at).text == before
    assert at.number_input(key="form.segments[0].requests_per_month").value == -5.0


def test_a_slider_changes_the_bill_and_back_to_today_restores_it() -> None:
    at = opened("what_if")
    today = plan_of(at).totals.monthly_cost_usd.mean
    slider = at.select_slider(key="what_if.volume.*")
    slider.set_value(2.0).run()
    assert not at.exception
    said = shown(at)
    assert "requests 2 ×" in said
    assert "more than today" in said
    assert plan_of(at).totals.monthly_cost_usd.mean == today
    next(button for button in at.button if button.label == "Back to today").click().run()
    assert session_of(at).changes == ()
    assert "Today’s plan costs" in shown(at)


def test_a_scenario_is_saved_under_its_name_and_compared() -> None:
    at = opened("what_if", set="segments.*.requests_per_month=x2")
    at.text_input(key="scenarios.name").set_value("Twice <b>").run()
    next(button for button in at.button if button.label == "Save").click().run()
    assert not at.exception
    assert [scenario.name for scenario in session_of(at).scenarios] == ["Twice <b>"]
    table = next(element.proto.body for element in at.get("html") if "<th>Scenario</th>" in element.proto.body)
    assert "Twice &lt;b&gt;" in table


def test_moved_inputs_become_the_workload_on_demand() -> None:
    at = opened("what_if", set="segments.*.requests_per_month=x2")
    before = [segment.requests_per_month for segment in session_of(at).workload.segments]
    next(button for button in at.button if button.label == "Make this the workload").click().run()
    assert not at.exception
    assert [segment.requests_per_month for segment in session_of(at).workload.segments] == [2 * old for old in before]
    assert session_of(at).changes == ()


def test_a_models_page_shows_prices_scores_and_standing() -> None:
    at = opened("models", model="openai/gpt-4.1")
    assert "In the present plan" in shown(at)
    assert len(at.dataframe) == 3


def test_a_models_page_says_what_would_narrow_its_figure_most() -> None:
    at = opened("models", model="openai/gpt-4.1")
    shown = " ".join(element.proto.body for element in at.get("html"))
    assert "What would narrow it most" in shown
    assert "answers of your own" in shown or "narrower" in shown


def test_a_filter_narrows_the_models() -> None:
    at = opened("models")
    every = len(at.dataframe[0].value)
    at.multiselect(key="models.maker").select("Mistral AI").run()
    assert not at.exception
    makers = set(at.dataframe[0].value["Maker"])
    assert makers == {"Mistral AI"}
    assert 0 < len(at.dataframe[0].value) < every


def test_the_evidence_page_shows_every_back_test_and_what_it_knew() -> None:
    at = opened("evidence")
    forward = at.selectbox(key="evidence.test").select("forward").run()
    assert not forward.exception
    known = forward.selectbox(key="evidence.forward")
    assert known.options == [f"from 2025-{month}-01, {count} known" for month in ("02", "08") for count in (0, 2)]
    before = [caption.value for caption in forward.caption]
    known.select("from 2025-08-01, 2 known").run()
    assert not forward.exception
    assert [caption.value for caption in forward.caption] != before
    at.selectbox(key="evidence.test").select("new_benchmark").run()
    assert not at.exception


def test_the_evidence_page_counts_the_kinds_whose_difficulty_nobody_saw() -> None:
    at = opened("workload", segment="invoice-fields")
    count = len(session_of(at).workload.segments)
    at.text_area(key="workload_yaml").set_value(
        re.sub(
            r"- name: invoice-fields\n",
            "- name: invoice-fields\n    observed: [{model: openai/gpt-4o, quality: 0.9, n: 200}]\n",
            session_of(at).text,
        )
    ).run()
    at.switch_page(str(pages_dir() / "evidence.py")).run()
    assert not at.exception
    assert any(f"{count - 1} kinds of this workload rest on one" in text.value for text in at.markdown)


def test_examples_are_drawn_once_their_panel_is_open() -> None:
    at = opened("workload")
    assert not any(button.key == "gallery.ticket-triage" for button in at.button)


def over_budget(usd: int) -> AppTest:
    unlimited = re.sub(r"^limits:(?:\n  .*)*\n", "", example_text(EXAMPLE), flags=re.MULTILINE)
    at = opened("workload")
    at.text_area(key="workload_yaml").set_value(f"{unlimited}\nlimits: {{monthly_budget_usd: {usd}}}\n").run()
    at.switch_page(str(pages_dir() / "toolbox.py")).run()
    assert not at.exception
    return at


def test_a_conflict_is_told_beside_the_last_plan_that_held() -> None:
    at = over_budget(20)
    assert "No plan can" in shown(at)
    assert "The last plan that held" in [head.value for head in at.subheader]


def test_a_button_relaxes_a_limit_to_the_value_that_is_proposed() -> None:
    at = over_budget(20)
    next(button for button in at.button if button.label.startswith("Relax to")).click().run()
    assert not at.exception
    budget = session_of(at).workload.limits.monthly_budget_usd
    assert budget is not None
    assert budget > 20


def test_a_conflict_goes_when_the_limit_is_left_out() -> None:
    at = over_budget(20)
    next(button for button in at.button if button.label == "Leave it out").click().run()
    assert not at.exception
    assert isinstance(session_of(at).outcome, Plan)


def test_what_certainty_costs_is_worked_out_when_it_is_asked_for() -> None:
    at = opened(example="ticket-triage")
    assert "What certainty costs" not in shown(at)
    at.session_state["toolbox.certainty"] = True
    at.run()
    assert "What certainty costs" in shown(at)
    assert "Safe" in shown(at)
