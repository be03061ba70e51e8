"""What a run would cost, before anything is sent."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from planner.catalog.pricing import TokenUse, charge_usd
from planner.probing.costs import expected_prompt_tokens, most_answer_tokens, price_of
from planner.probing.judging.grading import judge_request, new_grading
from planner.probing.judging.pairs import ORDERS, check_pairwise, pair_request, pairs_of
from planner.probing.settings import ProbeSettings
from planner.probing.suites.suite import Suite
from planner.probing.tasks import Task, conditions_of, items_of, iter_tasks
from planner.store.records import Target

EXPECTED_OUTPUT_SHARE: Final = 0.3
"""Assumed: how much of the longest answer allowed is used, where no reference says more. Low takes one token."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One model's share of a run."""

    model: str
    litellm_model: str
    requests: int
    input_tokens: int
    """Expected, all requests."""
    output_tokens: int
    """Expected, all requests."""
    low_usd: float
    expected_usd: float
    worst_usd: float
    """What the cap reserves for: prompts counted with a margin, answers as long as they may be."""


@dataclass(slots=True)
class _Sum:
    requests: int = 0
    input_tokens: float = 0.0
    output_tokens: float = 0.0
    low_usd: float = 0.0
    expected_usd: float = 0.0
    worst_usd: float = 0.0

    def add(self, target: Target, task: Task) -> None:
        """One more request."""
        price = price_of(target)
        inputs = expected_prompt_tokens(task.question.messages, task.prompt_tokens, target)
        outputs = max(1.0, EXPECTED_OUTPUT_SHARE * task.question.max_output_tokens)
        self.requests += 1
        self.input_tokens += inputs
        self.output_tokens += outputs
        self.low_usd += float(charge_usd(TokenUse(task.prompt_tokens, 1.0), price))
        self.expected_usd += float(charge_usd(TokenUse(inputs, outputs), price))
        self.worst_usd += task.worst_usd

    def scale(self, arrivals: float) -> None:
        """The same for a load run's expected number of arrivals; four standard deviations more for the worst."""
        times = arrivals / max(self.requests, 1)
        self.requests = round(arrivals)
        self.input_tokens *= times
        self.output_tokens *= times
        self.low_usd *= times
        self.expected_usd *= times
        self.worst_usd *= times * (1.0 + 4.0 / max(arrivals, 1.0) ** 0.5)


def estimate_run(suite: Suite, targets: Sequence[Target], settings: ProbeSettings) -> tuple[Estimate, ...]:
    """Tokens and cost of a run by model, the judge last; nothing is sent and nothing kept.

    Raises:
        InputError: A price is unknown, or a condition is not the suite's.
    """
    sums: dict[str, _Sum] = defaultdict(_Sum)
    conditions_of(suite, settings)
    grading = new_grading(suite, settings)
    check_pairwise(targets, settings)
    judge = settings.judge
    judged = _Sum()
    for task in iter_tasks(suite, targets, settings):
        sums[task.question.target.name].add(task.question.target, task)
        if judge is not None and grading.is_judged(task.item):
            # The longest answer that the judge may have to read, a token taken as six characters.
            longest = "answer " * most_answer_tokens(task.question.target, task.question.max_output_tokens)
            asked = judge_request(grading, longest, task.item, settings)
            judged.requests += 1
            judged.worst_usd += asked.worst_usd
            judged.expected_usd += EXPECTED_OUTPUT_SHARE * asked.worst_usd
    if settings.pairwise:
        _add_pairs(judged, suite, targets, settings)
    if settings.rate_per_s is not None:
        for total in sums.values():
            total.scale(settings.rate_per_s * (settings.seconds or 0.0))
    rows = [_estimate(target, sums[target.name]) for target in targets]
    if judge is not None and judged.requests:
        rows.append(_estimate(judge, judged))
    return tuple(rows)


def _add_pairs(judged: _Sum, suite: Suite, targets: Sequence[Target], settings: ProbeSettings) -> None:
    """What the comparisons of a run cost: equal answers cost nothing, so low adds nothing."""
    asked_once = ORDERS * len(pairs_of(targets)) * len(conditions_of(suite, settings))
    limit = settings.max_output_tokens or suite.max_output_tokens
    longest = "answer " * max(most_answer_tokens(target, limit) for target in targets)
    for item in items_of(suite, settings):
        worst = pair_request(suite, item, longest, longest, settings).worst_usd
        judged.requests += asked_once
        judged.worst_usd += asked_once * worst
        judged.expected_usd += asked_once * EXPECTED_OUTPUT_SHARE * worst


def _estimate(target: Target, total: _Sum) -> Estimate:
    return Estimate(
        model=target.name,
        litellm_model=target.litellm_model,
        requests=total.requests,
        input_tokens=round(total.input_tokens),
        output_tokens=round(total.output_tokens),
        low_usd=total.low_usd,
        expected_usd=total.expected_usd,
        worst_usd=total.worst_usd,
    )
