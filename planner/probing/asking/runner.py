"""A run: questions in order to a few workers a provider, each answer kept before its worker takes the next.

A process may die at any moment. What was answered is kept; what was on its way is in doubt: it may have been paid for,
its reservation stays counted, and it is only asked again when that costs nothing or the user says so.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from planner.errors import InputError, LostStoreError, StoreError
from planner.probing.asking.comparing import compare_answers
from planner.probing.asking.job import Job, PickNext, ShouldStop
from planner.probing.asking.one_question import answer_task, grade_attempt
from planner.probing.asking.pace import Pace
from planner.probing.asking.progress import OnProgress, Progress
from planner.probing.asking.take_up import Resumed, take_up
from planner.probing.asking.writer import Writer
from planner.probing.costs import price_of
from planner.probing.judging.grading import new_grading
from planner.probing.judging.pairs import check_pairwise, own_judge_lines
from planner.probing.local_model import local_addresses
from planner.probing.settings import ProbeSettings
from planner.probing.suites.files import suite_hash
from planner.probing.suites.suite import Suite
from planner.probing.tasks import Task, conditions_of, iter_tasks
from planner.probing.wire.litellm_client import LiteLLMClient
from planner.store.database.engine import Store
from planner.store.holding import hold_run
from planner.store.records import Run, RunStatus, Target
from planner.store.runs import finish_run, read_run, store_run, store_suite
from planner.version import VERSION

_TICK_S: Final = 0.2
_WAITING_PER_WORKER: Final = 2
"""Questions that wait for a model's workers in a run that steers itself: how far a fast one may run ahead."""
_WAITING_MOST: Final = 2000
"""The same of any other run: a model that is left alone for a while holds up nobody before the others are so far on."""


def start_run(
    store: Store,
    suite: Suite,
    targets: Sequence[Target],
    settings: ProbeSettings,
    budget_usd: float,
) -> Run:
    """Keep a new run with its suite; nothing is asked yet.

    Raises:
        InputError: A price is unknown, a condition is not the suite's, a grader lacks what it needs, no target.
    """
    if not targets:
        raise InputError("--models", "", found="none", allowed="at least one model that can be reached")
    judge = settings.judge
    for target in (*targets, *([judge] if judge else [])):
        price_of(target)
    conditions_of(suite, settings)
    new_grading(suite, settings)
    check_pairwise(targets, settings)
    now = datetime.now(tz=UTC)
    run = Run(
        id=f"r{now:%Y%m%d-%H%M%S}-{os.urandom(2).hex()}",
        kind="probe" if settings.rate_per_s is None else "load",
        suite=suite.name,
        suite_hash=suite_hash(suite),
        skill=suite.skill,
        workload=suite.workload,
        segment=suite.segment,
        targets=tuple(targets),
        settings=settings.model_dump_json(),
        budget_usd=budget_usd,
        status="running",
        created=now,
        finished=None,
        planner_version=VERSION,
        grader=f"llm_judge:{judge.name}" if judge and suite.grader.kind == "llm_judge" else "",
    )
    store_suite(store, run.suite_hash, suite.name, suite.model_dump_json())
    store_run(store, run)
    return run


def run_probe(
    store: Store,
    run_id: str,
    environment: Mapping[str, str],
    *,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop = lambda: False,
    pick_next: PickNext | None = None,
    ask_in_doubt: bool = False,
) -> tuple[Run, Progress]:
    """Ask what a run has not asked yet: all of a new run, the rest of one that was killed, stopped or capped.

    Blocks until the run ends; call it in a thread to go on meanwhile.

    Args:
        store: Where the run is kept.
        run_id: From `start_run`, or of a run of an earlier process.
        environment: Keys, read once.
        on_progress: Called from this thread a few times a second, and at the end.
        should_stop: Asked a few times a second; what is under way is waited for, nothing more is sent.
        pick_next: Chooses the models that the next item is asked of.
        ask_in_doubt: Ask again what may have been paid for already.

    Raises:
        InputError: There is no such run.
        StoreError: It is going on in another process, or its suite is not kept.
        LostStoreError: The store was lost meanwhile.
    """
    with hold_run(store, run_id), contextlib.closing(Writer()) as writer:
        resumed = take_up(store, run_id, ask_in_doubt=ask_in_doubt)
        finish_run(store, run_id, "running", None)
        with _store_kept(run_id):
            status, progress = asyncio.run(
                _run(store, writer, resumed, environment, on_progress or _nobody, should_stop, pick_next)
            )
            finish_run(store, run_id, status, datetime.now(tz=UTC))
            return read_run(store, run_id), progress


@contextlib.contextmanager
def _store_kept(run_id: str) -> Iterator[None]:
    """A store that is lost in the middle (disk full, server gone) as one line that says how to go on."""
    try:
        yield
    except (StoreError, BaseExceptionGroup) as error:
        lost = _first_store_error(error)
        if lost is None:
            raise
        msg = f"{lost}; the run is incomplete, what was kept stays: planner probe resume {run_id}"
        raise LostStoreError(msg) from error


def _first_store_error(error: BaseException) -> StoreError | None:
    if isinstance(error, StoreError):
        return error
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return next((found for found in map(_first_store_error, inner) if found is not None), None)


def _nobody(progress: Progress) -> None:
    """Nobody watches."""
    del progress


async def _run(
    store: Store,
    writer: Writer,
    resumed: Resumed,
    environment: Mapping[str, str],
    on_progress: OnProgress,
    should_stop: ShouldStop,
    pick_next: PickNext | None,
) -> tuple[RunStatus, Progress]:
    started = time.monotonic()
    async with _client(environment) as client, local_addresses(_everyone(resumed)) as addresses:
        job = resumed.job(store, writer, client, addresses, should_stop, pick_next)
        for line in own_judge_lines(job.suite, job.run.targets, job.settings):
            job.counts.note(line, line)
        for target in _everyone(resumed):
            job.paces.setdefault(target.provider, Pace(job.settings.concurrency))
        ticker = asyncio.create_task(_tick(job, on_progress, started))
        try:
            await _grade_rest(job, resumed)
            await _ask_all(job)
            await compare_answers(job)
        finally:
            ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticker
    progress = job.counts.snapshot(job.run.id, time.monotonic() - started)
    on_progress(progress)
    return job.status, progress


def _everyone(resumed: Resumed) -> tuple[Target, ...]:
    """Everybody who is asked something: the run's models and its judge."""
    judge = resumed.settings.judge
    return (*resumed.run.targets, *([judge] if judge else []))


@contextlib.asynccontextmanager
async def _client(environment: Mapping[str, str]) -> AsyncIterator[LiteLLMClient]:
    client = LiteLLMClient(environment)
    try:
        await client.start()
        yield client
    finally:
        await client.close()


async def _tick(job: Job, on_progress: OnProgress, started: float) -> None:
    """Tell how far it is, and listen for a stop, a few times a second."""
    while True:
        if job.should_stop():
            job.end("stopped")
        paused_s = max((pace.longest_pause_s() for pace in job.paces.values()), default=0.0)
        on_progress(job.counts.snapshot(job.run.id, time.monotonic() - started, paused_s))
        await asyncio.sleep(_TICK_S)


async def _ask_all(job: Job) -> None:
    """Hand the questions in order to each model's workers, and wait for all of them.

    A provider's slots are shared by its models' workers (`Pace`), so that a model that waits holds up no other.
    """
    workers = job.settings.concurrency
    waiting = _WAITING_PER_WORKER * workers if job.pick_next is not None else _WAITING_MOST
    queues = {target.name: asyncio.Queue[Task | None](waiting) for target in job.run.targets}
    async with asyncio.TaskGroup() as group:
        for queue in queues.values():
            for _ in range(workers):
                group.create_task(_work(job, queue))
        for task in _open_tasks(job):
            await queues[task.question.target.name].put(task)
            if job.over:
                break
        for queue in queues.values():
            for _ in range(workers):
                await queue.put(None)


async def _work(job: Job, queue: asyncio.Queue[Task | None]) -> None:
    while (task := await queue.get()) is not None:
        if not job.over:
            await answer_task(job, task)


def _open_tasks(job: Job) -> Iterator[Task]:
    """Questions without an answer, of the models that the run still asks."""
    asked = frozenset(target.name for target in job.run.targets)
    item = ""
    for task in iter_tasks(job.suite, job.run.targets, job.settings):
        if job.pick_next is not None and task.item.id != item:
            item = task.item.id
            asked = job.pick_next(tuple(job.scores))
            if not asked:
                return
        if task.key in job.done:
            continue
        if task.key in job.in_doubt or task.question.target.name not in asked:
            job.counts.skipped += 1
            continue
        yield task


async def _grade_rest(job: Job, resumed: Resumed) -> None:
    """Grade what an earlier process got answers to and did not come to grade."""
    if not resumed.ungraded:
        return
    for task in iter_tasks(job.suite, job.run.targets, job.settings):
        attempt = resumed.ungraded.get(task.key)
        if attempt is not None and not job.over:
            await grade_attempt(job, task, attempt)
