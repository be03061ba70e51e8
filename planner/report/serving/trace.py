"""What a replayed trace says, in sentences and rows: the page and the terminal show the same."""

from dataclasses import dataclass
from typing import Final

from planner.beliefs.serving.replay import Percentiles
from planner.planning.self_hosting.trace import TraceCase, TraceRun
from planner.report.format import milliseconds, number, percent

_BURSTY: Final = 1.5
_PERCENTILES: Final = ("p50", "p95", "p99")


@dataclass(frozen=True, slots=True)
class TraceRow:
    """One percentile of one time at one rate, ms."""

    rate: str
    what: str
    percentile: str
    replayed_ms: float
    fast_ms: float
    """At the speeds' 5th percentile of times."""
    slow_ms: float
    """At their 95th."""
    formula_ms: float | None
    limit_ms: float | None


def trace_sentence(case: TraceCase) -> str:
    """Percentiles at the planned busiest hour beside the formula's, and what the limits would take."""
    run, found = case.planned, case.planned.mean
    if found.utilisation > 1.0:
        return (
            f"At the planned busiest hour ({_rate(run)}) the trace asks {number(found.utilisation)} times what"
            f" {replicas_text(case.replicas)} can serve: the queue only grows. {needed_sentence(case)}"
        )
    told = f"a first token after {_three(found.ttft)} and {_three(found.tpot)} a token (p50, p95, p99)"
    return (
        f"Replayed at the planned busiest hour ({_rate(run)}) on {replicas_text(case.replicas)}, busy"
        f" {percent(found.utilisation)}, the trace sees {told};"
        f" {_formula(run)}. {needed_sentence(case)}"
    )


def _formula(run: TraceRun) -> str:
    formula = run.formula
    if formula is None:
        return "the formula has no answer so near to full"
    per_token = "not told for bursts like these" if formula.tpot_mean_ms is None else milliseconds(formula.tpot_mean_ms)
    mean = milliseconds(run.mean.tpot_mean_ms)
    return f"the formula says {_three(formula.ttft)}, and per token {per_token} (replayed: {mean} on average)"


def needed_sentence(case: TraceCase) -> str:
    """How many replicas the trace would take at the planned rate, beside those of the sizing."""
    limits = [
        f"{name} within {milliseconds(limit)}"
        for name, limit in (("a first token", case.ttft_p95_ms), ("a whole answer", case.total_p95_ms))
        if limit is not None
    ]
    needed = case.planned.needed
    if needed is None:
        return "The workload sets no limit on the time, so none is checked."
    told = f"To keep {' and '.join(limits)} (p95)"
    if isinstance(needed, str):
        return f"{told} no number of replicas is enough: {needed}."
    spare = f", beside {case.spare} spare" if case.spare else ""
    return f"{told} it needs {replicas_text(needed)}; the sizing has {case.replicas}{spare}."


def burst_sentence(case: TraceCase) -> str:
    """How many requests, how long, how bursty."""
    facts = case.facts
    how = "bursty" if facts.interarrival_cv > _BURSTY else "about as independent callers come"
    part = ""
    if case.replayed < facts.requests:
        part = f" Replayed are the busiest {case.replayed:,} in a row."
    return (
        f"The trace: {facts.requests:,} requests in {_duration(facts.seconds)}, {number(facts.rate_per_s)} a second;"
        f" {how} (coefficient of variation between arrivals {number(facts.interarrival_cv)}, busiest ten seconds"
        f" {number(facts.peak_to_mean)} times the mean); prompts of {facts.prompt_tokens:,.0f} tokens"
        f" (p95 {facts.prompt_tokens_p95:,.0f}), answers of {facts.answer_tokens:,.0f}"
        f" (p95 {facts.answer_tokens_p95:,.0f}).{part}"
    )


def trace_rows(case: TraceCase) -> tuple[TraceRow, ...]:
    """All percentiles at both rates, with the spread of the speeds."""
    rows = []
    for run, name in ((case.planned, "planned busiest hour"), (case.own, "trace's own rate")):
        label = f"{name}, {_rate(run)}"
        formula = None if run.formula is None else run.formula.ttft
        rows += _rows(label, "first token", (run.mean.ttft, run.fast.ttft, run.slow.ttft), formula, case.ttft_p95_ms)
        rows += _rows(label, "per token", (run.mean.tpot, run.fast.tpot, run.slow.tpot), None, None)
        rows += _rows(label, "whole answer", (run.mean.total, run.fast.total, run.slow.total), None, case.total_p95_ms)
    return tuple(rows)


def _rows(
    rate: str,
    what: str,
    seen: tuple[Percentiles, Percentiles, Percentiles],
    formula: Percentiles | None,
    limit: float | None,
) -> list[TraceRow]:
    mean, fast, slow = seen
    rows = []
    for name in _PERCENTILES:
        said = None if formula is None else _at(formula, name)
        bound = limit if name == "p95" else None
        told = _at(mean, name)
        # by chance of who comes when, a slower replica may have a shorter percentile: the spread never leaves it out
        low, high = min(_at(fast, name), told), max(_at(slow, name), told)
        rows.append(TraceRow(rate, what, name, told, low, high, said, bound))
    return rows


def _at(found: Percentiles, name: str) -> float:
    return {"p50": found.p50, "p95": found.p95, "p99": found.p99}[name]


def _rate(run: TraceRun) -> str:
    own = "" if run.speed_up == 1.0 else f", {number(run.speed_up)} times its own rate"
    return f"{number(run.rate_per_s)} calls/s{own}"


def replicas_text(count: int) -> str:
    """'1 replica', '2 replicas'."""
    return f"{count:,} replica" if count == 1 else f"{count:,} replicas"


def _three(found: Percentiles) -> str:
    return ", ".join(milliseconds(value) for value in (found.p50, found.p95, found.p99))


def _duration(seconds: float) -> str:
    return f"{number(seconds / 60.0)} minutes" if seconds >= 120.0 else f"{number(seconds)} seconds"
