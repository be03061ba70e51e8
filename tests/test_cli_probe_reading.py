"""`planner probe next`, `list` and `show` on real stores."""

import json
import os
from pathlib import Path

import pytest

from planner.cli import main
from planner.store.attempts import reserve_attempt, store_answer
from planner.store.database.engine import default_url, open_store
from planner.store.grades import store_grade
from planner.store.holding import hold_run
from planner.store.records import Grade
from tests.store.rows import START, a_run, a_target, an_attempt, answered, keep_run

RUN = "r20261124-101500-3fa2"


def _kept_run() -> None:
    """Two models on twenty items, one always right, one never."""
    with open_store(default_url(os.environ)) as store:
        keep_run(store, a_run(targets=(a_target("good"), a_target("bad")), status="finished"))
        for number in range(20):
            for model, score in (("good", 1.0), ("bad", 0.0)):
                attempt = an_attempt(number, model=model)
                kept = reserve_attempt(store, attempt, 5.0)
                assert kept is not None
                store_answer(store, answered(attempt, kept))
                store_grade(store, Grade(kept, "exact_match", score, "", 0.0, START))


def test_next_ranks_probes_with_worth_and_cost(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workload = root / "catalogs" / "workloads" / "ticket-triage.yaml"
    assert main(["probe", "next", str(workload), "--json", "-"]) == 0
    ideas = json.loads(capsys.readouterr().out)["probes"]
    assert ideas
    assert {"segment", "model", "items", "change_share", "saves_usd", "protects_usd", "answers_usd"} <= set(ideas[0])


def test_next_shows_the_command_that_runs_the_first(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["probe", "next", str(root / "catalogs" / "workloads" / "ticket-triage.yaml"), "--top", "2"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "planner probe" in shown
    assert "--segment ticket-triage" in shown
    assert "--budget" in shown


def test_list_makes_no_store_and_says_how_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "list"]) == 0
    assert "local/smollm2" in capsys.readouterr().out
    assert not list(Path(os.environ["PLANNER_DATA_DIR"]).iterdir())


def test_list_shows_a_kept_run(capsys: pytest.CaptureFixture[str]) -> None:
    _kept_run()
    assert main(["probe", "list"]) == 0
    shown = capsys.readouterr().out
    assert RUN in shown
    assert "finished" in shown


def test_a_run_whose_process_is_gone_is_broken_off_and_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    with open_store(default_url(os.environ)) as store:
        keep_run(store, a_run(status="running"))
    for command in (["list"], ["show", RUN]):
        assert main(["probe", *command]) == 0
        shown = " ".join(capsys.readouterr().out.split())
        assert "broken off" in shown
        assert f"planner probe resume {RUN}" in shown
    assert main(["probe", "list", "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["runs"][0]["status"], found["broken_off"]) == ("running", [RUN])
    assert main(["probe", "show", RUN, "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["broken_off"] is True


def test_a_run_that_a_living_process_measures_is_running(capsys: pytest.CaptureFixture[str]) -> None:
    with open_store(default_url(os.environ)) as store:
        keep_run(store, a_run(status="running"))
        with hold_run(store, RUN):
            assert main(["probe", "list"]) == 0
    shown = capsys.readouterr().out
    assert "running" in shown
    assert "broken off" not in shown


def test_show_says_who_is_better_on_the_same_items(capsys: pytest.CaptureFixture[str]) -> None:
    _kept_run()
    assert main(["probe", "show", RUN]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "bad against good: -100 points" in shown
    assert "on 20 items: a difference" in shown


def test_show_of_an_unknown_run_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    _kept_run()
    assert main(["probe", "show", "r20261124-101500-3fa3"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert RUN in err
