"""A judge compares a run's answers pairwise: what it is asked, what that costs, what is kept and what comes of it."""

import sys
from dataclasses import replace
from typing import Any

import pytest
from killing import kill_until_done
from probing_parts import settings_of, suite_of, target_at
from streaming_server import Server

from planner.beliefs.evidence.learning import learn
from planner.beliefs.evidence.measured import measured_on
from planner.beliefs.evidence.run_pairs import pair_shares, sign_test
from planner.beliefs.quality.abilities import fit_quality
from planner.beliefs.quality.segment_quality import segment_quality
from planner.catalog.load import load_catalog
from planner.errors import InputError
from planner.probing.asking.dry_run import estimate_run
from planner.probing.asking.progress import Progress
from planner.probing.asking.runner import run_probe, start_run
from planner.probing.judging.pairs import own_judge_lines, pairs_of
from planner.store.attempts import attempts_of
from planner.store.database.engine import Store
from planner.store.grades import preferences_of
from planner.store.records import Run
from planner.store.runs import spending
from planner.store.verdicts import verdicts_of
from planner.workload.schema import Segment

LONGER, PLACE = "pair-longer", "pair-first"


def _run(
    store: Store, server: Server, *models: str, judge: str = LONGER, items: int = 4, budget: float = 1.0, **more: Any
) -> tuple[Run, Progress]:
    targets = tuple(target_at(server.api_base, model) for model in models)
    suite = suite_of(items, prefix=more.pop("prefix"))
    settings = settings_of(pairwise=True, judge=target_at(server.api_base, judge), **more)
    run = start_run(store, suite, targets, settings, budget)
    return run_probe(store, run.id, {})


def _judged(server: Server, prefix: str) -> dict[str, int]:
    """How often the server was asked each comparison of a run's items."""
    asked = server.log()["asked"]
    return {prompt: count for prompt, count in asked.items() if prefix in prompt and "<answer_first>" in prompt}


def test_a_judge_that_reads_names_the_winner_of_every_item_in_both_orders(store: Store, server: Server) -> None:
    run, progress = _run(store, server, "fixed", "echo", prefix="paired")
    assert (run.status, progress.answered, progress.judged, progress.done) == ("finished", 8, 8, progress.total)
    assert {(one.winner, one.loser, one.tied) for one in preferences_of(store, run.id)} == {("fixed", "echo", False)}
    (share,) = pair_shares(store, run.id)
    assert (share.items, share.wins, share.losses, share.ties, share.turned) == (4, 4, 0, 0, 0)
    assert len(_judged(server, "paired ")) == 8


def test_the_price_of_the_judge_is_counted_and_the_dry_run_covers_it(store: Store, server: Server) -> None:
    run, _ = _run(store, server, "fixed", "echo", prefix="priced pair")
    answers = sum(attempt.cost_usd or 0.0 for attempt in attempts_of(store, run.id))
    verdicts = verdicts_of(store, run.id)
    judging = sum(verdict.cost_usd or 0.0 for verdict in verdicts)
    assert judging > 0.0
    assert spending(store, run.id).spent_usd == pytest.approx(answers + judging)
    assert pair_shares(store, run.id)[0].cost_usd == pytest.approx(judging)
    settings = settings_of(pairwise=True, judge=target_at(server.api_base, LONGER))
    judge = estimate_run(suite_of(4, prefix="priced pair"), run.targets, settings)[-1]
    assert (judge.model, judge.requests) == (LONGER, 8)
    assert judging <= sum(verdict.reserved_usd for verdict in verdicts) <= judge.worst_usd


def test_a_judge_that_likes_a_place_decides_nothing_and_is_told_so(store: Store, server: Server) -> None:
    run, _ = _run(store, server, "fixed", "echo", judge=PLACE, prefix="placed pair")
    (share,) = pair_shares(store, run.id)
    assert (share.wins, share.losses, share.ties, share.turned) == (0, 0, 4, 4)
    assert (share.share.mean, share.called) == (0.5, False)


def test_equal_answers_are_a_tie_that_nobody_is_paid_for(store: Store, server: Server) -> None:
    run, progress = _run(store, server, "fixed", "long", prefix="equal pair")
    assert _judged(server, "equal pair ") == {}
    assert [one.tied for one in preferences_of(store, run.id)] == [True] * 4
    assert progress.done == progress.total


def test_a_verdict_that_cannot_be_read_is_no_comparison_and_is_not_asked_again(store: Store, server: Server) -> None:
    run, progress = _run(store, server, "fixed", "echo", judge="pair-unreadable", prefix="unreadable pair")
    run_probe(store, run.id, {})
    assert preferences_of(store, run.id) == []
    assert set(_judged(server, "unreadable pair ").values()) == {1}
    assert len(_judged(server, "unreadable pair ")) == 4
    assert any("cannot be read" in note for note in progress.notes)


def test_the_cap_holds_for_the_judge_and_a_resume_asks_what_is_left_once(store: Store, server: Server) -> None:
    # Room for the answers and for some verdicts: a verdict reserves 600 output tokens and takes 64.
    run, _ = _run(store, server, "fixed", "echo", items=8, budget=0.0035, concurrency=1, prefix="capped pair")
    kept = verdicts_of(store, run.id)
    assert run.status == "cap"
    assert 0 < len(kept) < 16
    assert spending(store, run.id).committed_usd <= 0.0035
    run, _ = run_probe(store, run.id, {})
    assert run.status == "cap"
    assert set(_judged(server, "capped pair ").values()) == {1}


@pytest.mark.skipif(sys.platform != "linux", reason="kills processes and looks at them in /proc")
def test_killed_again_and_again_no_verdict_is_lost_or_paid_for_twice(store: Store, server: Server) -> None:
    items, cap = 16, 0.2
    targets = (target_at(server.api_base, "fixed"), target_at(server.api_base, "echo"))
    settings = settings_of(pairwise=True, judge=target_at(server.api_base, LONGER))
    run = start_run(store, suite_of(items, prefix="killed pair"), targets, settings, cap)
    seen = kill_until_done(store, run.id, [0.3, 0.2, 0.1, 0.25, 0.05, 0.15])
    assert (seen.lost, seen.kills >= 1, seen.most_committed_usd <= cap) == (0, True, True)
    assert set(_judged(server, "killed pair ").values()) == {1}
    verdicts = verdicts_of(store, run.id)
    closed = {one.item for one in preferences_of(store, run.id)}
    answered = {attempt.item for attempt in attempts_of(store, run.id) if attempt.state != "answered"}
    doubtful = {one.item for one in verdicts if one.state == "sent"}
    assert closed | answered | doubtful == {f"i{number}" for number in range(items)}
    assert len(preferences_of(store, run.id)) == len(closed)


def test_all_pairs_of_three_models_and_each_with_the_first_of_more() -> None:
    a, b, c, d = (target_at(None, name) for name in "abcd")
    assert pairs_of((a, b, c)) == (("a", "b"), ("a", "c"), ("b", "c"))
    assert pairs_of((a, b, c, d)) == (("a", "b"), ("a", "c"), ("a", "d"))


def test_a_model_that_judges_itself_is_told(store: Store, server: Server) -> None:
    _, progress = _run(store, server, "fixed", "echo", judge="fixed", items=1, prefix="own pair")
    assert any("judges answers of its own" in note for note in progress.notes)
    targets = (target_at(None, "a"), target_at(None, "b"))
    settings = settings_of(pairwise=True, judge=replace(target_at(None, "c"), catalog_model="x/b"))
    assert own_judge_lines(suite_of(1), targets, settings) == ()
    same = (targets[0], replace(targets[1], catalog_model="x/b"))
    assert len(own_judge_lines(suite_of(1), same, settings)) == 1


@pytest.mark.parametrize("wrong", [{"judge": None}, {"models": 1}, {"rate_per_s": 5.0, "seconds": 1.0}])
def test_what_cannot_be_compared_is_refused_in_one_line(store: Store, wrong: dict[str, Any]) -> None:
    targets = (target_at(None, "a"), target_at(None, "b"))[: wrong.pop("models", 2)]
    settings = settings_of(**{"pairwise": True, "judge": target_at(None, "c"), **wrong})
    with pytest.raises(InputError, match="--pairwise") as told:
        start_run(store, suite_of(1), targets, settings, 1.0)
    assert "\n" not in str(told.value)


def test_the_sign_test_counts_decided_pairs_of_any_number() -> None:
    assert sign_test(5, 0) == pytest.approx(2 / 32)
    assert sign_test(1, 5) == sign_test(5, 1) == pytest.approx(2 * 7 / 64)
    assert 0.0 < sign_test(2600, 2400) < 0.01


def test_comparisons_alone_move_the_forecast_of_both_models(store: Store, server: Server) -> None:
    names = ("openai/gpt-4o-mini", "openai/gpt-4.1")
    targets = tuple(
        replace(target_at(server.api_base, model), catalog_model=name)
        for model, name in zip(("fixed", "echo"), names, strict=True)
    )
    suite = suite_of(12, prefix="learnt pair").model_copy(
        update={"grader": suite_of(1).grader.model_copy(update={"kind": "human"}), "workload": "desk", "segment": "s"}
    )
    settings = settings_of(pairwise=True, judge=target_at(server.api_base, LONGER))
    run = start_run(store, suite, targets, settings, 1.0)
    run_probe(store, run.id, {})
    catalog = load_catalog()
    segment = Segment.model_validate(
        {
            "name": "s",
            "skill": "chat",
            "requests_per_month": 1000.0,
            "input_tokens": {"mean": 100.0},
            "output_tokens": {"mean": 10.0},
        }
    )
    quality = fit_quality(catalog)
    before = segment_quality(quality, catalog, segment)
    after = segment_quality(quality, catalog, segment, measured_on(learn(store, catalog), "desk", segment))
    gaps = [
        float(
            found.direct[found.model_ids.index(names[0])].mean() - found.direct[found.model_ids.index(names[1])].mean()
        )
        for found in (before, after)
    ]
    assert gaps[1] > gaps[0] + 0.01
