"""The measurement model of API speeds: the truth of a model at a host on a day, seen through sources.

log time = class, price, size, kind of host (slopes) + maker + family + model + host + model at host (fading over years)
+ the model's drift (fading over a season) + source + residual with heavy tails. What the user will see is one more
source: its factor and its own setting are in every forecast, and the user's own times narrow them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.beliefs.latency.random_effects import (
    Effect,
    Fit,
    Outlook,
    Spreads,
    draw_rows,
    fit_effects,
    forecast,
)
from planner.beliefs.latency.speed_rows import Quantity, SpeedPoint, SpeedTable, points_of, split, table_of, values_of
from planner.catalog.schema import Catalog
from planner.catalog.speeds import ApiSpeed
from planner.units import Draws, Floats


@dataclass(frozen=True, slots=True, eq=False)
class SpeedFit:
    """Known points of one quantity together with the asked ones, fitted."""

    table: SpeedTable
    """Known points first."""
    known: int
    usual: Floats
    """(N,) log that is expected of each point's kind of host and effort before any row is read."""
    fit: Fit

    def outlook(self) -> Outlook:
        """Forecast logs of one measurement of each asked point."""
        _, wanted = split(self.table, self.known)
        points = self.table.points[self.known :]
        found = forecast(self.fit, wanted, _row_sds(points, self.fit.spreads))
        return replace(found, mean=found.mean + self.usual[self.known :])

    def draws(self, seed: int, purpose: str) -> Draws:
        """(N, S) draws of the asked points' logs: what their source sees in the long run."""
        return draw_rows(self.fit, split(self.table, self.known)[1], seed, purpose) + self.usual[self.known :, None]


def spreads_of(catalog: Catalog, what: Quantity) -> Spreads:
    """The fitted spreads of the catalog's priors."""

    def value(name: str) -> float:
        return catalog.priors[f"api_speed.{what}.{name}"].a

    residual = value("residual_sd")
    effects = [Effect(name, value(f"{name}_sd")) for name in ("maker", "family", "model", "host", "source")]
    effects += [Effect(name, value(f"{name}_sd"), value(f"{name}_years")) for name in ("pair", "drift")]
    effects.append(Effect("setting", value("setting_sd")))
    if what == "ttft":
        half = value("unstated_sd") * float(np.sqrt(0.5))
        effects += [Effect("unstated", half), Effect("unstated_model", half)]
    return Spreads(value("slopes_sd"), tuple(effects), residual)


def fit_speeds(catalog: Catalog, what: Quantity, known: Sequence[SpeedPoint], asked: Sequence[SpeedPoint]) -> SpeedFit:
    """Condition on the known points; what is asked is labelled with them. A fraction of a second for a thousand."""
    table = table_of(catalog, [*known, *asked], catalog.api_hosts)
    rows, _ = split(table, len(known))
    logs, _ = values_of(known)
    spreads, usual = spreads_of(catalog, what), _usual(catalog, what, table)
    fit = fit_effects(rows, logs - usual[: len(known)], _row_sds(known, spreads), spreads)
    return SpeedFit(table, len(known), usual, fit)


def _usual(catalog: Catalog, what: Quantity, table: SpeedTable) -> Floats:
    """Hosts with accelerators of their own are faster, and a model that may have thought starts later."""
    fast, unstated = (catalog.priors[f"api_speed.{what}.{name}_log"].a for name in ("fast", "unstated"))
    kinds = np.array([kind == "fast" for kind in table.kinds], dtype=np.float64)
    thought = np.array([point.effort == "unstated" for point in table.points], dtype=np.float64)
    return fast * kinds + unstated * thought


def published_points(catalog: Catalog, what: Quantity, speeds: Sequence[ApiSpeed] | None = None) -> list[SpeedPoint]:
    """Points of the catalog's rows, or of some of them."""
    return list(points_of(catalog, catalog.speeds if speeds is None else speeds, what))


def _row_sds(points: Sequence[SpeedPoint], spreads: Spreads) -> Floats:
    """(N,) residual scale of each point: the user's own are as precise as they say."""
    own = np.array([point.own_sd for point in points], dtype=np.float64)
    yours = np.array([point.precise for point in points], dtype=np.bool_)
    return np.where(yours, own, np.hypot(spreads.residual_sd, own))
