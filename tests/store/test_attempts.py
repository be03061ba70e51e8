"""Attempts on both databases: the cap holds to the last picodollar, and what was sent or answered stays."""

from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.errors import InputError, StoreError
from planner.store import attempts as kept
from planner.store.database.engine import Store
from planner.store.runs import spending
from tests.store.rows import START, a_run, an_attempt, answered, keep_run

RUN = "r20261124-101500-3fa2"


def test_an_answer_comes_back_as_it_was_stored(store: Store) -> None:
    keep_run(store)
    number = kept.reserve_attempt(store, an_attempt(), 1.0)
    back = answered(an_attempt(), number)
    kept.store_answer(store, back)
    assert kept.attempts_of(store, RUN) == [back]


def test_an_attempt_on_its_way_comes_back_as_it_was_reserved(store: Store) -> None:
    keep_run(store)
    number = kept.reserve_attempt(store, an_attempt(warm_up=True, streams=8), 1.0)
    assert kept.in_doubt(store, RUN) == [an_attempt(id=number, warm_up=True, streams=8)]


def test_a_time_of_another_zone_comes_back_as_the_same_moment_in_utc(store: Store) -> None:
    keep_run(store)
    kept.reserve_attempt(store, an_attempt(sent=START.astimezone(timezone(timedelta(hours=5, minutes=45)))), 1.0)
    (found,) = kept.attempts_of(store, RUN)
    assert found.sent == START
    assert found.sent.utcoffset() == timedelta(0)


def test_a_time_without_zone_is_refused(store: Store) -> None:
    keep_run(store)
    with pytest.raises(StoreError, match="without time zone"):
        kept.reserve_attempt(store, an_attempt(sent=START.replace(tzinfo=None)), 1.0)


def test_a_reservation_that_would_pass_the_cap_is_not_made(store: Store) -> None:
    keep_run(store)
    assert kept.reserve_attempt(store, an_attempt(0, reserved_usd=0.6), 1.0) is not None
    assert kept.reserve_attempt(store, an_attempt(1, reserved_usd=0.5), 1.0) is None
    assert [one.item for one in kept.attempts_of(store, RUN)] == ["item-0"]
    assert spending(store, RUN).committed_usd == 0.6


def test_reservations_may_fill_the_cap_exactly(store: Store) -> None:
    keep_run(store)
    # In binary floating point 0.1 + 0.1 + 0.1 is more than 0.3.
    made = [kept.reserve_attempt(store, an_attempt(n, reserved_usd=0.1), 0.3) is not None for n in range(4)]
    assert made == [True, True, True, False]


def test_an_answer_frees_what_it_did_not_cost(store: Store) -> None:
    keep_run(store)
    number = kept.reserve_attempt(store, an_attempt(0, reserved_usd=0.6), 1.0)
    kept.store_answer(store, answered(an_attempt(0), number, cost_usd=0.2))
    assert spending(store, RUN) == (0.2, 0.2)
    assert kept.reserve_attempt(store, an_attempt(1, reserved_usd=0.8), 1.0) is not None


def test_a_failure_of_unknown_cost_keeps_its_reservation_as_spent(store: Store) -> None:
    keep_run(store)
    number = kept.reserve_attempt(store, an_attempt(reserved_usd=0.6), 1.0)
    lost = an_attempt(id=number, state="failed", error="cut: the stream ended early", reserved_usd=0.6)
    kept.store_answer(store, lost)
    assert spending(store, RUN) == (0.6, 0.6)
    assert kept.attempts_of(store, RUN) == [lost]


def test_a_failure_that_cost_nothing_frees_its_reservation(store: Store) -> None:
    keep_run(store)
    number = kept.reserve_attempt(store, an_attempt(reserved_usd=0.6), 1.0)
    kept.store_answer(store, an_attempt(id=number, state="failed", error="auth: refused", cost_usd=0.0))
    assert spending(store, RUN) == (0.0, 0.0)


def test_an_answer_dearer_than_its_reservation_counts_in_full(store: Store) -> None:
    keep_run(store)
    number = kept.reserve_attempt(store, an_attempt(reserved_usd=0.1), 1.0)
    kept.store_answer(store, answered(an_attempt(), number, cost_usd=1.5))
    assert kept.spent_usd(store, RUN) == 1.5
    assert kept.reserve_attempt(store, an_attempt(1, reserved_usd=0.0), 1.0) is None


def test_a_second_answer_to_one_attempt_is_refused(store: Store) -> None:
    keep_run(store)
    number = kept.reserve_attempt(store, an_attempt(), 1.0)
    kept.store_answer(store, answered(an_attempt(), number))
    with pytest.raises(StoreError, match=f"attempt {number} is not on its way"):
        kept.store_answer(store, answered(an_attempt(), number, cost_usd=0.5))
    assert kept.spent_usd(store, RUN) == 0.002


def test_an_answer_to_no_attempt_is_refused(store: Store) -> None:
    keep_run(store)
    with pytest.raises(StoreError, match="attempt 77 is not on its way"):
        kept.store_answer(store, answered(an_attempt(), 77))


def test_an_attempt_of_an_unknown_run_is_refused_with_the_closest_ids(store: Store) -> None:
    keep_run(store)
    with pytest.raises(InputError, match="found 'r20261124-101500-3fa3'; allowed: a kept run: r20261124-101500-3fa2"):
        kept.reserve_attempt(store, an_attempt(run="r20261124-101500-3fa3"), 1.0)


@pytest.mark.parametrize("amount", [-0.01, float("nan"), float("inf")])
def test_a_reservation_that_is_no_amount_is_refused(store: Store, amount: float) -> None:
    keep_run(store)
    with pytest.raises(ValueError, match="no amount"):
        kept.reserve_attempt(store, an_attempt(reserved_usd=amount), 1.0)


def test_a_run_may_have_no_cap(store: Store) -> None:
    keep_run(store)
    assert kept.reserve_attempt(store, an_attempt(reserved_usd=1e6), float("inf")) is not None


def test_money_set_aside_for_a_judge_counts_against_the_cap(store: Store) -> None:
    keep_run(store)
    assert kept.reserve_usd(store, RUN, 0.7, 1.0)
    assert not kept.reserve_usd(store, RUN, 0.4, 1.0)
    assert kept.reserve_attempt(store, an_attempt(reserved_usd=0.4), 1.0) is None


def test_an_equal_request_finds_the_newest_answer_of_any_run(store: Store) -> None:
    keep_run(store)
    keep_run(store, a_run("r2"))
    for run, text in ((RUN, "old"), ("r2", "new")):
        number = kept.reserve_attempt(store, an_attempt(5, run=run), 1.0)
        kept.store_answer(store, answered(an_attempt(5, run=run), number, answer=text))
    found = kept.find_answer(store, f"{5:064x}", 0)
    assert found is not None
    assert (found.run, found.answer) == ("r2", "new")


@pytest.mark.parametrize(("request_number", "repeat"), [(6, 0), (5, 1)])
def test_another_request_or_repeat_finds_no_answer(store: Store, request_number: int, repeat: int) -> None:
    keep_run(store)
    number = kept.reserve_attempt(store, an_attempt(5), 1.0)
    kept.store_answer(store, answered(an_attempt(5), number))
    assert kept.find_answer(store, f"{request_number:064x}", repeat) is None


def test_what_is_on_its_way_or_failed_is_no_answer(store: Store) -> None:
    keep_run(store)
    number = kept.reserve_attempt(store, an_attempt(5), 1.0)
    assert kept.find_answer(store, f"{5:064x}", 0) is None
    kept.store_answer(store, an_attempt(5, id=number, state="failed", error="timeout: 60 s", cost_usd=0.0))
    assert kept.find_answer(store, f"{5:064x}", 0) is None


def test_a_reused_answer_costs_nothing_and_leads_to_the_first(store: Store) -> None:
    keep_run(store)
    first = kept.reserve_attempt(store, an_attempt(5), 1.0)
    kept.store_answer(store, answered(an_attempt(5), first))
    keep_run(store, a_run("r2"))
    again = answered(an_attempt(5, run="r2", reserved_usd=0.0), None, reused=first, cost_usd=0.0)
    number = kept.store_attempt(store, again)
    assert kept.attempts_of(store, "r2") == [replace(again, id=number)]
    assert spending(store, "r2") == (0.0, 0.0)
    found = kept.find_answer(store, f"{5:064x}", 0)
    assert found is not None
    assert found.id == first


def test_streaming_passes_over_chunks_in_order(store: Store) -> None:
    keep_run(store)
    total = 2 * kept.CHUNK_ROWS + 3
    with store.writing() as connection:
        for number in range(total):
            kept.insert_attempt(connection, an_attempt(number), state="sent")
    assert [one.item for one in kept.iter_attempts(store, RUN)] == [f"item-{n}" for n in range(total)]


def test_a_chunk_that_is_exactly_full_ends_the_stream(store: Store) -> None:
    keep_run(store)
    with store.writing() as connection:
        for number in range(kept.CHUNK_ROWS):
            kept.insert_attempt(connection, an_attempt(number), state="sent")
    assert len(kept.attempts_of(store, RUN)) == kept.CHUNK_ROWS


def test_answers_may_be_stored_while_the_attempts_are_streamed(store: Store) -> None:
    keep_run(store)
    numbers = [kept.reserve_attempt(store, an_attempt(n), 1.0) for n in range(3)]
    for one in kept.iter_attempts(store, RUN):
        kept.store_answer(store, answered(an_attempt(), one.id))
    assert [one.id for one in kept.attempts_of(store, RUN) if one.state == "answered"] == numbers


amounts = st.floats(min_value=0.0, max_value=2.0)


@given(steps=st.lists(st.tuples(amounts, st.none() | amounts), max_size=12), cap=amounts)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_running_total_is_the_sum_over_the_attempts(
    store: Store, steps: list[tuple[float, float | None]], cap: float
) -> None:
    run = f"r{len(kept_runs(store))}"
    keep_run(store, a_run(run))
    for number, (reserved, cost) in enumerate(steps):
        given_id = kept.reserve_attempt(store, an_attempt(number, run=run, reserved_usd=reserved), cap)
        if given_id is not None and cost is not None:
            kept.store_answer(store, answered(an_attempt(number), given_id, cost_usd=min(cost, reserved)))
    charged = [one.reserved_usd if one.cost_usd is None else one.cost_usd for one in kept.attempts_of(store, run)]
    committed = spending(store, run).committed_usd
    assert committed == pytest.approx(sum(charged), abs=1e-11)
    assert committed <= cap + 1e-12


def kept_runs(store: Store) -> list[str]:
    from planner.store.runs import list_runs

    return [run.id for run in list_runs(store)]
