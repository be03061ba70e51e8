"""Back-tests of API speeds: whole sources, hosts, models and later dates held out, forecast from the other rows.

Rows of one source, model, host and effort in one month are one: the row with the middle value stands for them, so that
a source that repeats itself does not count many times.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from planner.beliefs.backtest.quality import OURS, ValidationRow
from planner.beliefs.latency.random_effects import LEVELS
from planner.beliefs.latency.row_forecast import TIMES, forecast_rows
from planner.beliefs.latency.speed_facts import ModelFacts, host_class, model_facts, thought
from planner.beliefs.latency.speed_rows import Quantity, log_tpot, month_of, points_of
from planner.catalog.schema import Catalog
from planner.catalog.speeds import ApiSpeed
from planner.units import SEED, Floats

_LATER_MONTHS: Final = {"one month later": 1, "six months later": 6}
_FEWEST_KNOWN: Final = 60
"""Rows below which nothing is forecast from them."""
_FEWEST_OF_A_GROUP: Final = 5
_PLACES: Final = {0.5: (2, 4), 0.8: (1, 5), 0.9: (0, 6)}
"""Columns of LEVELS that bound an interval."""
Known: TypeAlias = Sequence[ApiSpeed]
Way: TypeAlias = Callable[[Catalog, Known, Known], Mapping[str, Floats]]
"""Logs (N,) of the asked rows' TTFT and TPOT from known rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """Asked rows with their forecasts; logs of ms, nan where a row does not state a time."""

    rows: tuple[ApiSpeed, ...]
    truth: Mapping[str, Floats]
    ours: Mapping[str, Floats]
    """(N, 7) log quantiles."""
    simple: Mapping[str, Mapping[str, Floats]]
    """By way and quantity, (N,)."""
    published: tuple[bool, ...]
    """Whether a known row speaks of the model."""


def truth_of(catalog: Catalog, rows: Known) -> dict[str, Floats]:
    """Logs of what the rows report, ms; nan where they do not, or where it says something else."""
    facts = model_facts(catalog, [row.model for row in rows])
    tpot = [log_tpot(row, thought(facts[row.model].reasoning, row.effort)) for row in rows]
    return {
        "ttft": _logs([row.ttft_ms for row in rows]),
        "tpot": np.array([np.nan if found is None else found[0] for found in tpot], dtype=np.float64),
        "total": _logs([row.total_ms if row.output_tokens is not None else None for row in rows]),
    }


def _logs(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else np.log(value) for value in values], dtype=np.float64)


def forecast_beside(catalog: Catalog, known: Known, asked: Known, ways: Mapping[str, Way], seed: int) -> Tested:
    """Forecast the asked rows from the known ones."""
    quantities: tuple[Quantity, ...] = ("ttft", "tpot")
    points = {what: list(points_of(catalog, known, what)) for what in quantities}
    found = forecast_rows(catalog, points, asked, seed)
    told = {row.model for row in known}
    return Tested(
        rows=tuple(asked),
        truth=truth_of(catalog, asked),
        ours={what: np.log(getattr(found, what)) for what in TIMES},
        simple={name: way(catalog, known, asked) for name, way in ways.items()},
        published=tuple(row.model in told for row in asked),
    )


def representatives(rows: Known) -> list[ApiSpeed]:
    """One row for each source, model, host, effort and month: the one with the middle value."""
    groups: dict[tuple[object, ...], list[ApiSpeed]] = defaultdict(list)
    for row in rows:
        key = (row.source_id, row.model, row.host, row.effort, month_of(row.source.date))
        groups[(*key, row.ttft_ms is None, row.tokens_per_s is None)].append(row)
    return [sorted(some, key=_size)[len(some) // 2] for some in groups.values()]


def _size(row: ApiSpeed) -> float:
    return row.ttft_ms or row.tokens_per_s or row.total_ms or 0.0


def by_model(catalog: Catalog, known: Known, asked: Known) -> dict[str, Floats]:
    """Median of all known rows of the model; of its class where there is none."""
    classes = by_class(catalog, known, asked)
    return {what: _medians(catalog, known, asked, what, lambda f: f.id, classes[what]) for what in ("ttft", "tpot")}


def by_class(catalog: Catalog, known: Known, asked: Known) -> dict[str, Floats]:
    """Median of all known rows of models of the same class."""
    found = {}
    for what in ("ttft", "tpot"):
        values = truth_of(catalog, known)[what]
        all_of_them = np.full(len(asked), np.nanmedian(values) if np.isfinite(values).any() else np.nan)
        found[what] = _medians(catalog, known, asked, what, lambda f: f.model_class, all_of_them)
    return found


def _medians(
    catalog: Catalog, known: Known, asked: Known, what: str, key: Callable[[ModelFacts], str], otherwise: Floats
) -> Floats:
    facts = model_facts(catalog, [row.model for row in (*known, *asked)])
    values: dict[str, list[float]] = defaultdict(list)
    for row, value in zip(known, truth_of(catalog, known)[what].tolist(), strict=True):
        if np.isfinite(value):
            values[key(facts[row.model])].append(value)
    medians = {name: float(np.median(some)) for name, some in values.items()}
    found = [medians.get(key(facts[row.model]), other) for row, other in zip(asked, otherwise.tolist(), strict=True)]
    return np.array(found, dtype=np.float64)


def by_price(catalog: Catalog, known: Known, asked: Known) -> dict[str, Floats]:
    """Ridge regression of log times on class, reasoning, openness, price and size."""
    facts = model_facts(catalog, [row.model for row in (*known, *asked)])
    x, at = (np.array([_plain_features(facts[row.model]) for row in rows]) for rows in (known, asked))
    found = {}
    for what in ("ttft", "tpot"):
        y = truth_of(catalog, known)[what]
        has = np.isfinite(y)
        pull = 2.0 * np.eye(x.shape[1])
        pull[0, 0] = 1e-9
        slopes = np.linalg.solve(x[has].T @ x[has] + pull, x[has].T @ y[has])
        found[what] = np.asarray(at @ slopes, dtype=np.float64)
    return found


def _plain_features(facts: ModelFacts) -> list[float]:
    kinds = [float(facts.model_class == name) for name in ("mid", "frontier")]
    reasons = [float(facts.reasoning == name) for name in ("optional", "always")]
    return [1.0, *kinds, *reasons, float(facts.open_weights), facts.log_price, facts.log_active]


WAYS: Final[Mapping[str, Way]] = {
    "median of the model": by_model,
    "median of its class": by_class,
    "class and price regression": by_price,
}


def _splits(catalog: Catalog) -> Iterator[tuple[str, str, list[ApiSpeed], list[ApiSpeed]]]:
    """Test, what is held out, known and asked rows."""
    rows = list(catalog.speeds)
    for name in dict.fromkeys(row.source_id for row in rows):
        yield "source", name, [r for r in rows if r.source_id != name], [r for r in rows if r.source_id == name]
    for host in dict.fromkeys(row.host for row in rows if row.host):
        yield "host", host, [r for r in rows if r.host != host], [r for r in rows if r.host == host]
    models = list(dict.fromkeys(row.model for row in rows))
    for fold in range(5):
        held = set(models[fold::5])
        yield "model", str(fold), [r for r in rows if r.model not in held], [r for r in rows if r.model in held]
    months = [month_of(row.source.date) for row in rows]
    for name, gap in _LATER_MONTHS.items():
        for month in sorted(set(months)):
            known = [row for row, at in zip(rows, months, strict=True) if at <= month - gap]
            asked = [row for row, at in zip(rows, months, strict=True) if at == month]
            yield "forward", name, known, asked


def validate_latency(catalog: Catalog, seed: int = SEED) -> tuple[ValidationRow, ...]:
    """Sources, hosts, models and later dates held out; median_abs_error is relative, bias and width are in logs."""
    by_test: dict[tuple[str, str], list[Tested]] = defaultdict(list)
    for test, name, known, asked in _splits(catalog):
        if len(known) >= _FEWEST_KNOWN:
            tested = forecast_beside(catalog, known, representatives(asked), WAYS, seed)
            by_test[test, name if test == "forward" else ""].append(tested)
            if test == "source":
                by_test["each source", name].append(tested)
    found: list[ValidationRow] = []
    for (test, name), parts in by_test.items():
        found += figure_rows(catalog, test, f", {name}" if name else "", parts, in_groups=test in ("source", "host"))
    return tuple(found)


def figure_rows(
    catalog: Catalog, test: str, suffix: str, parts: Sequence[Tested], *, in_groups: bool
) -> Iterator[ValidationRow]:
    """By quantity: ours beside the simple ways, then ours by group."""
    groups = np.array([name for part in parts for name in _group_names(catalog, part)], dtype=object)
    pairs = np.array([f"{row.source_id}|{row.model}" for part in parts for row in part.rows], dtype=object)
    for what in TIMES:
        truth = np.concatenate([part.truth[what] for part in parts])
        ours = np.concatenate([part.ours[what] for part in parts])
        has = np.isfinite(truth)
        if has.sum() < _FEWEST_OF_A_GROUP:
            continue
        yield figures(test, OURS, f"{what}{suffix}", ours[has], truth[has], len(set(pairs[has].tolist())))
        for name in parts[0].simple if what != "total" else ():
            values = np.concatenate([part.simple[name][what] for part in parts])
            usable = has & np.isfinite(values)
            yield figures(test, name, f"{what}{suffix}", values[usable], truth[usable])
        for column in range(groups.shape[1]) if in_groups else ():
            for name in sorted(set(groups[has, column].tolist())):
                here = has & (groups[:, column] == name)
                if here.sum() >= _FEWEST_OF_A_GROUP:
                    count = len(set(pairs[here].tolist()))
                    yield figures(test, OURS, f"{what}, {name}{suffix}", ours[here], truth[here], count)


def _group_names(catalog: Catalog, part: Tested) -> list[tuple[str, str, str]]:
    """Of each row: published or not, thinking, kind of host."""
    facts = model_facts(catalog, [row.model for row in part.rows])
    names = []
    for row, known in zip(part.rows, part.published, strict=True):
        thinks = {"no": "off", "yes": "on", "unstated": "not stated"}[thought(facts[row.model].reasoning, row.effort)]
        kind = host_class(catalog.api_hosts.get(row.host or ""), row.host, facts[row.model]) or "pooled"
        told = f"{'' if known else 'un'}published models"
        names.append((told, f"thinking {thinks}", f"host: {kind.replace('_', ' ')}"))
    return names


def figures(
    test: str, method: str, group: str, forecast: Floats, truth: Floats, independent: int | None = None
) -> ValidationRow:
    """Figures of log forecasts: (N, 7) quantiles for ours, (N,) for a simple way; `independent`: sources x models."""
    ours = forecast.ndim == 2
    middle = forecast[:, LEVELS.index(0.5)] if ours else forecast
    error = middle - truth

    def held(level: float) -> float | None:
        low, high = _PLACES[level]
        return float(np.mean((truth >= forecast[:, low]) & (truth <= forecast[:, high]))) if ours else None

    return ValidationRow(
        test=test,
        method=method,
        group=group,
        n=int(truth.size),
        rmse_logit=None,
        rmse_points=None,
        median_abs_error=float(np.median(np.abs(np.expm1(error)))),
        bias=float(np.mean(error)),
        rank_correlation=None,
        coverage_50=held(0.5),
        coverage_80=held(0.8),
        coverage_90=held(0.9),
        width_90=float(np.mean(forecast[:, -1] - forecast[:, 0])) if ours else None,
        clusters=independent,
    )
