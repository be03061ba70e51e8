"""Runs: the order, the cap, what is kept, what goes on when a model fails."""

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from probing_parts import QUICK, settings_of, suite_of, target_at
from streaming_server import Server

from planner.errors import InputError, StoreError
from planner.probing.asking.job import ScoredAnswer
from planner.probing.asking.progress import Progress
from planner.probing.asking.runner import run_probe, start_run
from planner.probing.results import results_of
from planner.probing.suites.suite import Condition, GraderSpec, Suite
from planner.store.attempts import attempts_of, in_doubt, reserve_attempt, store_answer
from planner.store.database.engine import Store
from planner.store.grades import grades_of
from planner.store.holding import hold_run
from planner.store.records import Run
from planner.store.runs import spending

KEY = "sk-planted-0123456789abcdef"


def _run(
    store: Store, server: Server, *models: str, items: int = 6, budget: float = 1.0, **changes: Any
) -> tuple[Run, Progress]:
    targets = tuple(target_at(server.api_base, model) for model in models)
    suite = changes.pop("suite", None) or suite_of(items, prefix=changes.pop("prefix", "question"))
    run = start_run(store, suite, targets, settings_of(**changes), budget)
    return run_probe(store, run.id, {})


def test_every_item_is_asked_graded_and_paid_for(store: Store, server: Server) -> None:
    run, progress = _run(store, server, "fixed", prefix="asked and graded")
    attempts = attempts_of(store, run.id)
    assert (run.status, progress.answered, len(attempts)) == ("finished", 6, 6)
    assert {grade.score for grade in grades_of(store, run.id)} == {1.0}
    # 4 prompt tokens at 1 USD and 8 output tokens at 2 USD a million, as the server counted them.
    assert spending(store, run.id).spent_usd == pytest.approx(6 * (4 * 1.0 + 8 * 2.0) / 1e6)


def test_any_beginning_of_a_run_compares_its_models(store: Store, server: Server) -> None:
    run, _ = _run(store, server, "fixed", "echo", prefix="interleaved", concurrency=1)
    order = [(attempt.item, attempt.model) for attempt in attempts_of(store, run.id)]
    assert order == [(f"i{number}", model) for number in range(6) for model in ("fixed", "echo")]


def test_the_first_request_of_a_model_is_told_apart_as_warm_up(store: Store, server: Server) -> None:
    run, _ = _run(store, server, "fixed", prefix="warm-up", concurrency=1)
    assert [attempt.warm_up for attempt in attempts_of(store, run.id)] == [True] + [False] * 5


def test_conditions_repeats_and_a_limit_multiply_the_questions(store: Store, server: Server) -> None:
    conditions = (Condition(name="plain", template="{input}"), Condition(name="polite", template="please, {input}"))
    suite = suite_of(6, prefix="many ways").model_copy(update={"conditions": conditions})
    run, progress = _run(store, server, "fixed", suite=suite, repeats=2, limit=3)
    assert progress.total == len(attempts_of(store, run.id)) == 3 * 2 * 2
    keys = {(attempt.item, attempt.condition, attempt.repeat) for attempt in attempts_of(store, run.id)}
    assert len(keys) == 12


def test_the_cap_holds_whatever_the_concurrency_and_what_fits_is_asked(store: Store, server: Server) -> None:
    cap = 20.5 * (4 * 1.0 + 8 * 2.0) / 1e6
    for concurrency in (1, 8, 32):
        run, progress = _run(
            store, server, "fixed", items=60, budget=cap, concurrency=concurrency, prefix=f"cap at {concurrency}"
        )
        assert run.status == "cap"
        assert spending(store, run.id).committed_usd <= cap
        assert progress.answered == len(attempts_of(store, run.id)) >= 10


def test_a_raised_number_of_threads_cannot_pass_the_cap_together(store: Store, server: Server) -> None:
    cap = 30.5 * (4 * 1.0 + 8 * 2.0) / 1e6
    runs = [
        start_run(store, suite_of(40, prefix=f"thread {n}"), (target_at(server.api_base),), settings_of(), cap)
        for n in range(2)
    ]
    threads = [threading.Thread(target=run_probe, args=(store, run.id, {})) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(spending(store, run.id).committed_usd <= cap for run in runs)


def test_a_wrong_key_ends_its_model_with_one_line_and_the_others_go_on(store: Store, server: Server) -> None:
    run, progress = _run(store, server, "fixed", "http-401", prefix="wrong key", concurrency=1)
    assert (run.status, progress.answered, progress.failed, progress.skipped) == ("finished", 6, 1, 5)
    (line,) = [note for note in progress.notes if note.startswith("http-401: auth") and "not asked any more" in note]
    assert "\n" not in line


@pytest.mark.parametrize("model", ["cut", "malformed", "unfinished"])
def test_a_broken_stream_is_kept_as_failed_with_its_reservation_and_the_rest_goes_on(
    store: Store, server: Server, model: str
) -> None:
    run, progress = _run(store, server, "fixed", model, items=3, prefix=f"broken {model}")
    failed = [attempt for attempt in attempts_of(store, run.id) if attempt.model == model]
    assert progress.answered == 3
    assert [(attempt.state, attempt.cost_usd) for attempt in failed] == [("failed", None)] * 3
    assert all(attempt.error and "\n" not in attempt.error for attempt in failed)


def test_what_may_have_been_paid_for_is_not_asked_again(store: Store, server: Server) -> None:
    _run(store, server, "cut", items=3, prefix="paid once")
    asked = server.log()["asked"]
    assert {count for prompt, count in asked.items() if prompt.startswith("paid once")} == {1}


def test_a_free_model_is_asked_again_after_a_broken_stream(store: Store, server: Server) -> None:
    target = target_at(server.api_base, "cut", price=(0.0, 0.0))
    run = start_run(store, suite_of(1, prefix="free again"), (target,), settings_of(), 0.0)
    seen: list[Progress] = []
    run_probe(
        store,
        run.id,
        {},
        on_progress=seen.append,
        should_stop=lambda: bool(seen) and seen[-1].errors.get("connection", 0) >= 2,
    )
    assert len(attempts_of(store, run.id)) > 1


def test_a_refused_request_is_tried_again_after_the_wait_that_was_asked_for(store: Store, server: Server) -> None:
    run, progress = _run(store, server, "http-429-once", items=3, prefix="refused once", concurrency=1)
    attempts = attempts_of(store, run.id)
    assert progress.answered == 3
    assert progress.errors == {"rate_limit": 3}
    waits = [(b.sent - a.sent).total_seconds() for a, b in pairwise(attempts) if a.error]
    assert min(waits) >= 0.1


def test_an_endless_server_is_cut_and_the_run_goes_on(store: Store, server: Server) -> None:
    run, progress = _run(store, server, "fixed", "endless", items=2, prefix="endless", timeouts=QUICK)
    assert (run.status, progress.answered, progress.failed) == ("finished", 2, 2)
    assert progress.errors == {"timeout": 2}


def test_an_equal_request_is_answered_from_the_store_at_no_cost(store: Store, server: Server) -> None:
    first, _ = _run(store, server, "fixed", prefix="asked before")
    second, progress = _run(store, server, "fixed", prefix="asked before")
    assert progress.reused == 6
    assert spending(store, second.id).spent_usd == 0.0
    known = {attempt.id for attempt in attempts_of(store, first.id)}
    assert {attempt.reused for attempt in attempts_of(store, second.id)} == known
    assert {count for prompt, count in server.log()["asked"].items() if prompt.startswith("asked before")} == {1}
    assert len(grades_of(store, second.id)) == 6


def test_a_fresh_run_asks_again(store: Store, server: Server) -> None:
    _run(store, server, "fixed", prefix="asked afresh")
    _, progress = _run(store, server, "fixed", prefix="asked afresh", fresh=True)
    assert progress.reused == 0


def test_a_stop_keeps_what_came_and_a_resume_asks_the_rest(store: Store, server: Server) -> None:
    run = start_run(store, suite_of(30, prefix="stopped"), (target_at(server.api_base),), settings_of(), 1.0)
    seen: list[Progress] = []
    run, progress = run_probe(
        store, run.id, {}, on_progress=seen.append, should_stop=lambda: bool(seen) and seen[-1].answered >= 3
    )
    assert run.status == "stopped"
    assert 3 <= progress.answered < 30
    run, progress = run_probe(store, run.id, {})
    assert (run.status, progress.answered, progress.done) == ("finished", 30, 30)
    assert {count for prompt, count in server.log()["asked"].items() if prompt.startswith("stopped ")} == {1}


def test_an_answer_that_was_not_graded_is_graded_by_the_resume_and_not_asked(store: Store, server: Server) -> None:
    run, attempts = _died(store, server, "ungraded", answered=2)
    run, progress = run_probe(store, run.id, {})
    assert progress.answered == 4
    graded = {grade.attempt for grade in grades_of(store, run.id)}
    assert {attempt.id for attempt in attempts if attempt.state == "answered"} <= graded
    asked = [prompt for prompt in server.log()["asked"] if prompt.startswith("ungraded")]
    assert sorted(asked) == ["ungraded 2", "ungraded 3"]


def test_what_was_on_its_way_is_in_doubt_counted_and_left(store: Store, server: Server) -> None:
    run, _ = _died(store, server, "in doubt", answered=1, sent=1)
    run, progress = run_probe(store, run.id, {})
    assert (progress.answered, progress.skipped, progress.in_doubt) == (3, 1, 1)
    assert len(in_doubt(store, run.id)) == 1
    assert "in doubt 1" not in server.log()["asked"]
    assert spending(store, run.id).committed_usd > spending(store, run.id).spent_usd


def test_what_is_in_doubt_is_asked_when_the_user_says_so(store: Store, server: Server) -> None:
    run, _ = _died(store, server, "doubt asked", answered=1, sent=1)
    run, progress = run_probe(store, run.id, {}, ask_in_doubt=True)
    assert progress.answered == 4
    assert server.log()["asked"]["doubt asked 1"] == 1


def _died(store: Store, server: Server, prefix: str, answered: int = 0, sent: int = 0) -> tuple[Run, list]:
    """A run of four items whose process died: some answered and not graded, some on their way."""
    target = target_at(server.api_base)
    earlier = start_run(store, suite_of(4, prefix=f"before {prefix}"), (target,), settings_of(concurrency=1), 1.0)
    run_probe(store, earlier.id, {})
    run = start_run(store, suite_of(4, prefix=prefix), (target,), settings_of(concurrency=1), 1.0)
    made = []
    for attempt in attempts_of(store, earlier.id)[: answered + sent]:
        bare = replace(attempt, id=None, run=run.id, state="sent", answer=None, cost_usd=None, request_hash="other")
        given = reserve_attempt(store, bare, 1.0)
        made.append(replace(attempt, id=given, run=run.id))
        if len(made) <= answered:
            store_answer(store, made[-1])
    return run, made


def test_a_run_that_goes_on_elsewhere_is_left_alone(store: Store, server: Server) -> None:
    run = start_run(store, suite_of(2), (target_at(server.api_base),), settings_of(), 1.0)
    with hold_run(store, run.id), pytest.raises(StoreError, match=run.id):
        run_probe(store, run.id, {})


def test_an_unknown_run_is_one_line(store: Store) -> None:
    with pytest.raises(InputError, match="r-nope"):
        run_probe(store, "r-nope", {})


def test_a_run_that_steers_itself_asks_only_whom_its_chooser_names(store: Store, server: Server) -> None:
    targets = (target_at(server.api_base, "fixed"), target_at(server.api_base, "echo"))
    run = start_run(store, suite_of(8, prefix="steered"), targets, settings_of(concurrency=1), 1.0)
    seen: list[int] = []

    def chooser(scores: Sequence[ScoredAnswer]) -> frozenset[str]:
        seen.append(len(scores))
        return frozenset({"fixed", "echo"}) if len(scores) < 4 else frozenset({"fixed"})

    run_probe(store, run.id, {}, pick_next=chooser)
    by_model = [attempt.model for attempt in attempts_of(store, run.id)]
    assert by_model.count("fixed") == 8
    assert 2 <= by_model.count("echo") < 8
    assert seen == sorted(seen)


def test_a_chooser_that_names_nobody_ends_the_run(store: Store, server: Server) -> None:
    run = start_run(store, suite_of(8, prefix="ended"), (target_at(server.api_base),), settings_of(), 1.0)
    run, progress = run_probe(store, run.id, {}, pick_next=lambda _: frozenset())
    assert (run.status, progress.answered) == ("finished", 0)


def test_a_judge_is_paid_under_the_same_cap_and_its_mark_is_the_grade(store: Store, server: Server) -> None:
    judge = target_at(server.api_base, "judge")
    suite = suite_of(3, prefix="judged").model_copy(update={"grader": GraderSpec(kind="llm_judge", rubric="be right")})
    run = start_run(store, suite, (target_at(server.api_base),), settings_of(judge=judge), 1.0)
    run, _ = run_probe(store, run.id, {})
    grades = grades_of(store, run.id)
    assert [(grade.grader, grade.score) for grade in grades] == [("llm_judge:judge", 0.75)] * 3
    assert all(grade.cost_usd > 0.0 for grade in grades)
    attempts = sum(attempt.cost_usd or 0.0 for attempt in attempts_of(store, run.id))
    assert spending(store, run.id).spent_usd == pytest.approx(attempts + sum(grade.cost_usd for grade in grades))


def test_a_judge_without_a_price_that_fits_stops_the_run_at_the_cap(store: Store, server: Server) -> None:
    judge = target_at(server.api_base, "judge", price=(1e6, 1e6))
    suite = suite_of(3, prefix="dear judge").model_copy(update={"grader": GraderSpec(kind="llm_judge")})
    run = start_run(store, suite, (target_at(server.api_base),), settings_of(judge=judge, concurrency=1), 0.01)
    run, _ = run_probe(store, run.id, {})
    assert run.status == "cap"
    assert spending(store, run.id).committed_usd <= 0.01


def test_a_suite_that_needs_a_judge_says_so_before_anything_is_kept(store: Store, server: Server) -> None:
    suite = suite_of(1).model_copy(update={"grader": GraderSpec(kind="llm_judge")})
    with pytest.raises(InputError, match="--judge"):
        start_run(store, suite, (target_at(server.api_base),), settings_of(), 1.0)


def test_an_unknown_price_asks_for_one(store: Store, server: Server) -> None:
    target = replace(target_at(server.api_base), output_usd_per_mtok=None)
    with pytest.raises(InputError, match="--price IN:OUT"):
        start_run(store, suite_of(1), (target,), settings_of(), 1.0)


def test_results_tell_scores_times_cost_and_errors_apart(store: Store, server: Server) -> None:
    run, _ = _run(store, server, "fixed", "http-401", prefix="told apart", concurrency=1)
    fixed, refused = results_of(store, run.id)
    assert (fixed.model, fixed.answered, fixed.graded, fixed.mean_score) == ("fixed", 6, 6, 1.0)
    assert fixed.timed + fixed.client_bound <= 6
    assert refused.errors == (("auth", 1),)
    assert refused.mean_score is None


def test_a_key_is_neither_in_the_store_nor_in_what_a_run_tells(
    store: Store, server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    targets = tuple(target_at(server.api_base, model) for model in ("fixed", "http-401", "cut", "http-500"))
    suite = Suite.model_validate(suite_of(2, prefix=f"echo {KEY}").model_dump())
    suite = suite.model_copy(update={"items": suite_of(2, prefix="echo of a key").items})
    run = start_run(store, suite, targets, settings_of(), 1.0)
    run, progress = run_probe(store, run.id, {"OPENAI_API_KEY": KEY})
    assert KEY in server.log()["keys"]
    database = store.engine.url.database
    store.close()
    folder = Path(str(database)).parent
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    out, err = capfd.readouterr()
    assert KEY.encode() not in kept
    assert KEY not in out + err + repr(progress) + json.dumps(progress.notes)
