"""A load run in a terminal."""

from collections.abc import Sequence

from planner.probing.load.results import LoadRow, Percentiles
from planner.store.records import Run
from planner.terminal.layout import bullets, headed, plain_table, show


def print_load(run: Run, rows: Sequence[LoadRow]) -> None:
    """Percentiles under load, model by model."""
    table = plain_table(
        "Model",
        "Offered/s",
        "Answered/s",
        "Goodput/s",
        "TTFT p50/p95/p99 ms",
        "TPOT p50/p95/p99 ms",
        "Total p50/p95/p99 ms",
        "Sent",
        "Failed",
        "Lagging",
        "USD",
    )
    for row in rows:
        table.add_row(*_cells(row))
    errors = [
        f"{row.model}: {', '.join(f'{count} {kind}' for kind, count in row.errors)}" for row in rows if row.errors
    ]
    show(*headed(f"Load run {run.id}: {run.suite}, {run.status}", table))
    show(*bullets("Failures", errors))
    lagging = "left late or ran in a lagging loop: the client's times, in no percentile and no goodput"
    show(*bullets("Read as", [f"lagging: {lagging}"] if any(row.client_bound for row in rows) else []))


def _cells(row: LoadRow) -> tuple[str, ...]:
    return (
        row.model,
        f"{row.offered_per_s:g}",
        f"{row.answered_per_s:.1f}",
        "" if row.goodput_per_s is None else f"{row.goodput_per_s:.1f}",
        _percentiles(row.ttft_ms, 0),
        _percentiles(row.tpot_ms, 1),
        _percentiles(row.total_ms, 0),
        f"{row.sent:,}",
        f"{row.failed:,}",
        f"{row.client_bound:,}",
        f"{row.cost_usd:,.4f}",
    )


def _percentiles(times: Percentiles | None, digits: int) -> str:
    return "" if times is None else " / ".join(f"{value:,.{digits}f}" for value in (times.p50, times.p95, times.p99))
