"""Score anyone's own measurements of served models as the back-tests do: forecast every row from what is known else.

The fit reads the shipped measurements but those that the file has too: settings with the same levels, or the same
model and GPUs with the same figure. A file that has much of the shipped evidence is forecast in five folds, so that
something is left to fit: a fold has whole model-GPU-parallelism groups, and its fit reads none of the file's rows of
these groups. Single streams on devices are forecast by the device model and its priors.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from planner.beliefs.backtest.quality import ValidationRow
from planner.beliefs.backtest.serving import (
    OURS,
    QUANTITIES,
    Errors,
    Evidence,
    Truth,
    errors_of,
    evidence_of,
    forecast_held_out,
    score,
)
from planner.beliefs.serving.devices import stream_seconds
from planner.beliefs.serving.fit import ServingForecast
from planner.beliefs.serving.rows import Served, served_of
from planner.catalog.evidence.measurements import Measurement, load_measurements
from planner.catalog.evidence.own_measurements import OwnMeasurements
from planner.catalog.files import load_csv_rows
from planner.catalog.schema import Catalog
from planner.resources import catalogs_dir
from planner.units import MS_PER_S, SEED, Z95, Bools, Floats, Ints, stream

_SAME_FIGURE: Final = 1e-3
_LARGEST_SHARED: Final = 0.2
"""Share of the shipped settings that may be left out at once."""
_FOLDS: Final = 5
_GUESSED_SD: Final = 0.15
"""Log-sd that a model whose layers and cache are guessed from its size adds (an assumption)."""
_DEVICE_SDS: Final = {"tpot": 0.15, "ttft": 0.7, "throughput": 0.15}
"""Log-sd of a device's time from what its priors say: builds and offloading differ, prompts are read very unlike."""
_FEWEST_OF_ENGINE: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class AgainstServing:
    """Figures, and every forecast of the file's rows."""

    rows: tuple[ValidationRow, ...]
    forecast: ServingForecast
    """In logs: seconds, seconds, tokens a second; by row of the file that can be forecast."""
    truth: Truth


def shipped_sources() -> dict[str, str]:
    """Id of each shipped source by the start of its name as a file has it: 'ai-dynamo/aiconfigurator'."""
    rows = load_csv_rows(catalogs_dir() / "serving" / "sources.csv")
    names: dict[str, str] = {}
    for row in rows:
        source = row["source"]
        url = source["url"] if isinstance(source, Mapping) else str(source)
        names[str(url).split(" ")[0].split("@")[0]] = str(row["id"])
    return names


def validate_serving_against(catalog: Catalog, own: OwnMeasurements, seed: int = SEED) -> AgainstServing:
    """Forecast every row of the file; nothing of what it measured is read by the fit."""
    asked = evidence_of([Served(row.measured, row.model, row.gpu) for row in own.rows])
    shipped = evidence_of(served_of(load_measurements(), catalog))
    parts: dict[str, list[ServingForecast | Truth]] = {}
    order: list[Ints] = []
    for kept, held in _folds(shipped, asked, seed):
        part = asked.take(held)
        order.append(np.flatnonzero(held))
        for name, forecast in forecast_held_out(shipped.take(kept), part).items():
            parts.setdefault(name, []).append(forecast)
    back = np.argsort(np.concatenate(order))
    by_way = {name: _joined(some, back) for name, some in parts.items()}
    ours = by_way[OURS]
    assert isinstance(ours, ServingForecast)
    guessed = np.array([_GUESSED_SD if one.model.guessed else 0.0 for one in asked.served])
    ours = _by_devices(catalog, _widened(ours, guessed), asked, seed)
    return AgainstServing(_figures({**by_way, OURS: ours}, asked), ours, asked.truth)


def _joined(parts: Sequence[ServingForecast | Truth], back: Ints) -> ServingForecast | Truth:
    """The folds' forecasts in the file's order."""
    names = type(parts[0]).__slots__
    whole = {name: np.concatenate([getattr(part, name) for part in parts])[back] for name in names}
    return type(parts[0])(**whole)


def _folds(shipped: Evidence, asked: Evidence, seed: int) -> Iterator[tuple[Bools, Bools]]:
    """Shipped settings to fit and rows of the file to forecast, True where taken."""
    shared = _shared(shipped, asked)
    if shared.mean() <= _LARGEST_SHARED:
        yield ~shared, np.ones(len(asked.served), dtype=np.bool_)
        return
    groups = sorted({_place(one.measured) for one in asked.served})
    order = stream(seed, "against", "serving").permutation(len(groups)) % _FOLDS
    fold = dict(zip(groups, order.tolist(), strict=True))
    of_shipped = np.array([fold.get(_place(one.measured), -1) for one in shipped.served])
    of_asked = np.array([fold[_place(one.measured)] for one in asked.served])
    for number in dict.fromkeys(sorted(order.tolist())):
        yield ~(shared & (of_shipped == number)), of_asked == number


def _shared(shipped: Evidence, asked: Evidence) -> Bools:
    """Shipped settings that the file has too."""
    levels = {_levels(one.measured) for one in asked.served}
    figures: dict[tuple[str, str, int], list[tuple[float, ...]]] = {}
    for one in asked.served:
        figures.setdefault(_place(one.measured), []).append(_figures_of(one.measured))
    return np.array(
        [
            _levels(one.measured) in levels
            or any(_same(_figures_of(one.measured), other) for other in figures.get(_place(one.measured), ()))
            for one in shipped.served
        ],
        dtype=np.bool_,
    )


def _levels(row: Measurement) -> tuple[object, ...]:
    where = (row.source_id, row.model, row.gpu, row.gpus, row.attention_dp, row.engine, row.version, row.precision)
    return (*where, row.mode, round(row.batch, 1), row.input_tokens, round(row.output_tokens))


def _place(row: Measurement) -> tuple[str, str, int]:
    return (row.model, row.gpu, row.gpus)


def _figures_of(row: Measurement) -> tuple[float, ...]:
    values = (row.tpot_ms, row.ttft_ms, row.throughput_tok_s)
    return tuple(float("nan") if value is None else value for value in values)


def _same(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """One of the figures is the same to a thousandth."""
    return any(abs(mine - theirs) <= _SAME_FIGURE * mine for mine, theirs in zip(one, other, strict=True))


def _widened(forecast: ServingForecast, extra: Floats) -> ServingForecast:
    def wider(sd: Floats) -> Floats:
        return np.asarray(np.sqrt(np.square(sd) + np.square(extra)))

    return replace(
        forecast,
        tpot_sd=wider(forecast.tpot_sd),
        ttft_sd=wider(forecast.ttft_sd),
        throughput_sd=wider(forecast.throughput_sd),
    )


def _by_devices(catalog: Catalog, forecast: ServingForecast, asked: Evidence, seed: int) -> ServingForecast:
    """The same with single streams forecast as `device_serving` plans them."""
    parts = {name: getattr(forecast, name).copy() for name in ServingForecast.__slots__}
    for row, one in enumerate(asked.served):
        if one.measured.mode == "single stream":
            prompt, answer = float(asked.rows.prompt[row]), float(asked.rows.answer[row])
            bits = "int4" if one.measured.precision == "fp4" else one.measured.precision
            token, first = stream_seconds(catalog, one.model, one.gpu, bits, prompt, answer, seed)
            for name, draws in (("tpot", token), ("ttft", first), ("throughput", 1.0 / token)):
                parts[name][row] = np.log(draws).mean()
                parts[f"{name}_sd"][row] = np.hypot(np.log(draws).std(), _DEVICE_SDS[name])
    return ServingForecast(**parts)


def _figures(by_way: Mapping[str, ServingForecast | Truth], asked: Evidence) -> tuple[ValidationRow, ...]:
    """Each quantity by every way, then ours by engine and by kind of run."""
    engines = np.array([one.measured.engine for one in asked.served])
    found: list[ValidationRow | None] = []
    for quantity in QUANTITIES:
        for method, forecast in by_way.items():
            found.append(score("against", method, quantity, errors_of(forecast, asked.truth, quantity)))
        ours = errors_of(by_way[OURS], asked.truth, quantity)
        for engine in dict.fromkeys(engines.tolist()):
            here = engines == engine
            if here.sum() >= _FEWEST_OF_ENGINE and not here.all():
                part = Errors(ours.error[here], ours.spread[here])
                found.append(score("against", OURS, f"{quantity}, {engine}", part))
    return tuple(row for row in found if row is not None)


def store_serving_predictions(path: Path, own: OwnMeasurements, result: AgainstServing) -> None:
    """Write the file's columns with quantity, predicted, low_90, high_90 and known after them, one line a forecast.

    A row has a line for each quantity, measured or not; milliseconds and tokens a second as the file has them. `known`
    is 1 where the forecast has read the row's own figure: never.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*own.columns, "quantity", "predicted", "low_90", "high_90", "known"])
        for number, row in enumerate(own.rows):
            for quantity in QUANTITIES:
                writer.writerow([*own.cells[row.line], quantity, *_interval(result.forecast, quantity, number), 0])


def _interval(forecast: ServingForecast, quantity: str, row: int) -> list[str]:
    mean, sd = float(getattr(forecast, quantity)[row]), float(getattr(forecast, f"{quantity}_sd")[row])
    unit = 1.0 if quantity == "throughput" else MS_PER_S
    return [f"{unit * np.exp(mean + z * sd):.6g}" for z in (0.0, -Z95, Z95)]
