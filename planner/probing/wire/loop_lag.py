"""How late an event loop runs: what turns a time taken in it into a time of the loop itself."""

import asyncio
import time
from bisect import bisect_left
from typing import Final

TICK_S: Final = 0.002
_KEPT: Final = 4096


class LagMonitor:
    """Ticks every 2 ms while started; a tick's lateness is how long a read could have waited.

    Only the worst tick after each moment is kept (a decreasing sequence), so that the worst lateness since any moment
    is one look-up however long a request takes.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._times: list[float] = []
        self._lates: list[float] = []
        self._due = 0.0
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to tick; nothing when it ticks already."""
        if self._handle is None:
            self._schedule()

    def stop(self) -> None:
        """Stop ticking: an idle loop is not woken."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def worst_ms_since(self, moment: float) -> float:
        """Worst lateness since a moment of `time.perf_counter`, a tick overdue right now included."""
        overdue = max(0.0, time.perf_counter() - self._due) if self._handle is not None else 0.0
        at = bisect_left(self._times, moment)
        return 1e3 * max(overdue, self._lates[at] if at < len(self._lates) else 0.0)

    def _schedule(self) -> None:
        self._due = time.perf_counter() + TICK_S
        self._handle = self._loop.call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        now = time.perf_counter()
        late = now - self._due
        while self._lates and self._lates[-1] <= late:
            self._lates.pop()
            self._times.pop()
        self._times.append(now)
        self._lates.append(late)
        if len(self._times) > _KEPT:
            del self._times[: _KEPT // 2], self._lates[: _KEPT // 2]
        self._schedule()
