"""Runs, attempts and judgements for the tests: whole and real, with what matters given by the test."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from planner.store.database.engine import Store
from planner.store.records import Attempt, Run, Target
from planner.store.runs import store_run, store_suite

START = datetime(2026, 11, 24, 10, 15, 0, 123_456, tzinfo=UTC)
SUITE_TEXT = '{"version": 1, "name": "sums", "title": "Sums – with a snowman ☃"}'
SUITE_HASH = "5f" * 32


def a_target(name: str = "local/smollm2", **given: Any) -> Target:
    target = Target(name, "openai/smollm2", None, "local", "http://127.0.0.1:8080/v1", 0.0, None, 0.0)
    return replace(target, **given)


def a_run(run_id: str = "r20261124-101500-3fa2", **given: Any) -> Run:
    run = Run(
        id=run_id,
        kind="probe",
        suite="sums",
        suite_hash=SUITE_HASH,
        skill="math",
        workload=None,
        segment=None,
        targets=(a_target(), a_target("gpt-4o-mini", catalog_model="openai/gpt-4o-mini", input_usd_per_mtok=0.15)),
        settings='{"temperature": 0}',
        budget_usd=1.0,
        status="running",
        created=START,
        finished=None,
        planner_version="0.1.0",
    )
    return replace(run, **given)


def an_attempt(number: int = 0, run: str = "r20261124-101500-3fa2", **given: Any) -> Attempt:
    """The attempt at item `number`, about to leave."""
    attempt = Attempt(
        id=None,
        run=run,
        model="local/smollm2",
        item=f"item-{number}",
        condition="plain",
        repeat=0,
        request_hash=f"{number:064x}",
        cluster=f"item-{number}",
        state="sent",
        sent=START + timedelta(milliseconds=number),
        warm_up=False,
        reserved_usd=0.01,
        cost_usd=None,
        litellm_cost_usd=None,
        answer=None,
        finish_reason=None,
        prompt_tokens=None,
        cached_tokens=None,
        completion_tokens=None,
        reasoning_tokens=None,
        ttft_ms=None,
        total_ms=None,
        gaps_ms=(),
        loop_lag_ms=None,
        client_bound=False,
        streams=1,
        error=None,
        reused=None,
    )
    return replace(attempt, **given)


def answered(attempt: Attempt, number: int | None, **given: Any) -> Attempt:
    """What came back for it."""
    back = replace(
        attempt,
        id=number,
        state="answered",
        cost_usd=0.002,
        litellm_cost_usd=0.002,
        answer="12 – „zwölf“",
        finish_reason="stop",
        prompt_tokens=31,
        cached_tokens=0,
        completion_tokens=3,
        reasoning_tokens=0,
        ttft_ms=20.5,
        total_ms=24.75,
        gaps_ms=(2.0, 2.25),
        loop_lag_ms=0.4,
    )
    return replace(back, **given)


def keep_run(store: Store, run: Run | None = None) -> Run:
    """Keep a run with its suite."""
    kept = run or a_run()
    store_suite(store, kept.suite_hash, kept.suite, SUITE_TEXT)
    store_run(store, kept)
    return kept
