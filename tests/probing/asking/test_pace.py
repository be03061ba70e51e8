"""How many at once, and how long a provider that refused is left alone."""

import asyncio

import pytest

from planner.probing.asking.pace import Pace, wait_s


def _most_at_once(pace: Pace, asked: int) -> int:
    async def run() -> int:
        now = most = 0

        async def one() -> None:
            nonlocal now, most
            async with pace.slot():
                now += 1
                most = max(most, now)
                await asyncio.sleep(0.001)
                now -= 1

        await asyncio.gather(*(one() for _ in range(asked)))
        return most

    return asyncio.run(run())


@pytest.mark.parametrize("slots", [1, 3, 8])
def test_no_more_than_its_slots_are_used_at_once(slots: int) -> None:
    assert _most_at_once(Pace(slots), 30) == slots


def test_a_refusal_halves_the_slots_and_answers_bring_them_back_one_by_one() -> None:
    async def halved() -> tuple[int, int, int]:
        pace = Pace(8)
        pace.refused(0.0)
        after = pace._limit
        for _ in range(4):
            pace.answered()
        more = pace._limit
        for _ in range(100):
            pace.answered()
        return after, more, pace._limit

    assert asyncio.run(halved()) == (4, 5, 8)


def test_nobody_is_let_in_before_the_wait_is_over() -> None:
    async def waited() -> float:
        loop = asyncio.get_running_loop()
        pace = Pace(2)
        start = loop.time()
        pace.refused(0.1)
        async with pace.slot():
            return loop.time() - start

    assert asyncio.run(waited()) >= 0.1


def test_what_the_provider_asks_for_is_waited_for() -> None:
    assert wait_s(1, 7.0, "run") == 7.0


def test_waits_double_are_spread_and_repeat_for_the_same_names() -> None:
    waits = [wait_s(tried, None, "run", "question") for tried in (1, 2, 3, 12)]
    assert waits == [wait_s(tried, None, "run", "question") for tried in (1, 2, 3, 12)]
    for tried, waited in zip((1, 2, 3), waits, strict=False):
        assert 0.25 * 2 ** (tried - 1) <= waited <= 0.75 * 2 ** (tried - 1)
    assert waits[-1] <= 90.0


def test_a_pause_of_one_model_holds_up_no_other_and_no_slot() -> None:
    async def others() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        pace = Pace(1)
        pace.refused(5.0, "slow")
        waiting = asyncio.create_task(_hold(pace, "slow", ended := asyncio.Event()))
        await asyncio.sleep(0)
        start = loop.time()
        for _ in range(3):
            await _hold(pace, "quick", ended)
        quick_s = loop.time() - start
        ended.set()
        await waiting
        return quick_s, loop.time() - start

    quick_s, all_s = asyncio.run(others())
    assert quick_s < 1.0
    # The end of the run ends the wait.
    assert all_s < 2.0


async def _hold(pace: Pace, model: str, ended: asyncio.Event) -> None:
    async with pace.slot(model, ended):
        await asyncio.sleep(0.001)


def test_the_time_left_counts_a_pause() -> None:
    from planner.probing.asking.progress import Counts

    counts = Counts(total=10, cap_usd=1.0, spent_usd=0.0, answered=5)
    assert counts.snapshot("r", 5.0).eta_s == pytest.approx(5.0)
    assert counts.snapshot("r", 5.0, paused_s=60.0).eta_s == pytest.approx(60.0)
    counts.answered = 10
    assert counts.snapshot("r", 5.0, paused_s=60.0).eta_s == pytest.approx(0.0)
