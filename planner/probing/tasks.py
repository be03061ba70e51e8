"""What a run asks, in order: item by item, each item of all models, so that any beginning of it compares them."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from planner.errors import InputError
from planner.probing.costs import count_messages, most_prompt_tokens, worst_usd
from planner.probing.settings import ProbeSettings
from planner.probing.suites.files import render
from planner.probing.suites.suite import Condition, Item, Suite
from planner.probing.wire.questions import Message, Question
from planner.store.records import Target


@dataclass(frozen=True, slots=True)
class Task:
    """One question of a run."""

    question: Question
    item: Item
    condition: str
    repeat: int
    request_hash: str
    prompt_tokens: int
    """By o200k_base."""
    worst_usd: float
    """What is reserved before it leaves."""

    @property
    def key(self) -> tuple[str, str, str, int]:
        """Which question of the run it is: model, item, condition, repeat."""
        return self.question.target.name, self.item.id, self.condition, self.repeat


def items_of(suite: Suite, settings: ProbeSettings) -> tuple[Item, ...]:
    """Items that are asked."""
    return suite.items[: settings.limit]


def conditions_of(suite: Suite, settings: ProbeSettings) -> tuple[Condition, ...]:
    """Conditions that are asked; InputError for one that the suite doesn't have."""
    known = {condition.name: condition for condition in suite.conditions}
    for name in settings.conditions:
        if name not in known:
            raise InputError("--condition", "", found=name, allowed=" or ".join(known))
    return tuple(known[name] for name in settings.conditions) or suite.conditions


def count_tasks(suite: Suite, targets: Sequence[Target], settings: ProbeSettings) -> int:
    """How many questions a run asks."""
    return len(items_of(suite, settings)) * len(conditions_of(suite, settings)) * len(targets) * settings.repeats


def iter_tasks(suite: Suite, targets: Sequence[Target], settings: ProbeSettings) -> Iterator[Task]:
    """All questions in the order in which they are asked, made one item at a time."""
    conditions = conditions_of(suite, settings)
    limit = settings.max_output_tokens or suite.max_output_tokens
    for repeat in range(settings.repeats):
        for item in items_of(suite, settings):
            for condition in conditions:
                yield from _tasks_of(item, condition, repeat, targets, settings, limit)


def _tasks_of(
    item: Item, condition: Condition, repeat: int, targets: Sequence[Target], settings: ProbeSettings, limit: int
) -> Iterator[Task]:
    messages = tuple(Message(said["role"], said["content"]) for said in render(condition, item))
    counted = count_messages(messages)
    for target in targets:
        question = Question(target, messages, limit, settings.temperature, settings.seed, settings.timeouts)
        most = most_prompt_tokens(messages, counted, target)
        worst = worst_usd(target, most, limit)
        yield Task(question, item, condition.name, repeat, request_hash(question), counted, worst)


def request_hash(question: Question) -> str:
    """Hash of all that decides the answer: model, address, messages, parameters. 32 hex digits."""
    target = question.target
    parts = [
        target.litellm_model,
        target.provider,
        target.api_base,
        [[message.role, message.content] for message in question.messages],
        question.max_output_tokens,
        question.temperature,
        question.seed,
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:32]


def at_address(task: Task, api_base: str | None) -> Task:
    """The task asked at an address that is only known while the run lasts (the local model's port)."""
    if api_base is None:
        return task
    target = replace(task.question.target, api_base=api_base)
    return replace(task, question=replace(task.question, target=target))
