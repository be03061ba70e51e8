"""The loop's lateness, the frames between the two processes, the reader process itself."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streaming_server import Server

from planner.probing.wire.loop_lag import LagMonitor
from planner.probing.wire.messages import (
    Timeouts,
    WireRequest,
    WireResponse,
    cancel_frame,
    read_frame,
    request_frame,
    response_frame,
)
from planner.probing.wire.reader import Reader


def _read(data: bytes) -> WireRequest | WireResponse | int | None:
    async def read() -> WireRequest | WireResponse | int | None:
        stream = asyncio.StreamReader()
        stream.feed_data(data)
        stream.feed_eof()
        return await read_frame(stream)

    return asyncio.run(read())


HEADERS = st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=4).map(tuple)


@given(st.text(max_size=20), HEADERS, st.binary(max_size=200))
def test_a_request_arrives_as_it_was_sent(url: str, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
    request = WireRequest(7, "POST", url, headers, body, Timeouts(1.0, 2.0, 3.0))
    assert _read(request_frame(request)) == request


@given(HEADERS, st.binary(max_size=200), st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 9)), max_size=5))
def test_a_response_arrives_as_it_was_sent(
    headers: tuple[tuple[str, str], ...], body: bytes, reads: list[tuple[float, int]]
) -> None:
    response = WireResponse(7, 200, headers, body, 1.5, tuple(reads), 2.5, 0.1, 3, "cut", "why")
    assert _read(response_frame(response)) == response


def test_a_cancel_and_an_end_are_told_apart() -> None:
    assert _read(cancel_frame(9)) == 9
    assert _read(b"\0\0") is None


def test_a_loop_that_is_held_up_is_seen_to_lag_by_about_as_long() -> None:
    async def held_up() -> tuple[float, float]:
        lag = LagMonitor(asyncio.get_running_loop())
        lag.start()
        await asyncio.sleep(0.02)
        before = time.perf_counter()
        time.sleep(0.05)  # noqa: ASYNC251 (this is the fault to be seen)
        await asyncio.sleep(0.01)
        after = time.perf_counter()
        worst = lag.worst_ms_since(before), lag.worst_ms_since(after)
        lag.stop()
        return worst

    held, later = asyncio.run(held_up())
    assert held >= 45.0
    assert later < held


def test_a_tick_that_is_overdue_right_now_counts() -> None:
    async def overdue() -> float:
        lag = LagMonitor(asyncio.get_running_loop())
        lag.start()
        since = time.perf_counter()
        time.sleep(0.03)  # noqa: ASYNC251
        worst = lag.worst_ms_since(since)
        lag.stop()
        return worst

    assert asyncio.run(overdue()) >= 25.0


def test_a_stopped_monitor_wakes_nobody() -> None:
    async def stopped() -> float:
        lag = LagMonitor(asyncio.get_running_loop())
        lag.start()
        lag.stop()
        time.sleep(0.02)  # noqa: ASYNC251
        return lag.worst_ms_since(0.0)

    assert asyncio.run(stopped()) == 0.0


def _request(server: Server, *seconds: float) -> WireRequest:
    body = b'{"model": "endless", "messages": [{"content": "cancelled"}]}'
    return WireRequest(0, "POST", f"{server.api_base}/chat/completions", (), body, Timeouts(*seconds))


def test_a_cancelled_request_is_broken_off_at_the_server_too(server: Server) -> None:
    async def cancelled() -> None:
        reader = Reader()
        asking = asyncio.create_task(reader.send(_request(server)))
        await asyncio.sleep(0.5)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.sleep(0.1)
        await reader.close()

    asyncio.run(cancelled())


def test_the_death_of_the_reader_is_an_error_and_the_next_request_starts_another(server: Server) -> None:
    async def died() -> int:
        reader = Reader()
        asking = asyncio.create_task(reader.send(_request(server)))
        await asyncio.sleep(0.5)
        assert reader._process is not None
        reader._process.kill()
        with pytest.raises(ConnectionError, match="ended"):
            await asking
        response = await reader.send(_request(server, 1.0, 1.0, 0.2))
        await reader.close()
        return len(response.reads)

    assert asyncio.run(died()) > 0
