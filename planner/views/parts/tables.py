"""Tables and downloads: every table as CSV, every page's data as JSON, every picture as SVG."""

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

import streamlit as st
from pydantic import BaseModel

Cell: TypeAlias = str | float | int | bool | None
Row: TypeAlias = Mapping[str, Cell]
_ROW_START: Final = re.compile(r"(?=<tr[\s>])")
_CELL: Final = re.compile(r"<td(?=[\s>])")
_TAG: Final = re.compile(r"<[^>]+>")


def csv_text(rows: Sequence[Row]) -> str:
    """Rows as CSV with a header; texts that a spreadsheet would run as a formula are quoted with an apostrophe."""
    out = io.StringIO()
    if rows:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(rows[0].keys())
        writer.writerows([[_safe(cell) for cell in row.values()] for row in rows])
    return out.getvalue()


def _safe(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def draw_csv_button(rows: Sequence[Row], name: str) -> None:
    """A small button that saves the rows as name.csv."""
    st.download_button(
        "CSV",
        data=lambda: csv_text(rows),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"csv.{name}",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
        help="This table as CSV",
    )


def draw_json_button(part: BaseModel | Sequence[Row], name: str) -> None:
    """A small button that saves the data behind the page as name.json."""
    st.download_button(
        "JSON",
        data=lambda: json_text(part),
        file_name=f"{name}.json",
        mime="application/json",
        key=f"json.{name}",
        on_click="ignore",
        type="tertiary",
        icon=":material/data_object:",
        help="The data behind this page as JSON",
    )


def json_text(part: BaseModel | Sequence[Row]) -> str:
    """Data as indented JSON."""
    if isinstance(part, BaseModel):
        return part.model_dump_json(indent=2)
    return json.dumps([dict(row) for row in part], indent=2)


def draw_svg_button(draw: Callable[[], str], name: str) -> None:
    """A small button that saves a picture as name.svg; it is drawn when asked for."""
    st.download_button(
        f"SVG of {name}",
        data=draw,
        file_name=f"{name}.svg",
        mime="image/svg+xml",
        key=f"svg.{name}",
        on_click="ignore",
        type="tertiary",
        icon=":material/image:",
        help="This picture as SVG",
    )


def stacked_table(head: Sequence[str], body: str, numeric: Sequence[int] = (), kind: str = "") -> str:
    """A table of HTML rows under a head; on a phone each row is a block, its cells one under the other by name."""
    cells = "".join(
        f'<th class="tp-num">{name}</th>' if place in numeric else f"<th>{name}</th>" for place, name in enumerate(head)
    )
    named = "".join(_with_names(row, head) for row in _ROW_START.split(body))
    return (
        f'<div class="tp-scroll" tabindex="0"><table class="tp-table {kind}tp-stack">'
        f"<thead><tr>{cells}</tr></thead><tbody>{named}</tbody></table></div>"
    )


def wide_table(head: Sequence[str], body: str, numeric: Sequence[int] = ()) -> str:
    """The same where each column needs room: never narrower than 720 pixels but on a phone."""
    return stacked_table(head, body, numeric, "tp-wide ")


def _with_names(row: str, head: Sequence[str]) -> str:
    """One row of HTML, each cell with its column's name for the narrow form."""
    names = iter(_TAG.sub("", name) for name in head)
    return _CELL.sub(lambda found: f'{found.group()} data-name="{next(names, "")}"', row)
