"""The store as the runner's loop sees it: one thread does all of a run's reading and writing, in order."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Writer:
    """A thread of its own, so that no commit ever holds up the event loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="probe writer")

    async def call(self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Run a function of the store there; back when it has committed, also when the caller is cancelled."""
        future = self._thread.submit(function, *args, **kwargs)
        return await asyncio.shield(asyncio.wrap_future(future))

    def close(self) -> None:
        """Finish what was begun."""
        self._thread.shutdown(wait=True)
