"""The near end of the reader process: hand it a request, await the timed response."""

import asyncio
import contextlib
import itertools
import os
import socket
import subprocess
import sys
import threading
from dataclasses import replace

from planner.probing.wire.messages import WireRequest, WireResponse, cancel_frame, read_frame, request_frame
from planner.probing.wire.reader_process import serve


class Reader:
    """A child process that reads the network; started by the first request, stopped by `close`.

    Where a process cannot be handed a socket (Windows) the same code runs in a thread with a loop of its own: lag then
    shows more often, and marks what it spoils.
    """

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[WireResponse]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._receiving: asyncio.Task[None] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = asyncio.Lock()

    async def send(self, request: WireRequest) -> WireResponse:
        """Send a request (its id is given here) and await its response.

        Raises:
            ConnectionError: The reader process ended meanwhile; the next request starts a new one.
        """
        await self.start()
        request = replace(request, id=next(self._ids))
        future: asyncio.Future[WireResponse] = asyncio.get_running_loop().create_future()
        self._waiting[request.id] = future
        writer = self._writer
        assert writer is not None
        writer.write(request_frame(request))
        try:
            return await future
        except asyncio.CancelledError:
            with contextlib.suppress(ConnectionError):
                writer.write(cancel_frame(request.id))
            raise
        finally:
            self._waiting.pop(request.id, None)

    async def start(self) -> None:
        """Start the process, unless it runs."""
        async with self._lock:
            if self._writer is None:
                if self._receiving is not None:
                    await self._receiving
                await self._start()

    async def close(self) -> None:
        """Close the channel and wait for the child to end."""
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()
        if self._receiving is not None:
            await self._receiving

    async def _start(self) -> None:
        near, far = socket.socketpair()
        if os.name == "posix":
            command = [sys.executable, "-m", "planner.probing.wire.reader_process", str(far.fileno())]
            self._process = subprocess.Popen(command, pass_fds=(far.fileno(),), stdin=subprocess.DEVNULL)  # noqa: ASYNC220, S603 (our own module; it starts in a millisecond)
            far.close()
        else:
            threading.Thread(target=lambda: asyncio.run(serve(far)), daemon=True, name="probe reader").start()
        frames, self._writer = await asyncio.open_connection(sock=near)
        self._receiving = asyncio.create_task(self._receive(frames))

    async def _receive(self, frames: asyncio.StreamReader) -> None:
        while (frame := await read_frame(frames)) is not None:
            if isinstance(frame, WireResponse):
                future = self._waiting.get(frame.id)
                if future is not None and not future.done():
                    future.set_result(frame)
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionError("the process that reads the network ended"))
        process, self._process = self._process, None
        if process is not None:
            await asyncio.to_thread(_end, process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for the child; stop it when it does not end by itself."""
    try:
        process.wait(timeout=5.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
