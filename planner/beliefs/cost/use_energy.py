"""Electricity of requests on GPUs: from published joules per token where there are some, else from power and load."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.beliefs.priors import prior_draws
from planner.beliefs.serving.roofline import Setup
from planner.catalog.evidence.measurements import Measurement
from planner.catalog.schema import Catalog, NumberClass
from planner.units import SEED, Draws, Floats

_JOULES_PER_KWH: Final = 3.6e6
_LEAST_DRAW: Final = 0.2
_WITHIN_LOG_SD: Final = 0.3
"""Spread of joules per token between settings of one batch (assumption: prompts are not published with them)."""


@dataclass(frozen=True, slots=True, eq=False)
class UseEnergy:
    """Electricity at the meter in a month, cooling included."""

    busy_kwh: Draws
    """(S,) while requests are served."""
    idle_kwh: Draws
    """(S,) while machines stand ready that are paid for."""
    number_class: NumberClass
    how: str

    @property
    def kwh(self) -> Draws:
        """Both, (S,)."""
        return self.busy_kwh + self.idle_kwh


def machine_energy(
    catalog: Catalog,
    setup: Setup,
    *,
    busy_gpu_hours: Draws,
    paid_gpu_hours: Draws,
    output_tokens: Draws,
    batch: float,
    measured: Sequence[Measurement],
    seed: int = SEED,
) -> UseEnergy:
    """Electricity of a month's requests on GPUs.

    Args:
        catalog: Priors of power, host, cooling.
        setup: Model and GPUs; the board's power must be known, else everything is nan.
        busy_gpu_hours: (S,) GPU hours of work.
        paid_gpu_hours: (S,) GPU hours that machines are on.
        output_tokens: (S,) of the month, hidden ones included.
        batch: Sequences served at once on average, at which published figures are read.
        measured: Published measurements; those of this model and GPU with joules per token count.
        seed: Seed of the draws.
    """
    board = setup.gpu.tdp_w if setup.gpu.tdp_w is not None else float("nan")
    host = prior_draws(catalog, "power.host_watts_factor", seed) * prior_draws(catalog, "energy.pue", seed)
    loaded = np.clip(prior_draws(catalog, "energy.power_fraction", seed), _LEAST_DRAW, 1.0)
    kw = board * host * loaded / 1000.0
    idle = np.minimum(prior_draws(catalog, "own.idle_power_share", seed), 1.0)
    idle_kwh = kw * idle * np.maximum(paid_gpu_hours - busy_gpu_hours, 0.0)
    published = published_joules(measured, setup, batch)
    if published is None:
        how = f"{board:g} W a board, {loaded.mean():.0%} of it under load, host and cooling on top"
        return UseEnergy(kw * busy_gpu_hours, idle_kwh, "fitted", how)
    per_token, at_batch = published
    spread = np.exp(_WITHIN_LOG_SD * prior_z(catalog, seed))
    how = f"{per_token:.3g} J per output token published for this model and GPU at a batch of {at_batch:.0f}"
    return UseEnergy(output_tokens * per_token * spread * host / _JOULES_PER_KWH, idle_kwh, "published", how)


def prior_z(catalog: Catalog, seed: int) -> Draws:
    """Standard normals that move with the power drawn, (S,)."""
    drawn = prior_draws(catalog, "energy.power_fraction", seed)
    return np.asarray((drawn - catalog.priors["energy.power_fraction"].a) / catalog.priors["energy.power_fraction"].b)


def published_joules(measured: Sequence[Measurement], setup: Setup, batch: float) -> tuple[float, float] | None:
    """Joules per output token of a model on a GPU, and the batch they hold at; None where nobody published any.

    Between the published batches by their logarithms; below the smallest and above the largest, theirs.
    """
    rows = sorted(
        (row.batch, row.energy_j_per_token)
        for row in measured
        if row.model == setup.model.id and row.gpu == setup.gpu.id and row.energy_j_per_token is not None
    )
    if not rows:
        return None
    batches: Floats = np.array(sorted({size for size, _ in rows}))
    at = float(np.clip(batch, batches[0], batches[-1]))
    joules = [float(np.mean([np.log(value) for size, value in rows if size == one])) for one in batches]
    return float(np.exp(np.interp(np.log(at), np.log(batches), joules))), at
