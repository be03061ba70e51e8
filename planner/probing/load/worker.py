"""One process of a load run: it sends its share of the requests when they are due, and stores what comes."""

import asyncio
import json
import os
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from planner.probing.asking.one_question import new_attempt, settle
from planner.probing.asking.writer import Writer
from planner.probing.load.arrivals import PAUSE_S, planned_s
from planner.probing.settings import ProbeSettings
from planner.probing.suites.suite import Suite
from planner.probing.tasks import Task, at_address, iter_tasks
from planner.probing.wire.litellm_client import LiteLLMClient
from planner.probing.wire.questions import Answer
from planner.store.attempts import reserve_attempt, store_answer
from planner.store.database.engine import Store, open_store
from planner.store.records import Run, Target
from planner.store.runs import read_run, read_suite_text

_LATE_S: Final = 0.05
"""A request that left later than this was held up here: its times are the client's."""
_TELL_S: Final = 0.5


@dataclass(slots=True)
class _Load:
    """State of this process."""

    store: Store
    writer: Writer
    client: LiteLLMClient
    run: Run
    settings: ProbeSettings
    addresses: dict[str, str]
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: int = 0
    told: Counter[str] = field(default_factory=Counter)


def main() -> None:
    """Take the order from standard input, work, tell how far it is on standard output."""
    order = json.loads(sys.stdin.readline())
    writer = Writer()
    try:
        with open_store(order["url"]) as store:
            asyncio.run(_work(store, writer, order))
    finally:
        writer.close()


async def _work(store: Store, writer: Writer, order: dict[str, Any]) -> None:
    run = read_run(store, order["run"])
    settings = ProbeSettings.model_validate_json(run.settings)
    suite = Suite.model_validate_json(read_suite_text(store, run.suite_hash))
    client = LiteLLMClient(os.environ)
    load = _Load(store, writer, client, run, settings, order["addresses"])
    try:
        await client.start()
        print("ready", flush=True)  # noqa: T201 (what the parent waits for)
        start = float((await asyncio.to_thread(sys.stdin.readline)).split()[1])
        _listen(load)
        telling = asyncio.create_task(_tell(load))
        for number, target in enumerate(run.targets):
            begin = start + number * ((settings.seconds or 0.0) + PAUSE_S)
            await _load_target(load, suite, target, begin, order["number"], order["count"])
        telling.cancel()
        print(json.dumps(load.told), flush=True)  # noqa: T201
    finally:
        await client.close()


def _listen(load: _Load) -> None:
    """Stop sending at a word of the parent, or when it is gone."""
    loop = asyncio.get_running_loop()

    def listen() -> None:
        sys.stdin.readline()
        loop.call_soon_threadsafe(load.stop.set)

    threading.Thread(target=listen, daemon=True).start()


async def _tell(load: _Load) -> None:
    while True:
        await asyncio.sleep(_TELL_S)
        print(json.dumps(load.told), flush=True)  # noqa: T201


async def _load_target(load: _Load, suite: Suite, target: Target, begin: float, number: int, count: int) -> None:
    """Send this process's share of one model's requests; wait for all answers."""
    settings = load.settings
    moments = planned_s(load.run.id, target.name, settings)
    # Enough repeats of the items for every arrival; each is a request of its own.
    endless = settings.model_copy(update={"repeats": 1 + len(moments)})
    tasks = iter_tasks(suite, (target,), endless)
    share = islice(zip(moments, tasks, strict=False), number, None, count)
    async with asyncio.TaskGroup() as group:
        for moment, task in share:
            due = begin + float(moment)
            if await _wait(load, due - time.perf_counter()):
                return
            group.create_task(_send(load, at_address(task, load.addresses.get(target.name)), due))


async def _wait(load: _Load, seconds: float) -> bool:
    """Wait for the next request's time; True when the run was stopped instead."""
    try:
        async with asyncio.timeout(max(seconds, 0.0)):
            await load.stop.wait()
    except TimeoutError:
        return load.stop.is_set()
    return True


async def _send(load: _Load, task: Task, due: float) -> None:
    """One request, once: a load run shows what the server did, refusals included."""
    sent = new_attempt(load.run.id, task, streams=load.under_way + 1, warm_up=False)
    given = await load.writer.call(reserve_attempt, load.store, sent, load.run.budget_usd)
    if given is None:
        load.told["capped"] = 1
        load.stop.set()
        return
    load.under_way += 1
    try:
        outcome = await load.client.ask(task.question)
    finally:
        load.under_way -= 1
    attempt = settle(replace(sent, id=given), outcome, task)
    if isinstance(outcome, Answer) and (outcome.sent is None or outcome.sent - due > _LATE_S):
        attempt = replace(attempt, client_bound=True)
    await load.writer.call(store_answer, load.store, attempt)
    if isinstance(outcome, Answer):
        load.told["answered"] += 1
    else:
        load.told["failed"] += 1
        load.told[f"error {outcome.kind}"] += 1


if __name__ == "__main__":
    main()
