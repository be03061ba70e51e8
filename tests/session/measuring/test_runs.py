"""Runs in the background: what is told when they go wrong, what counts while they go on, labels and pairs."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InputError
from planner.probing.settings import ProbeSettings
from planner.probing.suites.suite import Condition, GraderSpec, Item, Suite
from planner.session import cached
from planner.session.measuring import runs as measuring
from planner.session.measuring.labelling import labeller, labelling_of
from planner.session.measuring.results import GradedAttempt, _doubtful, run_results
from planner.session.measuring.runs import LiveRun, kept_runs, start_measuring, stop_measuring
from planner.session.measuring.worth import _holds
from planner.store.attempts import store_attempt
from planner.store.database.place import default_url, is_kept
from planner.store.records import Attempt, Grade, Run, Target
from planner.store.runs import store_run, store_suite
from planner.units import logistic, normal_draws

KEY = "sk-planted-0123456789abcdef"
NOWHERE = Target("nobody", "openai/nobody", None, "custom", "http://127.0.0.1:9/v1", 0.0, None, 0.0)


RUN = Run(
    id="r1",
    kind="probe",
    suite="blue",
    suite_hash="h1",
    skill="chat",
    workload=None,
    segment=None,
    targets=(NOWHERE,),
    settings="{}",
    budget_usd=0.0,
    status="finished",
    created=datetime(2026, 11, 24, tzinfo=UTC),
    finished=datetime(2026, 11, 24, tzinfo=UTC),
    planner_version="0",
)


def suite_of(items: int) -> Suite:
    return Suite(
        name="blue",
        title="Blue",
        skill="chat",
        conditions=(Condition(name="plain", template="{input}"),),
        grader=GraderSpec(kind="includes"),
        max_output_tokens=8,
        items=tuple(Item(id=f"i{number}", input=f"say {number}", reference=str(number)) for number in range(items)),
    )


@pytest.fixture(autouse=True)
def fresh_register(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(measuring, "_register", {})
    cached.release_facts()
    yield
    cached.release_facts()


def attempt(number: int, model: str, item: str) -> Attempt:
    return Attempt(
        id=number,
        run="r1",
        model=model,
        item=item,
        condition="plain",
        repeat=0,
        request_hash="",
        cluster=item,
        state="answered",
        sent=datetime(2026, 11, 24, tzinfo=UTC),
        warm_up=False,
        reserved_usd=0.0,
        cost_usd=0.0,
        litellm_cost_usd=None,
        answer="",
        finish_reason="stop",
        prompt_tokens=1,
        cached_tokens=0,
        completion_tokens=1,
        reasoning_tokens=0,
        ttft_ms=1.0,
        total_ms=2.0,
        gaps_ms=(),
        loop_lag_ms=0.0,
        client_bound=False,
        streams=1,
        error=None,
        reused=None,
    )


def answers_of(count: int, labelled: int = 0, who: str = "ada") -> Any:
    """Results of a run with so many answers by two models, some labelled; only what labelling reads."""
    found = []
    for number in range(count):
        grade = Grade(number, f"human:{who}", 1.0, "", 0.0, datetime(2026, 11, 24, tzinfo=UTC))
        grades = (grade,) if number < labelled else ()
        found.append(GradedAttempt(attempt(number, "ab"[number % 2], f"i{number // 2}"), grades, None))
    return SimpleNamespace(run=SimpleNamespace(id="r1"), answers=tuple(found))


def test_nobody_measures_and_nothing_is_kept_at_first() -> None:
    assert kept_runs() == ()
    assert not measuring.is_measuring()
    assert not is_kept(default_url(os.environ))


def test_stopping_an_unknown_run_does_nothing() -> None:
    stop_measuring("r-none")
    assert measuring.live_runs() == ()


def test_a_run_that_cannot_begin_says_why_and_leaves_no_thread() -> None:
    unpriced = replace(NOWHERE, input_usd_per_mtok=None)
    with pytest.raises(InputError, match="price"):
        start_measuring(suite_of(1), (unpriced,), ProbeSettings(), 0.0)
    assert measuring.live_runs() == ()


def test_an_error_that_nobody_foresaw_is_one_line_without_keys(caplog: pytest.LogCaptureFixture) -> None:
    error = ExceptionGroup("several", [ValueError(f"bad key {KEY}\nmore")])
    told = measuring._line(error, {"OPENAI_API_KEY": KEY})
    assert KEY not in told + caplog.text
    assert "\n" not in told
    assert "ValueError" in told
    assert "its answers are kept" in told


def test_what_a_run_measures_counts_when_it_ends_and_not_before() -> None:
    cached.the_store()
    before = cached.facts_version()
    cached.hold_facts()
    store_suite(cached.the_store(), "h1", "blue", "{}")
    store_run(cached.the_store(), RUN)
    store_attempt(cached.the_store(), attempt(1, "nobody", "i0"))
    cached.measured_anew()
    assert cached.facts_version() == before
    cached.release_facts()
    assert cached.facts_version() != before


def test_a_server_that_is_not_there_fails_by_kind_and_the_run_ends(caplog: pytest.LogCaptureFixture) -> None:
    run = start_measuring(suite_of(1), (NOWHERE,), ProbeSettings(timeouts={"connect_s": 1.0}), 0.0)  # type: ignore[arg-type]  # pydantic reads a mapping
    live = measuring.live_run(run)
    assert live is not None
    for thread in measuring.threading.enumerate():
        if thread.name == f"probe {run}":
            thread.join(timeout=120.0)
    assert live.ended
    assert live.error == ""
    found = run_results(run)
    assert found.answers == ()
    assert set(dict(found.shares[0].row.errors)) == {"connection"}
    assert KEY not in caplog.text


def test_a_question_is_in_doubt_while_it_may_be_paid_and_has_no_answer() -> None:
    paid = replace(RUN, targets=(replace(NOWHERE, output_usd_per_mtok=1.0),))
    sent = [replace(attempt(number, "nobody", f"i{number}"), state="sent") for number in range(3)]
    answered = (GradedAttempt(attempt(9, "nobody", "i0"), (), None),)
    assert _doubtful(paid, sent, answered) == 2
    assert _doubtful(RUN, sent, answered) == 0


def test_the_end_of_a_run_is_told_once() -> None:
    measuring._register["r1"] = LiveRun("r1", ended=True)
    assert [live.id for live in measuring.unseen_ends()] == ["r1"]
    measuring._register["r1"].seen = True
    assert list(measuring.unseen_ends()) == []


@given(st.text(max_size=60))
def test_a_labellers_name_is_always_part_of_a_graders_name(name: str) -> None:
    told = labeller(name)
    assert 1 <= len(told) <= 40
    assert not any(letter.isspace() or letter in ":/" for letter in told)


def test_answers_to_label_come_in_an_order_that_stays_and_differs_between_people() -> None:
    found = answers_of(40)
    first = [one.attempt.id for one in labelling_of(found, "ada").left]
    assert first == [one.attempt.id for one in labelling_of(found, "ada").left]
    assert first != [one.attempt.id for one in labelling_of(found, "bob").left]
    assert sorted(first) == list(range(40))


def test_the_order_tells_nothing_of_the_model() -> None:
    order = [one.attempt.model for one in labelling_of(answers_of(400), "ada").left]
    same = sum(one == other for one, other in pairwise(order))
    assert 150 < same < 250
    assert 75 < order[:200].count("a") < 125


def test_labelled_answers_are_done_and_skipped_ones_come_last() -> None:
    found = answers_of(10, labelled=4)
    fresh = labelling_of(found, "ada")
    assert (len(fresh.done), len(fresh.left), fresh.total) == (4, 6, 10)
    assert len(labelling_of(found, "bob").left) == 10
    first = fresh.left[0].attempt.id
    assert first is not None
    skipped = labelling_of(found, "ada", [first])
    assert skipped.left[-1].attempt.id == first


@pytest.mark.parametrize(
    ("share", "items", "held"), [(0.7, 20, True), (0.5, 20, True), (0.0, 20, False), (0.4, 400, False)]
)
def test_a_measured_share_holds_when_the_forecast_with_the_chance_of_its_size_covers_it(
    share: float, items: int, held: bool
) -> None:
    draws = logistic(0.85 + 0.2 * normal_draws(7, "quality"))
    assert _holds(draws, share, items, "a test") is held
