"""The Measure page and the blind page as Streamlit runs them: real runs against a real streaming server on loopback."""

import importlib.util
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from planner.errors import InputError
from planner.resources import pages_dir
from planner.session.measuring import form as probe_form
from planner.session.measuring import runs as measuring
from planner.session.measuring.runs import LiveRun, kept_runs, live_runs
from planner.store.database.place import default_url, is_kept
from tests.pages.test_pages import EXAMPLE, alerts, example_text, opened, session_of, shown

ROOT = Path(__file__).resolve().parents[2]
CSV = "prompt,reference\n" + "".join(f"say blue{number} please,blue{number}\n" for number in range(60))
"""A model that repeats the question is right; one that says something else is not."""
WAIT_S = 90


def _streaming_server() -> ModuleType:
    spec = importlib.util.spec_from_file_location("streaming", ROOT / "tests" / "probing" / "streaming_server.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["streaming"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with _streaming_server().start_server(first_ms=2.0, gap_ms=0.5, tokens=8) as running:
        yield running


@pytest.fixture(scope="module")
def slow_server() -> Iterator[Any]:
    with _streaming_server().start_server(first_ms=400.0, gap_ms=1.0, tokens=8) as running:
        yield running


@pytest.fixture(autouse=True)
def no_run_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A register of its own for each test, and each question looks at the store at once."""
    monkeypatch.setattr(measuring, "_register", {})
    measuring.release_facts()
    yield
    for live in live_runs():
        live.stop.set()
        ended(live)


def ended(live: LiveRun) -> LiveRun:
    """Wait for a run's end."""
    until = time.monotonic() + WAIT_S
    while not live.ended:
        assert time.monotonic() < until, "the run does not end"
        time.sleep(0.05)
    return live


def button(at: AppTest, key: str) -> Any:
    return at.button(key=key)


def asking(server: Any, models: str, *, price: float = 0.0, items: int = 6, **link: str) -> AppTest:
    """The page with a file of samples and some models of the streaming server."""
    at = opened("measure", **{"suite": "file", "for": "general", "ask": "", "items": str(items), **link})
    at.session_state["measure.file"] = ("blue.csv", CSV.replace("say", f"say {time.time_ns()}").encode())
    at.selectbox(key="measure.grader").select("includes")
    at.selectbox(key="measure.skill").select("chat")
    at.text_input(key="measure.base").set_value(server.api_base)
    at.text_input(key="measure.name").set_value(models)
    at.number_input(key="measure.price_in").set_value(price)
    at.number_input(key="measure.price_out").set_value(price)
    at.run()
    assert not at.exception, at.exception
    return at


def measured(server: Any, models: str = "echo, fixed", **changes: Any) -> AppTest:
    """A finished run, its results on the page."""
    at = asking(server, models, **changes)
    button(at, "measure.start").click().run()
    assert not at.exception, at.exception
    ended(next(iter(measuring._register.values())))
    at.run()
    assert not at.exception, at.exception
    return at


def view(at: AppTest, name: str) -> AppTest:
    at.segmented_control(key="measure.view").set_value(name).run()
    assert not at.exception, at.exception
    return at


def test_the_page_says_what_to_measure_next_what_it_is_worth_and_what_it_costs() -> None:
    answer = shown(opened("measure"))
    assert re.search(r"Ask .+ \d+ samples of .+ next: worth [\d,.]+ USD a month, costs [\d,.]+ USD once", answer)


def test_looking_at_the_page_makes_no_store_and_loads_no_litellm() -> None:
    before = "litellm" in sys.modules
    at = opened("measure")
    view(view(view(at, "results"), "forecast"), "runs")
    assert not is_kept(default_url(os.environ))
    assert ("litellm" in sys.modules) == before


def test_nothing_that_the_page_imports_loads_litellm() -> None:
    page = (ROOT / "pages" / "measure.py").read_text().split("session = current_session()")[0]
    code = f"import sys\n{page}\nprint('litellm' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.split()[-1] == "False"


@pytest.mark.parametrize(
    ("name", "said"),
    [("results", "Nothing has been measured yet"), ("forecast", "published evidence alone"), ("runs", "No runs yet")],
)
def test_each_part_says_so_when_nothing_was_measured(name: str, said: str) -> None:
    at = opened("measure", view=name)
    assert any(said in info.value for info in at.info)


def test_a_button_fills_the_form_with_the_best_idea() -> None:
    at = opened("measure")
    button(at, "measure.fill.0").click().run()
    assert not at.exception
    asked = session_of(at).measure
    sentence = shown(at)
    assert f"{asked['items']} samples of {asked['for']} next" in sentence
    assert at.multiselect(key="measure.ask").value == [asked["ask"]]


def test_without_a_key_the_embedded_model_is_offered_and_its_run_costs_nothing() -> None:
    at = opened("measure")
    said = shown(at)
    assert "No provider’s key" in said
    assert "two minutes" in said
    assert "at no cost" in said
    assert not button(at, "measure.start").disabled


def test_a_model_file_that_is_missing_names_the_command_that_fetches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise InputError("local/smollm2", "", found="no file of the model", allowed="`planner local --fetch`")

    monkeypatch.setattr(probe_form, "find_model_file", missing)
    probe_form.local_problem.clear()
    try:
        at = opened("measure", ask="local/smollm2")
        assert "planner local --fetch" in alerts(at)
        assert not any(one.key == "measure.start" for one in at.button)
    finally:
        probe_form.local_problem.clear()


def test_a_model_without_a_key_names_the_variable_to_set() -> None:
    at = opened("measure", ask="openai/gpt-4.1-mini")
    assert "OPENAI_API_KEY" in alerts(at)


def test_what_a_run_would_cost_is_told_without_a_key_and_nothing_can_be_sent() -> None:
    at = opened("measure", ask="openai/gpt-4.1-mini", suite="general-facts")
    assert "at worst" in shown(at)
    assert button(at, "measure.start").disabled
    assert any("The cost needs no key" in one.value for one in at.caption)


def test_a_chosen_model_without_a_key_is_left_out_of_the_run_and_of_its_budget() -> None:
    at = opened("measure", ask="openai/gpt-4.1-mini,local/smollm2", suite="general-facts")
    assert "leaves it out" in shown(at)
    assert not button(at, "measure.start").disabled


def test_a_model_that_nobody_knows_is_told_with_close_names() -> None:
    at = opened("measure", ask="gpt-4.1-minni")
    assert "did you mean" in alerts(at)


def test_a_run_that_may_cost_money_needs_a_budget_and_a_button_sets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-key-0123456789")
    at = opened("measure", ask="openai/gpt-4.1-mini", suite="general-facts")
    assert "at worst" in shown(at)
    assert "needs a budget" in alerts(at)
    assert button(at, "measure.start").disabled
    button(at, "measure.set_cap").click().run()
    assert not at.exception
    assert not button(at, "measure.start").disabled
    assert float(session_of(at).measure["cap"]) > 0.0
    assert "planted" not in str(at.main)


def test_own_samples_that_may_not_leave_are_not_sent_to_an_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-key-0123456789")
    at = opened("measure", example="support-desk-eu", ask="openai/gpt-4.1-mini", cap="5")
    at.switch_page(str(pages_dir() / "workload.py")).run()
    text = session_of(at).text
    place = text.index("samples: samples/support-desk-triage.jsonl")
    start = text.rindex("- name:", 0, place)
    name = text[start:].split("\n")[0].removeprefix("- name: ")
    segment = session_of(at).workload.segment(name)
    closed = segment.model_copy(update={"data": segment.data.model_copy(update={"may_leave_premises": False})})
    target = probe_form.Target("gpt", "gpt", None, "openai", None, 1.0, None, 1.0)
    assert "may not leave your premises" in probe_form.barred(closed, target)
    assert probe_form.barred(segment.model_copy(update={"data": type(segment.data)()}), target) == ""


def test_a_run_shows_shares_with_intervals_and_a_difference_that_is_called(server: Any) -> None:
    at = measured(server)
    said = shown(at)
    assert "echo answers 100 %" in said
    assert "echo is better than fixed by" in said
    assert "finished" in said
    assert "12 answers" in said


def test_a_run_is_in_the_link_and_comes_back_with_it(server: Any) -> None:
    at = measured(server)
    run = kept_runs()[0].id
    assert session_of(at).measure["run"] == run
    again = opened("measure", view="results", run=run)
    assert "echo answers 100 %" in shown(again)


def test_ours_and_litellms_cost_stand_beside_each_other(server: Any) -> None:
    at = measured(server, price=1.0, cap="1")
    assert "spent" in shown(at)
    table = next(html.proto.body for html in at.get("html") if "Cost, ours" in html.proto.body)
    assert "litellm’s" in table
    assert kept_runs()[0].budget_usd == 1.0


def test_a_cap_that_is_reached_is_said_and_what_was_answered_is_kept(server: Any) -> None:
    at = measured(server, "echo", price=1000.0, items=12, cap="0.5")
    assert kept_runs()[0].status == "cap"
    assert "reached its budget of 0.50 USD" in alerts(at)
    assert "new run with a higher budget" in alerts(at)


def test_a_wrong_file_is_told_with_its_line() -> None:
    at = opened("measure", suite="file", ask="local/smollm2")
    at.session_state["measure.file"] = ("wrong.jsonl", b'{"prompt": "a", "reference": "b"}\n{"prompt": 7}\n')
    at.run()
    assert not at.exception
    assert "line 2" in alerts(at)


def test_a_server_that_fails_is_told_by_kind_and_nothing_is_made_up(server: Any) -> None:
    at = measured(server, "http-401")
    assert "key refused" in shown(at)
    assert "No answer has come" in " ".join(info.value for info in at.info)


def test_a_run_goes_on_while_another_page_is_open_and_can_be_stopped_and_resumed(slow_server: Any) -> None:
    at = asking(slow_server, "echo", items=12)
    at.slider(key="measure.at_once").set_value(1).run()
    button(at, "measure.start").click().run()
    at.switch_page(str(pages_dir() / "toolbox.py")).run()
    live = next(iter(measuring._register.values()))
    assert not live.ended
    at.switch_page(str(pages_dir() / "measure.py")).run()
    assert f"measure.stop.{live.id}" in [one.key for one in at.button]
    until = time.monotonic() + WAIT_S
    while not (live.progress and live.progress.answered) and time.monotonic() < until:
        time.sleep(0.05)
    button(at, f"measure.stop.{live.id}").click().run()
    ended(live)
    at.run()
    assert kept_runs()[0].status == "stopped"
    assert "stopped" in shown(at)
    answered = live.progress.answered if live.progress else 0
    assert 0 < answered < 12
    button(at, f"measure.resume.results.{live.id}").click().run()
    assert not at.exception
    resumed = ended(measuring._register[live.id])
    assert resumed.error == ""
    assert kept_runs()[0].status == "finished"
    log = slow_server.log()["asked"]
    assert set(log.values()) == {1}


def test_comparisons_are_part_of_the_cost_and_a_judge_of_its_own_answers_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-key-0123456789")
    at = opened("measure", ask="openai/gpt-4.1-mini,openai/gpt-4o-mini", suite="general-facts")
    before = shown(at)
    at.checkbox(key="measure.pairwise").check().run()
    at.selectbox(key="measure.judge").select("openai/gpt-4.1-mini").run()
    assert not at.exception
    assert "judges answers of its own" in alerts(at)
    assert shown(at) != before


def test_a_run_shows_who_wins_the_comparisons(server: Any) -> None:
    from planner.probing.asking.runner import run_probe, start_run
    from planner.probing.settings import ProbeSettings
    from planner.probing.suites.user_samples import suite_from_text
    from planner.session import the_store
    from planner.store.records import Target

    suite = suite_from_text(CSV, "blue.csv", "chat", "includes", None, None)
    fixed, echo, judge = (
        Target(name, f"openai/{name}", None, "custom", server.api_base, 0.0, None, 0.0)
        for name in ("fixed", "echo", "pair-longer")
    )
    settings = ProbeSettings(limit=6, pairwise=True, judge=judge)
    run = start_run(the_store(), suite, (echo, fixed), settings, 0.0)
    run_probe(the_store(), run.id, {})
    at = opened("measure", view="results", run=run.id)
    said = shown(at)
    assert "echo against fixed" in said
    assert "a difference" in said


def test_a_run_that_a_dead_process_left_is_offered_for_resuming(server: Any) -> None:
    at = measured(server, "echo")
    from planner.session import the_store
    from planner.store.runs import finish_run

    run = kept_runs()[0].id
    finish_run(the_store(), run, "running", None)
    measuring._register.clear()
    at.run()
    assert not at.exception
    assert "A run was broken off" in shown(at)
    button(at, f"measure.resume.top.{run}").click().run()
    ended(measuring._register[run])
    assert kept_runs()[0].status == "finished"


def test_answers_can_be_looked_at_with_prompt_reference_and_grade(server: Any) -> None:
    at = measured(server)
    said = shown(at)
    assert "Asked" in said
    assert "Right would be" in said
    assert "includes gives 1" in said
    at.segmented_control(key="measure.verdict").set_value("not acceptable").run()
    assert set(at.dataframe[0].value["Model"]) == {"fixed"}
    assert "includes gives 0" in shown(at)


def test_past_runs_are_listed_and_one_can_be_taken_away_and_brought_back(server: Any) -> None:
    from planner.session.measuring.results import file_of_run, run_results, take_run_file

    at = view(measured(server), "runs")
    assert list(at.dataframe[0].value["State"]) == ["finished"]
    assert list(at.dataframe[0].value["Answers"]) == [12]
    run = kept_runs()[0]
    for ending in ("jsonl", "parquet"):
        assert take_run_file(f"a.{ending}", file_of_run(run.id, ending)).id == run.id
    assert len(kept_runs()) == 1
    assert len(run_results(run.id).answers) == 12
    with pytest.raises(InputError, match=r"broken\.jsonl"):
        take_run_file("broken.jsonl", b"no run")


def test_labels_are_given_blind_by_key_and_say_how_far_the_grader_agrees(server: Any) -> None:
    at = measured(server, items=3)
    button(at, "measure.label").click().run()
    assert not at.exception
    at.switch_page(str(pages_dir() / "label.py")).run()  # the test's own runner forgets that a script has switched
    assert "0 of 6 answers are labelled" in shown(at)
    assert "echo" not in shown(at)
    assert "fixed" not in shown(at)
    for _ in range(6):
        said = shown(at)
        right = re.search(r"Right would be\s*(blue\d+)", said)
        assert right is not None
        answer = said.split("Answered")[1].split("Right would be")[0]
        button(at, "label.a" if right[1] in answer else "label.n").click().run()
        assert not at.exception
    assert "All 6 answers are labelled" in shown(at)
    button(at, "label.back").click().run()
    at.switch_page(str(pages_dir() / "measure.py")).run()
    assert "Same verdict" in shown(at)
    assert "100 %" in shown(at)


def test_the_blind_page_says_so_when_there_is_nothing_to_label() -> None:
    at = opened("label")
    assert "0 answers to label" in shown(at)


def test_a_workload_without_a_plan_still_says_what_to_measure() -> None:
    unlimited = re.sub(r"^limits:(?:\n  .*)*\n", "", example_text(EXAMPLE), flags=re.MULTILINE)
    at = opened("workload")
    at.text_area(key="workload_yaml").set_value(f"{unlimited}\nlimits: {{monthly_budget_usd: 20}}\n").run()
    at.switch_page(str(pages_dir() / "measure.py")).run()
    assert not at.exception
    assert re.search(r"samples of|No plan holds", shown(at))


def test_a_database_that_does_not_answer_is_one_line_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANNER_DATABASE_URL", "postgresql://planner:hunter2hunter2@127.0.0.1:9/planner")
    at = AppTest.from_file(str(ROOT / "planner" / "app.py"), default_timeout=WAIT_S).run()
    assert not at.exception
    assert "127.0.0.1:9" in alerts(at)
    assert "hunter2" not in alerts(at)


def test_a_run_ends_when_its_models_are_told_apart_and_that_is_said(server: Any) -> None:
    at = measured(server, "echo, fixed", items=60)
    told = next(caption.value for caption in at.caption if "decision was closed" in caption.value)
    asked = re.match(r"(\d+) of 120 questions", told)
    assert asked is not None
    assert 20 <= int(asked[1]) < 60
    assert kept_runs()[0].status == "finished"


def test_an_address_that_brings_a_password_is_refused(server: Any) -> None:
    at = asking(server, "echo")
    at.text_input(key="measure.base").set_value("http://me:secret@127.0.0.1:1/v1").run()
    assert not at.exception
    assert "user, password" in alerts(at)
    assert "secret" not in alerts(at)
    assert not any(one.key == "measure.start" for one in at.button)
