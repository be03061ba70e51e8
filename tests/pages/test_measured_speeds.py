"""The Measure page on times: forecasts before and after, from answers that a real store holds."""

import os
from collections.abc import Iterator

import pytest

from planner.session.measuring import runs as measuring
from planner.store.attempts import reserve_attempt, store_answer
from planner.store.database.engine import open_store
from planner.store.database.place import default_url
from tests.pages.test_pages import opened
from tests.store.rows import a_run, a_target, an_attempt, answered, keep_run


@pytest.fixture(autouse=True)
def looked_at_anew() -> Iterator[None]:
    measuring.release_facts()
    yield
    measuring.release_facts()


def keep_answers(hidden: int) -> None:
    """Twelve answers of an API, three of a server of one's own."""
    with open_store(default_url(os.environ)) as store:
        api = a_target("o3", provider="openai", catalog_model="openai/o3")
        own = a_target("mine", catalog_model="openai/gpt-4o-mini")
        run = keep_run(store, a_run(status="finished", targets=(api, own)))
        for number in range(15):
            model = "o3" if number < 12 else "mine"
            attempt = an_attempt(number, run.id, model=model)
            kept = reserve_attempt(store, attempt, 1.0)
            tokens = hidden * (number < 12)
            store_answer(
                store,
                answered(
                    attempt,
                    kept,
                    completion_tokens=tokens + 41,
                    reasoning_tokens=tokens,
                    ttft_ms=5000.0 + 10.0 * number,
                    total_ms=5000.0 + 10.0 * number + 40 * 12.0,
                ),
            )


def test_without_times_the_page_says_how_to_get_some() -> None:
    at = opened("measure", view="forecast")
    assert any("No accepted times yet" in one.value for one in at.caption)


def test_times_and_hidden_reasoning_are_drawn_before_and_after_with_every_answer() -> None:
    keep_answers(hidden=300)
    at = opened("measure", view="forecast")
    told = " ".join(one.value for one in at.caption)
    assert "15 accepted answers with times." in told
    assert "GPT-4o mini: timed on a machine of your own" in told
    assert "o3 41" in told
    labels = " ".join(str(one.proto.body) for one in at.get("html"))
    for title in ("To the first token, p95", "Per token after it, p95", "Hidden reasoning, mean tokens of an answer"):
        assert title in labels
