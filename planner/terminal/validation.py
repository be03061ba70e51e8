"""Back-tests as a table for a terminal."""

from collections.abc import Sequence

from planner.beliefs.backtest import ValidationRow
from planner.terminal.layout import headed, plain_table, show

_HEADINGS = (
    "Group",
    "Method",
    "n",
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


def print_validation(rows: Sequence[ValidationRow]) -> None:
    """A table a test, ours beside the simple ways; the shares are how often an interval of that level held the truth.

    Where a test has a whole, its parts (skills, sources) show ours alone: --json has every row.
    """
    for test in dict.fromkeys(row.test for row in rows):
        table = plain_table(*_HEADINGS)
        of_test = [row for row in rows if row.test == test]
        parted = any(row.group == "all" for row in of_test)
        for row in of_test:
            if row.method == "ours" or row.group == "all" or not parted:
                table.add_row(*_cells(row))
        show(*headed(test.replace("_", " "), table))
