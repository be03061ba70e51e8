"""Back-tests of token counts: whole sources and models held out; anyone's own counts scored the same way."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from planner.beliefs.backtest.latency import figures
from planner.beliefs.backtest.quality import OURS, ValidationRow
from planner.beliefs.latency.random_effects import LEVELS
from planner.beliefs.latency.tokens.forecast import TOKENS, forecast_spend
from planner.catalog.evidence.own_tokens import OwnTokens
from planner.catalog.evidence.token_spend import TokenSpend, load_token_spend
from planner.catalog.schema import Catalog
from planner.units import SEED, Floats

_FOLDS: Final = 5
_FEWEST_OF_A_GROUP: Final = 5
_SAME_FIGURE: Final = 1e-3
_WHOLE_SOURCE: Final = 0.1
_LEAST: Final = 1.0
"""Tokens below which a count is taken as none: logs of it are those of one token."""


@dataclass(frozen=True, slots=True, eq=False)
class TestedTokens:
    """Asked rows with their forecasts, logs; nan where a row does not state a count."""

    rows: tuple[TokenSpend, ...]
    truth: Mapping[str, Floats]
    ours: Mapping[str, Floats]
    """(N, 7) log quantiles."""
    simple: Mapping[str, Mapping[str, Floats]]
    """By way and quantity."""


def forecast_tokens_beside(
    catalog: Catalog, known: Sequence[TokenSpend], asked: Sequence[TokenSpend], seed: int
) -> TestedTokens:
    """Forecast the asked rows from the known ones."""
    found = forecast_spend(catalog, known, asked, seed)
    return TestedTokens(
        rows=tuple(asked),
        truth={part: _logs(asked, part) for part in TOKENS},
        ours={part: np.log(np.maximum(getattr(found, part), _LEAST)) for part in TOKENS},
        simple={
            "median of the skill": {part: _medians(known, asked, part, "skill") for part in TOKENS},
            "median of the model": {part: _medians(known, asked, part, "model") for part in TOKENS},
        },
    )


def _logs(rows: Sequence[TokenSpend], part: str) -> Floats:
    values = [getattr(row, f"{part}_tokens") for row in rows]
    logs = [np.nan if value is None else np.log(max(value, _LEAST)) for value in values]
    return np.array(logs, dtype=np.float64)


def _medians(known: Sequence[TokenSpend], asked: Sequence[TokenSpend], part: str, key: str) -> Floats:
    """Median of the known rows of the same skill or model; of all where there is none."""
    logs = _logs(known, part)
    groups: dict[str, list[float]] = defaultdict(list)
    for row, value in zip(known, logs.tolist(), strict=True):
        if np.isfinite(value):
            groups[getattr(row, key)].append(value)
    middle = float(np.nanmedian(logs)) if np.isfinite(logs).any() else np.nan
    found = [float(np.median(groups[name])) if (name := getattr(row, key)) in groups else middle for row in asked]
    return np.array(found, dtype=np.float64)


def validate_tokens(catalog: Catalog, seed: int = SEED) -> tuple[ValidationRow, ...]:
    """Sources and models held out; median_abs_error is relative, bias and width are in logs."""
    rows = load_token_spend(frozenset(catalog.models))
    found: list[ValidationRow] = []
    for test, splits in (("source", _by_source(rows)), ("model", _by_model(rows))):
        parts = [forecast_tokens_beside(catalog, known, asked, seed) for known, asked in splits]
        found += token_figures(test, parts)
    return tuple(found)


def _by_source(rows: Sequence[TokenSpend]) -> Iterator[tuple[list[TokenSpend], list[TokenSpend]]]:
    for source in dict.fromkeys(row.source_id for row in rows):
        held = [row for row in rows if row.source_id == source]
        names = {row.benchmark for row in held}
        yield [row for row in rows if row.source_id != source and row.benchmark not in names], held


def _by_model(rows: Sequence[TokenSpend]) -> Iterator[tuple[list[TokenSpend], list[TokenSpend]]]:
    models = list(dict.fromkeys(row.model for row in rows))
    for fold in range(_FOLDS):
        held = set(models[fold::_FOLDS])
        yield [row for row in rows if row.model not in held], [row for row in rows if row.model in held]


def token_figures(test: str, parts: Sequence[TestedTokens]) -> list[ValidationRow]:
    """By quantity: ours beside the simple ways, then hidden tokens by effort and visible ones by skill."""
    rows = [row for part in parts for row in part.rows]
    pairs = np.array([f"{row.source_id}|{row.model}" for row in rows], dtype=object)
    found: list[ValidationRow] = []
    for what in TOKENS:
        truth = np.concatenate([part.truth[what] for part in parts])
        ours = np.concatenate([part.ours[what] for part in parts])
        has = np.isfinite(truth)
        if has.sum() < _FEWEST_OF_A_GROUP:
            continue
        found.append(figures(test, OURS, what, ours[has], truth[has], len(set(pairs[has].tolist()))))
        for name in parts[0].simple:
            values = np.concatenate([part.simple[name][what] for part in parts])
            usable = has & np.isfinite(values)
            found.append(figures(test, name, what, values[usable], truth[usable]))
        groups = np.array([_group(row, what) for row in rows], dtype=object)
        for group in sorted(set(groups[has].tolist())):
            here = has & (groups == group)
            if here.sum() >= _FEWEST_OF_A_GROUP:
                count = len(set(pairs[here].tolist()))
                found.append(figures(test, OURS, f"{what}, {group}", ours[here], truth[here], count))
    return found


def _group(row: TokenSpend, what: str) -> str:
    return f"effort {row.effort or 'not stated'}" if what == "hidden" else row.skill or "no skill"


def validate_tokens_against(catalog: Catalog, own: OwnTokens, seed: int = SEED) -> TestedTokens:
    """Forecast every row of the file from the shipped rows, none of which the file has.

    A shipped row of the same model with the same count leaves the fit, and so does a whole source of which the file has
    a tenth or more.
    """
    shipped = load_token_spend(frozenset(catalog.models))
    counts = {(row.model, count) for row in own.rows for count in _counts(row)}
    repeated = [any((row.model, count) in counts for count in _counts(row)) for row in shipped]
    size: dict[str, int] = defaultdict(int)
    shared: dict[str, int] = defaultdict(int)
    for row, same in zip(shipped, repeated, strict=True):
        size[row.source_id] += 1
        shared[row.source_id] += int(same)
    known = [
        row
        for row, same in zip(shipped, repeated, strict=True)
        if not same and shared[row.source_id] < _WHOLE_SOURCE * size[row.source_id]
    ]
    return forecast_tokens_beside(catalog, known, own.rows, seed)


def _counts(row: TokenSpend) -> list[tuple[str, int]]:
    """Counts that are long enough to tell a row by, to a thousandth."""
    found = []
    for name in ("visible_tokens", "hidden_tokens", "output_tokens"):
        value = getattr(row, name)
        if value is not None and value >= 100.0 and value != round(value, -2):
            found.append((name, round(float(np.log(value)) / _SAME_FIGURE)))
    return found


def store_token_predictions(path: Path, own: OwnTokens, tested: TestedTokens) -> None:
    """Write the file's columns with quantity, predicted, low_90, high_90 (tokens) and known after them.

    A row has a line for each quantity, counted or not. `known` is 1 where the forecast has read the row's own count:
    never. Hidden tokens of a model that does not think are 0.
    """
    middle, low, high = LEVELS.index(0.5), LEVELS.index(0.05), LEVELS.index(0.95)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*own.columns, "quantity", "predicted", "low_90", "high_90", "known"])
        for number, line in enumerate(own.lines):
            cells = [*own.cells[line], *[""] * (len(own.columns) - len(own.cells[line]))][: len(own.columns)]
            for quantity in TOKENS:
                values = np.exp(tested.ours[quantity][number])
                shown = [0.0 if value <= _LEAST and quantity == "hidden" else value for value in values.tolist()]
                writer.writerow([*cells, quantity, *(f"{shown[at]:.6g}" for at in (middle, low, high)), 0])
