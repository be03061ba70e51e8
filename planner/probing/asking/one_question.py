"""One question from reservation to grade: its worst cost is reserved before, its answer kept before the next leaves."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from planner.probing.asking.job import Job, ScoredAnswer
from planner.probing.asking.pace import MOST_ASKED_WAIT_S, MOST_TRIES, wait_s
from planner.probing.costs import answer_usd, is_free
from planner.probing.graders import Ungraded
from planner.probing.judging.grading import grade_plainly, judge_request, judge_usd
from planner.probing.tasks import Task, at_address
from planner.probing.wire.questions import FATAL, RETRIED, Answer, Failure, Question
from planner.store.attempts import find_answer, reserve_attempt, reserve_usd, store_answer, store_attempt
from planner.store.grades import store_grade
from planner.store.records import Attempt, Grade, Target

LAG_LIMIT_MS: Final = 4.0
LAG_SHARE: Final = 0.05
"""A sample whose loop ran later than 4 ms and than 5 % of its TTFT measures the client, not the server."""
_GIVE_UP_AFTER: Final = 10
"""Failed questions in a row after which a model is no longer asked."""


async def answer_task(job: Job, task: Task) -> None:
    """Ask one question of the run, unless it has been answered before, and grade what comes."""
    model = task.question.target.name
    if model in job.dead:
        job.counts.skipped += 1
        return
    if not job.settings.fresh:
        known = await job.writer.call(find_answer, job.store, task.request_hash, task.repeat)
        if known is not None:
            await _reuse(job, task, known)
            return
    attempt = await _tries(job, task)
    if attempt is None:
        return
    if attempt.state == "answered":
        job.counts.answered += 1
        job.failures_in_a_row[model] = 0
        await grade_attempt(job, task, attempt)
        return
    job.counts.failed += 1
    job.failures_in_a_row[model] = job.failures_in_a_row.get(model, 0) + 1
    if job.failures_in_a_row[model] >= _GIVE_UP_AFTER:
        _bury(job, model, f"gave up after {_GIVE_UP_AFTER} failures in a row, the last {attempt.error}")


async def _reuse(job: Job, task: Task, known: Attempt) -> None:
    """Keep an earlier answer as this run's, at no cost; its times stay with the attempt that took them."""
    attempt = replace(
        known,
        id=None,
        run=job.run.id,
        model=task.question.target.name,
        item=task.item.id,
        condition=task.condition,
        cluster=_cluster(task),
        sent=_now(),
        warm_up=False,
        reserved_usd=0.0,
        cost_usd=0.0,
        litellm_cost_usd=None,
        ttft_ms=None,
        total_ms=None,
        gaps_ms=(),
        reused=known.id,
    )
    given = await job.writer.call(store_attempt, job.store, attempt)
    job.counts.answered += 1
    job.counts.reused += 1
    await grade_attempt(job, task, replace(attempt, id=given))


async def _tries(job: Job, task: Task) -> Attempt | None:
    """Try until there is an answer or a failure that no other try would mend; None when the run ended first."""
    target = task.question.target
    question = at_address(task, job.addresses.get(target.name)).question
    attempt: Attempt | None = None
    for tried in range(1, MOST_TRIES + 1):
        async with job.paces[target.provider].slot(target.name, job.ended):
            sent = None if job.over or target.name in job.dead else await _reserve(job, task)
            if sent is None:
                break
            outcome = await _ask(job, question, sent)
            attempt = settle(sent, outcome, task)
            await _keep(job, attempt)
        if isinstance(outcome, Answer):
            job.paces[target.provider].answered()
            _check_usage(job, target, outcome)
            return attempt
        if not worth_another(job, target, outcome, tried):
            return attempt
        await wait(job, wait_s(tried, outcome.retry_after_s, job.run.id, task.request_hash))
    return attempt


def _check_usage(job: Job, target: Target, answer: Answer) -> None:
    """Say so, once a model, where a server's token counts do not add up, and which reading the cost takes."""
    name, said = target.name, answer.completion_tokens - answer.beside_tokens
    if answer.beside_tokens > 0:
        line = (
            f"{name}: the usage leaves out tokens: completion {said:,}, but {answer.completion_tokens:,} were put out"
            " by its total or its reasoning count; the larger figure is billed"
        )
        job.counts.note(f"{name} usage", line)
    elif answer.missing_tokens > 0:
        line = (
            f"{name}: the usage's total is {answer.missing_tokens:,} tokens below prompt and completion;"
            " prompt and completion are billed"
        )
        job.counts.note(f"{name} usage", line)


async def _reserve(job: Job, task: Task) -> Attempt | None:
    """Reserve the worst case; None, and the run is capped, when it does not fit although nothing is under way."""
    model = task.question.target.name
    attempt = new_attempt(job.run.id, task, streams=job.under_way + 1, warm_up=model not in job.warm)
    given = await room(job, lambda: reserve_attempt(job.store, attempt, job.counts.cap_usd))
    if given is None:
        return None
    job.warm.add(model)
    return replace(attempt, id=given)


async def room(job: Job, reserve: Callable[[], int | None]) -> int | None:
    """What `reserve` gives once there is room under the cap; None, and the run is capped, when there will be none."""

    def counted() -> tuple[int | None, int]:
        given = reserve()
        if given is not None:
            job.holding += 1
        return given, job.holding

    while not job.over:
        before = job.settlements
        given, holding = await job.writer.call(counted)
        if given is not None:
            return given
        if holding == 0:
            job.end("cap")
            return None
        # What is under way will cost less than was reserved for it: there may be room then.
        async with job.settled:
            while job.settlements == before:
                await job.settled.wait()
    return None


async def settle_money(job: Job, keep: Callable[[], None], cost_usd: float) -> None:
    """Keep what a reservation has come to, and tell whoever waits for room."""

    def counted() -> None:
        keep()
        job.holding -= 1

    await job.writer.call(counted)
    job.counts.spent_usd += cost_usd
    job.settlements += 1
    async with job.settled:
        job.settled.notify_all()


async def _ask(job: Job, question: Question, sent: Attempt) -> Answer | Failure:
    """Ask; a request that is broken off by a stop is kept as failed, its cost unknown."""
    with _counted(job):
        try:
            return await job.client.ask(question)
        except asyncio.CancelledError:
            failed = replace(sent, state="failed", error="stopped: broken off by the user")
            await job.writer.call(store_answer, job.store, failed)
            raise


@contextlib.contextmanager
def _counted(job: Job) -> Iterator[None]:
    job.under_way += 1
    try:
        yield
    finally:
        job.under_way -= 1


async def _keep(job: Job, attempt: Attempt) -> None:
    """Commit what came back."""
    cost_usd = attempt.counted_usd
    await settle_money(job, lambda: store_answer(job.store, attempt), cost_usd)


def worth_another(job: Job, target: Target, failure: Failure, tried: int) -> bool:
    """Take note of a failure; whether another try may help and can't be paid for twice."""
    job.counts.errors[failure.kind] += 1
    job.counts.note(f"{target.name} {failure.kind}", f"{target.name}: {failure.kind}: {failure.message}")
    if failure.kind in FATAL:
        _bury(job, target.name, f"{failure.kind}: {failure.message}; it is not asked any more")
        return False
    if failure.kind not in RETRIED or tried >= MOST_TRIES:
        return False
    if failure.may_be_billed and not is_free(target):
        return False
    asked_s = failure.retry_after_s or 0.0
    if asked_s > MOST_ASKED_WAIT_S:
        most = f"more than the {MOST_ASKED_WAIT_S:,.0f} s that are waited"
        _bury(job, target.name, f"{failure.kind}: it asks to wait {asked_s:,.0f} s, {most}; resume the run later")
        return False
    if failure.kind == "rate_limit":
        job.paces[target.provider].refused(wait_s(tried, failure.retry_after_s, target.name), target.name)
    return not job.over


async def wait(job: Job, seconds: float) -> None:
    """Wait before another try; no longer than until the run is stopped."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await job.ended.wait()


def _bury(job: Job, model: str, why: str) -> None:
    job.dead.add(model)
    job.counts.note(model, f"{model}: {why}")


async def grade_attempt(job: Job, task: Task, attempt: Attempt) -> None:
    """Grade an answer that is kept, and keep the grade."""
    assert attempt.id is not None
    assert attempt.answer is not None
    if job.grading.is_judged(task.item):
        grade = await _judge(job, task, attempt)
    else:
        score = await grade_plainly(job.grading, attempt.answer, task.item)
        if isinstance(score, Ungraded):
            job.counts.ungraded += 1
            job.counts.note("not graded", f"{job.counts.ungraded} not graded; the last, {task.item.id}: {score.why}")
            return
        if score is None:
            return
        grade = Grade(attempt.id, job.grading.name(task.item), score.value, score.detail, 0.0, _now())
        await job.writer.call(store_grade, job.store, grade)
    if grade is not None and job.pick_next is not None:
        cost_usd = attempt.cost_usd or 0.0
        job.scores.append(ScoredAnswer(attempt.model, attempt.item, attempt.condition, grade.score, cost_usd))


async def _judge(job: Job, task: Task, attempt: Attempt) -> Grade | None:
    """Ask the judge under the same cap; None when it gave no verdict that can be read."""
    assert attempt.id is not None
    judge = job.grading.judge
    assert judge is not None
    request = judge_request(job.grading, attempt.answer or "", task.item, job.settings)
    cap_usd = job.counts.cap_usd
    if await room(job, lambda: int(reserve_usd(job.store, job.run.id, request.worst_usd, cap_usd)) or None) is None:
        return None
    outcome = await ask_judge(job, request.question, task.request_hash, "judge")
    cost_usd = judge_usd(judge, outcome)
    cost_usd = request.worst_usd if cost_usd is None else cost_usd
    score = request.read(outcome) if isinstance(outcome, Answer) else None
    if score is None:
        job.counts.note("judge", f"judge {judge.name}: a verdict that cannot be read; what was reserved stays counted")
        await settle_money(job, _keep_nothing, request.worst_usd)
        return None
    grade = Grade(attempt.id, job.grading.name(task.item), score.value, score.detail, cost_usd, _now())
    await settle_money(job, lambda: store_grade(job.store, grade, reserved_usd=request.worst_usd), cost_usd)
    return grade


async def ask_judge(job: Job, question: Question, *names: str) -> Answer | Failure:
    """What a judge says, asked again where that may help; `names` tell the waits between tries apart."""
    judge = question.target
    question = replace(question, target=addressed(job, question))
    outcome: Answer | Failure | None = None
    for tried in range(1, MOST_TRIES + 1):
        async with job.paces[judge.provider].slot(judge.name, job.ended):
            outcome = await job.client.ask(question)
        if isinstance(outcome, Answer) or not worth_another(job, judge, outcome, tried):
            break
        await wait(job, wait_s(tried, outcome.retry_after_s, job.run.id, *names))
    assert outcome is not None
    return outcome


def _keep_nothing() -> None:
    """What was reserved stays counted as spent."""


def addressed(job: Job, question: Question) -> Target:
    """The target at the address that it has while the run lasts."""
    target = question.target
    return replace(target, api_base=job.addresses.get(target.name, target.api_base))


def new_attempt(run_id: str, task: Task, *, streams: int, warm_up: bool) -> Attempt:
    """The attempt as it leaves."""
    target = task.question.target
    return Attempt(
        id=None,
        run=run_id,
        model=target.name,
        item=task.item.id,
        condition=task.condition,
        repeat=task.repeat,
        request_hash=task.request_hash,
        cluster=_cluster(task),
        state="sent",
        sent=_now(),
        warm_up=warm_up,
        reserved_usd=task.worst_usd,
        cost_usd=None,
        litellm_cost_usd=None,
        answer=None,
        finish_reason=None,
        prompt_tokens=None,
        cached_tokens=None,
        completion_tokens=None,
        reasoning_tokens=None,
        ttft_ms=None,
        total_ms=None,
        gaps_ms=(),
        loop_lag_ms=None,
        client_bound=False,
        streams=streams,
        error=None,
        reused=None,
    )


def settle(sent: Attempt, outcome: Answer | Failure, task: Task) -> Attempt:
    """The attempt with what came of it."""
    target = task.question.target
    if isinstance(outcome, Failure):
        paid = None if outcome.may_be_billed and not is_free(target) else 0.0
        error = f"{outcome.kind}: {outcome.message}"
        return replace(
            sent, state="failed", cost_usd=paid, error=error, loop_lag_ms=outcome.lag_ms, streams=outcome.streams
        )
    return replace(
        sent,
        state="answered",
        cost_usd=answer_usd(target, outcome),
        litellm_cost_usd=outcome.litellm_cost_usd,
        answer=outcome.text,
        finish_reason=outcome.finish_reason,
        prompt_tokens=outcome.prompt_tokens,
        cached_tokens=outcome.cached_tokens,
        completion_tokens=outcome.completion_tokens,
        reasoning_tokens=outcome.reasoning_tokens,
        ttft_ms=outcome.ttft_ms,
        total_ms=outcome.total_ms,
        gaps_ms=outcome.gaps_ms,
        loop_lag_ms=outcome.lag_ms,
        client_bound=is_client_bound(outcome),
        streams=outcome.streams,
    )


def is_client_bound(answer: Answer) -> bool:
    """Whether the client's own lateness may have spoilt the times; always so where they are not the transport's."""
    allowed_ms = max(LAG_LIMIT_MS, LAG_SHARE * (answer.ttft_ms or 0.0))
    return not answer.at_transport or answer.lag_ms > allowed_ms


def _cluster(task: Task) -> str:
    return task.item.document or task.item.id


def _now() -> datetime:
    return datetime.now(tz=UTC)
