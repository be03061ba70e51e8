"""The Evidence page's part on API times and token counts: whole sources held out, beside the simple ways."""

from functools import lru_cache
from html import escape
from typing import Final

import streamlit as st

from planner.beliefs.backtest.quality import OURS, ValidationRow
from planner.beliefs.backtest.validation import Validation, load_validation
from planner.report.format import percent
from planner.resources import catalogs_dir
from planner.views.parts.tables import Row, draw_csv_button, wide_table

_TIMES: Final = {"ttft": "First token", "tpot": "Time per token", "total": "Whole answer"}
_TOKENS: Final = {"visible": "Visible tokens", "hidden": "Hidden tokens", "output": "All output"}
_TESTS: Final = {
    "source": "A whole source",
    "host": "A whole host",
    "model": "Models",
    "forward": "Later dates",
}
_HEAD: Final = ("Held out", "Forecast of", "Rows", "Ours", "Best simple way", "90 % held")


@lru_cache(maxsize=2)
def _kept(part: str) -> Validation:
    """The back-tests of a part that came with the catalog."""
    return load_validation(catalogs_dir() / "validation" / f"{part}.json")


def draw_times() -> None:
    """Median relative error of times and of token counts beside the best simple way's."""
    st.subheader("How far off forecasts of API times are", anchor=False)
    _draw("latency", _TIMES)
    st.caption(
        "Median relative error of rows that no forecast had seen; rows of one source, model, host and month count "
        "once. Two sources differ by a third about the same model and host: no forecast of a third can do much better. "
        "`planner validate --part latency` makes the table anew, with --against it scores your own rows."
    )
    st.subheader("How far off forecasts of token counts are", anchor=False)
    _draw("tokens", _TOKENS)
    st.caption(
        "A task that no one has counted is as far from others as benchmarks lie apart: a factor of three to ten. What "
        "your workload states of its answers stands; hidden tokens are forecast."
    )


def _draw(part: str, names: dict[str, str]) -> None:
    rows = time_rows(_kept(part), names)
    st.html(wide_table(_HEAD, "".join(_row(row) for row in rows), numeric=(2, 3, 5)))
    draw_csv_button(rows, f"{part}-beside-simple-ways")


def time_rows(tested: Validation, names: dict[str, str]) -> list[Row]:
    """One row a test and group: ours, and the simple way with the smallest median error where there is one."""
    found: list[Row] = []
    for test, held_out in _TESTS.items():
        of_test = [row for row in tested.rows if row.test == test]
        for ours in (row for row in of_test if row.method == OURS):
            simple = min((r for r in of_test if r.method != OURS and r.group == ours.group), key=_median, default=None)
            what, _, more = ours.group.partition(", ")
            found.append(
                {
                    "held out": held_out,
                    "forecast of": names[what] + (f", {more.replace('_', ' ')}" if more else ""),
                    "rows": ours.n,
                    "ours": ours.median_abs_error,
                    "best simple way": None if simple is None else simple.median_abs_error,
                    "which": "" if simple is None else simple.method,
                    "90 % interval held": ours.coverage_90,
                }
            )
    return found


def _median(row: ValidationRow) -> float:
    return row.median_abs_error if row.median_abs_error is not None else float("inf")


def _row(row: Row) -> str:
    def share(name: str) -> str:
        value = row[name]
        return percent(value) if isinstance(value, float) else ""

    which = f" <span class='tp-dim'>({escape(str(row['which']))})</span>" if row["which"] else ""
    cells = (
        escape(str(row["held out"])),
        escape(str(row["forecast of"])),
        f"{row['rows']:,}",
        share("ours"),
        share("best simple way") + which,
        share("90 % interval held"),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
