"""How many requests a provider is asked at once, and how long it is left alone after it refused one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from planner.units import SEED, stream

MOST_TRIES: Final = 6
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 60.0


class Pace:
    """Slots of one provider: halved when it says that it is asked too much, one more after each full round of answers.

    (Additive increase, multiplicative decrease, as in TCP: Chiu and Jain 1989.)
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limit = most
        self._active = 0
        self._went_well = 0
        self._paused_until = 0.0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the slots; waits for one, and for the end of a pause."""
        loop = asyncio.get_running_loop()
        async with self._changed:
            while self._active >= self._limit or loop.time() < self._paused_until:
                if self._active >= self._limit:
                    await self._changed.wait()
                else:
                    await self._sleep(self._paused_until - loop.time())
            self._active += 1
        try:
            yield
        finally:
            async with self._changed:
                self._active -= 1
                self._changed.notify_all()

    async def _sleep(self, seconds: float) -> None:
        """Wait with the lock let go."""
        self._changed.release()
        try:
            await asyncio.sleep(max(seconds, 0.0))
        finally:
            await self._changed.acquire()

    def refused(self, wait_s: float) -> None:
        """The provider is asked too much: half the slots, none of them before the wait is over."""
        self._limit = max(1, self._limit // 2)
        self._went_well = 0
        self._paused_until = max(self._paused_until, asyncio.get_running_loop().time() + wait_s)

    def answered(self) -> None:
        """One more answer came."""
        self._went_well += 1
        if self._went_well >= self._limit and self._limit < self._most:
            self._limit += 1
            self._went_well = 0


def wait_s(tried: int, retry_after_s: float | None, *names: str) -> float:
    """Seconds before the next try: what the provider asks, else doubling, spread by a named stream."""
    if retry_after_s is not None:
        return retry_after_s
    spread = float(stream(SEED, "back-off", str(tried), *names).uniform(0.5, 1.5))
    return min(_FIRST_WAIT_S * 2.0 ** (tried - 1), _LONGEST_WAIT_S) * spread
