"""Score anyone's own times of APIs: every row forecast from the shipped rows, none of which the file has.

A shipped row of the same model and host with the same figure leaves the fit, and so does a whole source of which the
file has a tenth or more: it would be forecast from itself.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from planner.beliefs.backtest.latency import WAYS, Tested, figure_rows, forecast_beside
from planner.beliefs.backtest.quality import ValidationRow
from planner.beliefs.latency.random_effects import LEVELS
from planner.beliefs.latency.row_forecast import TIMES
from planner.catalog.evidence.own_speeds import OwnSpeeds
from planner.catalog.schema import Catalog
from planner.catalog.speeds import ApiSpeed
from planner.units import SEED

_SAME_FIGURE: Final = 1e-3
_WHOLE_SOURCE: Final = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class AgainstLatency:
    """Figures, and every forecast of the file's rows."""

    rows: tuple[ValidationRow, ...]
    tested: Tested


def validate_latency_against(catalog: Catalog, own: OwnSpeeds, seed: int = SEED) -> AgainstLatency:
    """Forecast every row of the file that says what it is of; nothing of what it measured is read."""
    asked = [row.speed for row in own.rows]
    tested = forecast_beside(catalog, unseen_rows(catalog.speeds, asked), asked, WAYS, seed)
    return AgainstLatency(tuple(figure_rows(catalog, "against", "", [tested], in_groups=True)), tested)


def unseen_rows(shipped: Sequence[ApiSpeed], asked: Sequence[ApiSpeed]) -> list[ApiSpeed]:
    """Shipped rows that the asked ones do not repeat, whole sources of which they have much left out."""
    figures = {(row.model, row.host, figure) for row in asked for figure in _figures(row)}
    figures |= {(row.model, None, figure) for row in asked for figure in _figures(row)}
    repeated = [any((row.model, row.host, figure) in figures for figure in _figures(row)) for row in shipped]
    size = Counter(row.source_id for row in shipped)
    shared = Counter(row.source_id for row, same in zip(shipped, repeated, strict=True) if same)
    whole = {source for source, count in shared.items() if count >= _WHOLE_SOURCE * size[source]}
    return [row for row, same in zip(shipped, repeated, strict=True) if not same and row.source_id not in whole]


def _figures(row: ApiSpeed) -> Iterator[tuple[str, int]]:
    """What a row states, to a thousandth."""
    for name in ("ttft_ms", "tokens_per_s", "total_ms"):
        value = getattr(row, name)
        if value is not None:
            yield name, round(float(np.log(value)) / _SAME_FIGURE)


def store_latency_predictions(path: Path, own: OwnSpeeds, tested: Tested) -> None:
    """Write the file's columns with quantity, predicted, low_90, high_90 (ms) and known after them, a line a forecast.

    A row has a line for each quantity, measured or not. `known` is 1 where the forecast has read the row's own figure:
    never.
    """
    middle, low, high = LEVELS.index(0.5), LEVELS.index(0.05), LEVELS.index(0.95)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*own.columns, "quantity", "predicted", "low_90", "high_90", "known"])
        for number, row in enumerate(own.rows):
            cells = [*own.cells[row.line], *[""] * (len(own.columns) - len(own.cells[row.line]))][: len(own.columns)]
            for quantity in TIMES:
                values = np.exp(tested.ours[quantity][number])
                writer.writerow([*cells, quantity, *(f"{values[at]:.6g}" for at in (middle, low, high)), 0])
