"""The comparisons of a run: asked when its answers are in, each verdict kept before its worker asks for the next."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from planner.probing.asking.job import Job
from planner.probing.asking.one_question import ask_judge, room, settle_money
from planner.probing.judging.grading import judge_usd
from planner.probing.judging.judge import settle
from planner.probing.judging.pairs import ORDERS, PairRequest, pair_request, pairs_of
from planner.probing.suites.suite import Item
from planner.probing.tasks import conditions_of, items_of
from planner.probing.wire.questions import Failure
from planner.store.records import Preference, Verdict
from planner.store.verdicts import comparable_answers, read_answers, reserve_verdict, store_verdict


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two answers to one item; by model, the id of the attempt that holds it."""

    item: Item
    condition: str
    attempts: Mapping[str, int]

    def key(self, first: str, second: str) -> tuple[str, str, str, str]:
        """Which verdict of the run it is."""
        return self.item.id, self.condition, first, second


async def compare_answers(job: Job) -> None:
    """Ask the judge for all comparisons that the run wants and that are not there yet."""
    if not job.settings.pairwise or job.over:
        return
    answers = await job.writer.call(comparable_answers, job.store, job.run.id)
    waiting = _pairs(job, answers)
    async with asyncio.TaskGroup() as group:
        for _ in range(job.settings.concurrency):
            group.create_task(_work(job, waiting))


def _pairs(job: Job, answers: Mapping[tuple[str, str], Mapping[str, int]]) -> Iterator[_Pair]:
    """Pairs of which both models have an answer, item by item."""
    for item in items_of(job.suite, job.settings):
        for condition in conditions_of(job.suite, job.settings):
            there = answers.get((item.id, condition.name), {})
            for pair in pairs_of(job.run.targets):
                if all(name in there for name in pair):
                    yield _Pair(item, condition.name, {name: there[name] for name in pair})
                else:
                    job.counts.skipped += ORDERS


async def _work(job: Job, waiting: Iterator[_Pair]) -> None:
    for pair in waiting:
        if job.over:
            return
        await _compare(job, pair)


async def _compare(job: Job, pair: _Pair) -> None:
    """Both orders, one after the other; the second is asked only where the first has said something."""
    ours, theirs = pair.attempts
    orders = ((ours, theirs), (theirs, ours))
    missing = [order for order in orders if pair.key(*order) not in job.verdicts]
    if not missing:
        return
    judge = job.settings.judge
    assert judge is not None
    in_doubt = any(pair.key(*order) in job.verdicts_in_doubt for order in missing)
    texts = None if in_doubt or judge.name in job.dead else await _texts(job, pair)
    forward = job.verdicts.get(pair.key(ours, theirs))
    for place, (first, second) in enumerate(orders):
        if (first, second) not in missing:
            continue
        if texts is None or job.over or (place == 1 and (forward is None or not forward.choice)):
            job.counts.skipped += 0 if job.over else 1
            continue
        found = await _verdict(job, pair, (first, second), texts, forward if place else None)
        forward = found if place == 0 else forward


async def _texts(job: Job, pair: _Pair) -> dict[str, str]:
    """Answers by model."""
    found = await job.writer.call(read_answers, job.store, tuple(pair.attempts.values()))
    return {model: found[number] for model, number in pair.attempts.items()}


async def _verdict(
    job: Job, pair: _Pair, order: tuple[str, str], texts: Mapping[str, str], forward: Verdict | None
) -> Verdict | None:
    """One order: reserved, asked, kept, with what the pair comes to where it closes it; None when it was not kept."""
    first, second = order
    judge = job.settings.judge
    assert judge is not None
    request = pair_request(job.suite, pair.item, texts[first], texts[second], job.settings)
    # Two equal answers need no judge.
    equal = texts[first] == texts[second]
    sent = Verdict(
        id=None,
        run=job.run.id,
        item=pair.item.id,
        condition=pair.condition,
        first=first,
        second=second,
        judge=judge.name,
        state="sent",
        choice="",
        detail="",
        reserved_usd=0.0 if equal else request.worst_usd,
        cost_usd=None,
        sent=datetime.now(tz=UTC),
    )
    given = await room(job, lambda: reserve_verdict(job.store, sent, job.counts.cap_usd))
    if given is None:
        return None
    sent = replace(sent, id=given)
    verdict = (
        replace(sent, state="answered", choice="tie", detail="the two answers are the same", cost_usd=0.0)
        if equal
        else await _asked(job, request, sent)
    )
    job.counts.judged += verdict.state == "answered"
    job.counts.failed += verdict.state == "failed"
    preference = None if forward is None else _preference(forward, verdict)
    await settle_money(job, lambda: store_verdict(job.store, verdict, preference), verdict.counted_usd)
    return verdict


async def _asked(job: Job, request: PairRequest, sent: Verdict) -> Verdict:
    """The verdict with what came of it."""
    judge = request.question.target
    outcome = await ask_judge(job, request.question, sent.item, sent.first, "pair")
    cost_usd = judge_usd(judge, outcome)
    if isinstance(outcome, Failure):
        return replace(sent, state="failed", detail=f"{outcome.kind}: {outcome.message}", cost_usd=cost_usd)
    choice, detail = request.read(outcome)
    if not choice:
        job.counts.note("judge", f"judge {judge.name}: a verdict that cannot be read; its pair is not counted")
    return replace(sent, state="answered", choice=choice, detail=detail, cost_usd=cost_usd)


def _preference(forward: Verdict, backward: Verdict) -> Preference | None:
    """What both orders come to; None where one of them said nothing."""
    if not forward.choice or not backward.choice:
        return None
    winner = settle(forward.choice, backward.choice)
    best, other = (backward.first, forward.first) if winner == "theirs" else (forward.first, backward.first)
    return Preference(
        run=forward.run,
        item=forward.item,
        winner=best,
        loser=other,
        judge=forward.judge,
        cost_usd=0.0,
        judged=datetime.now(tz=UTC),
        condition=forward.condition,
        tied=winner == "tie",
    )
