"""Load runs: an open loop at a given rate, spread over processes, to see what latency does under load.

Requests leave when a Poisson process says so, not when an earlier one has come back: a client that waits measures a
server that is never late (coordinated omission). Each process has its own event loop and reader, so that a busy
client is not taken for a slow server; what left late or ran in a lagging loop is marked and kept out.
"""

import asyncio
import json
import math
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from planner.errors import InputError, StoreError
from planner.probing.asking.job import ShouldStop
from planner.probing.asking.progress import Counts, OnProgress, Progress
from planner.probing.load.arrivals import planned_s
from planner.probing.local_model import local_addresses
from planner.probing.settings import ProbeSettings
from planner.store.database.engine import Store
from planner.store.holding import hold_run
from planner.store.records import Run, RunStatus
from planner.store.runs import finish_run, read_run, spending

_PER_WORKER_PER_S: Final = 25.0
"""Requests a second that one process sends without lagging (tests/benchmarks/bench_probing.py)."""
_READY_S: Final = 120.0
_AHEAD_S: Final = 0.5
_TICK_S: Final = 0.25


def worker_count(rate_per_s: float) -> int:
    """Processes for a rate: no more than cores, no more than the rate needs."""
    return max(1, min(os.cpu_count() or 1, math.ceil(rate_per_s / _PER_WORKER_PER_S)))


def run_load(
    store: Store,
    run_id: str,
    *,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop = lambda: False,
) -> tuple[Run, Progress]:
    """Send the requests of a load run that `start_run` has kept, each model in turn; blocks until it is over.

    Keys are read by the worker processes from their environment, which is this one's.

    Raises:
        InputError: There is no such run, or it has begun already: a load run is made anew, not resumed.
        StoreError: It is going on in another process, or its workers did not start.
    """
    with hold_run(store, run_id):
        run = read_run(store, run_id)
        settings = ProbeSettings.model_validate_json(run.settings)
        if run.kind != "load" or run.finished is not None or settings.rate_per_s is None:
            raise InputError(run_id, "", found=f"a {run.kind} run", allowed="a load run that has not begun")
        status, progress = asyncio.run(_run(store, run, settings, on_progress or _nobody, should_stop))
        finish_run(store, run_id, status, datetime.now(tz=UTC))
        return read_run(store, run_id), progress


def _nobody(progress: Progress) -> None:
    """Nobody watches."""
    del progress


@dataclass(slots=True)
class _Worker:
    """One process, what it has told so far."""

    process: asyncio.subprocess.Process
    told: Mapping[str, int]


async def _run(
    store: Store, run: Run, settings: ProbeSettings, on_progress: OnProgress, should_stop: ShouldStop
) -> tuple[RunStatus, Progress]:
    async with local_addresses(run.targets) as addresses:
        workers = [await _start(store, run, number, settings.workers, addresses) for number in range(settings.workers)]
        try:
            await asyncio.gather(*(_ready(worker) for worker in workers))
            start = time.perf_counter() + _AHEAD_S
            for worker in workers:
                await _tell(worker, f"go {start!r}")
            return await _watch(store, run, settings, workers, on_progress, should_stop)
        finally:
            await asyncio.gather(*(_end(worker) for worker in workers))


async def _start(store: Store, run: Run, number: int, count: int, addresses: Mapping[str, str]) -> _Worker:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "planner.probing.load.worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    worker = _Worker(process, {})
    # By the pipe, not by an argument: a database address may hold a password, and arguments are seen by everyone.
    url = store.engine.url.render_as_string(hide_password=False)
    order = {"url": url, "run": run.id, "number": number, "count": count, "addresses": dict(addresses)}
    await _tell(worker, json.dumps(order))
    return worker


async def _tell(worker: _Worker, line: str) -> None:
    assert worker.process.stdin is not None
    worker.process.stdin.write(f"{line}\n".encode())
    await worker.process.stdin.drain()


async def _ready(worker: _Worker) -> None:
    assert worker.process.stdout is not None
    try:
        async with asyncio.timeout(_READY_S):
            line = await worker.process.stdout.readline()
    except TimeoutError:
        line = b""
    if line.strip() != b"ready":
        msg = "a process of the load run did not start"
        raise StoreError(msg)


async def _watch(
    store: Store,
    run: Run,
    settings: ProbeSettings,
    workers: list[_Worker],
    on_progress: OnProgress,
    should_stop: ShouldStop,
) -> tuple[RunStatus, Progress]:
    """Follow what the workers tell until all have ended."""
    planned = sum(len(planned_s(run.id, target.name, settings)) for target in run.targets)
    started = time.monotonic()
    stopped = False
    reading = asyncio.gather(*(_read(worker) for worker in workers))
    while True:
        progress = _progress(store, run, planned, workers, time.monotonic() - started)
        on_progress(progress)
        if reading.done():
            await reading
            break
        if should_stop() and not stopped:
            stopped = True
            for worker in workers:
                await _tell(worker, "stop")
        await asyncio.sleep(_TICK_S)
    capped = any(worker.told.get("capped") for worker in workers)
    return "cap" if capped else "stopped" if stopped else "finished", progress


async def _read(worker: _Worker) -> None:
    assert worker.process.stdout is not None
    while line := await worker.process.stdout.readline():
        worker.told = json.loads(line)
    if await worker.process.wait() != 0:
        msg = "a process of the load run ended before its work was done; what it stored is kept"
        raise StoreError(msg)


def _progress(store: Store, run: Run, planned: int, workers: list[_Worker], elapsed_s: float) -> Progress:
    counts = Counts(total=planned, cap_usd=run.budget_usd, spent_usd=spending(store, run.id).committed_usd)
    for worker in workers:
        counts.answered += worker.told.get("answered", 0)
        counts.failed += worker.told.get("failed", 0)
        for name, count in worker.told.items():
            if name.startswith("error "):
                counts.errors[name.removeprefix("error ")] += count
    return counts.snapshot(run.id, elapsed_s)


async def _end(worker: _Worker) -> None:
    """Close the pipe, which ends the worker; stop it when it does not."""
    assert worker.process.stdin is not None
    worker.process.stdin.close()
    try:
        async with asyncio.timeout(10.0):
            await worker.process.wait()
    except TimeoutError:
        worker.process.kill()
        await worker.process.wait()
