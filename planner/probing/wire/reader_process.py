"""The process that sends requests, reads what comes and notes when each byte arrived; it does nothing else.

litellm needs milliseconds of a core for every request and every few chunks. A loop that shares its interpreter lock
measures litellm; this one, in a process of its own, measures the server. It never parses what it reads.
"""

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import sys
import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import certifi

from planner.probing.wire.loop_lag import LagMonitor
from planner.probing.wire.messages import Fault, WireRequest, WireResponse, read_frame, response_frame
from planner.probing.wire.unpacking import PackedError, TooBigError, check_size, unpacker

_LEFT_OUT: Final = {"content-length", "transfer-encoding", "content-encoding", "connection", "keep-alive"}
_IDLE_S: Final = 15.0
"""An idle connection is closed before servers usually close it, so that no request is sent into a closing one."""

_PRIORITY: Final = -10


@dataclass(slots=True)
class _Record:
    """What is known of one request while it is under way."""

    started: float
    streams: int
    sent: float | None = None
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    parts: list[bytes] = field(default_factory=list)
    reads: list[tuple[float, int]] = field(default_factory=list)
    size: int = 0


async def serve(channel: socket.socket) -> None:
    """Answer the frames of a channel until its other end closes."""
    frames, answers = await asyncio.open_connection(sock=channel)
    lag = LagMonitor(asyncio.get_running_loop())
    tasks: dict[int, asyncio.Task[None]] = {}

    async def answer(request: WireRequest) -> None:
        try:
            response = await _exchange(session, request, lag, len(tasks))
            answers.write(response_frame(response))
        finally:
            tasks.pop(request.id, None)
            if not tasks:
                lag.stop()

    async with _session() as session:
        while (frame := await read_frame(frames)) is not None:
            if isinstance(frame, int):
                if frame in tasks:
                    tasks[frame].cancel()
            elif isinstance(frame, WireRequest):
                lag.start()
                tasks[frame.id] = asyncio.create_task(answer(frame))
        for task in list(tasks.values()):
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
    answers.close()
    with contextlib.suppress(ConnectionError):
        await answers.wait_closed()


def _session() -> aiohttp.ClientSession:
    """No limit of its own, proxies of the environment, certificates as httpx takes them."""
    context = ssl.create_default_context(cafile=None if os.environ.get("SSL_CERT_FILE") else certifi.where())
    connector = aiohttp.TCPConnector(limit=0, ssl=context, keepalive_timeout=_IDLE_S)
    trace = aiohttp.TraceConfig()
    trace.on_request_chunk_sent.append(_note_sent)
    # Not `trust_env`: it reads .netrc, and would send a password from there. What is unpacked is bounded by us.
    return aiohttp.ClientSession(
        connector=connector, auto_decompress=False, trace_configs=[trace], cookie_jar=aiohttp.DummyCookieJar()
    )


def _proxy_of(url: str) -> str | None:
    """The proxy that the environment names for an address."""
    parts = urlsplit(url)
    if parts.hostname is None or proxy_bypass(parts.hostname):
        return None
    return getproxies().get(parts.scheme) or getproxies().get("all")


async def _note_sent(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: aiohttp.TraceRequestChunkSentParams
) -> None:
    """Keep when the last part of a request's body was handed over."""
    context.trace_request_ctx.sent = time.perf_counter()


async def _exchange(
    session: aiohttp.ClientSession, request: WireRequest, lag: LagMonitor, streams: int
) -> WireResponse:
    """Send one request and read its response to the end, or to the fault that ends it."""
    record = _Record(time.perf_counter(), streams)
    fault: Fault = ""
    detail = ""
    try:
        await _read(session, request, record)
    except aiohttp.ConnectionTimeoutError:
        fault = "timeout_connect"
    except TimeoutError:
        fault = "timeout_total" if record.reads else "timeout_first"
    except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as exc:
        fault, detail = "connect", str(exc)
    except TooBigError as exc:
        fault, detail = "too_big", str(exc)
    except PackedError as exc:
        fault, detail = "packed", str(exc)
    except aiohttp.ClientPayloadError:
        fault, detail = "cut", "in the middle of its body"
    except (aiohttp.ClientError, OSError) as exc:
        fault, detail = "cut", str(exc) or type(exc).__name__
    except Exception as exc:  # noqa: BLE001 (an address or a header that no library foresaw: told at once, not waited for)
        fault, detail = "cut" if record.sent else "connect", f"{type(exc).__name__}: {exc}"[:200]
    return WireResponse(
        id=request.id,
        status=record.status,
        headers=record.headers,
        body=b"".join(record.parts),
        sent=record.sent,
        reads=tuple(record.reads),
        ended=record.reads[-1][0] if record.reads else time.perf_counter(),
        lag_ms=lag.worst_ms_since(record.sent or record.started),
        streams=record.streams,
        fault=fault,
        detail=detail,
    )


async def _read(session: aiohttp.ClientSession, request: WireRequest, record: _Record) -> None:
    limits = request.timeouts
    loop = asyncio.get_running_loop()
    end = loop.time() + limits.total_s
    async with asyncio.timeout_at(min(end, loop.time() + limits.first_s)) as clock:
        sending = session.request(
            request.method,
            request.url,
            data=request.body,
            headers=request.headers,
            allow_redirects=False,
            proxy=_proxy_of(request.url),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.connect_s),
            trace_request_ctx=record,
        )
        async with sending as response:
            record.status = response.status
            record.headers = tuple(
                (name, value) for name, value in response.headers.items() if name.lower() not in _LEFT_OUT
            )
            unpack = unpacker(response.headers.get("Content-Encoding", ""), request.most_bytes)
            while raw := await response.content.readany():
                part = unpack(raw)
                record.size += len(part)
                check_size(record.size, len(record.reads), request.most_bytes)
                record.reads.append((time.perf_counter(), record.size))
                record.parts.append(part)
                if len(record.reads) == 1:
                    clock.reschedule(end)


def _come_first() -> None:
    """Ask for a core when one is needed: a clock that waits for one tells the time of the machine, not the server's.

    The lowest real-time priority where the system allows it (it often does in a container), else a raised ordinary
    one, else nothing: lateness is seen and marked all the same. Linux keeps 5 % of each core from real-time processes.
    """
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        return
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)


def main() -> None:
    """Serve the channel whose descriptor is the only argument; the parent's end of it is the only way to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _come_first()
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        channel.setblocking(False)
        asyncio.run(serve(channel))


if __name__ == "__main__":
    main()
