"""How fast APIs answer: time to first token and time per output token of every model where it is sold, as draws.

Each is what the user will see in the long run at the catalog's day: the fitted truth, seen through one more source that
no one has seen yet (the user's own place, prompts and hours), narrowed by the user's own timed answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.evidence.measured import TimedAnswer
from planner.beliefs.latency.own_times import own_points
from planner.beliefs.latency.speed_fit import fit_speeds
from planner.beliefs.latency.speed_rows import YOURS, Quantity, SpeedPoint, month_of, points_of
from planner.beliefs.priors import prior_draws
from planner.catalog.schema import Catalog
from planner.units import SEED, Bools, Draws, Ints, normal_draws

Place = tuple[str, str | None]
"""A model and who serves it; None: at its maker's, or wherever it is usually asked."""
_QUANTITIES: Final[tuple[Quantity, ...]] = ("ttft", "tpot")


@dataclass(frozen=True, slots=True, eq=False)
class LatencyBeliefs:
    """API speed of every curated model where it is sold: medians over requests, uncertain by draw.

    TTFT of a request without hidden reasoning = (ttft_base_ms + ttft_ms_per_input_token x input) x exp(ttft_log_sd x
    z), TPOT likewise.
    """

    model_ids: tuple[str, ...]
    """All models of the catalog, in catalog order; the first M rows are each at its maker's."""
    places: Mapping[Place, int]
    """Row of a model at a provider."""
    ttft_base_ms: Draws
    """(P, S) median time to the first token of an empty prompt without hidden reasoning, ms."""
    ttft_ms_per_input_token: Draws
    """(S,) ms per prompt token."""
    tpot_ms: Draws
    """(P, S) median ms per output token."""
    ttft_log_sd: Draws
    """(S,) log-sd of TTFT over the requests of one model, days included."""
    tpot_log_sd: Draws
    """(S,) log-sd of TPOT over the requests of one model, days included."""
    behind: Mapping[Quantity, tuple[SpeedPoint, ...]]
    """What was fitted: published points, then the user's own."""
    elsewhere_sd: tuple[float, float]
    """Log-sd of TTFT and TPOT that a provider without a row adds to the model's own."""
    seed: int

    @property
    def published(self) -> Bools:
        """(M,) whether anything was published or measured of a model's time per token."""
        told = {point.model for point in self.behind["tpot"]}
        return np.array([model in told for model in self.model_ids], dtype=np.bool_)

    def at(self, models: Sequence[str], providers: Sequence[str] | None = None) -> tuple[Draws, Draws]:
        """Base TTFT and TPOT of N models at N providers, ms, (N, S) each; None: each at its maker's."""
        sold_by: Sequence[str | None] = [None] * len(models) if providers is None else providers
        wanted: list[Place] = list(zip(models, sold_by, strict=True))
        rows = self._rows(wanted)
        ttft, tpot = self.ttft_base_ms[rows], self.tpot_ms[rows]
        for number, place in enumerate(wanted):
            if place not in self.places:
                for times, sd, what in ((ttft, self.elsewhere_sd[0], "ttft"), (tpot, self.elsewhere_sd[1], "tpot")):
                    times[number] *= np.exp(sd * normal_draws(self.seed, "speed elsewhere", what, *map(str, place)))
        return ttft, tpot

    def _rows(self, wanted: Sequence[Place]) -> Ints:
        found = [self.places.get(place, self.places[place[0], None]) for place in wanted]
        return np.array(found, dtype=np.int64)

    def points(self, model: str, provider: str | None) -> tuple[SpeedPoint, ...]:
        """What was published or measured of a model, at this provider where anything was, else anywhere."""
        own = [point for what in _QUANTITIES for point in self.behind[what] if point.model == model]
        here = tuple(point for point in own if point.host == provider)
        return here or tuple(own)


def fit_latency(catalog: Catalog, seed: int = SEED, times: Sequence[TimedAnswer] = ()) -> LatencyBeliefs:
    """Fit API speeds to the catalog's published rows and the user's timed answers; forecast every place of sale.

    A second or so; the same catalog, answers and seed give the same draws.
    """
    model_ids = tuple(catalog.models)
    sold = {(offer.model, offer.provider) for offer in catalog.offers if offer.model is not None}
    asked: list[Place] = [*((model, None) for model in model_ids), *sorted(sold)]
    ttft_sd, tpot_sd = (_request_sd(catalog, what, seed) for what in _QUANTITIES)
    behind: dict[Quantity, tuple[SpeedPoint, ...]] = {}
    found: dict[Quantity, Draws] = {}
    for what, request_sd in zip(_QUANTITIES, (ttft_sd, tpot_sd), strict=True):
        own = own_points(catalog, times, what, float(request_sd.mean()))
        behind[what] = (*points_of(catalog, catalog.speeds, what), *own)
        found[what] = _place_draws(catalog, what, behind[what], asked, seed)
    return LatencyBeliefs(
        model_ids=model_ids,
        places={place: row for row, place in enumerate(asked)},
        ttft_base_ms=found["ttft"],
        ttft_ms_per_input_token=prior_draws(catalog, "api_prefill_ms_per_ktok", seed) / 1000.0,
        tpot_ms=found["tpot"],
        ttft_log_sd=ttft_sd,
        tpot_log_sd=tpot_sd,
        behind=behind,
        elsewhere_sd=(_elsewhere_sd(catalog, "ttft"), _elsewhere_sd(catalog, "tpot")),
        seed=seed,
    )


def _place_draws(
    catalog: Catalog, what: Quantity, known: Sequence[SpeedPoint], asked: Sequence[Place], seed: int
) -> Draws:
    """(P, S) ms at every place, as the user will see it at the catalog's day."""
    month = month_of(catalog.as_of)
    points = [SpeedPoint(YOURS, model, host, "no", month, float("nan"), 0.0) for model, host in asked]
    drawn = np.exp(fit_speeds(catalog, what, known, points).draws(seed, f"speed {what}"))
    drawn.flags.writeable = False
    return drawn


def _request_sd(catalog: Catalog, what: Quantity, seed: int) -> Draws:
    """(S,) log-sd over a month's requests: that inside an hour and that between days."""
    inside = prior_draws(catalog, f"api_spread.{what}_log_sd", seed)
    days = prior_draws(catalog, f"api_spread.{what}_day_log_sd", seed)
    return np.asarray(np.hypot(np.abs(inside), np.abs(days)), dtype=np.float64)


def _elsewhere_sd(catalog: Catalog, what: Quantity) -> float:
    host, pair = (catalog.priors[f"api_speed.{what}.{name}_sd"].a for name in ("host", "pair"))
    return float(np.hypot(host, pair))
