"""What a run measured, by model and condition: scores, times, cost, errors."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from planner.store.attempts import iter_attempts
from planner.store.database.engine import Store
from planner.store.grades import grades_of
from planner.store.learnable import main_score
from planner.store.records import Attempt, Grade
from planner.store.runs import read_run

_TAIL: Final = 0.95


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One model asked in one way."""

    model: str
    condition: str
    answered: int
    reused: int
    graded: int
    mean_score: float | None
    """None: nothing is graded."""
    scores: tuple[float, ...]
    """One a graded answer, in the order of `clusters`."""
    clusters: tuple[str, ...]
    """What errors are clustered by."""
    timed: int
    """Answers whose times are the server's."""
    client_bound: int
    """Answers whose times were spoilt by a lagging client."""
    ttft_p50_ms: float | None
    ttft_p95_ms: float | None
    tpot_p50_ms: float | None
    total_p95_ms: float | None
    output_tokens_mean: float | None
    cost_usd: float
    """Ours; what is not known counts as reserved."""
    litellm_cost_usd: float | None
    """None: litellm knows no price for it."""
    grading_usd: float
    failed: int
    errors: tuple[tuple[str, int], ...]
    """Failed tries by kind."""


@dataclass(slots=True)
class _Sums:
    answered: int = 0
    reused: int = 0
    failed: int = 0
    client_bound: int = 0
    cost_usd: float = 0.0
    litellm_usd: float | None = None
    grading_usd: float = 0.0
    scores: list[float] = field(default_factory=list)
    clusters: list[str] = field(default_factory=list)
    ttft_ms: list[float] = field(default_factory=list)
    tpot_ms: list[float] = field(default_factory=list)
    total_ms: list[float] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)


def results_of(store: Store, run_id: str) -> tuple[ResultRow, ...]:
    """One row for each model and condition, in the order of the run's models; InputError when there is no such run."""
    run = read_run(store, run_id)
    grades: dict[int, list[Grade]] = {}
    for grade in grades_of(store, run_id):
        grades.setdefault(grade.attempt, []).append(grade)
    sums: dict[tuple[str, str], _Sums] = {}
    for attempt in iter_attempts(store, run_id):
        of_attempt = grades.get(attempt.id or 0, [])
        total = sums.setdefault((attempt.model, attempt.condition), _Sums())
        _add(total, attempt)
        total.grading_usd += sum(grade.cost_usd for grade in of_attempt)
        score = main_score(run, of_attempt) if of_attempt else None
        if score is not None:
            total.scores.append(score)
            total.clusters.append(attempt.cluster)
    order = {target.name: place for place, target in enumerate(run.targets)}
    keys = sorted(sums, key=lambda key: order.get(key[0], len(order)))
    return tuple(_row(model, condition, sums[model, condition]) for model, condition in keys)


def _add(total: _Sums, attempt: Attempt) -> None:
    total.cost_usd += attempt.counted_usd
    if attempt.litellm_cost_usd is not None:
        total.litellm_usd = (total.litellm_usd or 0.0) + attempt.litellm_cost_usd
    if attempt.state == "failed":
        total.failed += 1
        total.errors[(attempt.error or "").partition(":")[0]] += 1
    if attempt.state != "answered":
        return
    total.answered += 1
    total.reused += attempt.reused is not None
    total.client_bound += attempt.client_bound
    if attempt.completion_tokens is not None:
        total.tokens.append(attempt.completion_tokens)
    if not attempt.client_bound and not attempt.warm_up and attempt.reused is None:
        _add_times(total, attempt)


def _add_times(total: _Sums, attempt: Attempt) -> None:
    """Times of the server alone: no warm-up, no lagging client, no reused answer."""
    if attempt.ttft_ms is None or attempt.total_ms is None:
        return
    total.ttft_ms.append(attempt.ttft_ms)
    total.total_ms.append(attempt.total_ms)
    if attempt.tpot_ms is not None:
        total.tpot_ms.append(attempt.tpot_ms)


def _row(model: str, condition: str, total: _Sums) -> ResultRow:
    return ResultRow(
        model=model,
        condition=condition,
        answered=total.answered,
        reused=total.reused,
        graded=len(total.scores),
        mean_score=float(np.mean(total.scores)) if total.scores else None,
        scores=tuple(total.scores),
        clusters=tuple(total.clusters),
        timed=len(total.ttft_ms),
        client_bound=total.client_bound,
        ttft_p50_ms=_quantile(total.ttft_ms, 0.5),
        ttft_p95_ms=_quantile(total.ttft_ms, _TAIL),
        tpot_p50_ms=_quantile(total.tpot_ms, 0.5),
        total_p95_ms=_quantile(total.total_ms, _TAIL),
        output_tokens_mean=float(np.mean(total.tokens)) if total.tokens else None,
        cost_usd=total.cost_usd,
        litellm_cost_usd=total.litellm_usd,
        grading_usd=total.grading_usd,
        failed=total.failed,
        errors=tuple(sorted(total.errors.items())),
    )


def _quantile(values: list[float], share: float) -> float | None:
    return float(np.quantile(values, share)) if values else None
