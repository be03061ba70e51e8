"""Probes in a terminal: what a run would cost, how far it is, what it measured."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table

from planner.beliefs.evidence.probe_statistics import share_of
from planner.probing.asking.dry_run import EXPECTED_OUTPUT_SHARE, Estimate
from planner.probing.asking.progress import OnProgress, Progress
from planner.probing.results import ResultRow
from planner.store.records import Run
from planner.terminal.layout import bullets, headed, plain_table, show
from planner.units import Interval

_LINE_EVERY_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One model asked in one way, its score with an interval clustered by document."""

    result: ResultRow
    score: Interval | None
    """None: nothing is graded."""


def rows_with_intervals(results: Sequence[ResultRow]) -> tuple[ShownRow, ...]:
    """The rows, each with the interval of its score."""
    return tuple(ShownRow(row, share_of(row.scores, row.clusters).interval if row.scores else None) for row in results)


def print_estimates(estimates: Sequence[Estimate]) -> None:
    """Tokens and cost of a run before anything is sent."""
    table = plain_table(
        "Model", "Asked as", "Requests", "Input tokens", "Output tokens", "Low USD", "Expected USD", "Worst USD"
    )
    for row in estimates:
        tokens = f"{row.input_tokens:,}", f"{row.output_tokens:,}"
        costs = (_usd(row.low_usd), _usd(row.expected_usd), _usd(row.worst_usd))
        table.add_row(row.model, row.litellm_model, f"{row.requests:,}", *tokens, *costs)
    if len(estimates) > 1:
        sums = [sum(getattr(row, name) for row in estimates) for name in ("low_usd", "expected_usd", "worst_usd")]
        table.add_row("together", "", f"{sum(row.requests for row in estimates):,}", "", "", *map(_usd, sums))
    show(*headed("Nothing is sent: what the run would cost", table))
    assumed = f"expected: answers use {EXPECTED_OUTPUT_SHARE:.0%} of their longest length (assumed)"
    show(*bullets("Read as", [assumed, "worst: prompts counted with a margin, answers as long as they may be"]))


@contextmanager
def watching() -> Iterator[OnProgress]:
    """A bar on standard error while it lasts; a line now and then when nobody watches."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def update(progress: Progress) -> None:
            bar.update(task, total=progress.total, completed=progress.done, description=_told(progress))

        yield update


def _lines(console: Console) -> OnProgress:
    last = time.monotonic()

    def update(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= _LINE_EVERY_S:
            last = time.monotonic()
            console.print(f"{progress.done:,} of {progress.total:,}; {_told(progress)}")

    return update


def _told(progress: Progress) -> str:
    left = "" if progress.eta_s is None else f"; {_minutes(progress.eta_s)} left"
    errors = sum(progress.errors.values())
    kinds = ", ".join(f"{count} {kind}" for kind, count in progress.errors.items())
    return f"{_usd(progress.spent_usd)} of {_usd(progress.cap_usd)} USD{left}; errors {errors}" + (
        f" ({kinds})" if kinds else ""
    )


def print_results(run: Run, progress: Progress, rows: Sequence[ShownRow]) -> None:
    """What a run measured: scores, times, cost, errors."""
    show(*headed(f"Run {run.id}: {run.suite}, {run.status}", results_table(rows)))
    show(*bullets("Notes", [*_counts(progress), *progress.notes]))


def results_table(rows: Sequence[ShownRow]) -> Table:
    """Scores, times, cost and errors by model and condition."""
    table = plain_table(
        "Model",
        "Condition",
        "n",
        "Score",
        "90 %",
        "TTFT ms",
        "p95",
        "TPOT ms",
        "Tokens",
        "USD ours",
        "litellm's",
        "Lagging",
        "Errors",
    )
    for row in rows:
        table.add_row(*_cells(row))
    return table


def _cells(row: ShownRow) -> tuple[str, ...]:
    result, score = row.result, row.score
    interval = "" if score is None else f"{score.low:.2f} to {score.high:.2f}"
    litellm = "" if result.litellm_cost_usd is None else _usd(result.litellm_cost_usd)
    return (
        result.model,
        result.condition,
        f"{result.answered:,}",
        "" if score is None else f"{score.mean:.3f}",
        interval,
        _ms(result.ttft_p50_ms),
        _ms(result.ttft_p95_ms),
        _ms(result.tpot_p50_ms, 1),
        "" if result.output_tokens_mean is None else f"{result.output_tokens_mean:.0f}",
        _usd(result.cost_usd + result.grading_usd),
        litellm,
        f"{result.client_bound:,}",
        ", ".join(f"{count} {kind}" for kind, count in result.errors),
    )


def _counts(progress: Progress) -> list[str]:
    """What is not in the table: reused answers, questions that were not asked, those in doubt."""
    lines = []
    if progress.reused:
        lines.append(f"{progress.reused:,} answers were there already and cost nothing (--fresh asks anew)")
    if progress.in_doubt:
        lines.append(
            f"{progress.in_doubt:,} were on their way when a process died and may have been paid for: not asked again "
            "(planner probe resume RUN --ask-in-doubt does)"
        )
    left = progress.total - progress.done
    if left:
        lines.append(f"{left:,} are still to be asked: planner probe resume {progress.run}")
    return lines


def _ms(value: float | None, digits: int = 0) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def _usd(value: float) -> str:
    return f"{value:,.2f}" if value == 0.0 or value >= 100.0 else f"{value:,.6f}".rstrip("0").rstrip(".")


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120.0 else f"{seconds / 60.0:.0f} min"
