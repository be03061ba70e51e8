"""Anyone's own scores as a test: some taken as known, the rest forecast and compared, ours beside the simple ways."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from planner.beliefs.backtest.quality import OURS, Forecast, Split, ValidationRow, forecasts, rows_of
from planner.beliefs.backtest.simple_ways import SIMPLE_WAYS, Way
from planner.beliefs.quality.cells import Frame, build_frame
from planner.catalog.evidence.scores import Alias
from planner.catalog.evidence.user_scores import UserScores
from planner.catalog.prices.unlisted import unlisted_benchmark, unlisted_model
from planner.catalog.schema import Benchmark, Catalog, Evidence, Source
from planner.errors import InputError
from planner.units import Z95, Bools, Floats, Ints, logistic, stream

KNOWN_MODELS: Final = 8
KNOWN_SCORES: Final = 2
_OF_SMALL_TABLES: Final = ((8, 0), (4, 1), (4, 0), (2, 1), (2, 0), (1, 0))
"""Known models and scores where the usual ones leave nothing to forecast: the first that leaves enough."""
_LEFT_AT_LEAST: Final = 1.0 / 3.0
_USER: Final = "user"


@dataclass(frozen=True, slots=True, eq=False)
class AgainstResult:
    """Figures, and the forecast of every row in the file's own unit."""

    rows: tuple[ValidationRow, ...]
    known: Bools
    """(rows of the file,) taken as known."""
    predicted: Floats
    low_90: Floats
    high_90: Floats


def _names(scores: UserScores, catalog: Catalog, aliases: Mapping[tuple[str, str], Alias]) -> list[tuple[str, str]]:
    """Model id and variant of each row: a catalog id or reviewed published name if it is one, else the name itself."""
    published = {name.lower(): alias for (_, name), alias in aliases.items() if alias.model}
    shown = {model.name.lower(): model.id for model in catalog.models.values()}
    joined = []
    for row in scores.rows:
        alias = published.get(row.model.lower())
        known = row.model if row.model in catalog.models else shown.get(row.model.lower())
        if known:
            joined.append((known, row.variant))
        elif alias:
            joined.append((alias.model, row.variant or alias.variant))
        else:
            maker = row.maker or (row.model.split("/", 1)[0] if "/" in row.model else _USER)
            joined.append((f"{maker}/{row.model.rsplit('/', 1)[-1]}".lower(), row.variant))
    return joined


def _with_user_rows(catalog: Catalog, scores: UserScores, names: list[tuple[str, str]]) -> tuple[Catalog, list[str]]:
    """The catalog with the file's rows, models and benchmarks added; the catalog's own copies of its scores taken out.

    A benchmark named as in the catalog is that benchmark. Every row of the catalog for a (model, task) that the file
    scores leaves, so that nothing held out is known through another source.
    """
    source = Source(scores.file, catalog.as_of)
    ids = [row.benchmark if row.benchmark in catalog.benchmarks else f"{_USER}:{row.benchmark}" for row in scores.rows]
    benchmarks = dict(catalog.benchmarks)
    models = dict(catalog.models)
    for row, name, (model, _) in zip(scores.rows, ids, names, strict=True):
        if name not in benchmarks:
            unit = scores.units[row.benchmark]
            benchmarks[name] = unlisted_benchmark(name, row.benchmark, row.skill, unit, row.chance, source)
        if model not in models and (row.total_params_b or row.released or row.family):
            params_b = (row.total_params_b, row.active_params_b)
            models[model] = unlisted_model(model, row.model, row.family, row.released, params_b, source)
    held = {(model, benchmarks[name].task or name) for (model, _), name in zip(names, ids, strict=True)}
    old = catalog.evidence
    keep = [
        number
        for number in range(len(old))
        if (old.model[number], catalog.benchmarks[old.benchmark[number]].task or old.benchmark[number]) not in held
    ]
    scale = np.array([0.01 if scores.units[row.benchmark] == "percent" else 1.0 for row in scores.rows])
    values = np.array([row.score for row in scores.rows]) * scale
    evidence = Evidence(
        row_id=(*(old.row_id[k] for k in keep), *(f"{_USER}#{row.line}" for row in scores.rows)),
        model=(*(old.model[k] for k in keep), *(model for model, _ in names)),
        raw_name=(*(old.raw_name[k] for k in keep), *(row.model for row in scores.rows)),
        variant=(*(old.variant[k] for k in keep), *(variant for _, variant in names)),
        benchmark=(*(old.benchmark[k] for k in keep), *ids),
        score=np.concatenate((old.score[keep], values)),
        n=np.concatenate((old.n[keep], [row.n for row in scores.rows])),
        date=(*(old.date[k] for k in keep), *(row.date for row in scores.rows)),
        source=(*(old.source[k] for k in keep), *(scores.file for _ in scores.rows)),
    )
    return replace(catalog, models=models, benchmarks=benchmarks, evidence=evidence), ids


def choose_known(scores: UserScores, models: int, per_model: int, seed: int) -> Bools:
    """Rows (R,) taken as known: all rows of `models` models of each benchmark, and `per_model` rows of every model."""
    rng = stream(seed, "against")
    order = rng.random(len(scores.rows))
    rank = {name: rng.random() for name in dict.fromkeys(row.model for row in scores.rows)}
    known = np.zeros(len(scores.rows), dtype=bool)
    by_benchmark: dict[str, dict[str, None]] = {}
    by_model: dict[str, list[int]] = {}
    for number, row in enumerate(scores.rows):
        by_benchmark.setdefault(row.benchmark, {})[row.model] = None
        by_model.setdefault(row.model, []).append(number)
    chosen = {
        (name, model)
        for name, some in by_benchmark.items()
        for model in sorted(some, key=lambda model: rank[model])[:models]
    }
    for number, row in enumerate(scores.rows):
        known[number] = (row.benchmark, row.model) in chosen
    for rows in by_model.values():
        known[sorted(rows, key=lambda number: order[number])[:per_model]] = True
    return known


def usual_known(scores: UserScores, seed: int) -> tuple[int, int]:
    """Known models of each benchmark and known scores of each model: 8 and 2, or fewer where that is every row."""
    if not choose_known(scores, KNOWN_MODELS, KNOWN_SCORES, seed).all():
        return KNOWN_MODELS, KNOWN_SCORES
    left = (1.0 - choose_known(scores, *some, seed).mean() for some in _OF_SMALL_TABLES)
    enough = (some for some, share in zip(_OF_SMALL_TABLES, left, strict=True) if share >= _LEFT_AT_LEAST)
    return next(enough, (0, 0))


def _cells_of_rows(frame: Frame, names: list[tuple[str, str]], ids: list[str]) -> Ints:
    """Cell of the frame that each row of the file (R,) went into."""
    variant = {name: number for number, name in enumerate(frame.variants)}
    benchmark = {name: number for number, name in enumerate(frame.benchmarks)}
    pairs = zip(frame.cells.variant.tolist(), frame.cells.benchmark.tolist(), strict=True)
    cell = {pair: number for number, pair in enumerate(pairs)}
    wanted = [(variant[f"{m}|{v}"], benchmark[name]) for (m, v), name in zip(names, ids, strict=True)]
    return np.array([cell[pair] for pair in wanted], dtype=np.int64)


def validate_against(
    catalog: Catalog,
    scores: UserScores,
    aliases: Mapping[tuple[str, str], Alias],
    seed: int,
    *,
    known_models: int = KNOWN_MODELS,
    known_scores: int = KNOWN_SCORES,
    ways: Mapping[str, Way] = SIMPLE_WAYS,
) -> AgainstResult:
    """Forecast the rows of the file that are not taken as known, from those that are and the catalog's evidence."""
    names = _names(scores, catalog, aliases)
    together, ids = _with_user_rows(catalog, scores, names)
    known = choose_known(scores, known_models, known_scores, seed)
    frame = build_frame(together, least_rows=1)
    cell = _cells_of_rows(frame, names, ids)
    asked = np.zeros(frame.cells.z.size, dtype=bool)
    asked[cell] = True
    # A row that repeats a known one (same model, setting and benchmark) is known too.
    asked[cell[known]] = False
    known = ~asked[cell]
    if not asked.any():
        allowed = (
            f"less than {known_models} known models and {known_scores} known scores, so that rows are left to forecast"
        )
        raise InputError(scores.file, "--known-models, --known-scores", found="every row known", allowed=allowed)
    by_way = forecasts(frame, [Split("against", "all", ~asked, asked)], ways)
    every = _everything(by_way[OURS], cell, scores, together, ids)
    figures = tuple(rows_of(frame, together, "against", "all", by_way, by_skill=True))
    return AgainstResult(figures, known, *every)


def _everything(
    ours: Forecast, cell: Ints, scores: UserScores, catalog: Catalog, ids: list[str]
) -> tuple[Floats, Floats, Floats]:
    """Forecast and 90 % interval of every row in its own unit; known rows carry their own score."""
    row_of = {int(number): position for position, number in enumerate(ours.cell)}
    out = np.empty((3, len(scores.rows)))
    for position, (row, name) in enumerate(zip(scores.rows, ids, strict=True)):
        at = row_of.get(int(cell[position]))
        if at is None:
            out[:, position] = row.score
            continue
        mean, spread = ours.mean[at], ours.spread[at]
        for line, value in enumerate((mean, mean - Z95 * spread, mean + Z95 * spread)):
            out[line, position] = from_logit(float(value), catalog.benchmarks[name], scores.units[row.benchmark])
    return out[0], out[1], out[2]


def from_logit(value: float, benchmark: Benchmark, unit: str) -> float:
    """Score in a file's unit from its log odds; the inverse of `score_logit` without its clipping."""
    if unit == "elo":
        return value * 400.0 / float(np.log(10.0)) + (benchmark.reference_elo or 1000.0)
    share = benchmark.chance + (1.0 - benchmark.chance) * float(logistic(value))
    return share * (100.0 if unit == "percent" else 1.0)


def store_predictions(path: Path, scores: UserScores, result: AgainstResult) -> None:
    """Write the file's columns with predicted, low_90, high_90 and known after them, one line a row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*scores.columns, "predicted", "low_90", "high_90", "known"])
        figures = zip(result.predicted, result.low_90, result.high_90, result.known, strict=True)
        for cells, (predicted, low, high, known) in zip(scores.cells, figures, strict=True):
            writer.writerow([*cells, f"{predicted:.6g}", f"{low:.6g}", f"{high:.6g}", int(known)])
