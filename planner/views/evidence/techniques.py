"""The Evidence page's part on techniques: every study forecast from the others, beside the simple ways."""

from functools import lru_cache
from html import escape
from typing import Final

import streamlit as st

from planner.beliefs.backtest.quality import OURS, ValidationRow
from planner.beliefs.backtest.validation import Validation, load_validation
from planner.report.format import percent
from planner.resources import catalogs_dir
from planner.views.parts.tables import Row, draw_csv_button, wide_table

_NAMES: Final = {
    "technique:fine_tune": "Tuned, beside the large model of the study",
    "technique:fine_tune, no score known": "Tuned, with no score known",
    "technique:rag": "Retrieval, from what is known by heart",
    "technique:few_shot": "Examples in the prompt",
    "technique:int4": "Four bits",
    "technique:int8": "Eight bits",
    "technique:nvfp4": "NVFP4",
    "technique:cascade": "Cascades, both models known",
}
_HEAD: Final = ("Technique", "Facts", "Independent", "Ours, points", "Best simple way", "90 % held")


@lru_cache(maxsize=1)
def kept_technique_tests() -> Validation:
    """The back-tests of techniques that came with the catalog."""
    return load_validation(catalogs_dir() / "validation" / "techniques.json")


def draw_techniques() -> None:
    """Median error of each technique's forecasts beside the best simple way's."""
    st.subheader("How far off forecasts of techniques are", anchor=False)
    rows = technique_rows(kept_technique_tests())
    st.html(wide_table(_HEAD, "".join(_row(row) for row in rows), numeric=(1, 2, 3, 5)))
    st.caption(
        "Median error in percentage points; each study is forecast from the others alone (of examples and cascades, "
        "each task). Rows of one study or pair of models are not independent. `planner validate --part techniques` "
        "makes the table anew, with --against it scores your own rows."
    )
    draw_csv_button(rows, "techniques-beside-simple-ways")


def technique_rows(tested: Validation) -> list[Row]:
    """One row a technique: ours, and the simple way with the smallest median error."""
    rows: list[Row] = []
    for test, name in _NAMES.items():
        whole = [row for row in tested.rows if row.test == test and row.group == "all"]
        ours = next(row for row in whole if row.method == OURS)
        simple = min((row for row in whole if row.method != OURS), key=_median, default=None)
        rows.append(
            {
                "technique": name,
                "facts": ours.n,
                "independent": ours.clusters,
                "ours": ours.median_abs_error,
                "best simple way": None if simple is None else simple.median_abs_error,
                "which": "" if simple is None else simple.method,
                "90 % held": ours.coverage_90,
            }
        )
    return rows


def _median(row: ValidationRow) -> float:
    return float("inf") if row.median_abs_error is None else row.median_abs_error


def _row(row: Row) -> str:
    def points(name: str) -> str:
        value = row[name]
        return f"{value:.1f}" if isinstance(value, float) else "none"

    held = row["90 % held"]
    which = f" <span class='tp-dim'>({escape(str(row['which']))})</span>" if row["which"] else ""
    return (
        f"<tr><td>{escape(str(row['technique']))}</td><td class='tp-num'>{row['facts']:,}</td>"
        f"<td class='tp-num'>{row['independent']:,}</td><td class='tp-num'>{points('ours')}</td>"
        f"<td>{points('best simple way')}{which}</td>"
        f"<td class='tp-num'>{percent(held) if isinstance(held, float) else 'unknown'}</td></tr>"
    )
