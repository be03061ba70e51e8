"""How many requests a provider is asked at once, and how long it is left alone after it refused one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from planner.units import SEED, stream

MOST_TRIES: Final = 6
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 60.0
MOST_ASKED_WAIT_S: Final = 300.0
"""Longest Retry-After that is obeyed; a model that asks for more is not asked any more in this process."""


class Pace:
    """Slots of one provider: halved when it says that it is asked too much, one more after each full round of answers.

    (Additive increase, multiplicative decrease, as in TCP: Chiu and Jain 1989.)
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limit = most
        self._active = 0
        self._went_well = 0
        self._paused_until: dict[str, float] = {}
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def slot(self, model: str = "", ended: asyncio.Event | None = None) -> AsyncIterator[None]:
        """Hold one of the slots; waits for one, and first for the end of the model's pause, which holds none.

        A wait ends at once when the run does: whoever gets the slot then looks whether it still wants it.
        """
        while True:
            await self._rest(model, ended)
            async with self._changed:
                while self._active >= self._limit:
                    await self._changed.wait()
                if self.paused_s(model) <= 0.0 or (ended is not None and ended.is_set()):
                    self._active += 1
                    break
                self._changed.notify()
        try:
            yield
        finally:
            async with self._changed:
                self._active -= 1
                self._changed.notify_all()

    async def _rest(self, model: str, ended: asyncio.Event | None) -> None:
        left_s = self.paused_s(model)
        if left_s > 0.0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await (ended or asyncio.Event()).wait()

    def paused_s(self, model: str) -> float:
        """Seconds until the model may be asked again."""
        return max(self._paused_until.get(model, 0.0) - asyncio.get_running_loop().time(), 0.0)

    def longest_pause_s(self) -> float:
        """Seconds until the last of the provider's models may be asked again."""
        return max((self.paused_s(model) for model in self._paused_until), default=0.0)

    def refused(self, wait_s: float, model: str = "") -> None:
        """A model is asked too much: half the provider's slots, and none for this model before the wait is over."""
        self._limit = max(1, self._limit // 2)
        self._went_well = 0
        until = asyncio.get_running_loop().time() + wait_s
        self._paused_until[model] = max(self._paused_until.get(model, 0.0), until)

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
