"""Logs that a plan would leave, drawn from its own forecast, with changes put in by hand."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from planner.beliefs.requests import token_log_sd
from planner.catalog.pricing import TokenUse, charge_usd
from planner.catalog.schema import Catalog
from planner.planning.drift.expected import expected_of
from planner.planning.plan import Plan
from planner.units import Floats
from planner.workload.load import check_workload
from planner.workload.schema import TokenDistribution

START = datetime(2026, 12, 7, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Injected:
    """What differs from the plan, in one segment, from a day on."""

    segment: str = ""
    from_day: int = 0
    times: Mapping[str, float] = field(default_factory=dict)
    """Factor by 'input_tokens', 'output_tokens', 'price', 'time', 'volume'."""
    model: str = ""
    """Serves instead, half of the requests."""


NOTHING = Injected()


def rows_of_plan(
    plan: Plan,
    catalog: Catalog,
    rng: np.random.Generator,
    injected: Injected = NOTHING,
    *,
    days: int = 14,
    most: int = 1500,
) -> list[dict[str, Any]]:
    """Rows of LiteLLM's callback payload: `most` requests of the largest segment, others by their share."""
    workload = check_workload(plan.workload)
    largest = max(part.requests_per_month for part in plan.segments)
    rows: list[dict[str, Any]] = []
    for expected in expected_of(plan, workload, catalog):
        count = max(round(most * expected.plan.requests_per_month / largest), 150)
        rows += _segment(expected, rng, injected, days, count)
    return sorted(rows, key=lambda row: row["startTime"])


def _segment(
    expected: Any, rng: np.random.Generator, injected: Injected, days: int, count: int
) -> list[dict[str, Any]]:
    mine = injected if injected.segment == expected.segment else NOTHING
    at = np.sort(rng.random(count) * days)
    changed = at >= mine.from_day if mine.times or mine.model else np.zeros(count, dtype=bool)

    def scaled(values: Floats, name: str) -> Floats:
        return np.where(changed, values * mine.times.get(name, 1.0), values)

    bands = {band.measure: band for band in expected.bands}
    asked = expected.asked
    inputs = scaled(_tokens(rng, asked.input_tokens, bands["input tokens"].expected, count), "input_tokens")
    outputs = scaled(_tokens(rng, asked.output_tokens, bands["output tokens"].expected, count), "output_tokens")
    inputs, outputs = np.maximum(inputs.round(), 1.0), np.maximum(outputs.round(), 1.0)
    cached = np.minimum(asked.shared_prefix_tokens * (rng.random(count) < 0.6), inputs)
    usd = np.zeros(count)
    if expected.offer is not None and expected.offer.price is not None:
        usd = scaled(np.asarray(charge_usd(TokenUse(inputs, outputs, cached), expected.offer.price)), "price")
    told = expected.plan
    total = scaled(_times(rng, told.total_p95_ms.mean, count), "time")
    first = np.minimum(scaled(_times(rng, told.ttft_p95_ms.mean, count), "time"), total)
    other = changed & (rng.random(count) < 0.5) if mine.model else np.zeros(count, dtype=bool)
    failed = rng.random(count) < 0.01
    gate = told.option.gate
    passed_on = rng.random(count) < (gate.escalation_share.mean if gate else 0.0)
    return [
        {
            "id": f"{expected.segment}-{number}",
            "call_type": "acompletion",
            "model": mine.model
            if other[number]
            else gate.strong_model
            if gate and passed_on[number]
            else told.option.model,
            "model_group": expected.segment,
            "custom_llm_provider": told.option.provider,
            "startTime": _seconds(at[number], 0.0),
            "completionStartTime": _seconds(at[number], first[number]),
            "endTime": _seconds(at[number], total[number]),
            "prompt_tokens": int(inputs[number]),
            "completion_tokens": int(outputs[number]),
            "total_tokens": int(inputs[number] + outputs[number]),
            "response_cost": float(usd[number]) or None,
            "status": "failure" if failed[number] else "success",
            "metadata": {"usage_object": {"prompt_tokens_details": {"cached_tokens": int(cached[number])}}},
        }
        for number in range(count)
    ]


def _seconds(day: float, ms: float) -> float:
    return (START + timedelta(days=float(day), milliseconds=float(ms))).timestamp()


def _tokens(rng: np.random.Generator, asked: TokenDistribution, mean: float, count: int) -> Floats:
    sd = token_log_sd(asked)
    return np.asarray(np.exp(rng.normal(np.log(mean) - sd * sd / 2.0, sd, count)))


def _times(rng: np.random.Generator, p95_ms: float, count: int) -> Floats:
    sd = 0.5
    return np.asarray(np.exp(rng.normal(np.log(p95_ms) - 1.6448536 * sd, sd, count)))


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
