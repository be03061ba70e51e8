"""Models not worth running oneself: another open model is no larger and, nearly surely, better."""

from typing import Final

import numpy as np

from planner.catalog.schema import Model
from planner.options.context import World
from planner.options.table import Exclusion
from planner.units import Bools, Draws, Floats, Ints

_SURE: Final = 0.9
"""Share of draws in which the other model has to be better."""


def keep_unbeaten(
    world: World, direct: Draws, free: Bools, named: frozenset[str], segment: str
) -> tuple[Bools, tuple[Exclusion, ...]]:
    """Of the models (M,) free to be run oneself, those that none outclasses here, and why the rest are out.

    A model is outclassed by one with no more weights, no more active weights, no larger KV cache, that can be tuned if
    it can, and that is better in 90 % of the draws: such a one is cheaper and faster on every machine. Both hold the
    segment's context. Models that the user named stay.
    """
    rows = np.flatnonzero(free)
    if rows.size == 0:
        return free, ()
    models = [world.models.models[int(row)] for row in rows]
    lighter = _no_heavier(models)
    better = _share_better(direct[rows], lighter)
    beaten = (better >= _SURE) & lighter
    beaten[[model.id in named for model in models]] = False
    kept = free.copy()
    out: list[Exclusion] = []
    for row in np.flatnonzero(beaten.any(axis=1)):
        by = int(np.argmax(np.where(beaten[row], better[row] + 1e-9 * direct[rows].mean(axis=1), -1.0)))
        kept[rows[row]] = False
        reason = (
            f"{models[by].name} is no larger in weights, cache and active parameters,"
            f" and better in {better[row, by]:.0%} of the draws."
        )
        out.append(Exclusion(segment, models[row].id, "self_hosted", "", "outclassed", reason))
    return kept, tuple(out)


def _no_heavier(models: list[Model]) -> Bools:
    """[i, j]: model j is nowhere heavier than model i."""
    total = _column([model.total_params_b for model in models])
    active = _column([model.active_params_b or model.total_params_b for model in models])
    cache = _column([model.kv_bytes_per_token for model in models])
    tunable = np.array([model.fine_tuning == "weights" for model in models])
    lighter: Bools = (
        (total[None, :] <= total[:, None])
        & (active[None, :] <= active[:, None])
        & (cache[None, :] <= cache[:, None])
        & (tunable[None, :] >= tunable[:, None])
    )
    np.fill_diagonal(lighter, val=False)
    return lighter


def _column(values: list[float | None]) -> Floats:
    """Unknown compares false with everything: nothing is said to be lighter than what isn't known."""
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _share_better(draws: Draws, lighter: Bools) -> Floats:
    """[i, j]: share of draws in which model j is better than model i, where it is lighter; 0 elsewhere."""
    share = np.zeros(lighter.shape)
    i, j = np.nonzero(lighter)
    likely: Ints = np.flatnonzero(draws[j].mean(axis=1) > draws[i].mean(axis=1))
    share[i[likely], j[likely]] = (draws[j[likely]] > draws[i[likely]]).mean(axis=1)
    return share
