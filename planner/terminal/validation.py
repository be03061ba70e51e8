"""Back-tests as a table for a terminal."""

from collections.abc import Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from planner.beliefs.backtest.quality import ValidationRow
from planner.beliefs.backtest.ranking import Standing, standings
from planner.terminal.layout import headed, plain_table, show

_HEADINGS = (
    "Group",
    "Method",
    "n",
    "Clusters",
    "RMSE logit",
    "RMSE points",
    "Median error",
    "Bias",
    "Rank",
    "50 %",
    "80 %",
    "90 %",
    "Width",
)


def _figure(value: float | None, digits: int = 3) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{100.0 * value:.0f} %"


def _cells(row: ValidationRow) -> tuple[str, ...]:
    return (
        row.group,
        row.method,
        f"{row.n:,}",
        "" if row.clusters is None else f"{row.clusters:,}",
        _figure(row.rmse_logit),
        _figure(row.rmse_points, 2),
        _figure(row.median_abs_error),
        _figure(row.bias),
        _figure(row.rank_correlation, 2),
        _share(row.coverage_50),
        _share(row.coverage_80),
        _share(row.coverage_90),
        _figure(row.width_90, 2),
    )


_FEW_ROWS: Final = 30


def _stands(stand: Standing) -> str:
    """'all: 19 % closer than the best simple way (nearest models), 16 % closer than the full Gaussian'."""
    gaussian = stand.closer_than_gaussian
    apart = "" if gaussian is None else f", {_nearer(gaussian)} than the full Gaussian"
    return f"  {stand.ours.group}: {_nearer(stand.closer)} than the best simple way ({stand.simple.method}){apart}"


def _nearer(closer: float) -> str:
    return f"{abs(closer):.0%}".replace("%", " %") + (" closer" if closer >= 0.0 else " further off")


def _add_filled(table: Table, lines: Sequence[tuple[str, ...]]) -> None:
    """Columns that some row fills, in their order."""
    filled = [number for number in range(len(_HEADINGS)) if any(line[number] for line in lines)]
    for number in filled:
        table.add_column(_HEADINGS[number], overflow="fold")
    for line in lines:
        table.add_row(*(line[number] for number in filled))


def print_validation(rows: Sequence[ValidationRow]) -> None:
    """A table a test, ours beside the simple ways; the shares are how often an interval of that level held the truth.

    Where a test has a whole, its parts (skills, sources) show ours alone: --json has every row.
    """
    for test in dict.fromkeys(row.test for row in rows):
        table = plain_table()
        of_test = [row for row in rows if row.test == test]
        parted = any(row.group == "all" for row in of_test)
        _add_filled(table, [_cells(row) for row in of_test if row.method == "ours" or row.group == "all" or not parted])
        show(*headed(test.replace("_", " "), table))
        for stand in standings([row for row in of_test if row.group == "all" or not parted]):
            show(Text(_stands(stand), style="dim"))
        if max(row.n for row in of_test) < _FEW_ROWS:
            show(Text(f"  fewer than {_FEW_ROWS} rows: errors and shares of so few say little", style="dim"))
    if not rows:
        show(Text("nothing to score: no row says what was measured; --predictions OUT.csv writes the forecasts"))
